"""Hints: where in a text two attention heads should look while they learn to read.

Left alone, a small model learns in millions of tokens to pick a value by its attribute and hardly ever by its
owner. Told where to look it learns both at once: a *gathering* head looks from a value, and from an answer, to
the name of the thing; a *pointing* head looks from the answer to the value to be copied. This is attention
supervision (Liu et al. 2016, Neural Machine Translation with Supervised Attention). Only training sees hints.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

Segments = list[tuple[str, float]]  # text and its weight in the loss
Span = tuple[int, int]  # of characters, in the whole text

START: Span = (-1, 0)  # the begin token, which stands before the first character


@dataclass(frozen=True)
class Hint:
    """Tokens in `source` should look at those in `targets`."""

    head: str  # gather, point
    source: Span
    targets: list[Span]
    in_step: bool = False  # the first at the first, the second at the second, and so on


@dataclass(frozen=True)
class Document:
    """One text to learn from."""

    segments: Segments
    hints: list[Hint] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(text for text, _ in self.segments)


def find(part: str, text: str, offset: int) -> list[Span]:
    """Where a part stands in a text as words of its own, counted from `offset`."""
    found = re.finditer(rf"(?<!\w){re.escape(part)}(?!\w)", text)
    return [(offset + m.start(), offset + m.end()) for m in found]


@dataclass(frozen=True)
class Look:
    """One token that should look at others."""

    head: str
    query: int
    keys: list[int]


def looks(hint: Hint, spans: list[Span]) -> list[Look]:
    """A hint in tokens, where token `i` covers the characters `spans[i]`."""

    def tokens(span: Span) -> list[int]:
        return [i for i, (start, end) in enumerate(spans) if start < span[1] and end > span[0]]

    sources, keys = tokens(hint.source), [i for target in hint.targets for i in tokens(target)]
    if hint.in_step:
        return [Look(hint.head, source, [key]) for source, key in zip(sources, keys, strict=False)]
    return [Look(hint.head, source, keys) for source in sources if keys]
