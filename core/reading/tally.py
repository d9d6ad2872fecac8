"""What a reader took of an input, what it changed on the way and what it left out: how much, why and where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Literal, NamedTuple

SHOWN = 3
"""So many places are named."""
Fate = Literal["changed", "left out", "noted"]


class Count(NamedTuple):
    """What became of an input's entries: those read are those taken and those left out."""

    taken: int
    changed: int
    """Of those taken."""
    left_out: int


class Tally:
    """Kept by every reader of people's files. An input is a file or a folder, an entry one of its rows or documents."""

    def __init__(self) -> None:
        self._taken: Counter[str] = Counter()
        self._told: dict[tuple[str, Fate, str], dict[str, None]] = {}

    def take(self, source: str, count: int = 1) -> None:
        """Entries of an input are used."""
        self._taken[source] += count

    def change(self, source: str, why: str, where: object) -> None:
        """An entry is used otherwise than it stands in the input."""
        self._tell(source, "changed", why, where)

    def leave_out(self, source: str, why: str, where: object) -> None:
        """An entry is not used."""
        self._tell(source, "left out", why, where)

    def note(self, source: str, what: str, where: object = "") -> None:
        """Something about an input that a reader of its figures should know."""
        self._tell(source, "noted", what, where)

    def count(self, source: str) -> Count:
        """What became of an input's entries."""
        return Count(self._taken[source], len(self._places(source, "changed")), len(self._places(source, "left out")))

    def summary(self) -> Iterator[str]:
        """A line for each input of which something was taken, changed or left out."""
        for source in dict.fromkeys([*self._taken, *(source for source, fate, _ in self._told if fate != "noted")]):
            taken, changed, left_out = self.count(source)
            yield f"{source}: {taken} taken, {changed} changed, {left_out} left out"

    def notes(self) -> Iterator[str]:
        """A line for each reason to change or leave out something, and for whatever else was noted."""
        for (source, fate, why), places in self._told.items():
            fated = "" if fate == "noted" else f"{len(places)} {fate}: "
            named = ", ".join([*places][:SHOWN]) + (", ..." if len(places) > SHOWN else "")
            yield f"{source}: {fated}{why}{f' ({named})' if named else ''}"

    def _tell(self, source: str, fate: Fate, why: str, where: object) -> None:
        places = self._told.setdefault((source, fate, why), {})
        if str(where):
            places[str(where)] = None

    def _places(self, source: str, fate: Fate) -> set[str]:
        return {place for told, places in self._told.items() if told[:2] == (source, fate) for place in places}
