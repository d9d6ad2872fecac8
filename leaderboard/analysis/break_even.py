"""How many examples a trained system needs to be as often right as one that is not trained and looks things up."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from math import log2
from typing import Any

import numpy as np

from proctor.evals.axes import accuracy, data_efficiency
from proctor.evals.stats.comparison import Noise, common, joint_noise, widened
from proctor.evals.stats.differences import signed_intervals
from proctor.evals.stats.intervals import Array, Interval
from proctor.leaderboard.analysis import retraining
from proctor.leaderboard.analysis.origins import external
from proctor.leaderboard.analysis.retraining import Variation, once
from proctor.leaderboard.analysis.section import Section
from proctor.leaderboard.analysis.series import Series, rounded

WHOLE = accuracy.EXACT.name
SHARES = {metric.name: 1 / count for metric, count in data_efficiency.ONE_OF.items()} | {WHOLE: 1.0}
"""Metric -> the share of the training examples that it is measured with, the smallest first."""
STEPS = 16
"""Places between two neighbouring shares at which the two are compared."""
EXACT = 1e-3
"""How near the ends of an interval are known, in doublings of the share."""


@dataclass(frozen=True)
class Crossing:
    """Where the curve of a trained system crosses the level line of another."""

    suite: str
    base_model: str
    system: str
    level: str
    """The system that needs no examples."""
    share: float | None
    """Of the examples, by straight lines over the logarithm of the share; an eighth if it is ahead by then, None if never."""
    ci_low: float | None
    """95 % interval: the shares at which neither is significantly ahead (Fieller 1954), training noise allowed for. None: it is
    significantly behind at every share."""
    ci_high: float | None
    """None: it may never catch up."""
    n: int
    caution: str
    """What the interval allows for that was not measured."""


def crossings(sections: Iterable[Section]) -> Iterator[Crossing]:
    """For each system that was trained on less, against each that retrieves and is not trained; none from too few clusters."""
    for section in sections:
        columns = {key: series for key, series in section.columns.items() if key[0] in SHARES and series.valued}
        own, known = section.trained, section.variation(*SHARES)
        levels = [name for name in _untrained(section.systems) if (WHOLE, name) in columns]
        for system in dict.fromkeys(system for _, system in columns):
            curve = [columns[metric, system] for metric in SHARES if (metric, system) in columns]
            for level in levels if len(curve) == len(SHARES) else ():
                gaps = _gaps(curve, columns[WHOLE, level], own, known)
                found = _crossing(gaps) if gaps else None
                if found:
                    about = (section.suite, section.base_model, system, level)
                    yield Crossing(*about, *found, _caution(curve, own, known))


def _untrained(systems: Mapping[str, Any]) -> list[str]:
    here = {name: about for name, about in systems.items() if isinstance(about, dict) and name not in external(systems)}
    settings = {name: about.get("settings", {}) for name, about in here.items()}
    return [name for name, known in settings.items() if known.get("adapt") == "none" and known.get("retrieve", "none") != "none"]


def _caution(curve: Sequence[Series], own: Collection[str], known: Variation) -> str:
    """Of curves that rest on one training run a share."""
    alone = any(once(series, own) for series in curve)
    return f"one training run a share: the interval allows for {known}" if alone else ""


Gaps = Callable[[Array], list[Interval]]
"""How far the curve is ahead of the level at some places, by doublings of the smallest share."""


def _gaps(curve: Sequence[Series], level: Series, own: Collection[str], known: Variation) -> Gaps | None:
    """None where no item is common to all."""
    (*reached, to_reach), clusters = common(*(series.means for series in (*curve, level)))
    if not len(to_reach):
        return None
    ahead = np.stack(reached, axis=1) - to_reach[:, None]
    noises = [retraining.own_noise(series, own, known) for series in curve]
    still = retraining.own_noise(level, own, known)

    def gaps(places: Array) -> list[Interval]:
        weights = [_weights(float(place), len(curve)) for place in places]
        found = signed_intervals(np.stack([np.einsum("nk,k->n", ahead, each) for each in weights]), clusters)
        return [widened(one, noise(each), within=(-1.0, 1.0)) for one, each in zip(found, weights, strict=True)]

    def noise(weights: Array) -> Noise | None:
        moved = (replace(one, error=weight * one.error) if one else None for one, weight in zip(noises, weights, strict=True))
        return reduce(_joint, moved, still)

    return gaps


def _joint(mine: Noise | None, theirs: Noise | None) -> Noise | None:
    """Of both, where one that weighs nothing has none."""
    return joint_noise(mine, theirs if theirs and theirs.error else None)


def _weights(place: float, count: int) -> Array:
    """Of the points of a curve, for the straight line between two of them."""
    return np.asarray(np.maximum(0.0, 1 - np.abs(np.arange(count) - place)), np.float64)


def _crossing(gaps: Gaps) -> tuple[float | None, float | None, float | None, int] | None:
    """Share, the ends of its interval, and how many items it rests on; None of too few clusters to tell of anything."""
    last = len(SHARES) - 1
    places = np.arange(last * STEPS + 1) / STEPS
    found = gaps(places)
    if found[0].few:
        return None
    caught = _first(gaps, places, [each.value >= 0 for each in found], lambda each: each.value >= 0)
    low = _first(gaps, places, [each.high >= 0 for each in found], lambda each: each.high >= 0)
    back = _first(lambda places: gaps(last - places), places, [each.low <= 0 for each in found[::-1]], lambda each: each.low <= 0)
    high = places[0] if back is None else last - back
    return _share(caught), _share(low), None if back == 0 else _share(high), found[0].n


def _first(gaps: Gaps, places: Array, holds: Sequence[bool], test: Callable[[Interval], bool]) -> float | None:
    """The first place at which a test holds, by halving between those that were tried; None where it holds at none."""
    at = next((at for at, held in enumerate(holds) if held), None)
    if at is None or at == 0:
        return None if at is None else float(places[0])
    far, near = float(places[at - 1]), float(places[at])
    while near - far > EXACT:
        middle = (far + near) / 2
        far, near = (far, middle) if test(gaps(np.array([middle]))[0]) else (middle, near)
    return near


def _share(place: float | None) -> float | None:
    return None if place is None else rounded(2 ** (place + log2(min(SHARES.values()))))


def sentence(found: Crossing) -> str:
    """What it says, for a page."""
    told = f" {found.caution[:1].upper()}{found.caution[1:]}." if found.caution else ""
    return f"{_said(found)}{told}"


def _said(found: Crossing) -> str:
    if found.share is None and found.ci_low is None:
        return f"{found.system} does not catch up with {found.level}: with all examples it is significantly behind (n {found.n})."
    if found.share is None:
        why = "but with all examples it is not significantly behind"
        return f"{found.system} does not catch up with {found.level} by the means, {why} (n {found.n})."
    early = "no more than " if found.share <= min(SHARES.values()) else ""
    known = f"{_part(found.ci_low)} to {_part(found.ci_high)}" if found.ci_high else f"{_part(found.ci_low)} or more, or never"
    at = f"{early}{_part(found.share)} of the examples (95 % CI {known}; n {found.n})"
    return f"{found.system} catches up with {found.level} at {at}."


def _part(share: float | None) -> str:
    return "an unknown part" if share is None else f"{100 * share:.3g} %"
