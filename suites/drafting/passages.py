"""Which passages questions are drafted from: evenly over all documents, always the same, and for test or training alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, TypeVar

from proctor.core.reading import values
from proctor.core.schema import Document

FEWEST = 25
"""Letters of a passage that something can be asked about."""
Some = TypeVar("Some")


class Source(NamedTuple):
    """A passage, and the document that it stands in."""

    document: Document
    text: str


def in_order(documents: Sequence[Document], split: Callable[[Document], Sequence[str]]) -> list[Source]:
    """All passages that are long enough: first one of each document, then the next ones, spread over the document."""
    queues = [iter(_sources(document, split)) for document in spread(documents)]
    found: list[Source] = []
    while queues:
        came = [(queue, next(queue, None)) for queue in queues]
        found += [source for _, source in came if source]
        queues = [queue for queue, source in came if source]
    return found


def _sources(document: Document, split: Callable[[Document], Sequence[str]]) -> Iterator[Source]:
    long = [text for text in split(document) if len(text) >= FEWEST]
    return (Source(document, text) for text in spread(long))


def spread(things: Sequence[Some]) -> list[Some]:
    """The same things in an order whose every beginning is spread over all of them: the first, the middle one, the quarters.

    >>> spread([0, 1, 2, 3, 4, 5, 6, 7])
    [0, 4, 2, 6, 1, 5, 3, 7]
    """
    bits = max(1, (len(things) - 1).bit_length())
    places = (int(f"{number:0{bits}b}"[::-1], 2) for number in range(2**bits))
    return [things[place] for place in places if place < len(things)]


def shared_out(sources: Iterable[Source], test: int, training: int) -> tuple[list[Source], list[Source]]:
    """Passages for the test and for training, in that proportion. A text that stands in several documents goes to one of the two.

    >>> one, two = (Source(Document(name, name), name) for name in "ab")
    >>> shared_out([one, two], 1, 1) == ([one], [two])
    True
    """
    parts: tuple[list[Source], list[Source]] = ([], [])
    given: dict[str, int] = {}
    for source in sources:
        ours, theirs = len(parts[0]) * training, len(parts[1]) * test
        part = given.setdefault(values.plain(source.text), int(training > 0 and (test == 0 or theirs < ours)))
        parts[part].append(source)
    return parts
