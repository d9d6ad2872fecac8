"""One figure of the board."""

from __future__ import annotations

from dataclasses import dataclass

from proctor.core.schema import Better, Status
from proctor.evals.stats.intervals import FEW, cluster_count
from proctor.leaderboard.analysis.series import Caution
from proctor.leaderboard.formatting import SPACE, _unit, between, figure, signed


@dataclass(frozen=True)
class Result:
    """What one system reached in one metric, and how sure that is."""

    suite: str
    base_model: str
    system: str
    metric: str
    unit: str
    better: Better
    status: Status
    value: float | None
    ci_low: float | None
    ci_high: float | None
    n: int
    """Items with a value."""
    clusters: int
    effective: float
    """Clusters of one size that would tell as much: see `evals.stats.intervals.Interval`."""
    seeds: int
    repeats: int
    """How often a system that was built elsewhere was asked the same."""
    answer_sd: float | None
    """Standard deviation of the mean from one time of asking to the next, where there were several: noise of answers, which the
    interval has in it beside that of questions."""
    varied: int
    """Items that had not the same value each time."""
    expected: int
    """Items that should have a value: what any system was asked here, less what does not apply to this one."""
    failed: int
    unmeasured: int
    not_applicable: int
    method: str
    """How the interval was made."""
    seed_sd: float | None
    """Standard deviation of the mean over seeds, where there are several: what training anew changes."""
    best: bool
    tied: bool
    """Not significantly behind the best: see `standing`."""
    behind: bool
    """Significantly behind the best."""
    not_ranked: str
    """Why it is neither, though it has a value."""
    ranked_on: int
    """Items that all ranked systems have, over which they are ranked."""
    gap: float | None
    """Of one tied or behind: its mean less that of the best over these items."""
    gap_low: float | None
    """The ends of its 95 % interval, which allows for the best having been picked, and leaves out 0 exactly where ``behind``."""
    gap_high: float | None
    gap_clusters: int | None
    """The clusters that the gap rests on."""
    gap_effective: float | None
    """Clusters of one size that would tell as much."""
    more_questions: float | None
    """Of one tied: how many times as many questions would show such a gap with 80 % power; None where no number would."""
    judge: str
    labelled: int
    """Items that people labelled: see `leaderboard.runs.labels`."""
    corrected: float | None
    """The judged value, put right by those labels, and its interval."""
    corrected_low: float | None
    corrected_high: float | None
    comparable: bool | list[str] | None
    cautions: list[Caution]
    """Why the value may not be what it seems, of how many items."""
    suite_version: str
    metric_version: str
    reason: str
    """Why there is no value, or why items are missing."""

    @property
    def too_few(self) -> str:
        """Of one tied: in how few clusters, where they are too few to call any system behind; else nothing."""
        if not self.tied or self.gap_clusters is None or self.gap_effective is None or self.gap_effective >= FEW:
            return ""
        return cluster_count(self.gap_clusters, self.gap_effective)


def of_cell(cell: Result) -> str:
    """A cell's value; a dash where there can be none, a question mark where it is not known."""
    if cell.value is None:
        return "?" if cell.status == "unmeasured" else "\u2013"
    return figure(cell.value, cell.unit)


def bounds(cell: Result) -> str:
    """A cell's 95 % interval, without the unit where it is the value's own; nothing where there is none to speak of."""
    if cell.ci_low is None or cell.ci_high is None or cell.method == "exact":
        return ""
    low, high = figure(cell.ci_low, cell.unit), figure(cell.ci_high, cell.unit)
    return between(low, high.partition(SPACE)[0]) if _unit(low) == _unit(high) == _unit(of_cell(cell)) else between(low, high)


def from_the_best(cell: Result) -> str:
    """How far a cell is from the best of its metric, with the interval that its mark rests on; empty where it is not known."""
    if cell.gap is None or cell.gap_low is None or cell.gap_high is None:
        return ""
    ends = between(signed(cell.gap_low, cell.unit), signed(cell.gap_high, cell.unit))
    interval = f" (95{SPACE}% CI {ends})" if cell.gap_low < cell.gap_high else ""
    common = f", over the {cell.ranked_on:,} items that all ranked systems have" if cell.ranked_on < cell.n else ""
    few = f"too few clusters to tell it from the best ({cell.too_few}; {FEW} needed)" if cell.too_few else ""
    mark = few or f"{'significantly behind' if cell.behind else 'statistically tied with'} the best"
    return f"{mark}: {signed(cell.gap, cell.unit)}{interval}{common}"
