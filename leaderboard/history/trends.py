"""From one run to the one before it: what moved, metric by metric, and whether that is more than chance.

Compared is question by question (`Series.since`) with the last run that took the same exam. The p values of all that one run is
compared in are corrected together (Benjamini and Hochberg 1995), so that what is said of a run stays as it is when others follow.
Of a run in which nothing changed something is marked once in 20 times at most. A system that was trained once in each run is
marked only beyond what training moves: see `leaderboard.analysis.retraining`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from proctor.core.counts import counted
from proctor.evals.stats.comparison import Comparison, corrected, verdict
from proctor.evals.stats.intervals import FEW, cluster_count
from proctor.leaderboard.analysis import retraining
from proctor.leaderboard.analysis.retraining import Variation, once, trained, variation
from proctor.leaderboard.analysis.series import Series, rounded
from proctor.leaderboard.compare.changes import apart
from proctor.leaderboard.compare.policy import Policy
from proctor.leaderboard.compare.revised import common
from proctor.leaderboard.formatting import figure
from proctor.leaderboard.history.runs import DatedRun, LineKey, RunInfo

NOTHING_SHARED = "they have no item in common"
Trend = Literal["first", "better", "worse", "tied", "inconclusive", "not comparable"]
RULES = Policy(correction="bh")
"""How sure a change has to be, how little counts as none, and how few questions tell nothing: as the gate has them."""


@dataclass(frozen=True)
class TrendPoint:
    """What one run measured, and how that stands to a run before it."""

    run: str
    """Id of its `RunInfo`."""
    value: float | None
    """Mean over all that was asked; None where nothing could be measured, which is not zero."""
    ci_low: float | None
    ci_high: float | None
    n: int
    mark: Trend
    since: str | None
    """Id of the run that it is compared with."""
    change: float | None
    """Over the items that both runs have, in the metric's own unit; below zero if the value fell."""
    change_low: float | None
    change_high: float | None
    p: float | None
    """Corrected; None where nothing was tested, as where every item came out as before."""
    sentence: str
    """The change, or why there is none to speak of."""
    note: str
    """What a reader has to know beside the mark; mostly nothing."""


@dataclass(frozen=True)
class _Step:
    """A metric in one run, and in the run that it can be compared with."""

    key: LineKey
    now: DatedRun
    before: DatedRun | None
    found: Comparison | None
    """None where there is nothing to compare, or nothing to test: nothing changed."""
    obstacle: str
    """Why there is nothing to compare."""
    known: Variation | None = None
    """What training moves, where that had to be taken from elsewhere: both runs trained the system once."""
    same: int | None = None
    """How many questions are the same in both, where the suite changed in between."""

    @property
    def series(self) -> Series:
        """The metric now."""
        return self.now.series[self.key]


@dataclass(frozen=True)
class _Both:
    """A run and one before it, as far as they asked the same: as two runs are compared anywhere."""

    now: DatedRun
    before: DatedRun
    same: dict[str, int]
    """Suite that changed in between -> its questions that are the same in both."""

    @classmethod
    def of(cls, now: DatedRun, before: DatedRun) -> _Both:
        """Where nothing is set aside, the runs themselves: what is known of their series is known already."""
        shared = common(before.run, now.run)
        new = now if shared.after is now.run else DatedRun(now.moment, lambda: shared.after)
        old = before if shared.before is before.run else DatedRun(before.moment, lambda: shared.before)
        return cls(new, old, {name: suite.same for name, suite in shared.suites.items()})


def points(now: DatedRun, earlier: Sequence[DatedRun]) -> dict[LineKey, TrendPoint]:
    """What a run measured, held against those before it."""
    both = cache(lambda place: _Both.of(now, earlier[place]))
    steps = [_step(key, now, earlier, both) for key in now.series]
    tested = {step.key: step.found for step in steps if step.found}
    ps = dict(zip(tested, corrected([found.p for found in tested.values()], RULES.correction), strict=True))
    return {step.key: _point(step, ps.get(step.key)) for step in steps}


def _step(key: LineKey, now: DatedRun, earlier: Sequence[DatedRun], both: Callable[[int], _Both]) -> _Step:
    """Pair a metric with the last time that it was taken in the same way."""
    obstacle = ""
    for place, before in reversed([*enumerate(earlier)]) if now.series[key].values else ():
        if key in before.series and before.series[key].values:
            found = _obstacle(key, both(place))
            if not found:
                return _compared(key, now, before, both(place))
            obstacle = obstacle or f"not compared with {before.moment.name}: {found}"
    return _Step(key, now, None, None, obstacle)


def _compared(key: LineKey, now: DatedRun, before: DatedRun, both: _Both) -> _Step:
    new, old = both.now.series[key], both.before.series[key]
    step = _Step(key, now, before, None, "", same=both.same.get(key[0]))
    if new.same_as(old):
        return step
    own = trained(now.run.provenance.get("systems", {}))
    if not once(new, own) or not once(old, own):
        return replace(step, found=new.since(old))
    runs = (both.now, both.before)
    known = variation(series.seed_means for run in runs for series in _beside(key, run) if series.first.system in own)
    return replace(step, found=new.since(old, noise=retraining.between_two(known)), known=known)


def _beside(key: LineKey, run: DatedRun) -> list[Series]:
    """The systems of a run in the same metric."""
    suite, base_model, _, metric = key
    return [run.series[other] for other in run.series if (other[0], other[1], other[3]) == (suite, base_model, metric)]


def _obstacle(key: LineKey, both: _Both) -> str:
    """Why the two may not be compared; nothing if they may."""
    new, old = both.now.series.get(key), both.before.series.get(key)
    if new is None or old is None:
        return NOTHING_SHARED
    found = apart(old.records[0], new.records[0], both.before.run.provenance, both.now.run.provenance, revised=both.same)
    return "; ".join(found) or ("" if new.values.keys() & old.values.keys() else NOTHING_SHARED)


def _point(step: _Step, p: float | None) -> TrendPoint:
    mean, moved = step.series.interval, step.found.difference if step.found else None
    mark, sentence = _said(step, 1.0 if p is None else p)
    return TrendPoint(
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
        note=_note(step, mark),
    )


def _note(step: _Step, mark: Trend) -> str:
    """Why a mean differs though nothing changed, what a mark rests on that was trained once, and that the suite changed."""
    if step.before and step.found is None:
        about = _same_answers(step, step.before)
    else:
        about = "1 training run each" if step.known and mark in ("better", "worse", "inconclusive") else ""
    changed = "" if step.same is None else f"the suite changed: {counted(step.same, 'question')} the same in both"
    return "; ".join(filter(None, [about, changed]))


def _same_answers(step: _Step, before: DatedRun) -> str:
    mine, theirs = (series.by_seed.keys() for series in (step.series, before.series[step.key]))
    if mine == theirs:
        return ""
    shared = len(mine & theirs)
    then = f"{len(theirs)} seed{'' if len(theirs) == 1 else 's'} then"
    return f"same answers on the {'shared seed' if shared == 1 else f'{shared} shared seeds'} ({then}, {len(mine)} now)"


def _said(step: _Step, p: float) -> tuple[Trend, str]:
    """The mark of a step, and what it rests on."""
    if not step.series.values:
        return "inconclusive", f"nothing could be measured: {step.series.reason or 'no reason given'}"
    if step.before is None:
        return ("not comparable", step.obstacle) if step.obstacle else ("first", "")
    if step.found is None:
        return "tied", f"{_same_answers(step, step.before) or 'same answers'} as in {step.before.moment.name}"
    mark = _mark(step.series, step.found, p)
    if mark in ("better", "worse"):
        return mark, f"{_sentence(step, step.before, step.found)}{_beyond(step.known)}"
    return (
        mark,
        f"{_unsure(step.series.unit, step.before.moment, step.found)}{_within(step.known) if mark == 'inconclusive' else ''}",
    )


def _mark(series: Series, found: Comparison, p: float) -> Trend:
    """As a comparison of two runs has it, where the whole interval lies on one side, too: nobody is called for less.

    Nor is anything said by so few effective clusters that no two systems are told apart by them.
    """
    if found.few:
        return "inconclusive"
    first = series.records[0]
    margin = RULES.rule(first.metric, first.unit).allowed(found.theirs)
    said = verdict(found, first.better, p=p, margin=margin, alpha=RULES.alpha, min_pairs=RULES.min_pairs)
    sure = not found.difference.low <= 0 <= found.difference.high
    return said if sure or said in ("tied", "inconclusive") else "inconclusive"


def _sentence(step: _Step, before: DatedRun, found: Comparison) -> str:
    """Say what moved, by how much, and between which runs."""
    suite, base_model, system, metric = step.key
    first, moved = step.series.records[0], found.difference
    low, high = sorted((abs(moved.low), abs(moved.high)))
    ends = f"[{_amount(low, first.unit, bare=True)}, {_amount(high, first.unit, bare=True)}]"
    runs = before.moment, step.now.moment
    names = [run.name if runs[0].name != runs[1].name else f"{run.name} ({run.started})" for run in runs]
    verb, note = "rose" if moved.value > 0 else "fell", ", and lower is better" if first.better == "lower" else ""
    size = _amount(abs(moved.value), first.unit)
    return f"{metric} of {system} ({base_model}) on {suite} {verb} by {size} {ends} from {names[0]} to {names[1]}{note}"


def _beyond(known: Variation | None) -> str:
    return f"; one training run each: more than run-to-run variation explains with {known}" if known else ""


def _within(known: Variation | None) -> str:
    return f"; one training run each, so it may be run-to-run variation with {known}: repeat with --seeds 3" if known else ""


def _unsure(unit: str, before: RunInfo, found: Comparison) -> str:
    ends = f"{_amount(found.difference.low, unit, bare=True)} to {_amount(found.difference.high, unit)}"
    few = f", fewer than the {RULES.min_pairs} that a mark takes" if found.n < RULES.min_pairs else ""
    if found.few and not few:
        few = f" in {cluster_count(found.clusters, found.difference.effective)}, fewer than the {FEW} that a mark takes"
    return f"changed by {ends} (95 % CI) since {before.name}, over {found.n} item{'' if found.n == 1 else 's'}{few}"


def _amount(value: float, unit: str, *, bare: bool = False) -> str:
    """A change: points where it is one of shares, or their number alone."""
    if unit in ("share", "difference"):
        return f"{100 * value:.1f}{'' if bare else ' points'}"
    return figure(value, unit)
