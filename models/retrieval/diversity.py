"""Passages chosen so that they differ: what says the same again makes room for something else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from proctor.models.retrieval.fusion import scaled
from proctor.models.retrieval.stages import RankedPassages, Stage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ONE = 1 + 1e-4
"""The greatest cosine, rounding allowed for."""
PassageVectors: TypeAlias = Callable[[RankedPassages], Any]
"""One vector of unit length for each passage, as rows of a float array."""


def stage(weight: float, vectors: PassageVectors, *, cosines: bool) -> Stage:
    """The stage that chooses as many as are wanted by `relevant_and_new`; ``weight``: see there.

    ``cosines``: whether the scores that come in are cosines of question and passage, where none is beyond 1: an embedder may make
    vectors of any length. Others are scaled to 0..1 for each question.
    """

    def diverse(_: Sequence[str], rankings: Sequence[RankedPassages], count: int) -> list[RankedPassages]:
        return [_chosen(ranking, count) for ranking in rankings]

    def _chosen(ranking: RankedPassages, count: int) -> RankedPassages:
        if not ranking:
            return ()
        scores = [one.score for one in ranking]
        rows = vectors(ranking)
        relevance = scores if cosines and max(map(abs, scores)) <= ONE else scaled(scores)
        places = relevant_and_new(relevance, rows @ rows.T, weight, count)
        return tuple(ranking[place] for place in places)

    return diverse


def relevant_and_new(relevance: Sequence[float], likeness: NDArray[np.float32], weight: float, count: int) -> list[int]:
    """Places of passages chosen one by one: each has the most of weight x relevance - (1 - weight) x likeness to any chosen.

    The first is the most relevant; of equals the first is taken. ``likeness``: of each to each. Maximal marginal relevance:
    Carbonell and Goldstein 1998, SIGIR.
    """
    left, chosen = list(range(len(relevance))), list[int]()

    def value(place: int) -> float:
        if not chosen:
            return relevance[place]
        return weight * relevance[place] - (1 - weight) * max(float(likeness[place, other]) for other in chosen)

    while left and len(chosen) < count:
        chosen.append(max(left, key=value))
        left.remove(chosen[-1])
    return chosen
