"""The argument between RAG and fine-tuning as a list of claims, each with the contrast of metrics that tests it.

``claims.toml`` holds those that come with Proctor, and says what each field means. A user's file adds to them; a
claim in the words of an earlier one takes its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from math import inf
from pathlib import Path
from typing import Annotated, Literal

from proctor.core.reading.problems import Problems
from proctor.core.reading.ranges import Range
from proctor.core.reading.shown import shown
from proctor.core.reading.tables import Contradiction, SettingsTable
from proctor.evals.axes.catalogue import metrics

SHIPPED = Path(__file__).with_name("claims.toml")

Expect = Literal["higher", "lower", "equal"]


@dataclass(frozen=True)
class Claim:
    """One sentence, and the difference between two systems or two metrics that it speaks of."""

    claim: str
    metric: Annotated[str, '"accuracy.exact"']
    system: Annotated[str, '"rag"']
    """The side that the claim speaks of."""
    expect: Expect
    against: str = ""
    """The other system; the same one where only ``than`` is given, and zero where neither is."""
    than: str = ""
    """The other metric; the same one where only ``against`` is given."""
    margin: Annotated[float, Range(unit="in the metric's unit: 0.02 of a share is two points")] = 0.0
    """In the metric's unit (0.02 of a share: two points): see `range`."""
    about: str = ""
    """What it is said of: RAG, fine-tuning, hybrids."""
    source: str = ""

    @property
    def other(self) -> tuple[str, str]:
        """Metric and system that it is compared with; empty for zero."""
        if not self.against and not self.than:
            return "", ""
        return self.than or self.metric, self.against or self.system

    @property
    def range(self) -> tuple[float, float]:
        """The differences, in the expected direction, of which the claim is true."""
        return (-self.margin, self.margin) if self.expect == "equal" else (self.margin, inf)

    def contradictions(self) -> Iterator[Contradiction]:
        """What cannot be meant, though each field by itself could."""
        if self.expect == "equal" and self.margin <= 0:
            yield ("margin",), "equal within what is not said", "add margin = 0.02 for two points of a share"
        if abs(self.margin) >= 1 and _is_share(self.metric):
            what = f"a share's margin is below 1, not {shown(self.margin)}"
            yield ("margin",), what, "write margin = 0.02 for two points"
        if self.other == (self.metric, self.system):
            what, remedy = "compares a figure with itself", "name another system, or another metric in 'than'"
            yield ("against" if self.against else "than",), what, remedy


@dataclass(frozen=True)
class _Claims:
    """A file of claims."""

    claim: tuple[Claim, ...]

    def contradictions(self) -> Iterator[Contradiction]:
        """Claims that are there twice."""
        seen: set[str] = set()
        for place, one in enumerate(self.claim):
            if one.claim in seen:
                yield ("claim", place, "claim"), "the same sentence twice", "remove one, or say how they differ"
            seen.add(one.claim)


def load(files: Sequence[Path] = ()) -> tuple[Claim, ...]:
    """The claims that come with Proctor, and those of the files.

    Raises:
        InputError: unreadable, not TOML, or claims that say too little or too much; all problems of all files are named at once.
    """
    return tuple({claim.claim: claim for table in _tables(SHIPPED, *files) for claim in _read(table)}.values())


def replaced(files: Sequence[Path]) -> Iterator[str]:
    """Which claims of the files take the place of one that comes with Proctor: said aloud, lest it be by chance."""
    shipped = {claim.claim for claim in load()}
    for table in _tables(*files):
        for place, claim in enumerate(_read(table)):
            if claim.claim in shipped:
                where = f"{table.path}:{table.line(('claim', place, 'claim'))}"
                yield f"{where}: takes the place of the shipped claim in the same words: {claim.claim}"


def _tables(*files: Path) -> list[SettingsTable]:
    """The files, each read without a problem."""
    problems = Problems()
    tables = []
    for file in files:
        tables.append(SettingsTable(file, problems, remedy="name a TOML file such as leaderboard/claims/claims.toml"))
        _read(tables[-1])
    problems.check()
    return tables


def _read(table: SettingsTable) -> tuple[Claim, ...]:
    found = table.read(_Claims)
    return found.claim if found else ()


def _is_share(metric: str) -> bool:
    """Whether a metric is a share, or a difference of two; a metric that nobody knows may be anything."""
    return any(one.unit in ("share", "difference") for one in metrics() if fnmatchcase(metric, one.name))
