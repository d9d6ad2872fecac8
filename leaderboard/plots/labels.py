"""Where labels go, so that they touch neither each other nor what is drawn. All lengths are in units of the plot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple
from unicodedata import combining, east_asian_width

from proctor.leaderboard.plots.words import named

FONT = 12.5
"""The size of all text: 11 pixels where a picture is 300 wide, as on a small phone."""
NARROW, LETTER, CAPITAL, BROAD = 0.4, 0.63, 0.76, 1.0
"""Widths of letters in sizes of the font: those of DejaVu Sans, which is broader than what most browsers use."""
AROUND = ((1, 0), (1, 1), (1, -1), (0, 1), (0, -1), (-1, 0), (-1, 1), (-1, -1))
"""Directions from a point to its label, the best first."""
AWAY = (10.0, 17.0, 28.0, 42.0)


class Box(NamedTuple):
    """A rectangle."""

    left: float
    bottom: float
    right: float
    top: float

    def shared(self, other: Box) -> float:
        """The area that two have in common."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.top, other.top) - max(self.bottom, other.bottom)
        return width * height if width > 0 and height > 0 else 0.0

    @property
    def area(self) -> float:
        """Of the rectangle."""
        return (self.right - self.left) * (self.top - self.bottom)


def width(text: str) -> float:
    """About how wide a text is drawn."""
    return FONT * sum(map(_letter, text))


def _letter(letter: str) -> float:
    if combining(letter):
        return 0.0
    if letter in "mwMW@%<>=+~#&\u2026" or east_asian_width(letter) in "WF":
        return BROAD
    return NARROW if letter in " .,:;|!'()[]{}-ilrtfj" else CAPITAL if letter.isupper() else LETTER


class PlotLabel(NamedTuple):
    """A name, and a word after it that is never shortened."""

    name: str
    after: str = ""

    def short(self, room: float, longest: int = 17) -> str:
        """As much of it as fits into a width."""
        after = f" {self.after}" if self.after else ""
        for letters in range(longest, 3, -1):
            if width(text := f"{named(self.name, letters)}{after}") <= room:
                return text
        return f"\u2026{after}"


def beside(points: Sequence[tuple[float, float]], texts: Sequence[str], drawn: Sequence[Box], panel: Box) -> list[Box]:
    """A place for the label of each point, near it: greedily, the first points first, with the least that is covered."""
    found: list[Box] = []
    for point, text in zip(points, texts, strict=True):
        found.append(min(_places(*point, text), key=lambda place: _cost(place, found, drawn, panel)).box)
    return found


class _Place(NamedTuple):
    box: Box
    far: float


def _places(x: float, y: float, text: str) -> Iterator[_Place]:
    wide, high = width(text), FONT
    for away in AWAY:
        for order, (across, up) in enumerate(AROUND):
            near = away if not across or not up else 0.75 * away
            left = x + across * near - (wide if across < 0 else 0 if across > 0 else wide / 2)
            bottom = y + up * near - (high if up < 0 else 0 if up > 0 else high / 2)
            yield _Place(Box(left, bottom, left + wide, bottom + high), away + order / 10)


def _cost(place: _Place, labels: Sequence[Box], drawn: Sequence[Box], panel: Box) -> float:
    box = place.box
    outside = box.area - box.shared(panel)
    covered = sum(box.shared(other) for other in labels)
    return 20 * outside + 10 * covered + 6 * sum(box.shared(other) for other in drawn) + place.far


def spread(wanted: Sequence[float], low: float, high: float, gap: float = FONT + 1) -> list[float]:
    """The nearest heights that are ``gap`` apart, in the order of those wanted, between ``low`` and ``high`` while they fit.

    The least squares solution: an isotonic regression, by pooling adjacent violators.
    """
    order = sorted(range(len(wanted)), key=lambda place: (wanted[place], place))
    pools: list[list[float]] = []
    for rank, place in enumerate(order):
        pools.append([wanted[place] - rank * gap])
        while len(pools) > 1 and _mean(pools[-2]) > _mean(pools[-1]):
            last = pools.pop()
            pools[-1] += last
    levels = [_mean(pool) for pool in pools for _ in pool]
    top = max(low, high - (len(wanted) - 1) * gap)
    heights = {
        place: min(max(level, low), top) + rank * gap for rank, (place, level) in enumerate(zip(order, levels, strict=True))
    }
    return [heights[place] for place in range(len(wanted))]


def _mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers)
