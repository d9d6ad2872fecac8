"""Things chosen by name: Proctor's own, those of installed packages, and those of a user's own module."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from proctor.core.registry import Registry
from proctor.core.schema import InputError
from proctor.evals import exam
from proctor.evals.axes.catalogue import AXES
from proctor.evals.judges import protocols
from proctor.evals.judges.protocols import load_judge
from proctor.leaderboard.plots.table import PLOTS
from proctor.models.systems import CHUNKERS, EMBEDDERS, RETRIEVERS, load
from proctor.suites.importers import IMPORTERS
from proctor.suites.loading.documents import READERS

ROOT = Path(__file__).parents[2]
REGISTRIES = [AXES, protocols.JUDGES, RETRIEVERS, EMBEDDERS, CHUNKERS, READERS, IMPORTERS, PLOTS]
CODE = """
from proctor.suites.loading.markup import Page
class Judge:
    def __init__(self, text="none"):
        self.name = f"mine:{text}"
    def complete(self, prompt, schema): ...
def pages(path, problems):
    return Page(path.read_text(), "Turned")
def broken(path, problems):
    raise ValueError("page 3")
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A package that adds a judge, a retriever and readers; what is known of installed packages is forgotten before and after."""
    package = tmp_path / "packages"
    (package / "some_plugin").mkdir(parents=True)
    (package / "some_plugin" / "__init__.py").write_text(CODE, encoding="utf-8")
    about = package / "some_plugin-1.2.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: some-plugin\nVersion: 1.2\n", encoding="utf-8")
    (about / "entry_points.txt").write_text(
        "[proctor.judges]\nmine = some_plugin:Judge\nlexical = some_plugin:Judge\nlost = some_plugin:Lost\n"
        "[proctor.retrievers]\nours = some_plugin:engine\n"
        "[proctor.readers]\nrot = some_plugin:pages\nbad = some_plugin:broken\n",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(str(package))
    for registry in REGISTRIES:
        registry.__dict__.pop("_added", None)
    yield
    for registry in REGISTRIES:
        registry.__dict__.pop("_added", None)
    sys.modules.pop("some_plugin", None)


@pytest.mark.parametrize("registry", REGISTRIES, ids=lambda one: one.group)
def test_everything_that_is_built_in_can_be_imported(registry: Registry[object]) -> None:
    assert [name for name, thing in registry.items() if thing is None] == []


def test_an_axis_is_registered_under_its_name() -> None:
    assert all(isinstance(axis, exam.Axis) and axis.name.replace(".", "_") == name for name, axis in AXES.items())


def test_nothing_is_imported_before_it_is_asked_for() -> None:
    code = (
        "import sys; from proctor.core.registry import Registry\n"
        "known = Registry('x', {'a': 'wave:open', 'b': 'colorsys:rgb_to_hsv'})\n"
        "assert 'a' in known; known['b']; print('wave' in sys.modules, 'colorsys' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT, timeout=300)
    assert done.stdout == "False True\n"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("opne", "x.things: there is no 'opne'; did you mean 'open'?"),
        ("zzz", "x.things: there is no 'zzz'; known: open, gone, misnamed."),
        ("gone", "x.things: 'gone' needs the module no_such_module, which is missing; install it beside Proctor"),
        ("misnamed", "x.things: there is no opn in wave; see what it is called there"),
    ],
)
def test_what_is_not_there_is_said_with_what_to_do(name: str, said: str) -> None:
    where = {"open": "wave:open", "gone": "no_such_module:x", "misnamed": "wave:opn"}
    known: Registry[object] = Registry("x.things", where)
    with pytest.raises(InputError) as error:
        known[name]
    assert str(error.value) == said
    assert known.get("zzz") is None


@pytest.mark.usefixtures("installed")
def test_an_installed_package_adds_and_replaces_nothing() -> None:
    assert load_judge("mine").name == "mine:none"
    assert load_judge("mine:strict").name == "mine:strict"
    assert type(load_judge("lexical")).__module__ == "proctor.evals.judges.lexical"
    assert [*protocols.JUDGES] == ["lexical", "nli", "openai", "anthropic", "google", "panel", "mine", "lost"]
    assert (protocols.JUDGES.version("mine"), protocols.JUDGES.version("lexical")) == ("some-plugin 1.2", "")
    with pytest.raises(InputError, match="there is no Lost in some_plugin"):
        load_judge("lost")


@pytest.mark.usefixtures("installed")
def test_two_packages_that_add_the_same_name_are_both_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    about = tmp_path / "other" / "other-3.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 3\n", encoding="utf-8")
    (about / "entry_points.txt").write_text("[proctor.judges]\nmine = other:Judge\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path / "other"))
    with pytest.raises(InputError, match=r"'mine' is added by other 3 and some-plugin 1\.2; uninstall one of them"):
        load_judge("mine")


@pytest.mark.usefixtures("installed")
def test_the_command_line_may_name_a_judge_in_a_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "own_judges.py").write_text(CODE, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert load_judge("own.own_judges:Judge:gently").name == "mine:gently"
    with pytest.raises(InputError, match=r"'own\.other:Judge' needs the module own\.other, which is missing"):
        load_judge("own.other:Judge")
    with pytest.raises(InputError, match="unknown judge 'lexicl'; did you mean lexical"):
        load_judge("lexicl")


@pytest.mark.usefixtures("installed")
def test_a_table_of_systems_may_name_an_installed_retriever_and_no_module(tmp_path: Path) -> None:
    table = tmp_path / "systems.toml"
    table.write_text('[a]\nretrieve = "ours"\n', encoding="utf-8")
    assert load(table)["a"].retrieve == "ours"
    table.write_text('[a]\nretrieve = "some_plugin:engine"\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"a\.retrieve: expected .*, not 'some_plugin:engine'"):
        load(table)


def test_what_a_project_adds_is_found_by_its_name_and_replaces_nothing_of_proctor_s() -> None:
    registry: Registry[object] = Registry("proctor.axes", {"accuracy": "proctor.evals.axes.accuracy:AXIS"})
    registry.add("tone", 1)
    assert [name for name in registry if name in ("accuracy", "tone")] == ["accuracy", "tone"]
    assert (registry["tone"], "tone" in registry, registry.version("tone"), registry.needs("tone")) == (1, True, "", ())
    with pytest.raises(InputError, match="'accuracy' comes with Proctor"):
        registry.add("accuracy", 1)
