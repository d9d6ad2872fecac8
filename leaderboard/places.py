"""Whether it matters where the evidence stands among the passages: accuracy by place, paired question by question."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from evals.comparison import ALPHA, corrected
from evals.schema import Record
from leaderboard.records import Records
from leaderboard.series import Series, grouped, rounded

PLACES = ("first", "middle", "last")
MEASURE = "context."


@dataclass(frozen=True)
class Places:
    """One system with its evidence in one place against another."""

    suite: str
    base_model: str
    system: str
    better: str
    """The place with the higher mean."""
    worse: str
    p: float
    """Two-sided, corrected for the pairs of places (Holm 1979)."""

    @property
    def significant(self) -> bool:
        """Whether the places differ beyond chance."""
        return self.p < ALPHA


def places(records: Iterable[Record]) -> Iterator[Places]:
    """All pairs of places of every system that was shown several, over the questions that both have."""
    wanted = Records.of(records).where(lambda about: about.measure in {f"{MEASURE}{place}" for place in PLACES}).valued()
    for (suite, base_model, system), group in grouped(wanted, "suite", "base_model", "system").items():
        columns = {measure.removeprefix(MEASURE): Series(rows) for (measure,), rows in grouped(group, "measure").items()}
        made = [(pair, columns[pair[0]].against(columns[pair[1]])) for pair in combinations(columns, 2)]
        found = [(pair, each) for pair, each in made if each and not each.few]
        ps = corrected([each.p for _, each in found], "holm")
        for ((one, other), each), p in zip(found, ps, strict=True):
            better, worse = (one, other) if each.difference.value >= 0 else (other, one)
            yield Places(suite, base_model, system, better, worse, rounded(p))
