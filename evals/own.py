"""Metrics of a team's own: a function in a file of its project becomes a metric, an axis and a test.

    # my_metrics.py, named by `metrics = "my_metrics.py"` in [tool.proctor]
    from proctor.evals import metric

    @metric("tone.polite", says="The share of answers that say please.")
    def polite(question, answer) -> float:
        return float("please" in answer.text.lower())

Metrics whose names have the first word in common make an axis of that name, which `-m tone` selects. A metric's version is a
hash of the function's code and of what it uses of its own file, or of its package.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from proctor.core.reading.shown import short
from proctor.core.schema import Answer, Better, InputError, Metric, Question, Score, Suite, not_applicable, unmeasured

if TYPE_CHECKING:
    from proctor.core.workspace import Workspace
    from proctor.evals.exam import Axis

NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+")
SETTING = "metrics"
"""The setting of `[tool.proctor]` that names the file."""
DECLINED = "the metric does not apply to the question"

Valued = float | bool | None | Score
"""What a function returns: a value; None where it does not apply; a `Score` that says why there is none."""
MetricFunction = TypeVar("MetricFunction", bound=Callable[[Question, Answer], Valued])


@dataclass(frozen=True)
class Own:
    """A function that is a metric."""

    metric: Metric
    function: Callable[[Question, Answer], Valued]

    @property
    def axis(self) -> str:
        """The first word of its name."""
        return self.metric.name.partition(".")[0]

    @property
    def module(self) -> str:
        """Where it is defined."""
        return self.function.__module__

    @property
    def place(self) -> str:
        """The same, with the function's name."""
        return f"{self.module}.{self.function.__qualname__}"

    def score(self, _: Suite, question: Question, answer: Answer) -> Score:
        """What the function says of an answer. A function that fails costs this question alone; the reason is kept."""
        if answer.error:
            return Score(0.0)  # which the exam puts the metric's worst in place of
        try:
            found = self.function(question, answer)
            if isinstance(found, Score):
                return found
            return not_applicable(DECLINED) if found is None else self._within(float(found))
        except Exception as error:  # noqa: BLE001 -- whatever a function of somebody else's raises
            return unmeasured(f"{self.function.__name__}: {type(error).__name__}: {short(str(error), 200)}")

    def _within(self, value: float) -> Score:
        if self.metric.unit == "share" and not 0 <= value <= 1:
            return unmeasured(f"{self.function.__name__} returned {value:g}, and a share is from 0 to 1: name another unit")
        return Score(value)


_known: dict[str, Own] = {}
"""Name of a metric -> what was declared, in this process."""


def metric(
    name: str, *, unit: str = "share", better: Better = "higher", says: str = "", headline: bool = True
) -> Callable[[MetricFunction], MetricFunction]:
    """Make a function of question and answer a metric.

    ``name`` is its axis and, behind a dot, the metric. ``unit``: "share" for values from 0 to 1, or a word of your own.
    ``says`` tells a reader what it is; by default the first line of the function's docstring. ``headline``: whether the page
    shows it before a reader chooses columns.

    Raises:
        InputError: the name cannot be one, or it is that of another function or of an axis of Proctor's.
    """
    if not NAME.fullmatch(name):
        such = f"{name}.share" if NAME.fullmatch(f"{name}.share") else "tone.polite"
        raise InputError(f"@metric({short(name)!r}): write an axis, a dot and the metric, in lower case: {such}")

    def declare(function: MetricFunction) -> MetricFunction:
        first = (function.__doc__ or "").strip().partition("\n")[0]
        version = _version(function)
        _add(Own(Metric(name, unit, better, version, says=says or first, headline=headline, shown=headline), function))
        return function

    return declare


def _version(function: Callable[..., object]) -> str:
    """Hash of its code; of what is in no file, as in a notebook, of what it was compiled to."""
    from proctor.core.code import code_of
    from proctor.core.storage.cache import digest

    try:
        return code_of(function)[:12]
    except (LookupError, OSError, ValueError, AttributeError):
        code = getattr(function, "__code__", None)
        return digest(*(repr(getattr(code, name, "")) for name in ("co_code", "co_consts", "co_names")))[:12]


def _add(own: Own) -> None:
    from proctor.evals.axes.catalogue import AXES

    name, where = own.metric.name, own.place
    other = _known.get(name)
    if other and other.place != where:
        raise InputError(f"{where}: the metric {name} is {other.place} already: rename one of them")
    if own.axis in AXES and own.axis not in {each.axis for each in _known.values()}:
        raise InputError(f"{where}: the axis {own.axis} comes with Proctor or a package: choose another first word for {name}")
    _known[name] = own


def load(ours: Workspace) -> None:
    """Import the file, or the module, that a project's settings name, and add the axes that it declares. Once a process.

    Its code runs: it is the project's own, as its conftest.py is.

    Raises:
        InputError: it is not there, cannot be imported, or declares no metric.
    """
    from proctor.evals.axes import catalogue

    named = ours.settings.get(SETTING)
    if not named:
        return
    imported = set(_import(ours.root, named))
    axes = {own.axis for own in _known.values() if own.module.partition(".")[0] in imported}
    if not axes:
        raise InputError(f'tool.proctor.{SETTING}: {named} declares no metric: put @metric("tone.polite") before a function')
    for name in sorted(axes):
        catalogue.add(name, _axis(name, [own for own in _known.values() if own.axis == name]))


def _import(root: Path, named: str) -> Iterator[str]:
    """Import what is named; yields the packages, or modules without one, that were asked for."""
    folder, module = (root / named).parent, Path(named).stem
    if not named.endswith(".py"):
        folder, module = root, named
    elif not (root / named).is_file():
        raise InputError(f"tool.proctor.{SETTING}: there is no file {root / named}; write a path from the project's root")
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    try:
        found = importlib.import_module(module)
    except InputError as error:
        raise InputError(f"tool.proctor.{SETTING}: {named}: {error}") from error
    except Exception as error:  # whatever a file of the user's raises
        raise InputError(f"tool.proctor.{SETTING}: {named} cannot be imported: {type(error).__name__}: {error}") from error
    file = Path(found.__file__ or "").resolve()
    if named.endswith(".py") and file != (root / named).resolve():
        raise InputError(f"tool.proctor.{SETTING}: another module is called {module} ({file}): rename {named}")
    yield found.__name__.partition(".")[0]


def _axis(name: str, own: list[Own]) -> Axis:
    """The axis of metrics whose names have their first word in common."""
    from proctor.evals.exam import Axis, per_question

    modules = {each.module for each in own}
    if len(modules) > 1:
        raise InputError(f"the axis {name} has metrics in {' and '.join(sorted(modules))}: move them into one file")
    table = {each.metric: partial(Own.score, each) for each in own}
    return Axis(name, own[0].module, tuple(table), per_question(dict(table)), asks=own[0].metric.says)
