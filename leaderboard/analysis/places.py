"""Whether it matters where the evidence stands among the passages: accuracy by place, paired question by question."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from proctor.evals.stats.comparison import ALPHA, corrected
from proctor.leaderboard.analysis.section import Section
from proctor.leaderboard.analysis.series import Series, rounded

PLACES = ("first", "middle", "last")
METRICS = {f"context.{place}": place for place in PLACES}


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


def places(sections: Iterable[Section]) -> Iterator[Places]:
    """All pairs of places of every system that was shown several, over the questions that both have."""
    for section in sections:
        systems: dict[str, list[Series]] = {}
        for (metric, system), series in section.columns.items():
            if metric in METRICS:
                systems.setdefault(system, []).append(series)
        for system, shown in systems.items():
            made = [(pair, section.against(*pair)) for pair in combinations(shown, 2)]
            found = [(pair, each) for pair, each in made if each and not each.few]
            ps = corrected([each.p for _, each in found], "holm")
            for (pair, each), p in zip(found, ps, strict=True):
                better, worse = (METRICS[side.first.metric] for side in (pair if each.difference.value >= 0 else pair[::-1]))
                yield Places(section.suite, section.base_model, system, better, worse, rounded(p))
