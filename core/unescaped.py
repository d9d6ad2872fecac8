r"""Texts without their escapes, and where in the text each letter stood: ``\u0073``, ``\x73``, ``&#115;``, ``&amp;``, ``%73``.

An escape may be escaped itself, as JSON within JSON is (``\\u0073``) and HTML within HTML (``&amp;#115;``).
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from dataclasses import dataclass

_ESCAPE = re.compile(
    r"\\+u\{?(?P<u>[0-9a-fA-F]{4})\}?|\\+x(?P<x>[0-9a-fA-F]{2})|%(?P<percent>[0-9a-fA-F]{2})|&(?:#\w{1,8}|[A-Za-z]{2,31});"
)


@dataclass(frozen=True)
class Unescaped:
    """A text with one level of escapes taken away."""

    text: str
    _here: tuple[int, ...]
    """Places in it from which on letters stand as far apart as in the original, ..."""
    _there: tuple[int, ...]
    """... and these places there."""

    def original(self, place: int) -> int:
        """Where in the original the letter of a place begins; of a place after an escape, where that ends."""
        last = bisect_right(self._here, place) - 1
        return self._there[last] + place - self._here[last]


def unescaped(text: str) -> Unescaped | None:
    """The text without its escapes; nothing where it has none."""
    if not any(sign in text for sign in "\\%&"):  # much faster than the pattern
        return None
    parts: list[str] = []
    here, there = [0], [0]
    size = end = 0
    for found in _ESCAPE.finditer(text):
        letter = _letter(found)
        if letter == found[0]:
            continue
        parts += [text[end : found.start()], letter]
        size += found.start() - end
        here += [size, size + len(letter)]
        there += [found.start(), found.end()]
        size, end = size + len(letter), found.end()
    if not parts:
        return None
    return Unescaped("".join([*parts, text[end:]]), tuple(here), tuple(there))


def _letter(found: re.Match[str]) -> str:
    """What an escape stands for."""
    digits = found["u"] or found["x"] or found["percent"]
    return chr(int(digits, 16)) if digits else html.unescape(found[0])
