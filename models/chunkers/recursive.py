"""Parts as long as they may be, cut where a paragraph ends, or else a line, or a word. Every way to split ends with this one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version as installed
from typing import Any

from proctor.core.code import code_of
from proctor.models.systems import System

ENDS = ["\n\n", "\n", "\u3002", "\uff01", "\uff1f", " ", ""]
"""Where texts are cut, the best place first. Chinese and Japanese have no spaces to cut at, but full stops of their own."""


@dataclass(frozen=True)
class Recursive:
    """Parts of at most so many letters."""

    size: int
    overlap: int

    @property
    def version(self) -> list[Any]:
        """What shapes where it splits."""
        return [
            code_of(__name__, apart=["proctor.models.systems"]),
            installed("langchain-text-splitters"),
            self.size,
            self.overlap,
        ]

    def split(self, text: str, head: str) -> list[str]:
        """Each part is at most ``size`` letters long, without the title."""
        del head
        if len(text) <= self.size:
            return list(filter(None, [text.strip()]))
        return cut(text, self.size, min(self.overlap, self.size // 2))


def chunker(system: System, cache: object, device: str) -> Recursive:
    """As a system's row says."""
    del cache, device
    return Recursive(system.chunk_chars, system.chunk_overlap)


def cut(text: str, size: int, overlap: int, length: Callable[[str], int] = len) -> list[str]:
    """Parts of a text of at most that length, cut where a paragraph, a line or a word ends; where none does, anywhere."""
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(
        ENDS, keep_separator="end", chunk_size=size, chunk_overlap=overlap, length_function=length
    )
    return splitter.split_text(text)
