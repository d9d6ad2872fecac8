"""Parts of as many tokens of the embedder as it reads best, cut where a paragraph, a line or a word ends."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version as installed
from typing import Any

from proctor.core.code import code_of
from proctor.core.storage.cache import Cache
from proctor.models.chunkers.recursive import cut
from proctor.models.embedders import find
from proctor.models.embedders.protocol import Embedder
from proctor.models.systems import System

TOKENS = 256
"""Of a passage, where nothing else is said and the embedder reads as many: what MiniLM reads."""
LEAST = 16
"""Of a passage under a title that leaves no room."""


@dataclass(frozen=True)
class Tokens:
    """Parts of at most so many tokens, with the title."""

    embedder: Embedder
    device: str
    size: int
    share: float
    """Of a part, that it repeats of the one before."""

    @property
    def version(self) -> list[Any]:
        """What shapes where it splits."""
        code = code_of(__name__, apart=["proctor.models.systems", "proctor.models.embedders.find"])
        return [code, installed("langchain-text-splitters"), self.embedder.version, self.size, self.share]

    def split(self, text: str, head: str) -> list[str]:
        """Each part with its title is at most ``size`` tokens long, and no longer than what the embedder reads."""
        room = self.embedder.room(self.device, query=False)
        if room is None:
            raise ValueError("the embedder counts no tokens")
        most, count = room
        size = max(LEAST, min(self.size, most) - count(head))
        return cut(text, size, int(size * self.share), count)


def chunker(system: System, cache: Cache, device: str) -> Tokens:
    """As a system's row says; what neighbours share is in proportion to what is set for letters."""
    size = system.chunk_tokens or TOKENS
    share = min(0.5, system.chunk_overlap / system.chunk_chars)
    return Tokens(find.embedder(system, cache), device, size, share)
