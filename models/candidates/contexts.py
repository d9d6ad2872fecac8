"""How the passages that a system of somebody else's says it answered from were matched with documents, kept with its answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from proctor.core.language.sources import UNKNOWN, KnownDocuments, PassageMatch, SourcePassage
from proctor.core.schema import Answer
from proctor.core.storage.cache import Journal
from proctor.models.candidates.asking.kept import AskedQuestion

__all__ = ["UNKNOWN", "KnownDocuments", "PassageMatch", "SourcePassage", "SourcedAnswer", "counting", "matched"]


class SourcedAnswer(NamedTuple):
    """An answer as it came."""

    text: str
    passages: tuple[SourcePassage, ...] | None = None
    """The passages that it was made from; None where it does not say."""
    citations: tuple[str, ...] | None = None
    """Names of the documents that it cites; None where it does not say."""
    tokens: int = 0
    prompt_tokens: int = 0


def counting(
    corpus: KnownDocuments, journal: Journal, batches: Iterable[Sequence[tuple[AskedQuestion, Answer]]]
) -> Iterator[Sequence[tuple[AskedQuestion, Answer]]]:
    """The batches as they come; how their passages were matched is written down with them, for provenance."""
    for batch in batches:
        yield batch
        if taken := corpus.take_matched():
            journal.add([taken])


def matched(journal: Journal) -> dict[str, int]:
    """How passages were matched in all answers so far: how -> how many."""
    total: Counter[str] = Counter()
    for row in journal.rows():
        total.update(row)
    return dict(total)
