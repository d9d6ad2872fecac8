"""An even choice from a list: always the same, and from all over it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def spread(things: Sequence[T], count: int) -> list[T]:
    """At most ``count`` of them, evenly spread, in their order."""
    size = min(count, len(things))
    return [things[place * len(things) // size] for place in range(size)]
