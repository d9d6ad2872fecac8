"""What advice says of the options that were left out, and of what would change the recommendation (``templates/outlook.js``)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from proctor.leaderboard.advice import settle
from proctor.leaderboard.advice.break_points import LIMITS, BreakPoint, Cause, ScenarioField
from proctor.leaderboard.advice.decide import Advised
from proctor.leaderboard.advice.options import DecisionProblem, EvaluatedOption
from proctor.leaderboard.advice.sayings import number
from proctor.leaderboard.formatting import joined, paid

NAMED = 6
"""Options that one sentence names; of more it says how many more."""
RETRAINING = "retraining after updates was not measured; run pytest -m domain --full{} to compare them"
CAUSES: dict[Cause, str] = {
    "": "",
    "accuracy": "where the expected accuracies cross",
    "margin": "where the expected accuracies differ by the margin",
    "saving": "where the saving becomes material",
}
ALONG: dict[ScenarioField, str] = {
    "updates": "number of updates a month",
    "queries": "number of questions a day",
    "hour": "price of machine time",
}
NONE: dict[ScenarioField, tuple[str, str]] = {
    "updates": ("Without updates", "With any updates"),
    "queries": ("Without questions", "From the first question on"),
    "hour": ("Where machine time is free", "At any price of machine time"),
}


def left_out(case: DecisionProblem, decision: Advised) -> list[str]:
    """How many options were compared, and which were not, for which reason."""
    gone = [each for each in decision.weighed if _why_out(case, each)]
    compared = len(decision.weighed) - len(gone)
    count = f"{compared} {'option' if compared == 1 else 'options'} compared{f', {len(gone)} left out' if gone else ''}."
    return [count, *_gone(case, gone), *_unpriced(case, decision)]


def _gone(case: DecisionProblem, gone: Sequence[EvaluatedOption]) -> Iterator[str]:
    reasons: dict[str, list[str]] = {}
    for each in gone:
        reasons.setdefault(_why_out(case, each), []).append(case.title(each.option))
    for why, names in reasons.items():
        rest = len(names) - NAMED
        more = f"; and {rest} more" if rest > 0 else ""
        yield f"Left out: {'; '.join(names[:NAMED])}{more} ({why})."


def _why_out(case: DecisionProblem, each: EvaluatedOption) -> str:
    metrics = [metric for metric, _ in each.missing]
    if any(metric.startswith(("updates.retrained", "updates.continued")) for metric in metrics):
        options = settle.chosen(case)
        return RETRAINING.format(f" {options}" if options else "")
    if why := case.evidence.why_never(metrics, each.option.system):
        return f"{', '.join(metrics)} cannot be measured: {why}"
    if metrics:
        return f"{', '.join(metrics)} {'was' if len(metrics) == 1 else 'were'} not measured"
    thin = case.thin(each)
    return thin.what if thin else ""


def _unpriced(case: DecisionProblem, decision: Advised) -> Iterator[str]:
    columns = dict.fromkeys(column for each in decision.weighed if each.quality for column in each.unpriced)
    absent = dict.fromkeys(metric for metric, system in columns if (metric, system) not in case.evidence.never)
    if absent:
        yield f"Costs marked ? are not known, as {', '.join(absent)} {'was' if len(absent) == 1 else 'were'} not measured."
    gone: dict[str, list[str]] = {}
    for metric, system in columns:
        if (metric, system) in case.evidence.never:
            gone.setdefault(system, []).append(metric)
    for metrics, systems in _alike(gone).items():
        costs = f"What {joined(systems)} {'costs' if len(systems) == 1 else 'cost'} is not known"
        yield f"{costs}: {settle.never(case, metrics, systems)}."


def _alike(gone: Mapping[str, Sequence[str]]) -> dict[tuple[str, ...], list[str]]:
    """Metrics -> the systems that lack these."""
    found: dict[tuple[str, ...], list[str]] = {}
    for system, metrics in gone.items():
        found.setdefault(tuple(metrics), []).append(system)
    return found


def along(case: DecisionProblem, decision: Advised, found: Sequence[BreakPoint]) -> list[str]:
    """What would change the recommendation, along each axis."""
    return [line for axis in LIMITS for line in _along(case, decision, [flip for flip in found if flip.axis == axis], axis)]


def _along(case: DecisionProblem, decision: Advised, found: Sequence[BreakPoint], axis: ScenarioField) -> Iterator[str]:
    now = case.title(decision.pick.option) if decision.pick else "no clear choice"
    if not found:
        yield f"At any {ALONG[axis]}: {now}."
    for flip in found:
        what = flip.title if flip.to else f"no clear choice ({flip.reason})"
        yield f"{_from(case, flip)}: {what}{_why(case, flip)}."


def _from(case: DecisionProblem, flip: BreakPoint) -> str:
    if not flip.at:
        return NONE[flip.axis][flip.side == "above"]
    return f"{'Above' if flip.side == 'above' else 'Below'} {_at(case, flip.axis, flip.at)}"


def _at(case: DecisionProblem, axis: ScenarioField, at: float) -> str:
    if axis == "hour":
        return f"{paid(number(at), case.situation.prices.currency)} an hour of machine time"
    return f"{number(at)} {'updates a month' if axis == 'updates' else 'questions a day'}"


def _why(case: DecisionProblem, flip: BreakPoint) -> str:
    if not flip.cause:
        return ""
    price = case.situation.prices.currency
    ends = [
        None if end is None else paid(number(end), price) if flip.axis == "hour" else number(end) for end in (flip.low, flip.high)
    ]
    low, high = ends
    interval = "" if low == high else f"; 95 % CI {low} to {high or 'beyond'}"
    return f" ({CAUSES[flip.cause]}{interval})"
