"""What a plot is before it is drawn: its figures, and the words and the table that say the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from proctor.leaderboard.plots.canvas import Canvas

PlotRows = Sequence[Sequence[str]]
"""A header, and a row of formatted text for each thing that is drawn."""


@dataclass(frozen=True)
class Sketch:
    """One plot that has data."""

    title: str
    words: str
    rows: PlotRows
    figures: tuple[Any, ...]
    """All that the picture depends on: ``draw`` gets nothing else, so the same figures give the same picture."""
    draw: Callable[..., Canvas]


def frontier(points: Sequence[tuple[float, float]]) -> list[int]:
    """Which points no other beats in one way without losing in the other, from left to right; more is better in both."""
    kept = [place for place, (x, y) in enumerate(points) if not any(a >= x and b >= y and (a, b) != (x, y) for a, b in points)]
    return sorted(kept, key=lambda place: (points[place], place))
