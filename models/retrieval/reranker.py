"""What a reranker is to the search that asks it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


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
