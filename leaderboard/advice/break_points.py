"""Where along one axis of a situation, all else held, another option is recommended, and what changes there.

Numbers are found by trying and halving, to three digits. What changes and changes back between two of the values that are tried
first (a step is about a quarter) is not seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from proctor.evals.stats.intervals import Amount, Interval
from proctor.leaderboard.advice.decide import Advised, decide, threshold
from proctor.leaderboard.advice.options import DecisionProblem, Option

ScenarioField = Literal["updates", "queries", "hour"]
Side = Literal["below", "above"]
Cause = Literal["", "accuracy", "margin", "saving"]
"""Why two options change places: their expected accuracies cross, come to differ by the margin, or a saving becomes material."""
FIRST: dict[ScenarioField, float] = {"updates": 0.01, "queries": 1.0, "hour": 0.001}
LIMITS: dict[ScenarioField, float] = {"updates": 1000.0, "queries": 10_000_000.0, "hour": 1000.0}
"""From where to where is looked: updates a month, questions a day, the price of an hour; the first and the last at zero, too."""
STEPS = 80
CLOSE = 1e-4
"""Relative distance of the two ends between which a number is known."""


@dataclass(frozen=True)
class BreakPoint:
    """A value on one side of the situation from which on something else is recommended."""

    axis: ScenarioField
    at: float
    """0 where it changes before the first value that is tried."""
    side: Side
    to: str
    """The option that is recommended from there on; empty where there is no clear choice."""
    title: str
    """The same as people read it."""
    reason: str
    """Why there is none."""
    cause: Cause
    low: float | None
    """The value could as well be from here, by the 95 % interval of what changes there (Fieller 1954)..."""
    high: float | None
    """... to here; None: not known, or beyond what is tried."""


def flips(case: DecisionProblem, now: Advised) -> Iterator[BreakPoint]:
    """The nearest flips along every axis, on either side; where one is to no clear choice, also the next option beyond."""
    for axis in LIMITS:
        here, values = value(case, axis), _values(axis)
        yield from _side(case, now, axis, "below", [x for x in values[::-1] if x < here])
        yield from _side(case, now, axis, "above", [x for x in values if x > here])


def _side(case: DecisionProblem, now: Advised, axis: ScenarioField, side: Side, tried: Sequence[float]) -> Iterator[BreakPoint]:
    before, near = now, value(case, axis)
    while (found := _nearest(case, before, axis, near, tried)) is not None:
        inner, at = found
        then = decide(moved(case, axis, at))
        yield _flip(case, (before, then), axis, side, (inner, at))
        if then.pick:
            return
        before, near = then, at
        tried = [x for x in tried if (x < at if side == "below" else x > at)]


def _flip(
    case: DecisionProblem, decisions: tuple[Advised, Advised], axis: ScenarioField, side: Side, ends: tuple[float, float]
) -> BreakPoint:
    now, then = decisions
    at = ends[1]
    known = _digits(at) if at > FIRST[axis] else 0.0
    cause, low, high = _cause(case, now, then, axis, ends) if known else ("", None, None)
    title = moved(case, axis, at).title(then.pick.option) if then.pick else ""
    return BreakPoint(axis, known, side, then.name, title, then.reason, cause, low, high)


def _values(axis: ScenarioField) -> list[float]:
    first, last = FIRST[axis], LIMITS[axis]
    none = [] if axis == "queries" else [0.0]  # nobody runs a service that is asked less than once a day
    return [*none, *(last * (first / last) ** (1 - step / (STEPS - 1)) for step in range(STEPS))]


def value(case: DecisionProblem, axis: ScenarioField) -> float:
    """Where the situation lies on an axis."""
    if axis == "hour":
        return case.situation.prices.hour(case.evidence.machine)
    return float(getattr(case.situation, axis))


def moved(case: DecisionProblem, axis: ScenarioField, x: float) -> DecisionProblem:
    """The same situation with another value on one axis."""
    situation = case.situation
    if axis == "updates":
        return DecisionProblem(case.evidence, replace(situation, updates=x))
    if axis == "queries":
        return DecisionProblem(case.evidence, replace(situation, queries=x), case.known)
    return DecisionProblem(
        case.evidence, replace(situation, prices=situation.prices.with_hour(case.evidence.machine, x)), case.known
    )


def _nearest(
    case: DecisionProblem, now: Advised, axis: ScenarioField, near: float, values: Sequence[float]
) -> tuple[float, float] | None:
    """The last value at which the recommendation is the same and the first at which it is another, in the order of the values."""

    def other(x: float) -> bool:
        return decide(moved(case, axis, x)).name != now.name

    for far in values:
        if other(far):
            return _halved(axis, near, far, other)
        near = far
    return None


def _halved(axis: ScenarioField, outside: float, inside: float, holds: Callable[[float], bool]) -> tuple[float, float]:
    """Two near values between which what holds at ``inside``, and not at ``outside``, begins, by halving what is between."""
    while abs(inside - outside) > CLOSE * max(inside, outside, FIRST[axis]):
        middle = (inside + outside) / 2
        if holds(middle):
            inside = middle
        else:
            outside = middle
    return outside, inside


def _cause(
    case: DecisionProblem, now: Advised, then: Advised, axis: ScenarioField, ends: tuple[float, float]
) -> tuple[Cause, float | None, float | None]:
    """What of two options changes its sign between two near values, and from where to where that could be."""
    if now.pick and then.pick:
        for cause, gap in _gaps(case, now.pick.option, then.pick.option, axis, ends):
            if (gap(ends[0]).value > 0) != (gap(ends[1]).value > 0):
                return cause, *_reach(axis, ends[1], gap)
    return "", None, None


def _gaps(
    case: DecisionProblem, mine: Option, theirs: Option, axis: ScenarioField, ends: tuple[float, float]
) -> Iterator[tuple[Cause, Callable[[float], Amount]]]:
    """What could change: figures of two options that were measured."""
    middle = moved(case, axis, sum(ends) / 2)
    if not case.evidence.missing(middle.asked(mine, theirs)):
        better, worse = (mine, theirs) if middle.quality(mine, theirs).value > 0 else (theirs, mine)
        yield "accuracy", lambda x: _less(moved(case, axis, x).quality(better, worse), 0.0)
        yield "margin", lambda x: _less(moved(case, axis, x).quality(better, worse), case.situation.margin)
    if not case.evidence.missing(middle.paid(mine)) and not case.evidence.missing(middle.paid(theirs)):
        cheap, dear = (mine, theirs) if middle.cost(mine, theirs).value < 0 else (theirs, mine)

        def saving(x: float) -> Amount:
            there = moved(case, axis, x)
            return _less(there.cost(dear, cheap), threshold(case, there.weigh(dear)))

        yield "saving", saving


def _less(found: Amount | Interval, bound: float) -> Amount:
    return Amount(found.value - bound, found.low - bound, found.high - bound)


def _reach(axis: ScenarioField, at: float, gap: Callable[[float], Amount]) -> tuple[float | None, float | None]:
    """Where the gap is sure on either side of where it changes its sign."""
    values = _values(axis)
    low = next((x for x in values[::-1] if x < at and _sure(gap(x))), None)
    high = next((x for x in values if x > at and _sure(gap(x))), None)
    least, most = (None if far is None else _digits(_halved(axis, at, far, lambda x: _sure(gap(x)))[1]) for far in (low, high))
    return (0.0 if least is None else least), most


def _sure(found: Amount) -> bool:
    return found.low > 0 or found.high < 0


def _digits(x: float) -> float:
    return float(f"{x:.3g}")
