"""How many of something, in words."""

from __future__ import annotations


def counted(number: int, one: str, many: str = "") -> str:
    """A number with what is counted: "1 question", "1,234 questions"; ``many`` where the plural is not one more s."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
