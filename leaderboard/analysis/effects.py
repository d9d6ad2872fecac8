"""What adapting adds, what retrieving adds, and what both add beyond the sum of the two: a two-by-two of systems.

Measured where a section has all four corners: neither, adapted, retrieving with the same table entries, and both. An effect is
a sum of systems with signs, question by question, so what questions have in common cancels.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import numpy as np

from proctor.core.schema import Better
from proctor.evals.stats.comparison import ALPHA, Sampling, common, contrast, corrected, joint_noise, training_noise, widened
from proctor.evals.stats.differences import Difference, difference
from proctor.evals.stats.intervals import Interval
from proctor.leaderboard.analysis import retraining
from proctor.leaderboard.analysis.origins import external
from proctor.leaderboard.analysis.retraining import Variation, once
from proctor.leaderboard.analysis.section import Section
from proctor.leaderboard.analysis.series import Series, rounded

SIGNS = {
    "adaptation": {"adapted": 1, "neither": -1},
    "retrieval": {"retrieving": 1, "neither": -1},
    "both beyond the sum": {"both": 1, "adapted": -1, "retrieving": -1, "neither": 1},
}
WORDS = {"adaptation": "fine-tuning", "retrieval": "retrieval", "both beyond the sum": "interaction"}
"""What readers know the effects by."""
UNITS = ("share", "difference")
"""Of metrics that have effects."""


@dataclass(frozen=True)
class Effect:
    """One effect on one metric."""

    suite: str
    base_model: str
    metric: str
    unit: str
    better: Better
    effect: str
    """adaptation, retrieval, or both beyond the sum."""
    systems: tuple[str, ...]
    value: float
    ci_low: float
    ci_high: float
    n: int
    p: float
    """Two-sided, with allowance for other training runs, corrected for the section's effects (Benjamini and Hochberg 1995)."""
    caution: str
    """What it rests on, or why its sign may mean less than it seems."""

    @property
    def significant(self) -> bool:
        """Whether the corrected test finds an effect, and the interval leaves zero out."""
        return self.p < ALPHA and not self.ci_low <= 0 <= self.ci_high


def effects(sections: Iterable[Section]) -> Iterator[Effect]:
    """All effects on all metrics; none where a corner of the two-by-two is missing."""
    for section in sections:
        squares = list(_squares(section.systems))
        found = [effect for metric in section.metrics for effect in _of_metric(section, metric, squares)]
        for effect, p in zip(found, corrected([effect.p for effect in found], "bh"), strict=True):
            yield replace(effect, p=rounded(p))


def _of_metric(section: Section, metric: str, squares: Sequence[Mapping[str, str]]) -> Iterator[Effect]:
    columns = {name: series for name, series in section.metrics[metric].items() if series.unit in UNITS}
    known = section.variation(metric)
    for square in squares:
        for effect, signs in SIGNS.items():
            parts = [(sign, columns[square[corner]]) for corner, sign in signs.items() if square[corner] in columns]
            found = contrast_of(section, parts) if len(parts) == len(signs) else None
            if found:
                first, names = parts[0][1].first, tuple(square[corner] for corner in signs)
                about = (first.suite, first.base_model, first.metric, first.unit, first.better, effect, names)
                p, caution = p_of(section, parts, known), "; ".join(cautions(section, parts, known))
                yield Effect(*about, found.value, found.low, found.high, found.n, p, caution)


def _squares(systems: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """The corners of every two-by-two that the table of systems holds, by name."""
    kinds: dict[tuple[str, str], str] = {}
    elsewhere = external(systems)  # of which the base model may be another
    for name, about in systems.items():
        settings = about.get("settings", {}) if isinstance(about, dict) and name not in elsewhere else {}
        retrieve = settings.get("retrieve", "")  # a list where there are several retrievers
        kinds.setdefault((settings.get("adapt", ""), retrieve if isinstance(retrieve, str) else " + ".join(retrieve)), name)
    for (adapt, retrieve), both in kinds.items():
        corners = {"neither": ("none", "none"), "adapted": (adapt, "none"), "retrieving": ("none", retrieve)}
        if "none" not in (adapt, retrieve) and all(kind in kinds for kind in corners.values()):
            yield {corner: kinds[kind] for corner, kind in corners.items()} | {"both": both}


EffectParts = Sequence[tuple[int, Series]]
"""Systems with their signs: two, or the four of an interaction."""


def contrast_of(section: Section, parts: EffectParts) -> Interval | None:
    """Of two as it is told everywhere else; None where so few effective clusters were asked that they would tell of nothing."""
    match parts:
        case [(1, mine), (-1, theirs)]:
            compared = section.against(mine, theirs)
            found = compared.difference if compared else None
        case _:
            found = _sum(parts)
    return found if found and not found.few else None


def _sum(parts: EffectParts) -> Interval | None:
    found = contrast([(sign, series.means) for sign, series in parts])
    noise = reduce(joint_noise, (training_noise(series.seed_means) for _, series in parts))
    return widened(found, noise) if found else None


def p_of(section: Section, parts: EffectParts, known: Variation) -> float:
    """Two-sided p of no effect, other training runs allowed for."""
    own = section.trained
    match parts:
        case [(1, mine), (-1, theirs)]:
            found = section.against(mine, theirs)
            sampling = found.sampling if found else None
            noise = retraining.noise(mine, theirs, own, known)
        case _:
            sampling = Sampling(_mixed(parts))
            noise = reduce(joint_noise, (retraining.own_noise(series, own, known) for _, series in parts))
    return replace(sampling, noise=noise).two_sided(0.0) if sampling else 1.0


def _mixed(parts: EffectParts) -> Difference:
    columns, clusters = common(*(series.means for _, series in parts))
    mixed = sum((sign * column for (sign, _), column in zip(parts, columns, strict=True)), np.zeros(len(clusters)))
    return difference(mixed, clusters, within=len(parts) / 2)


def cautions(section: Section, parts: EffectParts, known: Variation) -> Iterator[str]:
    """What an effect rests on, or why its sign may mean less than it seems."""
    runs = sum(once(series, section.trained) for _, series in parts)
    if runs:
        yield retraining.caution(runs, known)
    if len(parts) > 2 and parts[0][1].share:
        yield from _bound(parts)


def _bound(parts: EffectParts) -> Iterator[str]:
    """Where both effects together would lead beyond what a share can be, an interaction has to be."""
    columns, _ = common(*(series.means for _, series in parts))
    _, adapted, retrieving, neither = (float(column.mean()) for column in columns)
    alone = adapted + retrieving - neither
    if not 0 <= alone <= 1:
        limit = "above 100 %" if alone > 1 else "below 0 %"
        yield f"the two effects add up to {limit}, so some interaction is inevitable"
