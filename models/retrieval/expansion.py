"""More of the text around what was found: small passages are found more surely, larger ones say what they are about.

Expansions of one document that touch become one, at the place of the better of the two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, TypeAlias

from proctor.core.schema import Context, Document
from proctor.models.chunkers.markdown import sections
from proctor.models.chunkers.spans import Span
from proctor.models.retrieval.passages import Passage, part
from proctor.models.retrieval.stages import RankedPassages, Stage

Widen: TypeAlias = Callable[["Parted", int], Span]
"""From a document and the number of one of its passages to what is shown in place of that."""


class Parted(NamedTuple):
    """A document, and its passages as they stand in its text, in order. They may overlap."""

    document: Document
    bodies: tuple[str, ...]
    numbers: Mapping[str, int]
    """Text of a passage -> its number."""

    def place(self, number: int) -> Span:
        """Where a passage stands; the first place, where its text is there several times."""
        body = self.bodies[number]
        start = self.document.text.find(body)
        return Span(start, start + len(body))

    def next_to(self, span: Span, number: int, *, after: bool) -> Span | None:
        """Where the passage of that number stands that begins nearest after a place, or before it; None if there is none.

        So a text that is repeated many times is not taken for the one at its first place.
        """
        if not 0 <= number < len(self.bodies):
            return None
        body, text = self.bodies[number], self.document.text
        start = text.find(body, span.start + 1) if after else text.rfind(body, 0, max(0, span.start - 1 + len(body)))
        return Span(start, start + len(body)) if start >= 0 else None


def stage(widen: Widen, documents: Sequence[Document], passages: Sequence[Passage]) -> Stage:
    """The stage that shows more of the text around each passage."""
    parted = {one.id: _parted(one, own) for one, own in _by_document(documents, passages)}

    def expanded(_: Sequence[str], rankings: Sequence[RankedPassages], count: int) -> list[RankedPassages]:
        del count
        return [_merged(ranking) for ranking in rankings]

    def _merged(ranking: RankedPassages) -> RankedPassages:
        found: list[tuple[Context, Span | None]] = []
        for one in ranking:
            home = parted.get(one.document)
            number = home.numbers.get(one.text) if home else None
            if home is None or number is None:
                found.append((one, None))
            else:
                _take_in(found, one, widen(home, number))
        return tuple(_shown(one, span) for one, span in found)

    def _shown(one: Context, span: Span | None) -> Context:
        if span is None:
            return one
        document = parted[one.document].document
        return replace(one, text=part(document, span.of(document.text)).text)

    return expanded


def window(count: int) -> Widen:
    """So many passages on each side."""

    def widen(parted: Parted, number: int) -> Span:
        found = first = last = parted.place(number)
        for away in range(1, count + 1):
            first = parted.next_to(first, number - away, after=False) or first
            last = parted.next_to(last, number + away, after=True) or last
        return Span(first.start, max(found.end, last.end))

    return widen


def parent(most: int) -> Widen:
    """The whole document where it has at most so many letters, else its section, else as many passages around as fit."""
    known: dict[str, list[Span]] = {}

    def widen(parted: Parted, number: int) -> Span:
        text, found = parted.document.text, parted.place(number)
        if len(text) <= most:
            return Span(0, len(text))
        if text not in known:
            known[text] = sections(text)
        held = [one for one in known[text] if one.start < found.end and found.start < one.end]
        fits = held[-1].end - held[0].start <= most
        return Span(held[0].start, held[-1].end) if fits else _grown(parted, number, most)

    return widen


def _grown(parted: Parted, number: int, most: int) -> Span:
    """A passage and its neighbours, one after the other on both sides, as long as they fit."""
    found = first = last = parted.place(number)
    for away in range(1, len(parted.bodies)):
        later, earlier = parted.next_to(last, number + away, after=True), parted.next_to(first, number - away, after=False)
        before = found
        if later and max(found.end, later.end) - found.start <= most:
            found, last = Span(found.start, max(found.end, later.end)), later
        if earlier and found.end - earlier.start <= most:
            found, first = Span(earlier.start, found.end), earlier
        if found == before:
            break
    return found


def _take_in(found: list[tuple[Context, Span | None]], one: Context, span: Span) -> None:
    """Add a passage with what is shown of its document, or widen the one that it touches."""
    touching = [
        place
        for place, (other, shown) in enumerate(found)
        if shown and other.document == one.document and shown.start <= span.end and span.start <= shown.end
    ]
    if not touching:
        found.append((one, span))
        return
    spans = [span, *(shown for place in touching if (shown := found[place][1]))]
    best = found[touching[0]][0]
    found[touching[0]] = best, Span(min(each.start for each in spans), max(each.end for each in spans))
    for place in reversed(touching[1:]):
        del found[place]


def _by_document(documents: Sequence[Document], passages: Sequence[Passage]) -> list[tuple[Document, list[Passage]]]:
    own: dict[str, list[Passage]] = {one.id: [] for one in documents}
    for one in passages:
        own[one.document].append(one)
    return [(one, own[one.id]) for one in documents]


def _parted(document: Document, passages: Sequence[Passage]) -> Parted:
    found = [one for one in passages if one.body and one.body in document.text]
    numbers = {one.text: number for number, one in reversed([*enumerate(found)])}
    return Parted(document, tuple(one.body for one in found), numbers)
