"""The argument between RAG and fine-tuning as a list of claims, each with the contrast of measures that tests it.

``leaderboard/claims.toml`` holds those that come with Proctor, and says what each field means. A user's file adds to them; a
claim in the words of an earlier one takes its place.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from math import inf
from pathlib import Path
from typing import Any, Literal, get_args

from evals.axes import measures
from evals.ranges import Range
from evals.schema import InputError
from evals.shown import short, shown
from evals.user_files import read_toml

SHIPPED = Path(__file__).with_name("claims.toml")

Expect = Literal["higher", "lower", "equal"]
MARGIN = Range(unit="in the measure's unit: 0.02 of a share is two points")
NEEDED = ("claim", "measure", "system", "expect")


@dataclass(frozen=True)
class Claim:
    """One sentence, and the difference between two systems or two measures that it speaks of."""

    claim: str
    measure: str
    system: str
    """The side that the claim speaks of."""
    expect: Expect
    against: str = ""
    """The other system; the same one where only ``than`` is given, and zero where neither is."""
    than: str = ""
    """The other measure; the same one where only ``against`` is given."""
    margin: float = 0.0
    """In the measure's unit (0.02 of a share: two points): see `range`."""
    about: str = ""
    """What it is said of: RAG, fine-tuning, hybrids."""
    source: str = ""

    @property
    def other(self) -> tuple[str, str]:
        """Measure and system that it is compared with; empty for zero."""
        if not self.against and not self.than:
            return "", ""
        return self.than or self.measure, self.against or self.system

    @property
    def range(self) -> tuple[float, float]:
        """The differences, in the expected direction, of which the claim is true."""
        return (-self.margin, self.margin) if self.expect == "equal" else (self.margin, inf)


def load(files: Sequence[Path] = ()) -> tuple[Claim, ...]:
    """The claims that come with Proctor, and those of the files.

    Raises:
        InputError: unreadable, not TOML, or claims that say too little or too much; all problems of all files are named at once.
    """
    tables = [_File(file) for file in (SHIPPED, *files)]
    problems = [problem for table in tables for problem in table.problems()]
    if problems:
        raise InputError("\n".join(problems))
    return tuple({claim.claim: claim for table in tables for claim in table.claims()}.values())


def replaced(files: Sequence[Path]) -> Iterator[str]:
    """Which claims of the files take the place of one that comes with Proctor: said aloud, lest it be by chance."""
    shipped = {claim.claim for claim in _File(SHIPPED).claims()}
    for file in files:
        own = _File(file)
        for place, claim in enumerate(own.claims()):
            if claim.claim in shipped:
                yield f"{file}:{own.line(place, 'claim')}: takes the place of the shipped claim in the same words: {claim.claim}"


class _File:
    """A file of claims, parsed as far as it can be."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.text, self.unreadable = "", ""
        self.data: Mapping[str, Any] = {}
        try:
            self.text, self.data = read_toml(path, remedy="name a TOML file such as leaderboard/claims.toml")
        except InputError as error:
            self.unreadable = str(error)

    def claims(self) -> Iterator[Claim]:
        yield from (Claim(**table) for table in self.data["claim"])

    def problems(self) -> list[str]:
        if self.unreadable:
            return [self.unreadable]
        tables = self.data.get("claim")
        if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
            return [f"{self.path}: no claims in it; begin each with a line [[claim]], and its fields below"]
        others = [short(key) for key in self.data if key != "claim"]
        found = [f"{self.path}: {key}: unknown table; begin each claim with [[claim]]" for key in others]
        for place, table in enumerate(tables):
            found += [f"{self.path}:{self.line(place, key)}: {key}: {what}" for key, what in _problems(table)]
        return found + [f"{self.path}:{self.line(place, 'claim')}: claim: {what}" for place, what in _twice(tables)]

    def line(self, place: int, key: str) -> int:
        """The line that sets a key of a claim, or that begins it, as far as it can be told without a parser that keeps lines."""
        heads = [found.start() for found in re.finditer(r"^[ \t]*\[\[[ \t]*claim[ \t]*\]\]", self.text, re.MULTILINE)]
        start, end = [*heads[place : place + 2], len(self.text), len(self.text)][:2]
        found = re.compile(rf"^[ \t]*[\"']?{re.escape(key)}[\"']?[ \t]*=", re.MULTILINE).search(self.text, start, end)
        return self.text.count("\n", 0, found.start() if found else start) + 1


def _problems(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Field by field what is wrong with one claim, and what to do about it."""
    known = [field.name for field in fields(Claim)]
    for key, value in table.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1) if len(key) < 100 else []
            yield short(key), "unknown field; " + (f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}")
        elif expected := _expected(key, value):
            yield key, f"{expected}, not {shown(value)}"
    for key in (key for key in NEEDED if key not in table):
        yield key, f"missing; add {key} = {EXAMPLES[key]}"
    yield from _contradictions(table)


EXAMPLES = {"claim": '"..."', "measure": '"accuracy.exact"', "system": '"rag"', "expect": '"higher", "lower" or "equal"'}


def _expected(key: str, value: Any) -> str:
    if key == "expect":
        return "" if value in get_args(Expect) else f"expected {EXAMPLES['expect']}"
    if key == "margin":
        return "" if MARGIN.holds(value) else f"expected {MARGIN}"
    return "" if isinstance(value, str) and value.strip() else "expected a text in quotes"


def _contradictions(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What cannot be meant, though each field by itself could."""
    margin: Any = table.get("margin")
    if table.get("expect") == "equal" and (not MARGIN.holds(margin) or margin < 0):
        yield "margin", "equal within what is not said; add margin = 0.02 for two points of a share"
    if MARGIN.holds(margin) and abs(margin) >= 1 and _is_share(str(table.get("measure"))):
        yield "margin", f"a share's margin is below 1, not {shown(margin)}; write margin = 0.02 for two points"
    others = {key: table[key] for key in ("against", "than") if key in table}
    itself = {"against": table.get("system"), "than": table.get("measure")}
    if others and all(value == itself[key] for key, value in others.items()):
        yield next(iter(others)), "compares a figure with itself; name another system, or another measure in 'than'"


def _is_share(measure: str) -> bool:
    """Whether a measure is a share, or a difference of two; a measure that nobody knows may be anything."""
    return any(one.unit in ("share", "difference") for one in measures() if fnmatchcase(measure, one.name))


def _twice(tables: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, str]]:
    seen: set[str] = set()
    for place, table in enumerate(tables):
        words = str(table.get("claim"))
        if words in seen and "claim" in table:
            yield place, "the same sentence twice; remove one, or say how they differ"
        seen.add(words)
