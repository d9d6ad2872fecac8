"""The cells of a board laid out: suites and base models, in them axes, in them systems against metrics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import Any, TypeVar

from proctor.core.slugs import slugs
from proctor.evals.axes.catalogue import axis, followed, headlines, rank
from proctor.evals.headline import Headline, told
from proctor.leaderboard.analysis.break_even import Crossing
from proctor.leaderboard.analysis.effects import Effect
from proctor.leaderboard.analysis.origins import beside, kinds
from proctor.leaderboard.analysis.pairwise import SystemPair
from proctor.leaderboard.analysis.parts import PartEffect
from proctor.leaderboard.analysis.places import Places
from proctor.leaderboard.analysis.recall import RetrievalResult
from proctor.leaderboard.analysis.series import Caution
from proctor.leaderboard.analysis.slices import SliceResult
from proctor.leaderboard.board.board import Board
from proctor.leaderboard.board.cells import Result
from proctor.leaderboard.board.kept import kept_answers
from proctor.leaderboard.claims.verdicts import ClaimResult
from proctor.leaderboard.formatting import joined, shortened

NAMED = 8
"""Systems that one caution names; of more it says how many more."""
SectionRow = TypeVar("SectionRow", Crossing, ClaimResult, SystemPair, SliceResult, Places, PartEffect, RetrievalResult)


@dataclass(frozen=True)
class ResultTable:
    """Systems against some metrics."""

    name: str
    cells: Sequence[Result]

    @cached_property
    def metrics(self) -> list[Result]:
        """One cell of each metric, in order, to tell its name, unit and direction."""
        return sorted({cell.metric: cell for cell in self.cells}.values(), key=lambda cell: rank(cell.metric))

    @cached_property
    def rows(self) -> list[tuple[str, list[Result | None]]]:
        """Each system with its cells in the order of `metrics`; ``None`` where it was not examined."""
        found = {(cell.system, cell.metric): cell for cell in self.cells}
        systems = dict.fromkeys(cell.system for cell in self.cells)
        return [(system, [found.get((system, metric.metric)) for metric in self.metrics]) for system in systems]

    def n(self, metric: str) -> int | None:
        """The number of items behind all values of a metric, where it is the same number."""
        found = {cell.n for cell in self.cells if cell.metric == metric and cell.value is not None}
        return found.pop() if len(found) == 1 else None


@dataclass(frozen=True)
class BoardSection:
    """One suite with one base model."""

    suite: str
    base_model: str
    cells: Sequence[Result]
    facts: dict[str, Any]
    """What provenance says of the suite."""
    effects: Sequence[Effect] = ()
    """What adapting and retrieving add, for the metrics that a reader asks for first."""
    crossings: Sequence[Crossing] = ()
    """With how many examples trained systems catch up with those that look things up."""
    claims: Sequence[ClaimResult] = ()
    """What the records say of each claim."""
    pairs: Sequence[SystemPair] = ()
    """How far every two systems are apart."""
    tagged: Sequence[SliceResult] = ()
    """Figures for each kind of question."""
    unchanged: frozenset[str] = frozenset()
    """Systems that answer with the base model's weights as they are."""
    trained: frozenset[str] = frozenset()
    """Systems that are trained here; one that is built elsewhere, or whose settings are not known, is in neither."""
    places: Sequence[Places] = ()
    """Whether it matters where the evidence stands."""
    kinds: Mapping[str, str] = field(default_factory=dict)
    """What a system is that Proctor did not build, or not wholly."""
    kept: str = ""
    """Which answers of such systems were given before the run, in a sentence."""
    parts: Sequence[PartEffect] = ()
    """What each part of retrieval changes."""
    retrieval: Sequence[RetrievalResult] = ()
    """What is known of the retrieval of each system that looks passages up."""

    @property
    def about(self) -> str:
        """The base model, in words."""
        return beside(self.base_model)

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
    def table(self) -> ResultTable:
        """All metrics side by side."""
        return ResultTable("all", self.cells)

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
        """The metric of accuracy that leads, and why; exact match where that one was not measured."""
        found = told(self.facts)
        return found if any(cell.metric == found.metric for cell in self.cells) else Headline()

    @cached_property
    def headline(self) -> ResultTable:
        """What a reader asks for first."""
        asked = {*headlines(), self.leading.metric}
        return ResultTable("at a glance", [cell for cell in self.cells if cell.metric in asked])

    @cached_property
    def axes(self) -> list[ResultTable]:
        """One table for each axis."""
        return [ResultTable(name, list(cells)) for name, cells in groupby(self.cells, key=lambda cell: axis(cell.metric))]

    def of(self, metric: str) -> dict[str, Result]:
        """System -> its cell in a metric, where it has a value."""
        return {cell.system: cell for cell in self.cells if cell.metric == metric and cell.value is not None}

    def apart(self, metric: str, system: str, other: str) -> tuple[float, float, float] | None:
        """How far one system is from another in a metric, with the ends of the interval; None where that is not known."""
        for pair in self.pairs:
            if pair.metric == metric and {pair.system, pair.than} == {system, other}:
                found = (pair.difference, pair.ci_low, pair.ci_high)
                return found if pair.system == system else (-found[0], -found[2], -found[1])
        return None

    def significant(self, metric: str, system: str, other: str) -> bool:
        """Whether the corrected interval of the pair leaves out 0."""
        found = [pair for pair in self.pairs if pair.metric == metric and {pair.system, pair.than} == {system, other}]
        return any(not pair.wide_low <= 0 <= pair.wide_high for pair in found)

    @cached_property
    def cautions(self) -> dict[str, list[str]]:
        """System -> why it may not be compared with the others as it stands, or some of its figures not be what they seem."""
        found = {system: [*texts] for system, texts in self._of_systems.items()}
        for system, texts in self._of_values.items():
            found[system] += texts
        return {system: texts for system, texts in found.items() if texts}

    @property
    def _of_systems(self) -> dict[str, list[str]]:
        """System -> why it may not be compared with the others as it stands."""
        found: dict[str, list[str]] = {}
        for cell in self.cells:
            comparable = list(map(str, cell.comparable)) if isinstance(cell.comparable, list) else []
            found[cell.system] = list(dict.fromkeys([*found.get(cell.system, []), *comparable]))
        for system, texts in self._mixed.items():
            found[system] += texts
        return found

    @property
    def _of_values(self) -> dict[str, list[str]]:
        """System -> each caution once, with the metrics that it is about and the most items that it holds for."""
        found: dict[str, list[str]] = {}
        for (system, _), cautions in self._told.items():
            found.setdefault(system, []).append(f"{_most(cautions)}: {shortened(list(cautions))}")
        return found

    @cached_property
    def _told(self) -> dict[tuple[str, str], dict[str, Caution]]:
        """System and reason -> the metrics whose figures call for caution for it."""
        told: dict[tuple[str, str], dict[str, Caution]] = {}
        for cell in self.cells:
            for caution in cell.cautions:
                told.setdefault((cell.system, caution.reason), {})[cell.metric] = caution
        return told

    @property
    def not_ranked(self) -> list[tuple[str, str]]:
        """Why systems are not ranked, and which in which metrics."""
        found: dict[str, dict[str, list[str]]] = {}
        for cell in self.cells:
            if cell.not_ranked:
                found.setdefault(cell.not_ranked, {}).setdefault(cell.system, []).append(cell.metric)
        return [
            (why, "; ".join(f"{system} in {shortened(metrics)}" for system, metrics in those.items()))
            for why, those in found.items()
        ]

    @property
    def cautions_in_short(self) -> list[tuple[str, str]]:
        """Whose figures call for caution, and why: each reason once, with all systems for which it holds."""
        held: dict[str, dict[str, list[str]]] = {}
        for system, reasons in self._of_systems.items():
            for why in reasons:
                held.setdefault(why, {})[system] = []
        for (system, _), cautions in self._told.items():
            held.setdefault(str(_most(cautions)), {})[system] = list(cautions)
        said: dict[tuple[str, ...], list[str]] = {}
        for why, systems in held.items():
            metrics = list(dict.fromkeys(metric for those in systems.values() for metric in those))
            said.setdefault(tuple(sorted(systems, key=self.systems.index)), []).append(
                f"{why}{f': {shortened(metrics)}' if metrics else ''}"
            )
        return [(self._who(systems), "; ".join(reasons)) for systems, reasons in said.items()]

    def _who(self, systems: Sequence[str]) -> str:
        if len(systems) == len(self.systems) > 1:
            return "every system"
        return joined(systems) if len(systems) <= NAMED else shortened(systems, NAMED)

    @property
    def _mixed(self) -> dict[str, list[str]]:
        versions = {cell.suite_version for cell in self.cells}
        last = self.facts.get("version")
        if len(versions) < 2:
            return {}
        return {cell.system: ["measured on another version of the suite"] for cell in self.cells if cell.suite_version != last}


def _most(cautions: Mapping[str, Caution]) -> Caution:
    """Of the same caution for several metrics, the one that holds for the most items."""
    return max(cautions.values(), key=lambda caution: caution.count)


def sections(board: Board) -> list[BoardSection]:
    """The board's suites and base models, in the order of its cells."""
    groups = {place: list(cells) for place, cells in groupby(board.cells, key=lambda cell: (cell.suite, cell.base_model))}
    return [
        BoardSection(
            *place,
            cells,
            _facts(board, place[0]),
            _effects(board, *place),
            _of(board.crossings, *place),
            _of(board.claims, *place),
            _of(board.pairs, *place),
            _of(board.tags, *place),
            *_by_training(board),
            _of(board.places, *place),
            kinds(board.run.get("systems") or {}),
            kept_answers(board.run, *place, list(dict.fromkeys(cell.system for cell in cells))),
            _of(board.parts, *place),
            _of(board.retrieval, *place),
        )
        for place, cells in groups.items()
    ]


def _by_training(board: Board) -> tuple[frozenset[str], frozenset[str]]:
    """The systems whose weights are the base model's, and those that are trained here."""
    known = board.run.get("systems")
    tables = known if isinstance(known, dict) else {}
    elsewhere = kinds(tables)
    here = {name: table for name, table in tables.items() if isinstance(table, dict) and name not in elsewhere}
    settings = {name: table.get("settings") for name, table in here.items()}
    adapts = {name: found.get("adapt") for name, found in settings.items() if isinstance(found, dict)}
    unchanged = frozenset(name for name, adapt in adapts.items() if adapt == "none")
    return unchanged, frozenset(name for name, adapt in adapts.items() if adapt not in (None, "none"))


def _effects(board: Board, suite: str, base_model: str) -> list[Effect]:
    shown = {*followed(), told(_facts(board, suite)).metric}
    return [e for e in board.effects if (e.suite, e.base_model) == (suite, base_model) and e.metric in shown]


def _of(rows: Sequence[SectionRow], suite: str, base_model: str) -> list[SectionRow]:
    return [row for row in rows if (row.suite, row.base_model) == (suite, base_model)]


def _facts(board: Board, suite: str) -> dict[str, Any]:
    suites = board.run.get("suites")
    facts = suites.get(suite) if isinstance(suites, dict) else None
    return facts if isinstance(facts, dict) else {}


def split(table: ResultTable, widths: Iterable[int], width: int) -> list[ResultTable]:
    """A table as several, none of them wider than ``width``, given the width of each metric's column."""
    groups: list[list[str]] = [[]]
    used = 0
    for metric, column in zip(table.metrics, widths, strict=True):
        if groups[-1] and used + column > width:
            groups.append([])
            used = 0
        groups[-1].append(metric.metric)
        used += column
    return [ResultTable(table.name, [cell for cell in table.cells if cell.metric in group]) for group in groups]
