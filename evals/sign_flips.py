"""Differences summed up with their signs drawn by chance: what a sign-flip test holds a sum against.

The draws are those of NumPy's ``Generator.binomial``, which with a thousand different differences would take most of the time
of a whole leaderboard. Where a difference does not come often it draws by inversion, and a sign is one comparison.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import exp, log

import numpy as np
from numpy.typing import NDArray

from evals.statistics import Array

FLIPS = 10_000
BLOCK = 100
"""Draws that are made at a time, so that they stay in the processor's cache."""
OFTEN = 10
"""Inversion takes a step for each time that a difference comes; from here on NumPy is as fast."""


def flipped_sums(differences: Array) -> Array:
    """10,000 sums of the differences (none of them 0), each with its sign drawn anew. The same differences give the same sums."""
    sizes, counts = np.unique(np.abs(differences), return_counts=True)
    rng = np.random.default_rng(len(differences))
    draw = _by_inversion if counts.max() <= OFTEN else _by_numpy
    return np.concatenate([np.einsum("rc,c->r", signs, sizes) for signs in draw(rng, counts)])


def _by_numpy(rng: np.random.Generator, counts: NDArray[np.intp]) -> Iterator[Array]:
    """How many more differences of each size are positive than negative, (draws, sizes)."""
    for _ in range(FLIPS // BLOCK):
        yield np.asarray(2.0 * rng.binomial(counts, 0.5, size=(BLOCK, len(counts))) - counts, np.float64)


def _by_inversion(rng: np.random.Generator, counts: NDArray[np.intp]) -> Iterator[Array]:
    """The same from one uniform number each: positive are as many as there are probabilities that fit into it."""
    uniform = np.empty((BLOCK, len(counts)))
    several = [(count, np.flatnonzero(counts == count)) for count in np.unique(counts[counts > 1]).tolist()]
    for _ in range(FLIPS // BLOCK):
        rng.random(out=uniform)
        signs = np.copysign(1.0, uniform - 0.5)
        for count, columns in several:
            signs[:, columns] = 2.0 * _positive(uniform[:, columns], count) - count
        yield signs


def _positive(left: Array, count: int) -> Array:
    """How many of ``count`` signs are positive, from uniform numbers."""
    found, chance = np.zeros(left.shape), exp(count * log(0.5))
    for tried in range(1, count + 1):
        more = left > chance
        found += more
        left = np.where(more, left - chance, 0.0)
        chance = (count - tried + 1) * chance / tried
    return found
