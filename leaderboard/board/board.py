"""Records become cells: one for each suite, base model, system and metric, with its interval and all that is missing.

Nothing that is missing leaves silently: a cell counts the items that it expected, those that failed (and so count as
wrong), and those that could not be measured.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from proctor.core.schema import Status, row
from proctor.evals.axes.catalogue import rank
from proctor.leaderboard.advice.data import as_json, gathered
from proctor.leaderboard.advice.estimates import Evidence
from proctor.leaderboard.analysis.break_even import Crossing, crossings
from proctor.leaderboard.analysis.effects import Effect, effects
from proctor.leaderboard.analysis.human_labels import put_right
from proctor.leaderboard.analysis.pairwise import SystemPair, of_the_best, pairs
from proctor.leaderboard.analysis.parts import PartEffect, part_effects
from proctor.leaderboard.analysis.percentiles import SECONDS, around
from proctor.leaderboard.analysis.places import Places, places
from proctor.leaderboard.analysis.ranking import Standing, standings
from proctor.leaderboard.analysis.recall import LostOf, RetrievalResult, lost_of, retrieval
from proctor.leaderboard.analysis.section import Section, sections
from proctor.leaderboard.analysis.series import Series, rounded
from proctor.leaderboard.analysis.slices import SliceResult
from proctor.leaderboard.board.cells import Result
from proctor.leaderboard.claims.table import Claim, load
from proctor.leaderboard.claims.verdicts import ClaimResult, findings
from proctor.leaderboard.runs.labels import Labels, labels
from proctor.leaderboard.runs.records import Codes, Records, distinct, grouped
from proctor.leaderboard.runs.store import CONTENTS, Run

FORMAT = 2
"""Number of the format of ``leaderboard.json``."""
LISTS = ("cells", "effects", "parts", "retrieval", "crossings", "claims", "pairs", "tags")
"""What is in it beside the provenance."""


@dataclass(frozen=True)
class Board:
    """All cells of one or several runs, with their provenance."""

    run: dict[str, Any]
    cells: tuple[Result, ...]
    effects: tuple[Effect, ...] = ()
    crossings: tuple[Crossing, ...] = ()
    claims: tuple[ClaimResult, ...] = ()
    pairs: tuple[SystemPair, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    """What advice is given from."""
    tags: tuple[SliceResult, ...] = ()
    """Filled in where the answers were kept, whose questions bear the tags."""
    places: tuple[Places, ...] = ()
    """What a plot says of where the evidence stands."""
    parts: tuple[PartEffect, ...] = ()
    """What each part of retrieval changes."""
    retrieval: tuple[RetrievalResult, ...] = ()
    """How far down the evidence stands, where it was lost, and what the index cost."""
    lost: LostOf = field(default_factory=dict)
    """What the latter is worked out from, question by question."""

    def as_json(self) -> dict[str, Any]:
        """The content of ``leaderboard.json``."""
        rows = {name: [vars(row) for row in getattr(self, name)] for name in LISTS}
        rows["cells"] = [{**row, "cautions": [vars(caution) for caution in row["cautions"]]} for row in rows["cells"]]
        return {"format": FORMAT, "run": self.run} | rows | {"decision": [as_json(each) for each in self.evidence]}


def board(runs: Sequence[Run], claims: Sequence[Claim] | None = None) -> Board:
    """The board of runs, with what they say of the claims: of those that come with Proctor unless others are given.

    What several of the runs measured is taken from the last.
    """
    provenance = merged([run.provenance for run in runs])
    found, said = sections(latest(runs), provenance), labels(runs)
    lost = lost_of(runs, found)
    cells = [cell for section in found for cell in _cells(section, said)]
    order = {name: place for place, name in enumerate(provenance.get("systems", {}))}
    cells.sort(key=lambda cell: (cell.suite, cell.base_model, rank(cell.metric), order.get(cell.system, len(order)), cell.system))
    return Board(
        provenance,
        tuple(cells),
        tuple(effects(found)),
        tuple(crossings(found)),
        tuple(findings(found, load() if claims is None else claims)),
        tuple(of_the_best(pairs(found), cells)),
        tuple(gathered(found)),
        places=tuple(places(found)),
        parts=tuple(part_effects(found)),
        retrieval=tuple(retrieval(found, lost)),
        lost=lost,
    )


def latest(runs: Sequence[Run]) -> Records:
    """A system's items in one metric and seed come from one run, so that versions are not mixed."""
    found: dict[tuple[Any, ...], Records] = {}
    for run in runs:
        found |= grouped(run.records, "suite", "base_model", "system", "seed", "metric")
    return Records.joined(found.values())


def merged(provenances: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The last word of each, where tables such as ``systems`` keep the rows of all; hashes of suites tell a reader nothing."""
    merged: dict[str, Any] = {}
    for provenance in provenances:
        for name, value in provenance.items():
            if name == CONTENTS:
                continue
            old = merged.get(name)
            merged[name] = {**old, **value} if isinstance(value, dict) and isinstance(old, dict) else value
    return merged


def _cells(section: Section, said: Labels) -> Iterator[Result]:
    """The cells of all systems in all metrics on one suite with one base model, with how each stands in it."""
    metrics, timed = list(section.metrics.values()), section.metrics.get(SECONDS, {})
    comparable = section.run.get("comparable", {})
    for columns, marks in zip(metrics, standings(metrics, section.trained), strict=True):
        asked = _asked(columns.values())
        for system, series in columns.items():
            stamp = comparable.get(row(section.suite, section.base_model, system))
            yield _cell(series, asked, marks.get(system, Standing()), stamp, said, timed.get(system))


def _asked(columns: Collection[Series]) -> Codes:
    """What any system was asked. One that a metric cannot apply to was not: what it would have been asked may be unknown."""
    items = [series.records.item for series in columns if not series.impossible]
    return distinct(np.concatenate([*items, np.empty(0, int)]))


def _cell(series: Series, asked: Codes, standing: Standing, comparable: Any, said: Labels, timed: Series | None) -> Result:
    first, found = series.first, series.interval and around(series.interval, series.first.metric, timed)
    labelled, right = put_right(series, said)
    gap = standing.gap
    absent = np.setdiff1d(series.items("not_applicable"), series.items("scored", "failed", "unmeasured"))
    return Result(
        suite=first.suite,
        base_model=first.base_model,
        system=first.system,
        metric=first.metric,
        unit=first.unit,
        better=first.better,
        status=_status(series),
        value=rounded(found.value) if found else None,
        ci_low=rounded(found.low) if found else None,
        ci_high=rounded(found.high) if found else None,
        n=found.n if found else 0,
        clusters=found.clusters if found else 0,
        effective=rounded(found.effective) if found else 0.0,
        seeds=1 if series.repeated else len(grouped(series.records, "seed")),
        repeats=series.repeats,
        answer_sd=None if series.answer_sd is None else rounded(series.answer_sd),
        varied=series.varied,
        expected=0 if series.impossible else len(asked) - len(absent),
        failed=len(series.items("failed")),
        unmeasured=len(series.items("unmeasured")),
        not_applicable=len(absent),
        method=found.method if found else "",
        seed_sd=None if series.seed_sd is None else rounded(series.seed_sd),
        best=standing.mark == "best",
        tied=standing.mark == "tied",
        behind=standing.mark == "behind",
        not_ranked=standing.not_ranked,
        ranked_on=standing.items,
        gap=rounded(gap.value) if gap else None,
        gap_low=rounded(gap.low) if gap else None,
        gap_high=rounded(gap.high) if gap else None,
        gap_clusters=gap.clusters if gap else None,
        gap_effective=rounded(gap.effective) if gap else None,
        more_questions=None if standing.more is None else rounded(standing.more),
        judge=first.judge,
        labelled=labelled,
        corrected=rounded(right.value) if right else None,
        corrected_low=rounded(right.low) if right else None,
        corrected_high=rounded(right.high) if right else None,
        comparable=comparable,
        cautions=series.cautions,
        suite_version=first.suite_version,
        metric_version=first.metric_version,
        reason=series.reason,
    )


def _status(series: Series) -> Status:
    for status in ("scored", "failed", "unmeasured"):
        if len(series.records.ended(status)):
            return status
    return "not_applicable"
