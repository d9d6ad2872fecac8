"""Which systems a metric ranks, and over which items: those that all of them have. Why the others are not ranked is said."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from proctor.evals.axes.catalogue import axis
from proctor.leaderboard.analysis.series import Series
from proctor.leaderboard.runs.records import Codes, distinct, grouped

Systems = Mapping[str, Series]

SHARE = 0.8
"""Of a metric's items, which a system must have to be ranked.

What is missing is seldom missing by chance: the hard questions are those that are declined, or that a judge fails at. The rule of
thumb of clinical trials is that less than 5 % lost does little harm, and more than 20 % threatens the conclusion (Sackett et
al. 2000, Evidence-Based Medicine). If a system does 25 points better on a missing fifth than on the rest, its mean is off by 5
points, about as far as the interval of 200 questions reaches. At 90 % a system that rightly declines every eighth question would
have no rank in what it says.
"""
JOINT = 0.6
"""Of a metric's items, which all ranked systems must have in common: any two have that much at least. Where many systems each
lack other items, those that lack most are left out until that is so."""
MERIT = 0.05
"""Accuracy (F1) below which a system gets next to nothing right. One that declines everything, or says nothing, makes nothing up,
leaks nothing, is fast and costs little: where less is better, it is not ranked."""
SILENT = 0.95
"""The share of answerable questions declined above which the same holds where accuracy was not measured."""


@dataclass(frozen=True)
class Ranked:
    """The systems that are ranked, in their order, over these items; and why the others are not."""

    systems: Systems
    items: Codes
    reasons: Mapping[str, str]


def idle(metrics: Sequence[Systems]) -> dict[str, str]:
    """The systems that get next to nothing right, and how that shows."""
    known = {next(iter(systems.values())).first.metric: systems for systems in metrics if systems}
    if "accuracy.f1" in known:
        found = _means(known["accuracy.f1"], lambda mean: mean < MERIT)
        return {name: f"it gets next to nothing right (F1 {100 * mean:.1f} %)" for name, mean in found.items()}
    found = _means(known.get("abstention.false", {}), lambda mean: mean > SILENT)
    return {name: f"it declines {100 * mean:.1f} % of what it could answer" for name, mean in found.items()}


def _means(systems: Systems, wanted: Callable[[float], bool]) -> dict[str, float]:
    means = {name: float(series.means.values.mean()) for name, series in systems.items() if len(series.means.items)}
    return {name: mean for name, mean in means.items() if wanted(mean)}


def ranked(systems: Systems, without_merit: Mapping[str, str]) -> Ranked:
    """The systems to rank in one metric: not those without a value, that were timed apart, or that lack too much of it."""
    valued = {name: series for name, series in systems.items() if len(series.means.items)}
    have = {name: complete(series) for name, series in valued.items()}
    asked = len(_union(series.means.items for series in valued.values()))
    reasons = _no_merit(valued, without_merit) | _timed_apart(valued) | _lacking(valued, have, asked)
    left = {name: have[name] for name in valued if name not in reasons}
    while len(left) > 1 and len(_common(left.values())) < JOINT * asked:
        least = min(left, key=lambda name: (len(left[name]), name))
        count = len(_common(left.values()))
        reasons[least] = f"with it, the ranked systems would have only {count:,} of {asked:,} {_things(valued[least])} in common"
        del left[least]
    return Ranked({name: systems[name] for name in left}, _common(left.values()), reasons)


def complete(series: Series) -> Codes:
    """The items with a value from every seed of the system."""
    valued = series.records.valued()
    items, counts = np.unique(valued.item, return_counts=True)
    found: Codes = items[counts == len(grouped(series.records, "seed"))]
    return found


def _no_merit(systems: Systems, without_merit: Mapping[str, str]) -> dict[str, str]:
    """What is small is good only of a system that does something."""
    lower = any(series.first.better == "lower" for series in systems.values())
    return {name: f"{why}, so a low value is no merit" for name, why in without_merit.items() if lower and name in systems}


def _timed_apart(systems: Systems) -> dict[str, str]:
    """The systems whose seconds were taken in other rounds than most: what disturbed the machine then may be the difference."""
    rounds = {name: set(series.means.clusters.tolist()) for name, series in systems.items() if series.unit == "seconds"}
    if not rounds:
        return {}
    most = max(rounds.values(), key=lambda mine: sum(not mine.isdisjoint(theirs) for theirs in rounds.values()))
    return {name: "it was timed on another occasion" for name, mine in rounds.items() if mine.isdisjoint(most)}


def _lacking(systems: Systems, have: Mapping[str, Codes], asked: int) -> dict[str, str]:
    """The systems that have too few of the items."""
    few = {name: len(items) for name, items in have.items() if len(items) < SHARE * asked}
    return {name: f"measured on {count:,} of {asked:,} {_what(systems[name])}" for name, count in few.items()}


def _what(series: Series) -> str:
    seeds = len(grouped(series.records, "seed"))
    what = "repeats" if series.repeated else "seeds"
    return f"{_things(series)} with all {seeds} {what}" if seeds > 1 else _things(series)


def _things(series: Series) -> str:
    return "items" if axis(series.first.metric) in ("forgetting", "privacy") else "questions"


def _union(parts: Iterable[Codes]) -> Codes:
    return distinct(np.concatenate([*parts, np.empty(0, np.int32)]))


def _common(parts: Iterable[Codes]) -> Codes:
    each = list(parts)
    return reduce(lambda mine, theirs: np.intersect1d(mine, theirs, assume_unique=True), each) if each else np.empty(0, int)
