"""A text as spans that follow each other without a gap, and spans put together to parts of a size."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from proctor.models.chunkers.recursive import cut

WHOLE = ("fence", "code_block", "table_open", "html_block")
"""What of Markdown is not to be torn, by the names of its parser."""


class Span(NamedTuple):
    """A part of a text, by its places."""

    start: int
    end: int
    kind: str = ""
    """What it is in Markdown, by the name of its parser."""

    def of(self, text: str) -> str:
        """What stands there, without blanks at its ends."""
        return text[self.start : self.end].strip()


def blocks(text: str) -> list[Span]:
    """The blocks of a text in Markdown: headings, paragraphs, tables, fenced code. Any text is Markdown."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark").enable("table")
    parser.core.ruler.enableOnly(["normalize", "block"])
    lines, kinds = [*_starts(text), len(text)], dict[int, str]()
    for token in parser.parse(text):
        if token.map and (not token.level or token.type in WHOLE):
            first, last = (lines[min(line, len(lines) - 1)] for line in token.map)
            kinds[first] = token.type
            kinds.setdefault(last, "")  # what goes on after a table in a list
    places = sorted({0, *kinds, len(text)})
    return [Span(start, end, kinds.get(start, "")) for start, end in pairwise(places)]


def _starts(text: str) -> list[int]:
    """Where each line begins, as the parser counts lines."""
    found, place = [0], 0
    while place < len(text):
        if text.startswith("\r\n", place):
            place += 1
        place += 1
        if text[place - 1] in "\n\r":
            found.append(place)
    return found


def within(text: str, spans: Sequence[Span], ends: Callable[[str], Sequence[int]]) -> Iterator[Span]:
    """Spans with those that may be torn parted where ``ends`` of their text says."""
    for span in spans:
        if span.kind in WHOLE:
            yield span
            continue
        inner = [span.start + place for place in ends(text[span.start : span.end])]
        places = sorted({span.start, *(place for place in inner if span.start < place < span.end), span.end})
        for start, end in pairwise(places):
            yield Span(start, end, span.kind)


def together(text: str, spans: Sequence[Span], size: int, overlap: int, begins: Container[int] = ()) -> list[str]:
    """Parts of at most ``size`` letters, each of as many whole spans as it has room for; a longer span is cut.

    A part repeats the last spans of the one before, as many as fit into ``overlap`` letters, unless it begins with one of those
    whose numbers are in ``begins``: these begin a part in any case.
    """
    parts: list[str] = []
    held: list[Span] = []
    for number, span in enumerate(spans):
        if not span.of(text):
            continue
        if held and (number in begins or _length(text, held, span) > size):
            parts.append(Span(held[0].start, held[-1].end).of(text))
            held = [] if number in begins else _tail(text, held, span, size, overlap)
        if len(span.of(text)) > size:
            parts += cut(text[span.start : span.end], size, min(overlap, size // 2))
            held = []
        else:
            held.append(span)
    last = [Span(held[0].start, held[-1].end).of(text)] if held else []
    return [part for part in (*parts, *last) if part]


def _length(text: str, held: Sequence[Span], span: Span) -> int:
    return len(Span(held[0].start, span.end).of(text))


def _tail(text: str, held: Sequence[Span], span: Span, size: int, overlap: int) -> list[Span]:
    """The last spans of a part that the next one repeats."""
    for first in range(1, len(held)):
        rest = list(held[first:])
        if len(Span(rest[0].start, rest[-1].end).of(text)) <= overlap and _length(text, rest, span) <= size:
            return rest
    return []
