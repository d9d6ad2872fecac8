"""How the first measures of each axis moved from run to run, and which of the moves are more than chance.

Each run is compared with the one before it that took the same exam, question by question (`Series.since`). The p values of
all that one run is compared in are corrected together (Benjamini and Hochberg 1995): what is said of a run rests on it and
on those before it, and stays as it is when others follow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from evals.comparison import Comparison, corrected, verdict
from evals.schema import Better
from leaderboard.changes import CELL, apart
from leaderboard.figures import figure
from leaderboard.past import Moment, gather
from leaderboard.policy import Policy
from leaderboard.series import Series, grouped, rounded
from leaderboard.store import Run
from leaderboard.tables import EFFECTS as MEASURES

Mark = Literal["first", "better", "worse", "tied", "inconclusive", "not comparable"]
Key = tuple[Any, ...]
RULES = Policy(correction="bh")
"""How sure a change has to be, how little counts as none, and how few questions tell nothing: as the gate has them."""


@dataclass(frozen=True)
class Point:
    """What one run measured, and how that stands to a run before it."""

    run: str
    """Id of its `Moment`."""
    value: float | None
    """Mean over all that was asked; None where nothing could be measured, which is not zero."""
    ci_low: float | None
    ci_high: float | None
    n: int
    mark: Mark
    since: str | None
    """Id of the run that it is compared with."""
    change: float | None
    """Over the items that both runs have, in the measure's own unit; below zero if the value fell."""
    change_low: float | None
    change_high: float | None
    p: float | None
    """Corrected; None where nothing was tested, as where every item came out as before."""
    sentence: str
    """The change, or why there is none to speak of."""


@dataclass(frozen=True)
class Line:
    """One system in one measure, run after run."""

    suite: str
    base_model: str
    system: str
    measure: str
    unit: str
    better: Better
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Marked:
    """A point that is marked better or worse, with all that tells it from others."""

    line: Line
    point: Point
    before: Moment
    now: Moment


@dataclass(frozen=True)
class History:
    """All runs by time, and the lines that they make."""

    runs: tuple[Moment, ...]
    lines: tuple[Line, ...]
    undated: tuple[str, ...] = ()
    """Names of runs that do not say when they were started, and so have no place in it."""

    @property
    def changes(self) -> list[Marked]:
        """What got better or worse, the newest first."""
        place = {run.id: number for number, run in enumerate(self.runs)}
        marked = [(line, point) for line in self.lines for point in line.points if point.mark in ("better", "worse")]
        found = [Marked(line, point, self.runs[place[str(point.since)]], self.runs[place[point.run]]) for line, point in marked]
        return sorted(found, key=lambda marked: -place[marked.now.id])


@dataclass(frozen=True)
class _Taken:
    """A measure as one run took it."""

    moment: Moment
    run: Run
    series: Series


@dataclass(frozen=True)
class _Step:
    """A measure as a run took it, and as the run took it that it can be compared with."""

    now: _Taken
    before: _Taken | None
    found: Comparison | None
    """None where there is nothing to compare, or nothing to test: nothing changed."""
    obstacle: str
    """Why there is nothing to compare."""


def history(published: Sequence[Run], saved: Sequence[Path] = ()) -> History:
    """The history of the runs that are published and of those saved in files and folders; each run once, whatever it is called.

    Raises:
        InputError: a path does not exist, or a file is no baseline.
    """
    past = gather(published, saved, MEASURES)
    taken: dict[Key, list[_Taken]] = {}
    points: dict[Key, list[Point]] = {}
    for moment, run in past.runs:
        steps = {}
        for key, series in _series(run).items():
            now = _Taken(moment, run, series)
            steps[key] = _step(now, taken.get(key, []))
            taken.setdefault(key, []).append(now)
        for key, point in _points(steps).items():
            points.setdefault(key, []).append(point)
    shown = [key for key in points if any(point.value is not None for point in points[key])]
    lines = [_line(key, taken[key][-1].series, points[key]) for key in sorted(shown, key=_order([run for _, run in past.runs]))]
    return History(tuple(moment for moment, _ in past.runs), tuple(lines), tuple(past.undated))


def _series(run: Run) -> dict[Key, Series]:
    """The measures of which there is a history, one after the other: systems then share what is resampled for them."""
    found = {key: Series(rows) for key, rows in grouped(run.records, *CELL).items() if key[3] in MEASURES}
    return {key: found[key] for key in sorted(found, key=lambda key: (MEASURES.index(key[3]), key))}


def _order(runs: Sequence[Run]) -> Any:
    """Sorts lines as the board has them: systems as the newest run lists them."""
    names = dict.fromkeys(name for run in reversed(runs) for name in run.provenance.get("systems", {}))
    places = {name: place for place, name in enumerate(names)}
    return lambda key: (*key[:2], MEASURES.index(key[3]), places.get(key[2], len(places)), key[2])


def _line(key: Key, series: Series, points: Sequence[Point]) -> Line:
    suite, base_model, system, measure = key
    first = series.records[0]
    return Line(suite, base_model, system, measure, first.unit, first.better, tuple(points))


def _step(now: _Taken, earlier: Sequence[_Taken]) -> _Step:
    """Pair a measure with the last time that it was taken in the same way."""
    measured = [before for before in reversed(earlier) if before.series.values]
    if not now.series.values or not measured:
        return _Step(now, None, None, "")
    obstacles = [_obstacle(now, before) for before in measured]
    before = next((before for before, obstacle in zip(measured, obstacles, strict=True) if not obstacle), None)
    if before is None:
        return _Step(now, None, None, f"not compared with {measured[0].moment.name}: {obstacles[0]}")
    same = now.series.same_as(before.series)
    return _Step(now, before, None if same else now.series.since(before.series), "")


def _obstacle(now: _Taken, before: _Taken) -> str:
    """Why the two may not be compared; nothing if they may."""
    found = apart(before.series.records[0], now.series.records[0], before.run.provenance, now.run.provenance)
    common = now.series.values.keys() & before.series.values.keys()
    return "; ".join(found) or ("" if common else "they have no item in common")


def _points(steps: Mapping[Key, _Step]) -> dict[Key, Point]:
    """The points of one run."""
    tested = {key: step.found for key, step in steps.items() if step.found}
    ps = dict(zip(tested, corrected([found.p for found in tested.values()], RULES.correction), strict=True))
    return {key: _point(key, step, ps.get(key)) for key, step in steps.items()}


def _point(key: Key, step: _Step, p: float | None) -> Point:
    mean, moved = step.now.series.interval, step.found.difference if step.found else None
    mark, sentence = _said(key, step, 1.0 if p is None else p)
    return Point(
        run=step.now.moment.id,
        value=rounded(mean.value) if mean else None,
        ci_low=rounded(mean.low) if mean else None,
        ci_high=rounded(mean.high) if mean else None,
        n=mean.n if mean else 0,
        mark=mark,
        since=step.before.moment.id if step.before else None,
        change=rounded(moved.value) if moved else 0.0 if step.before else None,
        change_low=rounded(moved.low) if moved else None,
        change_high=rounded(moved.high) if moved else None,
        p=None if p is None else rounded(p),
        sentence=sentence,
    )


def _said(key: Key, step: _Step, p: float) -> tuple[Mark, str]:
    """The mark of a step, and what it rests on."""
    if not step.now.series.values:
        return "inconclusive", f"nothing could be measured: {step.now.series.reason or 'no reason given'}"
    if step.before is None:
        return ("not comparable", step.obstacle) if step.obstacle else ("first", "")
    if step.found is None:
        return "tied", f"every item came out as in {step.before.moment.name}"
    mark = _mark(step.now.series, step.found, p)
    if mark in ("better", "worse"):
        return mark, _sentence(key, step.now, step.before, step.found)
    return mark, _unsure(step.now.series.unit, step.before.moment, step.found)


def _mark(series: Series, found: Comparison, p: float) -> Mark:
    """As a comparison of two runs has it, where the whole interval lies on one side, too: nobody is called for less."""
    first = series.records[0]
    margin = RULES.rule(first.measure, first.unit).allowed(found.theirs)
    said = verdict(found, first.better, p=p, margin=margin, alpha=RULES.alpha, min_pairs=RULES.min_pairs)
    sure = not found.difference.low <= 0 <= found.difference.high
    return said if sure or said in ("tied", "inconclusive") else "inconclusive"


def _sentence(key: Key, now: _Taken, before: _Taken, found: Comparison) -> str:
    """Say what moved, by how much, and between which runs."""
    suite, base_model, system, measure = key
    first, moved = now.series.records[0], found.difference
    low, high = sorted((abs(moved.low), abs(moved.high)))
    ends = f"[{_amount(low, first.unit, bare=True)}, {_amount(high, first.unit, bare=True)}]"
    names = [before.moment.name, now.moment.name]
    names = names if names[0] != names[1] else [f"{each.moment.name} ({each.moment.started})" for each in (before, now)]
    verb, note = "rose" if moved.value > 0 else "fell", ", and lower is better" if first.better == "lower" else ""
    size = _amount(abs(moved.value), first.unit)
    return f"{measure} of {system} ({base_model}) on {suite} {verb} by {size} {ends} from {names[0]} to {names[1]}{note}"


def _unsure(unit: str, before: Moment, found: Comparison) -> str:
    ends = f"{_amount(found.difference.low, unit, bare=True)} to {_amount(found.difference.high, unit)}"
    few = f", fewer than {RULES.min_pairs}" if found.n < RULES.min_pairs else ""
    return f"changed by {ends} since {before.name}, over {found.n} items{few}"


def _amount(value: float, unit: str, *, bare: bool = False) -> str:
    """A change: points where it is one of shares, or their number alone."""
    if unit in ("share", "difference"):
        return f"{100 * value:.1f}{'' if bare else ' points'}"
    return figure(value, unit)
