"""The figures that a reader asks for first, for each kind of question apart: questions carry their kinds as tags."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from proctor.core.schema import Better
from proctor.evals.axes.catalogue import headlines, rank
from proctor.evals.headline import of_run
from proctor.evals.stats.intervals import FEW, cluster_count
from proctor.leaderboard.analysis.origins import external
from proctor.leaderboard.analysis.series import Series, rounded
from proctor.leaderboard.runs.records import Records, distinct, grouped

Tags = Mapping[tuple[str, str], frozenset[str]]
"""Suite and tag -> the items that bear it."""


@dataclass(frozen=True)
class SliceResult:
    """What one system reached in one metric on the questions that bear one tag."""

    suite: str
    base_model: str
    tag: str
    system: str
    metric: str
    unit: str
    better: Better
    value: float
    ci_low: float
    ci_high: float
    n: int
    clusters: int
    effective: float
    """Clusters of one size that would tell as much."""

    @property
    def few(self) -> str:
        """That the questions make too few clusters to compare systems by; mostly nothing."""
        return f", in {cluster_count(self.clusters, self.effective)} only" if self.effective < FEW else ""


def tagged(records: Records, tags: Tags, run: Mapping[str, Any]) -> Iterator[SliceResult]:
    """Every headline metric of every system, for each tag that some questions bear and others do not; ``run``: provenance."""
    leading, repeated = {suite: of_run(run, suite) for suite, _ in tags}, external(run.get("systems") or {})
    chosen = records.where(lambda about: about.metric in (*headlines(), leading.get(about.suite)))
    groups = grouped(chosen, "suite", "base_model", "metric", "system").items()
    for (suite, base_model, metric, system), rows in sorted(groups, key=lambda group: (group[0][:2], rank(group[0][2]))):
        asked = len(distinct(rows.item))
        for tag, items in sorted((tag, items) for (name, tag), items in tags.items() if name == suite):
            bearing = rows.of_items(items)
            apart = FEW <= len(distinct(bearing.item)) < asked
            found = Series(bearing, system in repeated).interval if apart else None
            if found:
                about = (suite, base_model, tag, system, metric, rows[0].unit, rows[0].better)
                ends = (rounded(found.value), rounded(found.low), rounded(found.high))
                yield SliceResult(*about, *ends, found.n, found.clusters, rounded(found.effective))
