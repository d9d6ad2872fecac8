"""How the passages that a system of somebody else's says it answered from were matched with documents, kept with its answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from proctor.core.language.sources import UNKNOWN, KnownDocuments, PassageMatch, SourcePassage
from proctor.core.schema import Answer
from proctor.core.storage.cache import Journal
from proctor.models.candidates.kept import AskedQuestion

__all__ = ["UNKNOWN", "KnownDocuments", "PassageMatch", "SourcePassage", "counting", "matched"]


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
