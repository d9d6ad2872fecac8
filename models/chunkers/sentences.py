"""Whole sentences, as many as a passage has room for; tables and code whole where they fit in."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version as installed
from itertools import accumulate
from typing import Any

from proctor.core.code import code_of
from proctor.core.language.sentences import sentence_ends
from proctor.models.chunkers.spans import blocks, together, within
from proctor.models.systems import System

LIBRARIES = ("langchain-text-splitters", "markdown-it-py", "regex")


@dataclass(frozen=True)
class Sentences:
    """Parts of at most so many letters; the next one repeats as many sentences as fit into ``overlap``."""

    size: int
    overlap: int

    @property
    def version(self) -> list[Any]:
        """What shapes where it splits."""
        return [code_of(__name__, apart=["proctor.models.systems"]), *map(installed, LIBRARIES), self.size, self.overlap]

    def split(self, text: str, head: str) -> list[str]:
        """Each part is at most ``size`` letters long, without the title."""
        del head
        return together(text, list(within(text, blocks(text), ends)), self.size, min(self.overlap, self.size // 2))


def ends(text: str) -> list[int]:
    """Where lines and sentences end, blanks after them included."""
    lines = text.splitlines(keepends=True)
    starts = [0, *accumulate(map(len, lines))]
    inner = [start + place for start, line in zip(starts, lines, strict=False) for place in sentence_ends(line)]
    return [*inner, *starts[1:]]


def chunker(system: System, cache: object, device: str) -> Sentences:
    """As a system's row says."""
    del cache, device
    return Sentences(system.chunk_chars, system.chunk_overlap)
