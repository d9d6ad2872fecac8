"""How much of what is near a store finds, where it does not compare every vector."""

from __future__ import annotations

from typing import Any

from proctor.core.sampling import spread
from proctor.models.stores.store import Matrix, Near, Nearest

NEAREST = 10
ASKED = 100
"""Vectors that are looked up, spread over all."""


def measured(vectors: Matrix, nearest: Nearest) -> dict[str, Any]:
    """The share of the ten nearest vectors that are found for some of the vectors themselves, and of how many that is.

    A vector is no neighbour of its own: each would find itself. One that is as near as the tenth counts as found, whichever of
    equals is. One vector alone has no neighbours, and all of them are found.
    """
    import numpy as np

    places = spread(range(len(vectors)), ASKED)
    asked, rows = vectors[places], range(len(places))
    count = min(NEAREST, len(vectors) - 1)
    if count < 1:
        return {f"recall@{NEAREST}": 1.0, "recall_of": len(places)}
    scores = asked @ vectors.T
    scores[rows, places] = -np.inf
    least = np.partition(scores, -count, axis=1)[:, -count] - SLACK
    found = [_others(near, own)[:count] for near, own in zip(nearest(asked, count + 1), places, strict=True)]
    hits = sum(sum(row[place] >= bar for place in one) for row, bar, one in zip(scores, least, found, strict=True))
    return {f"recall@{NEAREST}": round(float(hits / (count * len(asked))), 4), "recall_of": len(asked)}


def _others(near: Near, own: int) -> list[int]:
    return [place for place, _ in near if place != own]


SLACK = 1e-5
"""By how much rounding may part two scores."""
