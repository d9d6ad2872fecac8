"""Sentences of one matter: parted where the meaning of what follows is farthest from that of what stands before.

A passage ends where the sentences before and after are among the least alike of the document, as in TextTiling (Hearst 1997,
Computational Linguistics 23), with vectors in place of words and a percentile in place of a depth (Kamradt 2023).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version as installed
from typing import Any

from proctor.core.code import code_of
from proctor.core.storage.cache import Cache
from proctor.models.chunkers.recursive import cut
from proctor.models.chunkers.sentences import LIBRARIES, ends
from proctor.models.chunkers.spans import Span, blocks, together, within
from proctor.models.embedders import find
from proctor.models.embedders.protocol import Embedder
from proctor.models.systems import System

PERCENTILE = 90
"""Of a document's distances between neighbours, above which a passage ends."""
BESIDE = 2
"""Sentences before and after a place that are compared: one alone may say too little."""
LEAST = 6
"""Sentences of a document that is parted by what they mean."""
DIGITS = 4
"""Of a distance: two that differ in less are equal, so that rounding parts nothing."""


@dataclass(frozen=True)
class Semantic:
    """Parts of at most so many letters. Neighbours share nothing: they are about different things."""

    embedder: Embedder
    device: str
    size: int

    @property
    def version(self) -> list[Any]:
        """What shapes where it splits."""
        code = code_of(__name__, apart=["proctor.models.systems", "proctor.models.embedders.find"])
        return [code, *map(installed, LIBRARIES), self.embedder.version, self.device, self.size]

    def check(self) -> None:
        """See to it that the embedder can be used; InputError where it cannot."""
        self.embedder.check(self.device)

    def split(self, text: str, head: str) -> list[str]:
        """Each part is at most ``size`` letters long, without the title."""
        del head
        spans = [span for span in within(text, blocks(text), ends) if span.of(text)]
        return together(text, _filled(text, spans), self.size, 0, self._beginnings(text, spans))

    def _beginnings(self, text: str, spans: Sequence[Span]) -> set[int]:
        """The numbers of the spans with which something else begins."""
        import numpy as np

        if len(spans) < LEAST:
            return set()
        reach = [(max(0, place), min(len(spans), place + BESIDE)) for place in range(1 - BESIDE, len(spans))]
        told = [self._read(Span(spans[first].start, spans[last - 1].end).of(text)) for first, last in reach]
        vectors = self.embedder.passages(told, self.device)
        lengths = np.maximum(np.linalg.norm(vectors, axis=1), np.finfo("float32").tiny)
        alike = (vectors[BESIDE:] * vectors[:-BESIDE]).sum(axis=1) / (lengths[BESIDE:] * lengths[:-BESIDE])
        apart = np.round(1 - alike, DIGITS)
        return {place + 1 for place in np.flatnonzero(apart > np.percentile(apart, PERCENTILE)).tolist()}

    def _read(self, text: str) -> str:
        """As much of a text as the embedder reads at once, such as the beginning of a long table."""
        room = self.embedder.room(self.device, query=False)
        return text if room is None or room[1](text) <= room[0] else cut(text, room[0], 0, room[1])[0]


def _filled(text: str, spans: Sequence[Span]) -> list[Span]:
    """Spans each as far as the next one begins."""
    starts = [span.start for span in spans]
    return [Span(start, end) for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]


def chunker(system: System, cache: Cache, device: str) -> Semantic:
    """As a system's row says."""
    return Semantic(find.embedder(system, cache), device, system.chunk_chars)
