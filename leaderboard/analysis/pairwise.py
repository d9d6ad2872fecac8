"""How far every two systems are apart, item by item: in what a reader asks for first, and as far as there is time in the rest."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

from proctor.core.schema import Better, Record
from proctor.evals.axes.catalogue import headlines
from proctor.evals.headline import of_run
from proctor.evals.stats.comparison import ALPHA, ANYWHERE, Comparison
from proctor.evals.stats.intervals import Interval, t_quantile
from proctor.leaderboard.analysis import retraining
from proctor.leaderboard.analysis.section import Section
from proctor.leaderboard.analysis.series import rounded

if TYPE_CHECKING:
    from proctor.leaderboard.board.cells import Result

MOST = 12
"""Systems; with more there are so many pairs that few differences would be significant."""


ROOM = 1_000_000
"""Values of one section that are compared beyond the first metrics of each axis: some seconds of work."""


@dataclass(frozen=True)
class SystemPair:
    """One system against another in one metric, over the items that both have."""

    suite: str
    base_model: str
    metric: str
    unit: str
    better: Better
    system: str
    than: str
    difference: float
    """The mean of ``system`` less that of ``than``."""
    ci_low: float
    ci_high: float
    """The ends of the 95 % interval of this one difference, of these trainings where they were done once."""
    p: float
    """Corrected (Bonferroni) for the comparisons of one system with all others in this metric: what a reader sees together. It
    allows for other trainings, as marks and claims do (`leaderboard.analysis.retraining`)."""
    n: int
    wide_low: float
    wide_high: float
    """The ends of the interval that is corrected likewise, and that leaves out 0 only where p is below .05. Where one of the two
    is the best of the metric, it is the interval that marks go by, so that both say the same (`of_the_best`)."""


def pairs(sections: Iterable[Section]) -> Iterator[SystemPair]:
    """All pairs of a section's systems in each metric, once each; of many systems only those with a bare one.

    What was read once for each system, such as the seconds of its training, has no pairs. Of many systems on many questions,
    the metrics that come last have none either.
    """
    for section in sections:
        bare = {name for name, about in section.systems.items() if _bare(about)}
        for metric in _while_there_is_room(section):
            yield from _of_metric(section, metric, bare)


def of_the_best(found: Iterable[SystemPair], cells: Iterable[Result]) -> Iterator[SystemPair]:
    """The pairs, of which those with the best of a metric, over the same items, have the interval that its marks go by."""
    known = {(cell.suite, cell.base_model, cell.metric, cell.system): cell for cell in cells}
    for pair in found:
        mine, theirs = (known[pair.suite, pair.base_model, pair.metric, name] for name in (pair.system, pair.than))
        if theirs.best and pair.n == mine.ranked_on and mine.gap_low is not None and mine.gap_high is not None:
            yield replace(pair, wide_low=mine.gap_low, wide_high=mine.gap_high)
        elif mine.best and pair.n == theirs.ranked_on and theirs.gap_low is not None and theirs.gap_high is not None:
            yield replace(pair, wide_low=-theirs.gap_high, wide_high=-theirs.gap_low)
        else:
            yield pair


def _while_there_is_room(section: Section) -> Iterator[str]:
    """The first metrics of each axis and the general tasks in any case, and of the others as many as there is room for."""
    room, leads = ROOM, of_run(section.run, section.suite)
    for name, systems in section.metrics.items():
        first = name in (*headlines(), leads) or name.startswith("general.")
        room -= 0 if first else sum(len(series.records) for series in systems.values()) * len(systems) // 2
        if first or room >= 0:
            yield name


def _bare(about: Any) -> bool:
    """Whether a system is the base model as it came."""
    settings = about.get("settings", {}) if isinstance(about, dict) else {}
    return (settings.get("adapt"), settings.get("retrieve")) == ("none", "none")


def _of_metric(section: Section, metric: str, bare: Collection[str]) -> Iterator[SystemPair]:
    systems = sorted((name, series) for name, series in section.metrics[metric].items() if series.valued)
    known = section.variation(metric)
    for (name, mine), (than, theirs) in combinations(systems, 2):
        wanted = len(systems) <= MOST or name in bare or than in bare
        found = section.against(mine, theirs) if wanted else None
        if found and found.n > 1:
            anew = found.allowing(retraining.noise(mine, theirs, section.trained, known))
            yield _pair(mine.first, (name, than), found.difference, anew, len(systems) - 1)


def _pair(first: Record, two: tuple[str, str], alone: Interval, anew: Comparison, comparisons: int) -> SystemPair:
    p = 1.0 if anew.few else min(1.0, comparisons * anew.p)
    wide = _corrected(anew.difference, p, comparisons, (-1.0, 1.0) if first.unit == "share" else ANYWHERE)
    about = (first.suite, first.base_model, first.metric, first.unit, first.better, *two)
    value, low, high, wide_low, wide_high = (rounded(part) for part in (alone.value, alone.low, alone.high, *wide))
    return SystemPair(*about, value, low, high, rounded(p), anew.n, wide_low, wide_high)


def _corrected(gap: Interval, p: float, comparisons: int, within: tuple[float, float]) -> tuple[float, float]:
    """The ends of the interval as much wider as so many comparisons call for. What a test does not rule out is in it: 0 too."""
    degrees = max(1.0, gap.effective - 1)
    wider = t_quantile(1 - ALPHA / 2 / comparisons, degrees) / t_quantile(1 - ALPHA / 2, degrees)
    low, high = gap.value - wider * (gap.value - gap.low), gap.value + wider * (gap.high - gap.value)
    if p >= ALPHA:
        low, high = min(low, 0.0), max(high, 0.0)
    return max(within[0], low), min(within[1], high)
