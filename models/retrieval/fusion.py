"""Several rankings of passages made into one. A passage is the same in two of them where document and text are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from proctor.core.schema import Context
from proctor.models.retrieval.stages import Fusion, RankedPassages

K = 60
"""Of reciprocal-rank fusion, as its authors set it: how little the first ranks stand out."""
DIGITS = 12
"""Of a fused score: two that differ in less are equal. What is left is rounding of the sum."""


def by_rank(rankings: Sequence[RankedPassages], k: int = K) -> RankedPassages:
    """Reciprocal-rank fusion: the sum of 1 / (k + rank), with ranks from 1, over the rankings that hold a passage.

    Cormack, Clarke and Büttcher 2009, SIGIR. Among equals the first of the first ranking comes first.
    """
    return _fused([[(one, 1 / (k + rank)) for rank, one in enumerate(ranking, 1)] for ranking in rankings])


def by_weights(weights: Sequence[float]) -> Fusion:
    """A weighted sum of scores, each ranking's scaled to 0..1 for this query before: (score - least) / (most - least).

    What a ranking does not hold scores 0 there, as the last that it holds does; where all its scores are equal, they are 1.
    """

    def fuse(rankings: Sequence[RankedPassages]) -> RankedPassages:
        weighed = []
        for weight, ranking in zip(weights, rankings, strict=True):
            values = scaled([one.score for one in ranking])
            weighed.append([(one, weight * value) for one, value in zip(ranking, values, strict=True)])
        return _fused(weighed)

    return fuse


def scaled(scores: Sequence[float]) -> list[float]:
    """Scores between 0, of the least, and 1, of the most; 1 where all are equal."""
    if not scores:
        return []
    least, most = min(scores), max(scores)
    return [(score - least) / (most - least) if most > least else 1.0 for score in scores]


def _fused(rankings: Sequence[Sequence[tuple[Context, float]]]) -> RankedPassages:
    parts: dict[tuple[str, str], list[float]] = {}
    passages: dict[tuple[str, str], Context] = {}
    for ranking in rankings:
        held = set()
        for one, value in ranking:
            key = (one.document, one.text)
            if key not in held:  # a text that stands in a document twice counts once
                held.add(key)
                passages.setdefault(key, one)
                parts.setdefault(key, []).append(value)
    found = [replace(passages[key], score=round(math.fsum(values), DIGITS)) for key, values in parts.items()]
    return tuple(sorted(found, key=lambda one: -one.score))
