"""Everything that is wrong with an input, said at once: where, what was expected, and what to do about it.

Beside it stands a tally of what was taken, changed and left out: what is odd and allowed.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from evals.schema import InputError
from evals.tally import Tally

SHOWN = 100
"""So many problems are listed; a file with the wrong column names has one on every line."""


class Place(NamedTuple):
    """Where in an input something is."""

    file: Path
    line: int | None = None
    field: str = ""

    def __str__(self) -> str:
        """In the form that editors and terminals make clickable."""
        line = "" if self.line is None else f":{self.line}"
        field = f": field '{self.field}'" if self.field else ""
        return f"{self.file}{line}{field}"


class Problems:
    """Collects problems, and raises them as one `InputError`."""

    def __init__(self, subject: str) -> None:
        self.subject = subject
        self.tally = Tally()
        self.found: list[str] = []

    def add(self, place: Place, what: str, remedy: str) -> None:
        """Note one problem: what is wrong or was expected, and how to put it right."""
        self.found.append(f"{place}: {what}; {remedy}")

    def check(self) -> None:
        """Raise what was found, if anything."""
        found = list(dict.fromkeys(self.found))
        if not found:
            return
        count = len(found)
        lines = [f"{self.subject}: {count} problem{'s' * (count > 1)}", *found[:SHOWN]]
        if count > SHOWN:
            lines.append(f"... and {count - SHOWN} more")
        raise InputError("\n  ".join(lines))


def closest(name: str, known: Iterable[str]) -> str:
    """A remedy for a name that is not known: the one that was probably meant, or the first that there are."""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1)
    if near:
        return f"did you mean '{near[0]}'?"
    return f"known: {', '.join(names[:12]) or 'none'}{', ...' if len(names) > 12 else '.'}"
