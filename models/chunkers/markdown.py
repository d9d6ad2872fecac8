"""Sections: a heading with what stands under it is a passage. Where it is too long, it is parted between blocks."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version as installed
from itertools import pairwise
from typing import Any

from proctor.core.code import code_of
from proctor.models.chunkers.spans import Span, blocks, together
from proctor.models.systems import System

HEADING = "heading_open"
LIBRARIES = ("langchain-text-splitters", "markdown-it-py")


@dataclass(frozen=True)
class Markdown:
    """Parts of at most so many letters."""

    size: int
    overlap: int

    @property
    def version(self) -> list[Any]:
        """What shapes where it splits."""
        return [code_of(__name__, apart=["proctor.models.systems"]), *map(installed, LIBRARIES), self.size, self.overlap]

    def split(self, text: str, head: str) -> list[str]:
        """Each part is at most ``size`` letters long, without the title."""
        del head
        found = blocks(text)
        return together(text, found, self.size, min(self.overlap, self.size // 2), _beginnings(text, found))


def sections(text: str) -> list[Span]:
    """The sections of a text: each from its heading to the next, and what stands before the first."""
    found = blocks(text)
    places = sorted({0, len(text), *(found[number].start for number in _beginnings(text, found))})
    return [Span(start, end) for start, end in pairwise(places)]


def _beginnings(text: str, found: list[Span]) -> set[int]:
    """The numbers of the headings that begin a section. One that stands right under another belongs to the section of that."""
    told = [number for number, span in enumerate(found) if span.of(text)]
    before = dict(zip(told[1:], told, strict=False))
    return {
        number
        for number in told
        if found[number].kind == HEADING and (number not in before or found[before[number]].kind != HEADING)
    }


def chunker(system: System, cache: object, device: str) -> Markdown:
    """As a system's row says."""
    del cache, device
    return Markdown(system.chunk_chars, system.chunk_overlap)
