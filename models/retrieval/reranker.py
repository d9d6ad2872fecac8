"""What a reranker is to the search that asks it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, Protocol

from proctor.models.retrieval.stages import RERANKED, Ranking, Stage, Step


class Reranker(Protocol):
    """Says how well passages answer a question, with both before its eyes, where an embedder sees one at a time."""

    @property
    def name(self) -> str:
        """What messages and records call it; it holds no secret."""

    @property
    def version(self) -> str:
        """Hash of all that shapes its scores."""

    def check(self, device: str) -> None:
        """See to it that what is asked elsewhere answers. Nothing is loaded for it.

        Raises:
            InputError: it cannot; says what to do.
        """

    def scores(self, queries: Sequence[str], texts: Sequence[Sequence[str]], device: str) -> list[list[float]]:
        """For each question one finite number for each of its passages, in their order: the higher, the better.

        ``texts``: as many lists as there are questions. One that has none has no scores. What else is asked with a question
        does not change its scores.

        Raises:
            InputError: a score is not finite, or the reranker does not answer (`UnreachedError`).
        """

    def account(self, query: str, texts: Sequence[str]) -> Mapping[str, float]:
        """What it took to score these passages for a question, which it has done, now or in an earlier run.

        ``requests``, ``tokens`` and ``written`` (tokens) where it is asked elsewhere and says so, ``money`` where prices are
        known; ``truncated``: passages that it did not read to their end; ``unread``: replies that could not be understood.
        """

    def told(self) -> Mapping[str, Any]:
        """What a run's provenance says of it, by the names of settings."""


def stage(reranker: Reranker, device: str) -> Stage:
    """The stage that puts passages into a reranker's order, with its scores; among equals the order stays as it was."""

    def reordered(questions: Sequence[str], rankings: Sequence[Ranking], _: int) -> list[Ranking]:
        scores = reranker.scores(questions, [_texts(ranking) for ranking in rankings], device)
        return [_by_score(ranking, row) for ranking, row in zip(rankings, scores, strict=True)]

    return reordered


def took(reranker: Reranker, question: str, steps: Sequence[Step]) -> dict[str, float]:
    """What it took to rerank for a question, by the names that the reranker has for it behind ``rerank_``."""
    handed = next(earlier.passages for earlier, step in pairwise(steps) if step.stage == RERANKED)
    return {f"rerank_{name}": amount for name, amount in reranker.account(question, _texts(handed)).items()}


def _texts(ranking: Ranking) -> list[str]:
    return [one.text for one in ranking]


def _by_score(ranking: Ranking, scores: Sequence[float]) -> Ranking:
    scored = [replace(one, score=score) for one, score in zip(ranking, scores, strict=True)]
    return tuple(sorted(scored, key=lambda one: -one.score))
