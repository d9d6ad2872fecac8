"""How the first metrics of each axis went from run to run, with what got better and what got worse."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path
from typing import Any

from proctor.core.schema import Better
from proctor.leaderboard.history.runs import DatedRun, LineKey, RunInfo, gather, place_of
from proctor.leaderboard.history.trends import TrendPoint, points
from proctor.leaderboard.runs.store import Run


@dataclass(frozen=True)
class TrendLine:
    """One system in one metric, run after run."""

    suite: str
    base_model: str
    system: str
    metric: str
    unit: str
    better: Better
    points: tuple[TrendPoint, ...]

    @property
    def key(self) -> LineKey:
        """What tells it from other lines."""
        return self.suite, self.base_model, self.system, self.metric


@dataclass(frozen=True)
class Marked:
    """A point that is marked better or worse, with all that tells it from others."""

    line: TrendLine
    point: TrendPoint
    before: RunInfo
    now: RunInfo


@dataclass(frozen=True)
class History:
    """All runs by time, and the lines that they make."""

    runs: tuple[RunInfo, ...]
    lines: tuple[TrendLine, ...]
    undated: tuple[str, ...] = ()
    """Names of runs that do not say when they were started, and so have no place in it."""

    @property
    def names(self) -> list[str]:
        """Of the runs; with the time where several have the same."""
        counts = Counter(run.name for run in self.runs)
        return [run.name if counts[run.name] == 1 else f"{run.name} {run.started[5:16].replace('T', ' ')}" for run in self.runs]

    @property
    def compared(self) -> bool:
        """Whether any two runs took an exam that lets them be compared."""
        return any(point.since for line in self.lines for point in line.points)

    @property
    def changes(self) -> list[Marked]:
        """What got better or worse, the newest first."""
        place = {run.id: number for number, run in enumerate(self.runs)}
        marked = [(line, point) for line in self.lines for point in line.points if point.mark in ("better", "worse")]
        found = [Marked(line, point, self.runs[place[str(point.since)]], self.runs[place[point.run]]) for line, point in marked]
        return sorted(found, key=lambda marked: -place[marked.now.id])


def history(published: Sequence[Run], saved: Sequence[Path] = (), before: History | None = None) -> History:
    """The history of the runs that are published and of those saved in files and folders; each run once, whatever it is called.

    ``before`` is what was told earlier: as far as the same files lead, they are not compared again.

    Raises:
        InputError: a path does not exist, or a file is no baseline.
    """
    earlier = before or History((), ())
    past = gather(published, saved, earlier.runs)
    moments = [taken.moment for taken in past.runs]
    kept = len([*takewhile(lambda pair: pair[0] == pair[1] and pair[1].digest, zip(moments, earlier.runs, strict=False))])
    lines = {line.key: line for line in _until(earlier, {moment.id for moment in moments[:kept]})}
    for place, now in enumerate(past.runs[kept:], kept):
        for key, point in points(now, past.runs[:place]).items():
            if key in lines or point.value is not None:  # nothing is told of what was never measured
                lines[key] = _longer(lines.get(key), key, now, point)
    ordered = sorted(lines.values(), key=_order(past.runs[-1:]))
    return History(tuple(moments), tuple(ordered), tuple(past.undated))


def _until(told: History, runs: set[str]) -> Iterable[TrendLine]:
    """The lines as far as some first runs lead."""
    cut = [replace(line, points=tuple(point for point in line.points if point.run in runs)) for line in told.lines]
    return [line for line in cut if line.points]


def _longer(line: TrendLine | None, key: LineKey, now: DatedRun, point: TrendPoint) -> TrendLine:
    first = now.series[key].records[0]
    return TrendLine(*key, first.unit, first.better, (*(line.points if line else ()), point))


def _order(newest: Sequence[DatedRun]) -> Any:
    """Sorts lines as the board has them: systems as the newest run lists them, and then those that it does not have."""
    systems = [name for taken in newest for name in taken.run.provenance.get("systems", {})]
    places = {name: place for place, name in enumerate(systems)}
    return lambda line: (
        *(line.suite, line.base_model, place_of(line.metric)),
        *(places.get(line.system, len(places)), line.system),
    )
