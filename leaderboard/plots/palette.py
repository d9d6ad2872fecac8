"""How a system looks: the same colour, marker and dash in every plot of a section."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

INK, SOFT, LINE, CARD = "#010203", "#040506", "#07080a", "#0b0c0d"
"""Stand for the page's own colours while a plot is drawn, so that it is readable on light and on dark."""
SERIES = tuple(f"#0e0f{place:02x}" for place in range(6))
STANDS_FOR = {INK: "currentColor", SOFT: "var(--soft)", LINE: "var(--line)", CARD: "var(--card)"} | dict(
    zip(SERIES, (f"var(--{name})" for name in ("blue", "orange", "green", "purple", "red", "brown")), strict=True)
)
MARKERS = "osD^vPX"
"""Seven, so that colour and marker come round together only after 42 systems."""
DASHES = ("solid", (0, (5, 2)), (0, (1, 1.6)))


USUAL = ("base", "rag", "prompted", "full_ft", "lora", "hybrid")
"""Systems that look the same on every page, whichever others there are."""


class Look(NamedTuple):
    """Colour, marker and dash of one system."""

    colour: str
    marker: str
    dash: int
    """Which of `DASHES` its lines have: systems of one colour differ in it."""


def looks(systems: Sequence[str]) -> dict[str, Look]:
    """The look of each, given all systems of a section in their order."""
    return {system: _look(place) for system, place in places(systems).items()}


def places(systems: Sequence[str]) -> dict[str, int]:
    """System -> its place among all looks."""
    order = [*USUAL, *(system for system in systems if system not in USUAL)]
    return {system: order.index(system) for system in systems}


def _look(place: int) -> Look:
    return Look(SERIES[place % len(SERIES)], MARKERS[place % len(MARKERS)], place // len(SERIES) % len(DASHES))
