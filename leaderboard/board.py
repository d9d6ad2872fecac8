"""Records become cells: one for each suite, base model, system and measure, with its interval and all that is missing.

Nothing that is missing leaves silently: a cell counts the items that it expected, those that failed (and so count as
wrong), and those that could not be measured.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean, stdev
from typing import Any

from evals.schema import Better, Record, Status
from evals.statistics import Interval, interval, paired_difference
from leaderboard.axes import rank
from leaderboard.store import Run

FORMAT = 1
"""Number of the format of ``leaderboard.json``."""


@dataclass(frozen=True)
class Cell:
    """What one system reached in one measure, and how sure that is."""

    suite: str
    base_model: str
    system: str
    measure: str
    unit: str
    better: Better
    status: Status
    value: float | None
    ci_low: float | None
    ci_high: float | None
    n: int
    """Items with a value."""
    clusters: int
    seeds: int
    expected: int
    """Items that should have a value: what any system was asked here, less what does not apply to this one."""
    failed: int
    unmeasured: int
    not_applicable: int
    method: str
    """How the interval was made."""
    seed_sd: float | None
    """Standard deviation of the mean over seeds, where there are several: what training anew changes."""
    best: bool
    tied: bool
    """Not told apart from the best: the interval of the paired difference holds 0."""
    judge: str
    fair: bool | list[str] | None
    suite_version: str
    measure_version: str
    reason: str
    """Why there is no value, or why items are missing."""


@dataclass(frozen=True)
class Board:
    """All cells of one or several runs, with their provenance."""

    run: dict[str, Any]
    cells: tuple[Cell, ...]

    def as_json(self) -> dict[str, Any]:
        """The content of ``leaderboard.json``."""
        return {"format": FORMAT, "run": self.run, "cells": [vars(cell) for cell in self.cells]}


def board(runs: Sequence[Run]) -> Board:
    """The board of runs. What several of them measured is taken from the last."""
    provenance = _merged([run.provenance for run in runs])
    systems = provenance.get("systems", {})
    groups = _grouped(latest(runs), "suite", "base_model", "measure").values()
    cells = [cell for group in groups for cell in _cells(group, systems)]
    order = {name: place for place, name in enumerate(systems)}
    cells.sort(
        key=lambda cell: (cell.suite, cell.base_model, rank(cell.measure), order.get(cell.system, len(order)), cell.system)
    )
    return Board(provenance, tuple(cells))


def latest(runs: Sequence[Run]) -> list[Record]:
    """A system's items in one measure and seed come from one run, so that versions are not mixed."""
    found: dict[tuple[Any, ...], list[Record]] = {}
    for run in runs:
        found |= _grouped(run.records, "suite", "base_model", "system", "seed", "measure")
    return [record for group in found.values() for record in group]


def _grouped(records: Iterable[Record], *fields: str) -> dict[tuple[Any, ...], list[Record]]:
    groups: dict[tuple[Any, ...], list[Record]] = {}
    for record in records:
        groups.setdefault(tuple(getattr(record, field) for field in fields), []).append(record)
    return groups


def _merged(provenances: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The last word of each, where tables such as ``systems`` keep the rows of all."""
    merged: dict[str, Any] = {}
    for provenance in provenances:
        for name, value in provenance.items():
            old = merged.get(name)
            merged[name] = {**old, **value} if isinstance(value, dict) and isinstance(old, dict) else value
    return merged


@dataclass(frozen=True)
class _Sheet:
    """One system's records of one measure, over all items and seeds."""

    records: Sequence[Record]

    @cached_property
    def values(self) -> dict[str, float]:
        """Item -> mean over its seeds."""
        found: dict[str, list[float]] = {}
        for record in self.records:
            if record.value is not None:
                found.setdefault(record.item, []).append(record.value)
        return {item: values[0] if len(values) == 1 else fmean(values) for item, values in found.items()}

    @cached_property
    def clusters(self) -> dict[str, str]:
        """Item -> cluster."""
        return {record.item: record.cluster for record in self.records}

    @property
    def share(self) -> bool:
        """Whether 0 and 1 are outcomes rather than amounts."""
        return self.records[0].unit == "share"

    def items(self, *statuses: Status) -> set[str]:
        """The items that ended so, with any seed."""
        return {record.item for record in self.records if record.status in statuses}

    @cached_property
    def interval(self) -> Interval | None:
        """The mean over items, if any has a value."""
        if not self.values:
            return None
        return interval(list(self.values.values()), [self.clusters[item] for item in self.values], share=self.share)

    def minus(self, other: _Sheet) -> Interval | None:
        """The mean difference over the items that both have."""
        common = [item for item in self.values if item in other.values]
        if not common:
            return None
        mine, theirs = [self.values[item] for item in common], [other.values[item] for item in common]
        return paired_difference(mine, theirs, [self.clusters[item] for item in common], share=self.share)


def _cells(group: Sequence[Record], systems: Mapping[str, Any]) -> Iterator[Cell]:
    """The cells of all systems in one measure, with the best of them marked."""
    sheets = {system: _Sheet(records) for (system,), records in _grouped(group, "system").items()}
    asked = {record.item for record in group}
    marks = _marks(sheets)
    for system, sheet in sheets.items():
        about = systems.get(system)
        yield _cell(sheet, asked, marks.get(system, ""), about.get("fair") if isinstance(about, dict) else None)


def _cell(sheet: _Sheet, asked: set[str], mark: str, fair: Any) -> Cell:
    first, found = sheet.records[0], sheet.interval
    absent = sheet.items("not_applicable") - sheet.items("scored", "failed", "unmeasured")
    return Cell(
        suite=first.suite,
        base_model=first.base_model,
        system=first.system,
        measure=first.measure,
        unit=first.unit,
        better=first.better,
        status=_status(sheet),
        value=_round(found.value) if found else None,
        ci_low=_round(found.low) if found else None,
        ci_high=_round(found.high) if found else None,
        n=found.n if found else 0,
        clusters=found.clusters if found else 0,
        seeds=len({record.seed for record in sheet.records}),
        expected=len(asked - absent),
        failed=len(sheet.items("failed")),
        unmeasured=len(sheet.items("unmeasured")),
        not_applicable=len(absent),
        method=found.method if found else "",
        seed_sd=_seed_sd(sheet.records),
        best=mark == "best",
        tied=mark == "tied",
        judge=first.judge,
        fair=fair,
        suite_version=first.suite_version,
        measure_version=first.measure_version,
        reason=_reason(sheet.records),
    )


def _status(sheet: _Sheet) -> Status:
    for status in ("scored", "failed", "unmeasured"):
        if sheet.items(status):
            return status
    return "not_applicable"


def _reason(records: Iterable[Record]) -> str:
    """The commonest reason for the gravest that is missing."""
    for status in ("failed", "unmeasured", "not_applicable"):
        reasons = Counter(record.reason for record in records if record.status == status and record.reason)
        if reasons:
            return min(reasons, key=lambda reason: (-reasons[reason], reason))
    return ""


def _seed_sd(records: Iterable[Record]) -> float | None:
    seeds: dict[int, list[float]] = {}
    for record in records:
        if record.value is not None:
            seeds.setdefault(record.seed, []).append(record.value)
    return _round(stdev(map(fmean, seeds.values()))) if len(seeds) > 1 else None


def _marks(sheets: Mapping[str, _Sheet]) -> dict[str, str]:
    """Which systems are best, and which cannot be told apart from the best. Nothing to mark where one stands alone."""
    means = {system: found.value for system, sheet in sheets.items() if (found := sheet.interval)}
    if len(means) < 2:
        return {}
    better = next(iter(sheets.values())).records[0].better
    top = (max if better == "higher" else min)(means.values())
    best = min(system for system, mean in means.items() if mean == top)
    marks = {}
    for system, mean in means.items():
        difference = sheets[system].minus(sheets[best])
        if mean == top:
            marks[system] = "best"
        elif difference is None or difference.low <= 0 <= difference.high:
            marks[system] = "tied"
    return marks


def _round(value: float) -> float:
    """Nine digits: as many as are the same on every machine."""
    return float(f"{value:.9g}")
