"""Where Proctor starts a process, imports by name, or reads what could hold code: few places, each known.

A new one is no mistake. It is looked at with SECURITY.md in hand, and then named here.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from proctor.core.registry import Registry
from proctor.core.schema import InputError
from proctor.evals.axes.catalogue import AXES
from proctor.evals.judges.protocols import JUDGES
from proctor.leaderboard.plots.table import PLOTS
from proctor.models.systems import CHUNKERS, EMBEDDERS, RETRIEVERS
from proctor.suites.importers import IMPORTERS
from proctor.suites.loading.documents import READERS

ROOT = Path(__file__).resolve().parents[2]
FILES = [
    ROOT / "conftest.py",
    *(path for name in ("core", "evals", "models", "suites", "leaderboard", "proctor") for path in (ROOT / name).rglob("*.py")),
]
DOORS = {
    "core/registry.py: EntryPoint": "Proctor's own things, and what --judge names",
    "core/registry.py: entry_points": "things of installed packages",
    "core/registry.py: entry.load": "the same",
    "evals/judges/protocols.py: JUDGES.written": "what --judge names: the user's own command line",
    "evals/own.py: importlib.import_module": "the metrics of the project's own, which its settings name",
    "proctor/__init__.py: import_module": "Proctor's own module for Python",
    "models/candidates/imported.py: importlib.import_module": "code of the project, which callable names in a table of systems",
    "models/training/checkpoints.py: torch.load": "the order of a training's examples, with weights_only",
    "proctor/cli.py: import_module": "Proctor's own commands",
    "models/training/trainer.py: import_module": "libraries that the file itself names",
    "proctor/collect.py: import_module": "Proctor's own tests of a suite",
    "core/stopping.py: subprocess.Popen": "pytest on a commit, without secrets, for proctor/ci.py",
    "leaderboard/hosting/git.py: subprocess.run": "git, without secrets but for the server's",
    "proctor/checkout.py: subprocess.run": "git",
    "models/tiny/recipe/train.py: torch.load": "the recipe's own checkpoints, with weights_only",
}
"""Where -> what for."""
OPENING = {
    *("import_module", "importlib.import_module", "__import__", "eval", "exec", "compile", "execfile", "runpy.run_path"),
    *("os.system", "os.popen", "os.execv", "os.execve", "os.execvp", "os.spawnv", "os.startfile", "pty.spawn"),
    *("subprocess.run", "subprocess.Popen", "subprocess.call", "subprocess.check_call", "subprocess.check_output"),
    *(
        "pickle.load",
        "pickle.loads",
        "dill.load",
        "joblib.load",
        "marshal.loads",
        "shelve.open",
        "torch.load",
        "pandas.read_pickle",
    ),
    *("EntryPoint", "entry.load", "JUDGES.written"),
    *("yaml.load", "yaml.unsafe_load", "yaml.full_load", "spec_from_file_location", "entry_points", "load_dataset"),
}


def calls() -> Iterator[tuple[Path, ast.Call]]:
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield path, node


@pytest.mark.slow
def test_every_place_that_could_run_something_is_known() -> None:
    found = {f"{path.relative_to(ROOT)}: {ast.unparse(node.func)}" for path, node in calls() if ast.unparse(node.func) in OPENING}
    assert found == DOORS.keys()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("option", "only"), [("trust_remote_code", "False"), ("weights_only", "True"), ("local_files_only", "True")]
)
def test_an_option_that_lets_code_in_is_set_by_the_user_alone(option: str, only: str) -> None:
    users = ("self.trust_remote_code", "base.trust_remote_code", "trust_remote_code", "remote", "wanted.trust_remote_code")
    users = (*users, "_silent(name, revision, kind)")  # the hub is not asked again for what is kept
    told = {ast.unparse(word.value) for _, node in calls() for word in node.keywords if word.arg == option}
    assert told <= {only, *users}


@pytest.mark.slow
def test_every_model_is_loaded_with_its_code_shut_out_or_asked_for() -> None:
    loading = [
        node for _, node in calls() if ast.unparse(node.func).startswith("Auto") and "from_pretrained" in ast.unparse(node.func)
    ]
    own = [node for node in loading if "trust_remote_code" not in {word.arg for word in node.keywords}]
    assert [ast.unparse(node) for node in own if "path" not in ast.unparse(node)] == [], "the recipe's own aside"
    assert len(loading) > len(own)


@pytest.mark.slow
def test_only_the_command_line_leads_to_a_module_that_no_entry_names() -> None:
    written = {f"{path.relative_to(ROOT)}: {ast.unparse(node.func)}" for path, node in calls() if _is_method(node, "written")}
    assert written == {"evals/judges/protocols.py: JUDGES.written"}


def _is_method(node: ast.Call, name: str) -> bool:
    return isinstance(node.func, ast.Attribute) and node.func.attr == name


@pytest.mark.parametrize(
    "registry", [AXES, JUDGES, RETRIEVERS, EMBEDDERS, CHUNKERS, READERS, IMPORTERS, PLOTS], ids=lambda one: one.group
)
def test_a_name_that_comes_from_a_file_imports_nothing_that_no_entry_names(registry: Registry[object]) -> None:
    for name in (
        "os:system",
        "os.path:join",
        "proctor.evals.judges.lexical:LexicalJudge",
        "proctor.evals.judges.lexical",
        "../x",
        "antigravity",
    ):
        assert name not in registry
        with pytest.raises(InputError, match="there is no"):
            registry[name]
    assert "antigravity" not in sys.modules


@pytest.mark.slow
def test_no_process_is_started_through_a_shell() -> None:
    assert not [node for _, node in calls() if any(word.arg in ("shell", "allow_pickle") for word in node.keywords)]
