"""Where along one axis of a situation, all else held, another option is recommended, and where the two tip.

Numbers are found by trying and halving, to three digits. What changes and changes back between two of the values that are tried
first (a step is about a quarter) is not seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from leaderboard.advice import Decision, decide
from leaderboard.evidence import Amount
from leaderboard.options import Case

Axis = Literal["updates", "queries", "hour"]
Side = Literal["below", "above"]
LIMITS: dict[Axis, float] = {"updates": 1000.0, "queries": 10_000_000.0, "hour": 1000.0}
"""How far is looked: updates a month, queries a day, the price of an hour."""
STEPS = 80
SMALL = 1e-7
"""Of the limit: the first step from zero."""
CLOSE = 1e-4
"""Relative distance of the two ends between which a number is known."""


@dataclass(frozen=True)
class Tip:
    """Where a difference of two options begins to count, and from where to where that could be (Fieller 1954)."""

    at: float
    low: float
    high: float | None
    """None: beyond the limit."""


@dataclass(frozen=True)
class Flip:
    """The nearest value on one side at which something else is recommended."""

    axis: Axis
    at: float
    side: Side
    to: str
    """The option that is recommended from there on; empty where it is no longer decided."""
    reason: str
    """Why it is not decided there."""
    tip_quality: Tip | None
    """Where one is better than the other by the margin; or at all, where they cost the same."""
    tip_cost: Tip | None
    """Where they cost the same."""


def flips(case: Case, now: Decision) -> Iterator[Flip]:
    """The flips along every axis, on either side of the situation."""
    for axis, limit in LIMITS.items():
        here, values = value(case, axis), _values(axis)
        sides: dict[Side, list[float]] = {
            "below": [x for x in values[::-1] if x < here],
            "above": [x for x in values if x > here],
        }
        for side, tried in sides.items():
            at = _nearest(case, now, axis, tried)
            if at is not None:
                then = decide(moved(case, axis, at))
                quality, cost = _tips(case, now, then, axis, at)
                known = _digits(at) if at > limit * SMALL else 0.0
                yield Flip(axis, known, side, then.name, then.reason, quality, cost)


def _values(axis: Axis) -> list[float]:
    return [0.0, *(LIMITS[axis] * SMALL ** (1 - step / (STEPS - 1)) for step in range(STEPS))]


def value(case: Case, axis: Axis) -> float:
    """Where the situation lies on an axis."""
    if axis == "hour":
        return case.situation.prices.hour(case.evidence.machine)
    return float(getattr(case.situation, axis))


def moved(case: Case, axis: Axis, x: float) -> Case:
    """The same situation with another value on one axis."""
    situation = case.situation
    if axis == "updates":
        return Case(case.evidence, replace(situation, updates=x))
    if axis == "queries":
        return Case(case.evidence, replace(situation, queries=x), case.known)
    return Case(case.evidence, replace(situation, prices=situation.prices.with_hour(case.evidence.machine, x)), case.known)


def _nearest(case: Case, now: Decision, axis: Axis, values: Sequence[float]) -> float | None:
    """The value nearest to the situation at which the recommendation is another."""

    def other(x: float) -> bool:
        return decide(moved(case, axis, x)).name != now.name

    near = value(case, axis)
    for far in values:
        if other(far):
            return _halved(axis, near, far, other)
        near = far
    return None


def _halved(axis: Axis, outside: float, inside: float, holds: Callable[[float], bool]) -> float:
    """The end nearest to ``outside`` of what holds at ``inside``, by halving what is between."""
    least = LIMITS[axis] * SMALL
    while abs(inside - outside) > CLOSE * max(inside, outside, least):
        middle = (inside + outside) / 2
        if holds(middle):
            inside = middle
        else:
            outside = middle
    return inside


def _tips(case: Case, now: Decision, then: Decision, axis: Axis, near: float) -> tuple[Tip | None, Tip | None]:
    """Where what is recommended now and what is recommended then tip in quality, and in cost."""
    if not now.pick or not then.pick:
        return None, None
    mine, theirs, there = now.pick.option, then.pick.option, moved(case, axis, near)
    dearest = moved(case, axis, LIMITS[axis])  # what is free here may have a price there, and not be known
    priced = not any(case.evidence.missing(dearest.paid(option)) for option in (mine, theirs))
    measured = not any(case.evidence.missing(option.quality(0.5)) for option in (mine, theirs))
    margin = 0.0 if priced and not there.cost(mine, theirs).value else case.situation.margin
    better, worse = (mine, theirs) if measured and there.quality(mine, theirs).value > 0 else (theirs, mine)

    def quality(x: float) -> Amount:
        found = moved(case, axis, x).quality(better, worse)
        return Amount(found.value - margin, found.low - margin, found.high - margin)

    def cost(x: float) -> Amount:
        return moved(case, axis, x).cost(mine, theirs)

    return _tip(axis, near, quality) if measured else None, _tip(axis, near, cost) if priced else None


def _tip(axis: Axis, near: float, gap: Callable[[float], Amount]) -> Tip | None:
    """The change of sign nearest to a value, if there is one between the first step and the limit."""
    values = _values(axis)[1:]
    gaps = [gap(x) for x in values]
    changes = [place for place in range(STEPS - 1) if (gaps[place].value > 0) != (gaps[place + 1].value > 0)]
    if not changes:
        return None
    place = min(changes, key=lambda place: abs(values[place] - near))
    at = _halved(axis, values[place], values[place + 1], lambda x: (gap(x).value > 0) == (gaps[place + 1].value > 0))
    low, high = (
        next((x for x, found in side if _sure(found)), None)
        for side in (
            zip(values[place::-1], gaps[place::-1], strict=True),
            zip(values[place + 1 :], gaps[place + 1 :], strict=True),
        )
    )
    return Tip(
        _digits(at),
        0.0 if low is None else _digits(_halved(axis, at, low, lambda x: _sure(gap(x)))),
        None if high is None else _digits(_halved(axis, at, high, lambda x: _sure(gap(x)))),
    )


def _sure(found: Amount) -> bool:
    return found.low > 0 or found.high < 0


def _digits(x: float) -> float:
    return float(f"{x:.3g}")
