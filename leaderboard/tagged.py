"""The figures that a reader asks for first, for each kind of question apart: questions carry their kinds as tags."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from evals.schema import Better, Record
from leaderboard.axes import HEADLINES, rank
from leaderboard.series import Series, grouped, rounded

MOST = 12
"""Kinds of question of a suite; of more, each has too few questions to say anything."""
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
    """Every headline measure of every system by tag; none for suites with more than `MOST` tags, or one for all questions."""
    chosen = [record for record in records if record.measure in HEADLINES]
    groups = grouped(chosen, "suite", "base_model", "measure", "system").items()
    for (suite, base_model, measure, system), rows in sorted(groups, key=lambda group: (group[0][:2], rank(group[0][2]))):
        mine = {tag: items for (name, tag), items in tags.items() if name == suite}
        if 1 < len(mine) <= MOST:
            for tag, items in sorted(mine.items()):
                series = Series([record for record in rows if record.item in items])
                found = series.interval if series.records else None
                if found:
                    about = (suite, base_model, tag, system, measure, rows[0].unit, rows[0].better)
                    ends = (rounded(found.value), rounded(found.low), rounded(found.high))
                    yield Tagged(*about, *ends, found.n, found.clusters)
