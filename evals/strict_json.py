"""JSON as people write it, read without a guess: a key that is there twice is an error, not the last one's value."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any


class RepeatedKeyError(ValueError):
    """An object has a key twice. The message is the key."""


def parsed(text: str) -> Any:
    """The value that a text is the JSON of.

    Raises:
        json.JSONDecodeError: it is none.
        RepeatedKeyError: an object in it has a key twice.
        ValueError, RecursionError: it cannot be read for its size.
    """
    return json.loads(text, object_pairs_hook=_unrepeated)


def numbered(text: str) -> Iterator[tuple[int, str]]:
    """The lines of JSON lines with their numbers, blank ones left out. Unicode's own line separators end no line."""
    return ((number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip())


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        keys = [key for key, _ in pairs]
        raise RepeatedKeyError(next(key for key in keys if keys.count(key) > 1))
    return values
