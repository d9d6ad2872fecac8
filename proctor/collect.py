"""Which suites a run of pytest is about, and their tests: a folder with a ``suite.toml`` is collected where pytest looks."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

import proctor.suites
from proctor.core.schema import InputError
from proctor.core.workspace import at
from proctor.evals import own

if TYPE_CHECKING:
    from _pytest.mark.expression import Expression

    from proctor.plan import ExamCell, Plan

FILE = "suite.toml"
ELSEWHERE = Path(__file__).with_name("elsewhere.toml")
"""Stands for all suites that lie outside of the project."""
LEFT_OUT = ("*.egg", ".*", "_darcs", "build", "CVS", "dist", "node_modules", "venv", "{arch}")
"""Folders in which pytest looks for nothing, unless its settings (norecursedirs) say otherwise."""
MARK = "domain"
TEST = re.compile(r"::test_(?P<axis>\w+)\[(?P<cell>.*)\]$", re.DOTALL)
"""The name of a test of the exam."""
LOOKS = ("dry_run", "collectonly", "markers", "showfixtures", "show_fixtures_per_test", "setupplan")
"""Options with which nothing is run."""
UNASKED = "takes the exam: pytest -m domain runs it, or naming its file"
NO_SUITE = (
    "no suite was found: a suite is a folder with a suite.toml. `proctor new my-domain` writes one to start from; "
    "--suite instruments examines one that comes with Proctor"
)


def asks_for_exam(config: pytest.Config) -> bool:
    """Whether the command line asks for the exam: by a suite, by the folder of one or of some, or by a marker where there is one.

    A project may have suites and tests of its own, and markers of the same names: no suite is examined unasked, and a run of
    pytest that finds none is left as it is.

    Raises:
        InputError: it does, by a marker, and the project's settings are wrong.
    """
    if config.option.suite:
        return True
    root = config.rootpath.resolve()
    if _names_paths(config) and any(_holds_suites(path) for path in paths(config) if path != root):
        return True
    if config.option.markexpr:
        _know_own_axes(root)
    return _is_marked(config.option.markexpr or "") and ("suites" in at(root).settings or bool(find(config)))


def _know_own_axes(root: Path) -> None:
    """The axes of the project's own, which ``-m`` may mean. Wrong settings are told of where the exam is asked for."""
    try:
        ours = at(root)
    except InputError:
        return
    own.load(ours)


def _names_paths(config: pytest.Config) -> bool:
    """Whether the command line says where to look, and not the settings or the current folder."""
    return config.args_source is pytest.Config.ArgsSource.ARGS


def is_named(config: pytest.Config, test: Path) -> bool:
    """Whether the command line names the file of a test."""
    return _names_paths(config) and test.resolve() in paths(config)


def only_looks(config: pytest.Config) -> bool:
    """Whether nothing is to be run."""
    return any(getattr(config.option, name) for name in LOOKS)


def _is_marked(expression: str) -> bool:
    """Whether ``-m`` selects tests of the exam for a marker that they have, as it would not select tests without any."""
    if not expression:
        return False
    from _pytest.mark.expression import Expression  # what pytest itself reads -m by

    from proctor.evals.axes.catalogue import AXES

    try:
        chosen = Expression.compile(expression)
    except SyntaxError:  # pytest says so
        return False
    said = set(re.findall(r"\w+", expression)) - {MARK, *AXES}
    for others in (set[str](), said):  # markers of the project's own, and misspelt ones: either way
        if not _selects(chosen, others) and any(_selects(chosen, {MARK, name, *others}) for name in AXES):
            return True
    return False


def meant(config: pytest.Config) -> str:
    """What to say where ``-m`` has a word that is no marker, and is nearly an axis; nothing where there is none."""
    if not config.option.markexpr:
        return ""
    from proctor.core import former_names
    from proctor.core.reading.problems import near
    from proctor.evals.axes.catalogue import AXES, marker

    axes = {MARK, *map(marker, AXES)}
    known = {re.split(r"[:(]", line)[0].strip() for line in config.getini("markers")} | axes
    words = set(re.findall(r"\w+", config.option.markexpr)) - known
    former = former_names.AXES
    renamed = [f"-m {word}: that axis is called {former[word]} now" for word in sorted(words & former.keys())]
    nearly = {word: axis for word in sorted(words - former.keys()) if (axis := near(word, axes, 0.75))}
    return "; ".join([*renamed, *(f"-m {word}: no axis is called that; did you mean {axis}?" for word, axis in nearly.items())])


def _selects(expression: Expression, marks: set[str]) -> bool:
    def has(name: str, /, **_: object) -> bool:
        return name in marks

    return expression.evaluate(has)


def _holds_suites(path: Path) -> bool:
    """Whether a path is a suite or lies beside or above some."""
    if path.name == FILE:
        return True
    return path.is_dir() and any((folder / FILE).is_file() for folder in (path, *path.glob("*/")))


def paths(config: pytest.Config) -> list[Path]:
    """Where pytest looks."""
    return [(config.invocation_params.dir / str(word).split("::")[0]).resolve() for word in config.args]


def find(config: pytest.Config, where: Iterable[Path] = ()) -> list[Path]:
    """The folders of the suites in some folders; by default in those that the command line names, or in the project.

    A project's ``testpaths`` are where its own tests are; they leave out no suite.
    """
    left_out, places = config.getini("norecursedirs"), where or (paths(config) if _names_paths(config) else [config.rootpath])
    return sorted({folder for path in places for folder in below(path.resolve(), left_out)})


def below(path: Path, left_out: Collection[str] = LEFT_OUT) -> Iterator[Path]:
    """The suites in a folder and in its folders, without those of these names: by default those that pytest leaves out."""
    if path.name == FILE:
        yield path.parent
    elif _is_suite(path):
        yield path
    elif path.is_dir():
        for folder in path.iterdir():
            if folder.is_dir() and not folder.is_symlink() and not any(folder.match(pattern) for pattern in left_out):
                yield from below(folder, left_out)


def _is_suite(path: Path) -> bool:
    """Whether a folder is a suite. Another program's ``suite.toml`` has neither documents nor questions beside it."""
    return (path / FILE).is_file() and ((path / "documents").is_dir() or any(path.glob("questions.*")))


def add(config: pytest.Config, folders: Iterable[Path]) -> None:
    """Have pytest look at suites that it would not come by: those that ``--suite`` names, and those that come with Proctor."""
    seen, root = paths(config), config.rootpath.resolve()
    missed = [folder for folder in folders if not any((folder / FILE).is_relative_to(path) for path in seen)]
    config.args += dict.fromkeys(str(folder / FILE if folder.is_relative_to(root) else ELSEWHERE) for folder in missed)


def holds_data(path: Path) -> bool:
    """Whether a folder is a suite, or that of the suites that come with Proctor."""
    return (path / FILE).is_file() or path == Path(proctor.suites.__file__).parent


def lies_in_suite(path: Path) -> bool:
    """Whether a file or folder is a part of a suite other than its ``suite.toml``."""
    return path.name != FILE and (path.parent / FILE).is_file()


def cells(plan: Plan, test: pytest.Function) -> list[ExamCell]:
    """The cells of the suite that a test is collected from; all of them for a test of the project's own."""
    folder, root = test.path.parent.resolve(), plan.root.resolve()
    if test.path == ELSEWHERE:
        mine = [suite for place, suite in plan.folders.items() if not place.is_relative_to(root)]
    else:
        mine = [plan.folders[folder]] if test.path.name == FILE else plan.suites
    return [cell for cell in plan.cells if cell.suite in mine]


def says_something(item: pytest.Item) -> bool:
    """Whether an item is no test of an axis that measures nothing on its suite."""
    suits = getattr(getattr(getattr(item, "function", None), "axis", None), "suits", None)
    if suits is None or not isinstance(item, pytest.Function):
        return True
    cell: Any = item.callspec.params["proctor_cell"]
    return bool(cell is None or suits(cell.suite))


class SuiteFile(pytest.Module):
    """A ``suite.toml`` as a module of tests: one for each axis, and each of them for every system."""

    def _getobj(self) -> ModuleType:
        return import_module("proctor.axis_tests")
