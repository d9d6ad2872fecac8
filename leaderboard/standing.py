"""Which systems are best in a measure, and which cannot be told apart from the best: no false ranks.

A board makes many comparisons. Their p values are corrected together (Benjamini and Hochberg 1995), so that of the
differences that it shows as sure no more than one in twenty is chance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from evals.comparison import ALPHA, Comparison, corrected
from leaderboard.axes import NEUTRAL
from leaderboard.series import Series

Mark = Literal["best", "tied"]
Systems = Mapping[str, Series]


def standings(measures: Sequence[Systems]) -> list[dict[str, Mark]]:
    """For each measure the marks of its systems, none for those that are surely behind."""
    leaders = [_best(systems) for systems in measures]
    found = [
        {
            name: systems[name].against(systems[best[0]])
            for name in systems
            if best and name not in best and len(systems[name].means.items)
        }
        for systems, best in zip(measures, leaders, strict=True)
    ]
    made = [comparison for comparisons in found for comparison in comparisons.values() if comparison]
    ps = corrected([c.p for c in made], "bh")
    sure = {id(c): p < ALPHA and not c.few for c, p in zip(made, ps, strict=True)}
    return [_marks(best, comparisons, sure) for best, comparisons in zip(leaders, found, strict=True)]


def _marks(best: Sequence[str], comparisons: Mapping[str, Comparison | None], sure: Mapping[int, bool]) -> dict[str, Mark]:
    marks: dict[str, Mark] = dict.fromkeys(best, "best")
    for name, comparison in comparisons.items():
        if comparison is None or not sure[id(comparison)]:
            marks[name] = "tied"
    return marks


def _best(systems: Systems) -> list[str]:
    """Who has the best mean; nobody where all have the same, one reading is all that there is, or less is no better."""
    if any(series.first.measure in NEUTRAL for series in systems.values()):
        return []
    means = {name: series.interval.value for name, series in systems.items() if series.interval}
    if len(set(means.values())) < 2 or any(series.single for series in systems.values()):
        return []
    better = next(iter(systems.values())).first.better
    top = (max if better == "higher" else min)(means.values())
    return sorted(name for name, mean in means.items() if mean == top)
