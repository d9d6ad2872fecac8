"""How much of what is near a store finds, where it does not compare every vector."""

from __future__ import annotations

from typing import Any

from proctor.core.sampling import spread
from proctor.models.stores.store import Matrix, Nearest

NEAREST = 10
ASKED = 100
"""Vectors that are looked up, spread over all."""


def measured(vectors: Matrix, nearest: Nearest) -> dict[str, Any]:
    """The share of the ten nearest vectors that are found for some of the vectors themselves, and of how many that is.

    One that is as near as the tenth counts as found, whichever of equals is.
    """
    import numpy as np

    asked = vectors[spread(range(len(vectors)), ASKED)]
    count = min(NEAREST, len(vectors))
    scores = asked @ vectors.T
    least = np.partition(scores, -count, axis=1)[:, -count] - SLACK
    found = nearest(asked, count)
    hits = sum(sum(row[place] >= bar for place, _ in one) for row, bar, one in zip(scores, least, found, strict=True))
    return {f"recall@{NEAREST}": round(float(hits / (count * len(asked))), 4), "recall_of": len(asked)}


SLACK = 1e-5
"""By how much rounding may part two scores."""
