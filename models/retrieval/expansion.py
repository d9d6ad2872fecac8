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
from proctor.models.retrieval.stages import Ranking, Stage

Widen: TypeAlias = Callable[["Placed", int], Span]
"""From a document and the number of one of its passages to what is shown in place of that."""


class Placed(NamedTuple):
    """A document, and where in its text its passages stand."""

    document: Document
    spans: tuple[Span, ...]
    numbers: Mapping[str, int]
    """Text of a passage -> its number."""


def stage(widen: Widen, documents: Sequence[Document], passages: Sequence[Passage]) -> Stage:
    """The stage that shows more of the text around each passage."""
    placed = {one.id: _placed(one, own) for one, own in _by_document(documents, passages)}

    def expanded(_: Sequence[str], rankings: Sequence[Ranking], count: int) -> list[Ranking]:
        del count
        return [_merged(ranking) for ranking in rankings]

    def _merged(ranking: Ranking) -> Ranking:
        found: list[tuple[Context, Span | None]] = []
        for one in ranking:
            home = placed.get(one.document)
            number = home.numbers.get(one.text) if home else None
            if home is None or number is None:
                found.append((one, None))
            else:
                _take_in(found, one, widen(home, number))
        return tuple(_shown(one, span) for one, span in found)

    def _shown(one: Context, span: Span | None) -> Context:
        if span is None:
            return one
        document = placed[one.document].document
        return replace(one, text=part(document, span.of(document.text)).text)

    return expanded


def window(count: int) -> Widen:
    """So many passages on each side."""

    def widen(placed: Placed, number: int) -> Span:
        near = placed.spans[max(0, number - count) : number + count + 1]
        return Span(min(one.start for one in near), max(one.end for one in near))

    return widen


def parent(most: int) -> Widen:
    """The whole document where it has at most so many letters, else its section, else as many passages around as fit."""
    known: dict[str, list[Span]] = {}

    def widen(placed: Placed, number: int) -> Span:
        text, found = placed.document.text, placed.spans[number]
        if len(text) <= most:
            return Span(0, len(text))
        if text not in known:
            known[text] = sections(text)
        held = [one for one in known[text] if one.start < found.end and found.start < one.end]
        own = Span(held[0].start, held[-1].end)
        fits = own.end - own.start <= most
        return own if fits else _grown(placed.spans, number, most)

    return widen


def _grown(spans: Sequence[Span], number: int, most: int) -> Span:
    """A passage and its neighbours, one after the other on both sides, as long as they fit."""
    found, first, last = spans[number], number, number
    for _ in spans:
        for beside in (last + 1, first - 1):
            if not 0 <= beside < len(spans):
                continue
            wider = Span(min(found.start, spans[beside].start), max(found.end, spans[beside].end))
            if wider.end - wider.start <= most:
                found, first, last = wider, min(first, beside), max(last, beside)
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


def _placed(document: Document, passages: Sequence[Passage]) -> Placed:
    """Passages follow each other in the text; they may overlap."""
    spans: list[Span] = []
    numbers: dict[str, int] = {}
    for one in passages:
        place = document.text.find(one.body, spans[-1].start if spans else 0)
        if place >= 0 and one.body:
            numbers.setdefault(one.text, len(spans))
            spans.append(Span(place, place + len(one.body)))
    return Placed(document, tuple(spans), numbers)
