"""Passages: what documents are split into, and what is found of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeAlias, runtime_checkable

from proctor.core.schema import Context, Document
from proctor.models.chunkers.protocol import Chunker

DIGITS = 6
"""Of a score: two that differ in less are equal. What is left is rounding, which hangs on batches and machines."""

Hits: TypeAlias = list[tuple[int, float]]
"""(passage, score) of what was found for one query, best first."""
Search: TypeAlias = Callable[[Sequence[str], int], list[Hits]]
"""The best k passages for each query."""


class Passage(NamedTuple):
    """A part of a document, with the title that it is shown under."""

    document: str
    head: str
    """The document's title and what parts it from the text; empty where the text begins with it."""
    body: str

    @property
    def text(self) -> str:
        """What is indexed and shown."""
        return self.head + self.body


class Engine(Protocol):
    """A way to index passages and to search them."""

    @property
    def version(self) -> list[Any]:
        """All that shapes what is found, besides the passages."""

    def warm_up(self) -> None:
        """Load whatever building and searching need."""

    def build(self, passages: Sequence[Passage], folder: Path, previous_index: Path | None) -> Mapping[str, Any] | None:
        """Leave an index in ``folder``. What ``previous_index`` holds already may be taken over from there.

        May return what the index's report is to say, as JSON; ``unpaid`` are seconds that are no part of what building takes.
        """

    def open(self, folder: Path) -> Search:
        """A search in memory."""


@runtime_checkable
class OwnPassages(Protocol):
    """An engine that finds passages of its own, and not those that the documents were split into."""

    def finder(self, documents: Sequence[Document]) -> Callable[[Sequence[str], int], list[tuple[Context, ...]]]:
        """At most so many passages for each query, best first, of these documents where they can be traced to one."""


def best(scores: Mapping[int, float], k: int) -> Hits:
    """The k best; among equals the first of the corpus comes first, whatever the order in which they were found."""
    rounded = {place: round(score, DIGITS) for place, score in scores.items()}
    return sorted(rounded.items(), key=lambda hit: (-hit[1], hit[0]))[:k]


def split(document: Document, chunker: Chunker) -> list[Passage]:
    """Every passage of a document, as a chunker parts it; one that holds nothing has an empty one."""
    return [part(document, text) for text in chunker.split(document.text, _head(document)) or [""]]


def whole(document: Document) -> Passage:
    """A document as one passage."""
    return part(document, document.text.strip())


def part(document: Document, text: str) -> Passage:
    """A part of a document's text as a passage: under the document's title, unless it says that itself."""
    return Passage(document.id, "" if _is_headed(text, document.title) else _head(document), text)


def _head(document: Document) -> str:
    return f"{document.title}. " if document.title and not document.text.startswith(document.title) else ""


def _is_headed(text: str, title: str) -> bool:
    """Whether a part begins with the title as a heading of Markdown, as the first of a document does that is titled by one."""
    return text.startswith("#") and text.lstrip("#").lstrip().startswith(title)
