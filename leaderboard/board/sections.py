"""The cells of a board laid out: suites and base models, in them axes, in them systems against measures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any, TypeVar

from proctor.core.slugs import slugs
from proctor.evals.axes.catalogue import axis, followed, headlines, rank
from proctor.evals.headline import Headline, told
from proctor.leaderboard.analysis.break_even import Crossing
from proctor.leaderboard.analysis.effects import Effect
from proctor.leaderboard.analysis.pairwise import Pair
from proctor.leaderboard.analysis.places import Places
from proctor.leaderboard.analysis.series import Caution
from proctor.leaderboard.analysis.slices import Tagged
from proctor.leaderboard.board.board import Board
from proctor.leaderboard.board.cells import Cell
from proctor.leaderboard.claims.verdicts import Finding
from proctor.leaderboard.formatting import shortened

Row = TypeVar("Row", Crossing, Finding, Pair, Tagged, Places)


@dataclass(frozen=True)
class Table:
    """Systems against some measures."""

    name: str
    cells: Sequence[Cell]

    @cached_property
    def measures(self) -> list[Cell]:
        """One cell of each measure, in order, to tell its name, unit and direction."""
        return sorted({cell.measure: cell for cell in self.cells}.values(), key=lambda cell: rank(cell.measure))

    @cached_property
    def rows(self) -> list[tuple[str, list[Cell | None]]]:
        """Each system with its cells in the order of `measures`; ``None`` where it was not examined."""
        found = {(cell.system, cell.measure): cell for cell in self.cells}
        systems = dict.fromkeys(cell.system for cell in self.cells)
        return [(system, [found.get((system, measure.measure)) for measure in self.measures]) for system in systems]

    def n(self, measure: str) -> int | None:
        """The number of items behind all values of a measure, where it is the same number."""
        found = {cell.n for cell in self.cells if cell.measure == measure and cell.value is not None}
        return found.pop() if len(found) == 1 else None


@dataclass(frozen=True)
class Section:
    """One suite with one base model."""

    suite: str
    base_model: str
    cells: Sequence[Cell]
    facts: dict[str, Any]
    """What provenance says of the suite."""
    effects: Sequence[Effect] = ()
    """What adapting and retrieving add, for the measures that a reader asks for first."""
    crossings: Sequence[Crossing] = ()
    """With how many examples trained systems catch up with those that look things up."""
    claims: Sequence[Finding] = ()
    """What the records say of each claim."""
    pairs: Sequence[Pair] = ()
    """How far every two systems are apart."""
    tagged: Sequence[Tagged] = ()
    """Figures for each kind of question."""
    unchanged: frozenset[str] = frozenset()
    """Systems that answer with the base model's weights as they are."""
    trained: frozenset[str] = frozenset()
    """Systems that do not; one whose settings are not known is in neither."""
    places: Sequence[Places] = ()
    """Whether it matters where the evidence stands."""

    @property
    def id(self) -> str:
        """What names it in links and files."""
        return slugs(self.suite, self.base_model)

    @property
    def tags(self) -> list[str]:
        """The kinds of question that have figures of their own."""
        return list(dict.fromkeys(found.tag for found in self.tagged))

    @property
    def trained_once(self) -> bool:
        """Whether some system was trained, and none with several seeds."""
        seeds = [cell.seeds for cell in self.cells if cell.system in self.trained]
        return bool(seeds) and max(seeds) == 1

    @property
    def judged(self) -> bool:
        """Whether any of the figures is a judge's."""
        return any(cell.judge for cell in self.cells)

    @cached_property
    def table(self) -> Table:
        """All measures side by side."""
        return Table("all", self.cells)

    @property
    def title(self) -> str:
        """The suite's title, or its name where it has none."""
        return str(self.facts.get("title") or self.suite)

    @cached_property
    def systems(self) -> list[str]:
        """The systems in the order of the table of systems."""
        return list(dict.fromkeys(cell.system for cell in self.cells))

    @cached_property
    def leading(self) -> Headline:
        """The measure of accuracy that leads, and why; exact match where that one was not measured."""
        found = told(self.facts)
        return found if any(cell.measure == found.measure for cell in self.cells) else Headline()

    @cached_property
    def headline(self) -> Table:
        """What a reader asks for first."""
        asked = {*headlines(), self.leading.measure}
        return Table("at a glance", [cell for cell in self.cells if cell.measure in asked])

    @cached_property
    def axes(self) -> list[Table]:
        """One table for each axis."""
        return [Table(name, list(cells)) for name, cells in groupby(self.cells, key=lambda cell: axis(cell.measure))]

    def of(self, measure: str) -> dict[str, Cell]:
        """System -> its cell in a measure, where it has a value."""
        return {cell.system: cell for cell in self.cells if cell.measure == measure and cell.value is not None}

    def apart(self, measure: str, system: str, other: str) -> tuple[float, float, float] | None:
        """How far one system is from another in a measure, with the ends of the interval; None where that is not known."""
        for pair in self.pairs:
            if pair.measure == measure and {pair.system, pair.than} == {system, other}:
                found = (pair.difference, pair.ci_low, pair.ci_high)
                return found if pair.system == system else (-found[0], -found[2], -found[1])
        return None

    def significant(self, measure: str, system: str, other: str) -> bool:
        """Whether the corrected interval of the pair leaves out 0."""
        found = [pair for pair in self.pairs if pair.measure == measure and {pair.system, pair.than} == {system, other}]
        return any(not pair.wide_low <= 0 <= pair.wide_high for pair in found)

    @cached_property
    def cautions(self) -> dict[str, list[str]]:
        """System -> why it may not be compared with the others as it stands, or some of its figures not be what they seem."""
        found: dict[str, list[str]] = {}
        for cell in self.cells:
            fair = list(map(str, cell.fair)) if isinstance(cell.fair, list) else []
            found[cell.system] = list(dict.fromkeys([*found.get(cell.system, []), *fair]))
        for system, texts in (*self._mixed.items(), *self._of_values.items()):
            found[system] += texts
        return {system: texts for system, texts in found.items() if texts}

    @property
    def _of_values(self) -> dict[str, list[str]]:
        """System -> each caution once, with the measures that it is about and the most items that it holds for."""
        told: dict[tuple[str, str], dict[str, Caution]] = {}
        for cell in self.cells:
            for caution in cell.cautions:
                told.setdefault((cell.system, caution.reason), {})[cell.measure] = caution
        found: dict[str, list[str]] = {}
        for (system, _), cautions in told.items():
            most = max(cautions.values(), key=lambda caution: caution.count)
            found.setdefault(system, []).append(f"{most}: {shortened(list(cautions))}")
        return found

    @property
    def not_ranked(self) -> list[tuple[str, str]]:
        """Why systems are not ranked, and which in which measures."""
        found: dict[str, dict[str, list[str]]] = {}
        for cell in self.cells:
            if cell.not_ranked:
                found.setdefault(cell.not_ranked, {}).setdefault(cell.system, []).append(cell.measure)
        return [
            (why, "; ".join(f"{system} in {shortened(measures)}" for system, measures in those.items()))
            for why, those in found.items()
        ]

    @property
    def cautions_in_short(self) -> list[tuple[str, str]]:
        """Whose figures call for caution, and why: what holds for every system is said once."""
        shared = [
            why for why in next(iter(self.cautions.values()), []) if all(why in self.cautions.get(s, []) for s in self.systems)
        ]
        own = [(system, [why for why in reasons if why not in shared]) for system, reasons in self.cautions.items()]
        said = [("every system", shared), *own] if len(self.systems) > 1 else list(self.cautions.items())
        return [(who, "; ".join(reasons)) for who, reasons in said if reasons]

    @property
    def _mixed(self) -> dict[str, list[str]]:
        versions = {cell.suite_version for cell in self.cells}
        last = self.facts.get("version")
        if len(versions) < 2:
            return {}
        return {cell.system: ["measured on another version of the suite"] for cell in self.cells if cell.suite_version != last}


def sections(board: Board) -> list[Section]:
    """The board's suites and base models, in the order of its cells."""
    return [
        Section(
            *place,
            list(cells),
            _facts(board, place[0]),
            _effects(board, *place),
            _of(board.crossings, *place),
            _of(board.claims, *place),
            _of(board.pairs, *place),
            _of(board.tags, *place),
            *_by_training(board),
            _of(board.places, *place),
        )
        for place, cells in groupby(board.cells, key=lambda cell: (cell.suite, cell.base_model))
    ]


def _by_training(board: Board) -> tuple[frozenset[str], frozenset[str]]:
    """The systems whose weights are the base model's, and those whose are not."""
    known = board.run.get("systems")
    tables = known.items() if isinstance(known, dict) else ()
    settings = {name: table.get("settings") for name, table in tables if isinstance(table, dict)}
    adapts = {name: found.get("adapt") for name, found in settings.items() if isinstance(found, dict)}
    unchanged = frozenset(name for name, adapt in adapts.items() if adapt == "none")
    return unchanged, frozenset(name for name, adapt in adapts.items() if adapt not in (None, "none"))


def _effects(board: Board, suite: str, base_model: str) -> list[Effect]:
    shown = {*followed(), told(_facts(board, suite)).measure}
    return [e for e in board.effects if (e.suite, e.base_model) == (suite, base_model) and e.measure in shown]


def _of(rows: Sequence[Row], suite: str, base_model: str) -> list[Row]:
    return [row for row in rows if (row.suite, row.base_model) == (suite, base_model)]


def _facts(board: Board, suite: str) -> dict[str, Any]:
    suites = board.run.get("suites")
    facts = suites.get(suite) if isinstance(suites, dict) else None
    return facts if isinstance(facts, dict) else {}


def split(table: Table, widths: Iterable[int], width: int) -> list[Table]:
    """A table as several, none of them wider than ``width``, given the width of each measure's column."""
    groups: list[list[str]] = [[]]
    used = 0
    for measure, column in zip(table.measures, widths, strict=True):
        if groups[-1] and used + column > width:
            groups.append([])
            used = 0
        groups[-1].append(measure.measure)
        used += column
    return [Table(table.name, [cell for cell in table.cells if cell.measure in group]) for group in groups]
