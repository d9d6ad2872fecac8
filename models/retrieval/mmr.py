"""Maximal marginal relevance: near to the question and unlike each other (Carbonell and Goldstein 1998, SIGIR)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from proctor.models.retrieval.fusion import scaled
from proctor.models.retrieval.stages import Ranking, Stage
from proctor.models.stores.store import Matrix

Compared: TypeAlias = Callable[[Ranking], Matrix]
"""The vectors of passages, of length one, as rows."""
SLACK = 0.01
"""How far a cosine may be from 1 by rounding."""


def chosen(relevance: Sequence[float], alike: Matrix, weight: float, count: int) -> list[int]:
    """The places of at most so many passages, in the order in which they are chosen.

    Next comes the one with the most of ``weight * relevance - (1 - weight) * (its likeness to the most alike that was chosen)``;
    the first of equals. ``alike`` has the cosines of each passage with each.
    """
    import numpy as np

    worth = np.asarray(relevance, dtype=float)
    nearest = np.full(len(worth), -np.inf)
    found: list[int] = []
    while len(found) < min(count, len(worth)):
        value = weight * worth - (1 - weight) * nearest if found else worth.copy()
        value[found] = -np.inf
        found.append(int(value.argmax()))
        nearest = np.maximum(nearest, alike[found[-1]])
    return found


def diverse(compared: Compared, weight: float, *, cosines: bool) -> Stage:
    """As many as are wanted. ``cosines``: whether scores are cosines with the question; others are scaled to 0..1."""

    def choose(_: Sequence[str], rankings: Sequence[Ranking], count: int) -> list[Ranking]:
        return [one(ranking, count) for ranking in rankings]

    def one(ranking: Ranking, count: int) -> Ranking:
        if not ranking:
            return ranking
        scores = [passage.score for passage in ranking]
        as_they_are = cosines and all(abs(score) <= 1 + SLACK for score in scores)
        vectors = compared(ranking)
        places = chosen(scores if as_they_are else scaled(scores), vectors @ vectors.T, weight, count)
        return tuple(ranking[place] for place in places)

    return choose
