"""What advice says of the options that were left out, and of what would change the recommendation (``templates/outlook.js``)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from leaderboard.advice import Decision
from leaderboard.figures import paid
from leaderboard.flips import LIMITS, Axis, Cause, Flip
from leaderboard.options import Case, Weighed
from leaderboard.sayings import number

RETRAINING = "retraining"
WAYS = 2
"""To train again."""
CAUSES: dict[Cause, str] = {
    "": "",
    "accuracy": "there the expected accuracies cross",
    "margin": "there the expected accuracies differ by the margin",
    "saving": "there the saving passes what is material",
}
ALONG: dict[Axis, str] = {
    "updates": "number of updates a month",
    "queries": "number of questions a day",
    "hour": "price of machine time",
}
NONE: dict[Axis, tuple[str, str]] = {
    "updates": ("Without updates", "With any updates"),
    "queries": ("Without questions", "From the first question on"),
    "hour": ("Where machine time is free", "At any price of machine time"),
}


def left_out(case: Case, decision: Decision) -> list[str]:
    """How many options were compared, and why the others were not."""
    gone = [each for each in decision.weighed if _why_out(case, each)]
    compared = len(decision.weighed) - len(gone)
    count = f"{compared} {'option' if compared == 1 else 'options'} compared, {len(gone)} left out."
    return [count, *_untrained(case, gone), *_others(case, gone), *_unpriced(decision)]


def _untrained(case: Case, gone: Sequence[Weighed]) -> Iterator[str]:
    """Those that were not trained after updates; a system once, where that is so of every way to train it again."""
    policies: dict[str, list[Weighed]] = {}
    for each in gone:
        if _why_out(case, each) == RETRAINING:
            policies.setdefault(each.option.system, []).append(each)
    names = (system if len(each) == WAYS else case.title(each[0].option) for system, each in policies.items())
    if policies:
        yield f"Retraining after updates was not measured for {'; '.join(names)}: run pytest -m domain --full to compare it."


def _others(case: Case, gone: Sequence[Weighed]) -> Iterator[str]:
    reasons: dict[str, list[str]] = {}
    for each in gone:
        reasons.setdefault(_why_out(case, each), []).append(case.title(each.option))
    yield from (f"Left out: {'; '.join(names)}: {why}." for why, names in reasons.items() if why != RETRAINING)


def _why_out(case: Case, each: Weighed) -> str:
    measures = [measure for measure, _ in each.missing]
    if any(measure.startswith(("updates.retrained", "updates.continued")) for measure in measures):
        return RETRAINING
    if measures:
        return f"{', '.join(measures)} not measured"
    thin = case.thin(each)
    return thin.what if thin else ""


def _unpriced(decision: Decision) -> Iterator[str]:
    absent = dict.fromkeys(measure for each in decision.weighed if each.quality for measure, _ in each.unpriced)
    if absent:
        yield f"Costs marked ? are not known: {', '.join(absent)} not measured."


def along(case: Case, decision: Decision, found: Sequence[Flip]) -> list[str]:
    """What would change the recommendation, along each axis."""
    return [line for axis in LIMITS for line in _along(case, decision, [flip for flip in found if flip.axis == axis], axis)]


def _along(case: Case, decision: Decision, found: Sequence[Flip], axis: Axis) -> Iterator[str]:
    now = case.title(decision.pick.option) if decision.pick else "no clear choice"
    if not found:
        yield f"At any {ALONG[axis]}: {now}."
    for flip in found:
        what = flip.title if flip.to else f"no clear choice ({flip.reason})"
        yield f"{_from(case, flip)}: {what}{_why(case, flip)}."


def _from(case: Case, flip: Flip) -> str:
    if not flip.at:
        return NONE[flip.axis][flip.side == "above"]
    return f"{'Above' if flip.side == 'above' else 'Below'} {_at(case, flip.axis, flip.at)}"


def _at(case: Case, axis: Axis, at: float) -> str:
    if axis == "hour":
        return f"{paid(number(at), case.situation.prices.currency)} an hour of machine time"
    return f"{number(at)} {'updates a month' if axis == 'updates' else 'questions a day'}"


def _why(case: Case, flip: Flip) -> str:
    if not flip.cause:
        return ""
    price = case.situation.prices.currency
    ends = [
        None if end is None else paid(number(end), price) if flip.axis == "hour" else number(end) for end in (flip.low, flip.high)
    ]
    low, high = ends
    interval = "" if low == high else f"; 95 % CI {low} to {high or 'beyond'}"
    return f" ({CAUSES[flip.cause]}{interval})"
