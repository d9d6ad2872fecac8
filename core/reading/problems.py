"""Everything that is wrong with an input, said at once: where, what was expected, and what to do about it.

Beside it stands a tally of what was taken, changed and left out: what is odd and allowed.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from proctor.core.reading.shown import listed, short
from proctor.core.reading.tally import Tally
from proctor.core.schema import InputError

SHOWN = 100
"""So many problems are listed; a file with the wrong column names has one on every line."""
OUTSIDE = "--allow-outside-files"
"""The option that lets a suite read what lies outside of its folder."""
LONGEST = 600
"""Letters of what is wrong, and of the remedy: names and values of any length may be quoted in them."""
LONGEST_FIELD = 120


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
    """Collects problems, and raises them as one `InputError`: a list under its ``subject``, or bare lines where there is none.

    With ``within`` nothing is read that lies outside of that folder, links followed, unless ``outside`` allows it.
    """

    def __init__(self, subject: str = "", within: Path | None = None, *, outside: bool = False) -> None:
        self.subject = subject
        self.within = within
        self.outside = outside
        self.tally = Tally()
        self.found: list[str] = []

    def may_read(self, path: Path, place: Place | None = None) -> bool:
        """Whether a file or folder may be read; a problem, said of ``place`` or of itself, if not; a note if it lies outside."""
        try:
            target = path.resolve()
        except (OSError, RuntimeError):  # links in a circle: whoever reads it says so
            return True
        if self.within is None or target.is_relative_to(self.within.resolve()):
            return True
        if self.outside:
            said = path.relative_to(self.within).parts[0] if path.is_relative_to(self.within) else self.within.name
            self.tally.note(said, f"read outside of the suite's folder, as {OUTSIDE} allows", str(target))
            return True
        remedy = f"put what is meant into the folder, or, where you trust who wrote the suite, add {OUTSIDE}"
        self.add(place or Place(path), f"{path if place else 'it'} leads out of the suite's folder, to {target}", remedy)
        return False

    def add(self, place: Place, what: str, remedy: str = "") -> None:
        """Note one problem: what is wrong or was expected, and how to put it right, unless that says it already."""
        named = Place(place.file, place.line, short(place.field, LONGEST_FIELD))
        at = str(named) if self.subject else f"{named._replace(field='')}{named.field and f': {named.field}'}"
        self.found.append(f"{at}: {short(what, LONGEST)}{remedy and f'; {short(remedy, LONGEST)}'}")

    @contextmanager
    def gathering(self) -> Iterator[None]:
        """What is raised within as an `InputError` is noted, so that the next thing is looked at, too."""
        try:
            yield
        except InputError as error:
            self.found.append(str(error))

    def check(self) -> None:
        """Raise what was found, if anything."""
        if self.found:
            raise self.error()

    def error(self) -> InputError:
        """What was found, each problem once."""
        found = list(dict.fromkeys(self.found))
        lines = listed(found, SHOWN)
        if not self.subject:
            return InputError("\n".join(lines))
        return InputError("\n  ".join([f"{self.subject}: {len(found)} problem{'s' * (len(found) > 1)}", *lines]))


def near(name: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The name that was probably meant; None where none is like it. Long ones are not looked at: each letter is to each."""
    found = difflib.get_close_matches(name, [*known], n=1, cutoff=cutoff) if len(name) <= LONGEST else []
    return found[0] if found else None


def closest(name: str, known: Iterable[str]) -> str:
    """A remedy for a name that is not known: the one that was probably meant, or the first that there are."""
    names = list(known)
    if meant := near(name, names):
        return f"did you mean '{short(meant)}'?"
    return f"known: {', '.join(map(short, names[:12])) or 'none'}{', ...' if len(names) > 12 else '.'}"
