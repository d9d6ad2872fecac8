"""What adapting adds, what retrieving adds, and what both add beyond the sum of the two: a two-by-two of systems.

Measured where a section has all four corners: neither, adapted, retrieving with the same table entries, and both. An effect is
a sum of systems with signs, question by question, so what questions have in common cancels.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from evals.comparison import contrast, joint_noise, training_noise, widened
from evals.schema import Better, Record
from evals.statistics import Interval
from leaderboard.axes import rank
from leaderboard.records import Records
from leaderboard.series import Series, grouped

SIGNS = {
    "adaptation": {"adapted": 1, "neither": -1},
    "retrieval": {"retrieving": 1, "neither": -1},
    "both beyond the sum": {"both": 1, "adapted": -1, "retrieving": -1, "neither": 1},
}


@dataclass(frozen=True)
class Effect:
    """One effect on one measure."""

    suite: str
    base_model: str
    measure: str
    unit: str
    better: Better
    effect: str
    """adaptation, retrieval, or both beyond the sum."""
    systems: tuple[str, ...]
    value: float
    ci_low: float
    ci_high: float
    n: int


def effects(records: Iterable[Record], systems: Mapping[str, Any]) -> Iterator[Effect]:
    """All effects on all measures; none where a corner of the two-by-two is missing."""
    squares = list(_squares(systems))
    bounded = Records.of(records).where(lambda about: about.unit in ("share", "difference"))
    by_measure = grouped(bounded, "suite", "base_model", "measure").items()
    for (suite, base_model, measure), group in sorted(by_measure, key=lambda pair: (pair[0][:2], rank(pair[0][2]))):
        columns = {name: Series(rows) for (name,), rows in grouped(group, "system").items()}
        first = group[0]
        for square in squares:
            for effect, signs in SIGNS.items():
                names = {corner: square[corner] for corner in signs}
                found = _contrast(columns, {names[corner]: sign for corner, sign in signs.items()})
                if found:
                    about = (suite, base_model, measure, first.unit, first.better, effect, tuple(names.values()))
                    yield Effect(*about, found.value, found.low, found.high, found.n)


def _squares(systems: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """The corners of every two-by-two that the table of systems holds, by name."""
    kinds: dict[tuple[str, str], str] = {}
    for name, about in systems.items():
        settings = about.get("settings", {}) if isinstance(about, dict) else {}
        kinds.setdefault((settings.get("adapt", ""), settings.get("retrieve", "")), name)
    for (adapt, retrieve), both in kinds.items():
        corners = {"neither": ("none", "none"), "adapted": (adapt, "none"), "retrieving": ("none", retrieve)}
        if "none" not in (adapt, retrieve) and all(kind in kinds for kind in corners.values()):
            yield {corner: kinds[kind] for corner, kind in corners.items()} | {"both": both}


def _contrast(columns: Mapping[str, Series], signs: Mapping[str, int]) -> Interval | None:
    """None where a system is missing, or where so few effective clusters were asked that they would tell of nothing."""
    if not signs.keys() <= columns.keys():
        return None
    parts = [(sign, columns[name]) for name, sign in signs.items()]
    match parts:
        case [(1, mine), (-1, theirs)]:
            found = _difference(mine, theirs)
        case _:
            found = _sum(parts)
    return found if found and not found.few else None


def _difference(mine: Series, theirs: Series) -> Interval | None:
    """As it is told of these two everywhere else."""
    found = mine.against(theirs)
    return found.difference if found else None


def _sum(parts: Sequence[tuple[int, Series]]) -> Interval | None:
    found = contrast([(sign, series.means) for sign, series in parts])
    noise = reduce(joint_noise, (training_noise(series.seed_means) for _, series in parts))
    return widened(found, noise) if found else None
