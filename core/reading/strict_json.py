"""JSON as people write it, read without a guess: a key that is there twice is an error, not the last one's value."""

from __future__ import annotations

import json
from collections.abc import Iterator
from math import isfinite
from typing import Any, NoReturn


class RepeatedKeyError(ValueError):
    """An object has a key twice. The message is the key."""


def parsed(text: str | bytes, *, finite: bool = False) -> Any:
    """The value that a text is the JSON of; ``finite`` refuses NaN and the infinities, which JSON does not have.

    Raises:
        json.JSONDecodeError: it is none.
        RepeatedKeyError: an object in it has a key twice.
        ValueError: it is nested too deep, or holds a number that cannot be read.
    """
    hooks: dict[str, Any] = {"parse_constant": _no_number, "parse_float": _finite} if finite else {}
    try:
        return json.loads(text, object_pairs_hook=_unrepeated, **hooks)
    except RecursionError:
        raise ValueError("nested too deep") from None


def numbered(text: str) -> Iterator[tuple[int, str]]:
    """The lines of JSON lines with their numbers, blank ones left out. Unicode's own line separators end no line."""
    return ((number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip())


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _finite(text: str) -> float:
    number = float(text)
    return number if isfinite(number) else _no_number(text[:40])


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        seen: set[str] = set()
        raise RepeatedKeyError(next(key for key, _ in pairs if key in seen or seen.add(key)))  # type: ignore[func-returns-value]
    return values
