"""``--eval-compare-fail``: what a metric may lose against a saved run before the test that takes it fails.

    accuracy.exact:-2pp     significantly worse by more than two points
    faithfulness.gold:-5%   significantly worse by more than a twentieth of what it was
    faithfulness.*:ci       significantly worse, by however little

Significantly: the whole 95 % interval of the change lies beyond what may be lost. Each is a test of its own; the gate
(`proctor gate`) corrects for making many.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from proctor.core.reading.ranges import Range
from proctor.core.reading.shown import short
from proctor.core.schema import InputError, Record
from proctor.core.slugs import slug
from proctor.evals.axes.catalogue import metrics
from proctor.evals.stats.comparison import ALPHA
from proctor.leaderboard.compare.changes import CELL, Change, changes, incomparable
from proctor.leaderboard.compare.revised import common
from proctor.leaderboard.formatting import figure
from proctor.leaderboard.runs.records import Records, grouped
from proctor.leaderboard.runs.saved import open_run
from proctor.leaderboard.runs.store import CONTENTS, Run

DEMAND = re.compile(r"(?P<metric>[\w.*@]+):(?:(?P<ci>ci)|[+-]?(?P<amount>\d+(?:\.\d+)?)(?P<unit>pp|%))")

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}")
"""Of a saved run."""


OF_SHARES, OF_AMOUNTS = Range(0, 100, "points, or per cent", below=True), Range(0, 1000, "per cent")


@dataclass(frozen=True)
class Threshold:
    """How much worse a metric may get: by ``amount``, of what it was where ``relative``."""

    metric: str
    amount: float = 0.0
    relative: bool = False

    def allowed(self, before: float) -> float:
        """The drop that still passes, in the metric's unit."""
        return self.amount * abs(before) if self.relative else self.amount


def demand(text: str) -> Threshold:
    """Read a demand; InputError says how one is written."""
    found = DEMAND.fullmatch(text)
    if not found:
        raise InputError(
            f"--eval-compare-fail {short(text)}: expected a metric and what it may lose: accuracy.exact:-2pp, :5% or :ci"
        )
    relative, amount = found["unit"] == "%", float(found["amount"] or 0)
    if wrong := (OF_AMOUNTS if relative and not _is_share(found["metric"]) else OF_SHARES).wrong(amount):
        raise InputError(f"--eval-compare-fail {short(text)}: {wrong}; to lose all is to lose nothing that fails")
    return Threshold(found["metric"], amount / 100, relative)


def _is_share(metric: str) -> bool:
    """Whether it is a share, or a difference of two, as far as metrics are known by their names."""
    return any(one.unit in ("share", "difference") for one in metrics() if fnmatchcase(one.name, metric))


@dataclass(frozen=True)
class Baseline:
    """A saved run, and what is demanded of records that are held against it."""

    saved: Run
    demands: Sequence[Threshold]
    contents: Mapping[str, Any] = field(default_factory=dict)
    """What the suites of this run consist of, as its provenance will say."""

    def __post_init__(self) -> None:
        """InputError for a demand on what the saved run did not measure: a slip of the pen would let anything pass."""
        known = [metric for (metric,) in grouped(self.saved.records, "metric")]
        for one in self.demands:
            if not any(fnmatchcase(metric, one.metric) for metric in known):
                raise InputError(f"--eval-compare-fail {one.metric}: the saved run has no such metric, but {', '.join(known)}")

    def complaints(self, records: Sequence[Record]) -> Iterator[str]:
        """What a cell's records on one axis have significantly lost, and what cannot be compared."""
        now = Run(Path(), Records.of(records), {CONTENTS: self.contents})
        cells = grouped(now.records, *CELL)
        kept = [rows for cell, rows in grouped(self.saved.records, *CELL).items() if cell in cells]
        before = Run(Path(), Records.joined(kept), {CONTENTS: self.saved.provenance.get(CONTENTS)})
        shared = common(before, now)
        differences = incomparable(shared.before, shared.after, shared.suites)
        yield from (f"cannot be compared with the saved run: {difference}" for difference in differences)
        for change in changes(shared.before, shared.after):
            yield from (text for one in self.demands if fnmatchcase(change.metric, one.metric) for text in _lost(change, one))


def _lost(change: Change, demanded: Threshold) -> Iterator[str]:
    if change.found is None:
        return
    drop, allowed = -change.gain, demanded.allowed(change.found.theirs)
    if change.worse(allowed) < ALPHA and not change.found.few:
        unit = "difference" if change.unit == "share" else change.unit
        low, high = (figure(end, unit) for end in change.gain_bounds)
        yield (
            f"{change.metric} of {change.system} on {change.suite} went from {figure(change.found.theirs, change.unit)} to "
            f"{figure(change.found.mine, change.unit)}: {figure(drop, unit)} worse (change {low} to {high}, "
            f"{change.found.n} items), and {figure(allowed, unit)} is allowed"
        )


def place(name: str, folder: Path) -> Path:
    """Where in a folder a run of that name is saved; a name that ends in ``.json`` is the path itself.

    Raises:
        InputError: it is neither a plain name nor such a path.
    """
    if name.endswith(".json"):
        return Path(name)
    if not NAME.fullmatch(name):
        raise InputError(
            f"no saved run can be called {name!r}: use letters, digits and . _ + -, or give a path that ends in .json"
        )
    return folder / f"{name}.json"


def own_place(run_folder: Path, folder: Path) -> Path:
    """Where in a folder a run is saved that was given no name: under that of its own folder."""
    name = run_folder.resolve().name
    return folder / f"{name if NAME.fullmatch(name) else slug(name)}.json"


def find(name: str | None, folder: Path) -> Path:
    """The saved run of a name or path, or the newest in a folder.

    Raises:
        InputError: there is none; lists those that there are.
    """
    saved = sorted(folder.glob("*.json"))
    if name is None:
        newest = max(saved, key=lambda path: str(open_run(path).provenance.get("started", "")), default=None)
        if newest is None:
            raise InputError(f"no run is saved in {folder}; save one with --eval-save")
        return newest
    if (path := place(name, folder)).exists():
        return path
    raise InputError(f"no saved run {path}; saved are {', '.join(path.stem for path in saved) or 'none'}")
