"""All axes there are, and what they say of their metrics: the one list of what is known of a metric by its name.

Records may have metrics that no axis declares, of another version say. Nothing is known of those but what the records say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING

from proctor.core.registry import Registry
from proctor.evals.candidate import why_not

if TYPE_CHECKING:
    from proctor.core.schema import Ability, Metric
    from proctor.evals.exam import Axis

AXES: Registry[Axis] = Registry(
    "proctor.axes",
    {
        "accuracy": "proctor.evals.axes.accuracy:AXIS",
        "accuracy_judged": "proctor.evals.axes.accuracy:BY_JUDGE [ragas]",
        "faithfulness": "proctor.evals.axes.faithfulness:AXIS [ragas]",
        "hallucination": "proctor.evals.axes.hallucination:AXIS [deepeval]",
        "forgetting": "proctor.evals.axes.forgetting:AXIS [lm_eval]",
        "retrieval": "proctor.evals.axes.retrieval:AXIS",
        "robustness": "proctor.evals.axes.robustness:AXIS",
        "context": "proctor.evals.axes.context:AXIS",
        "citations": "proctor.evals.axes.citations:AXIS",
        "style": "proctor.evals.axes.style:AXIS",
        "updates": "proctor.evals.axes.updates:AXIS",
        "updates_retrained": "proctor.evals.axes.updates:RETRAINED",
        "updates_continued": "proctor.evals.axes.updates:CONTINUED",
        "data_efficiency": "proctor.evals.axes.data_efficiency:AXIS",
        "privacy": "proctor.evals.axes.privacy:AXIS",
        "latency": "proctor.evals.axes.latency:AXIS",
        "cost": "proctor.evals.axes.cost:AXIS",
    },
)
"""In the order in which a reader sees them. In brackets: a library that may be missing. The test of an axis is called test_ and
its name."""


def add(name: str, axis: Axis) -> None:
    """One more axis, of the user's project."""
    AXES.add(name, axis)
    for known in (headlines, shown, followed, meanings, _markers, _axes, _declared, _places, _by_first_word):
        known.cache_clear()


def metrics() -> Iterator[Metric]:
    """Every metric that has a name of its own; those of general tasks (``general.<task>``) depend on the suite."""
    yield from _declared().values()


def declared(metric: str) -> Metric | None:
    """A metric by its name, or the one of which it is a case (``general.*``); None if no axis declares it."""
    known = _declared()
    return known.get(metric) or known.get(f"{_first(metric)}.*")


def words(metric: str) -> str:
    """What a figure is, in a sentence; nothing for one that is not known."""
    found = declared(metric)
    return found.says if found else ""


def neutral(metric: str) -> bool:
    """Whether neither more nor less of it is better."""
    found = declared(metric)
    return found is not None and found.neutral


def metered(metric: str) -> bool:
    """Whether it is read off a meter although its unit is one of what is counted."""
    found = declared(metric)
    return found is not None and found.metered


@cache
def headlines() -> tuple[str, ...]:
    """The metrics that a reader asks for first."""
    return tuple(metric.name for metric in metrics() if metric.headline)


@cache
def shown() -> frozenset[str]:
    """The metrics that a table shows before a reader chooses others."""
    return frozenset(metric.name for metric in metrics() if metric.shown)


@cache
def followed() -> tuple[str, ...]:
    """The metrics whose effects and trends are shown: headlines, and what else a table shows of the answers themselves."""
    return tuple(one.name for one in metrics() if one.headline or (one.shown and not aside(one.name)))


def axis(metric: str) -> str:
    """The axis that a metric belongs to, by its first word; that word itself where no axis has such metrics."""
    return _by_first_word().get(_first(metric), _first(metric))


def out_of_reach(metric: str, abilities: frozenset[Ability]) -> str:
    """Why a metric cannot be measured of a system with these abilities; empty if it can, or is not known."""
    found = declared(metric)
    those = [each for each in _axes().get(axis(metric), ()) if found in each.metrics]
    return next((why_not(abilities, each.needs | one.needs, each.either) for each in those for one in [found] if one), "")


def marker(name: str) -> str:
    """The axis whose marker the test of an axis has: the first of its file."""
    return _markers()[name]


def aside(metric: str) -> bool:
    """Whether its axis is about something else than the answers that a run keeps."""
    return any(each.aside for each in _axes().get(axis(metric), ()))


@cache
def meanings() -> Mapping[str, str]:
    """Axis -> what it asks of a system."""
    return {name: next(filter(None, (each.asks for each in axes)), "") for name, axes in _axes().items()}


def rank(metric: str) -> tuple[int, str, bool, int, str]:
    """Sorts metrics by axis; an axis' own metric comes before those of its parts, and these in the order of its file."""
    name, places = axis(metric), _places()
    order = list(_axes())
    place = order.index(name) if name in order else len(order)
    return (place, name, not metric.startswith(name), places.get(metric, len(places)), metric)


@cache
def _markers() -> dict[str, str]:
    """Name -> the first name of its file; an axis of a project has a marker of its own."""
    first: dict[str, str] = {}
    return {name: first.setdefault(one.module, name) if name not in AXES.own else name for name, one in AXES.items()}


@cache
def _axes() -> dict[str, tuple[Axis, ...]]:
    """The first axis of a file -> the axes of that file, in their order."""
    found: dict[str, tuple[Axis, ...]] = {}
    for name, first in _markers().items():
        found[first] = (*found.get(first, ()), AXES[name])
    return found


@cache
def _declared() -> dict[str, Metric]:
    return {metric.name: metric for axes in _axes().values() for each in axes for metric in each.metrics}


@cache
def _places() -> dict[str, int]:
    return {name: place for place, name in enumerate(_declared())}


@cache
def _by_first_word() -> dict[str, str]:
    """The first word of a metric's name -> the file of its axis."""
    return {_first(metric.name): name for name, axes in _axes().items() for each in axes for metric in each.metrics}


def _first(metric: str) -> str:
    return metric.partition(".")[0]
