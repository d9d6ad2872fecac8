"""The figures that a reader asks for first, for each kind of question apart: questions carry their kinds as tags."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from evals.schema import Better, Record
from leaderboard.axes import HEADLINES, rank
from leaderboard.series import Series, grouped, rounded

FEWEST = 10
"""Questions of a kind; fewer say nothing."""
Tags = Mapping[tuple[str, str], frozenset[str]]
"""Suite and tag -> the items that bear it."""


@dataclass(frozen=True)
class Tagged:
    """What one system reached in one measure on the questions that bear one tag."""

    suite: str
    base_model: str
    tag: str
    system: str
    measure: str
    unit: str
    better: Better
    value: float
    ci_low: float
    ci_high: float
    n: int
    clusters: int


def tagged(records: Iterable[Record], tags: Tags) -> Iterator[Tagged]:
    """Every headline measure of every system, for each tag that some questions bear and others do not."""
    chosen = [record for record in records if record.measure in HEADLINES]
    groups = grouped(chosen, "suite", "base_model", "measure", "system").items()
    for (suite, base_model, measure, system), rows in sorted(groups, key=lambda group: (group[0][:2], rank(group[0][2]))):
        asked = {record.item for record in rows}
        for tag, items in sorted((tag, items & asked) for (name, tag), items in tags.items() if name == suite):
            apart = FEWEST <= len(items) < len(asked)
            found = Series([record for record in rows if record.item in items]).interval if apart else None
            if found:
                about = (suite, base_model, tag, system, measure, rows[0].unit, rows[0].better)
                ends = (rounded(found.value), rounded(found.low), rounded(found.high))
                yield Tagged(*about, *ends, found.n, found.clusters)
