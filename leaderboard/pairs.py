"""How far every two systems are apart, item by item, in what a reader asks for first and in each general task."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations

from evals.comparison import Comparison, corrected
from evals.schema import Better, Record
from leaderboard.axes import HEADLINES, rank
from leaderboard.records import Records
from leaderboard.series import Series, grouped, rounded

MOST = 12
"""Systems; of more there are so many pairs that few would be surely apart."""


@dataclass(frozen=True)
class Pair:
    """One system against another in one measure, over the items that both have."""

    suite: str
    base_model: str
    measure: str
    unit: str
    better: Better
    system: str
    than: str
    difference: float
    """The mean of ``system`` less that of ``than``."""
    ci_low: float
    ci_high: float
    p: float
    """Corrected for the number of pairs (Benjamini and Hochberg 1995)."""
    n: int


def pairs(records: Iterable[Record]) -> Iterator[Pair]:
    """All pairs of a section's systems in each of these measures, once each."""
    chosen = Records.of(records).where(lambda about: about.measure in HEADLINES or about.measure.startswith("general."))
    for _, section in sorted(grouped(chosen, "suite", "base_model").items()):
        measures = sorted(grouped(section, "measure").items(), key=lambda group: rank(group[0][0]))
        found = [pair for _, rows in measures for pair in _of_measure(rows)]
        ps = corrected([pair.p for pair in found], "bh")
        yield from (replace(pair, p=rounded(p)) for pair, p in zip(found, ps, strict=True))


def _of_measure(rows: Records) -> Iterator[Pair]:
    systems = {name: Series(group) for (name,), group in sorted(grouped(rows.valued(), "system").items())}
    if len(systems) > MOST:
        return
    for (name, mine), (than, theirs) in combinations(systems.items(), 2):
        found = mine.against(theirs)
        if found:
            yield _pair(rows[0], name, than, found)


def _pair(first: Record, system: str, than: str, found: Comparison) -> Pair:
    gap = found.difference
    ends = (rounded(gap.value), rounded(gap.low), rounded(gap.high))
    about = (first.suite, first.base_model, first.measure, first.unit, first.better, system, than)
    return Pair(*about, *ends, found.p, found.n)
