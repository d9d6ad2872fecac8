"""Advice as people read it in a terminal, and as data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from evals.statistics import Interval
from leaderboard.advice import Decision, decide
from leaderboard.evidence import Amount, Evidence, Machine
from leaderboard.figures import between, costing, figure, money, paid, signed
from leaderboard.flips import LIMITS, Axis, Flip, Tip, flips, value
from leaderboard.options import PARTS, Case, Weighed
from leaderboard.series import rounded
from leaderboard.situation import Situation
from leaderboard.text import WIDTH, wrapped

SAID: dict[Axis, str] = {"updates": "Updates a month", "queries": "Queries a day", "hour": "Price of an hour"}
MACHINES: dict[Machine, str] = {
    "": "the machine at {} (--gpu-hour sets yours; the run does not say whether it was one with a GPU)",
    "cpu": "a machine without a GPU, as in the run, at {} (--cpu-hour sets yours)",
    "gpu": "a machine with a GPU, as in the run, at {} (--gpu-hour sets yours)",
}
HEADS = ("option", "expected quality", "cost a month", *PARTS, "demands")


@dataclass(frozen=True)
class Advice:
    """What a section's measurements say to do in a situation."""

    case: Case
    decision: Decision
    flips: tuple[Flip, ...]


def advise(sections: Iterable[Evidence], situation: Situation) -> Iterator[Advice]:
    """Advice for every suite and base model."""
    for evidence in sections:
        case = Case(evidence, situation)
        decision = decide(case)
        yield Advice(case, decision, tuple(flips(case, decision)))


def as_json(advice: Advice) -> dict[str, Any]:
    """Everything, as plain data."""
    case, decision = advice.case, advice.decision
    runner_up = decision.runner_up
    return {
        "suite": case.evidence.suite,
        "base_model": case.evidence.base_model,
        "situation": asdict(case.situation),
        "machine": case.evidence.machine,
        "changed": _maybe(case.changed),
        "aged": _maybe(case.aged),
        "recommendation": decision.name or None,
        "runner_up": runner_up.option.name if runner_up else None,
        "reason": decision.reason,
        "tied": list(decision.tied),
        "settle": list(decision.settle),
        "options": [_option(each) for each in decision.weighed],
        "flips": [asdict(flip) for flip in advice.flips],
        "said": _said(advice),
    }


def _said(advice: Advice) -> dict[str, Any]:
    """The sentences that the command prints."""
    return {
        "situation": _situation(advice.case),
        "verdict": list(_verdict(advice)),
        "left_out": [*_left_out(advice.case, advice.decision), *_unpriced(advice.decision)],
        "along": {axis: list(_along(advice, axis)) for axis in LIMITS},
    }


def _option(each: Weighed) -> dict[str, Any]:
    return {
        "option": each.option.name,
        **asdict(each.option),
        **_ends(each.quality, "quality", "ci"),
        "n": each.quality.n if each.quality else 0,
        "clusters": each.quality.clusters if each.quality else 0,
        **_ends(each.cost, "cost", "cost"),
        "parts": {part: _maybe(amount) for part, amount in each.parts.items()},
        "demands": dict(each.demands),
        "missing": [f"{measure} of {system}" for measure, system in (*each.missing, *each.unpriced)],
        "shown": _shown(each),
    }


def _shown(each: Weighed) -> dict[str, Any]:
    """The figures as people read them."""
    costs = {part: "?" if (amount := each.parts[part]) is None else money(amount, each.currency) for part in PARTS}
    unmet = "; ".join(f"{name}: {standing}" for name, standing in each.demands.items() if standing != "met")
    return {"quality": _quality(each), "cost": _cost(each), "parts": costs, "demands": unmet or ("met" if each.demands else "")}


def _ends(found: Interval | Amount | None, name: str, end: str) -> dict[str, float | None]:
    """A value with the ends of its interval; None for each where it is not known."""
    value, low, high = (found.value, found.low, found.high) if found else (None, None, None)
    return {name: _maybe(value), f"{end}_low": _maybe(low), f"{end}_high": _maybe(high)}


def _maybe(number: float | None) -> float | None:
    return None if number is None else rounded(number)


def as_text(advices: Sequence[Advice]) -> str:
    """What to do, what else could be done, and when that changes, for every section."""
    return "\n".join(line for advice in advices for line in _section(advice)) or "Nothing was measured."


def _section(advice: Advice) -> Iterator[str]:
    said = _said(advice)
    yield from _wrapped(said["situation"], *said["verdict"])
    yield ""
    yield from _table([each for each in advice.decision.weighed if each.quality], advice.decision)
    yield from _wrapped(*said["left_out"])
    yield ""
    yield from _wrapped(*(paragraph for paragraphs in said["along"].values() for paragraph in paragraphs))
    yield ""


def _wrapped(*paragraphs: str) -> Iterator[str]:
    yield from (line for paragraph in paragraphs for line in wrapped(paragraph, WIDTH))


def _situation(case: Case) -> str:
    situation = case.situation
    changed = "a share that is not known" if case.changed is None else figure(case.changed, "share")
    about = (
        "" if case.aged is None else f": over the month {figure(case.aged, 'share')} of the questions are about what has changed"
    )
    each = f", each of {changed} of the knowledge{about}" if situation.updates else ""
    machine = case.evidence.machine
    hour = paid(f"{situation.prices.hour(machine):g}", situation.prices.currency)
    asked = f"{situation.queries:g} queries a day, an hour of {MACHINES[machine].format(hour)}"
    updates = f"{situation.updates:g} {'update' if situation.updates == 1 else 'updates'} a month{each}"
    return f"{case.evidence.suite}, base model {case.evidence.base_model}. {updates}; {asked}."


def _verdict(advice: Advice) -> Iterator[str]:
    decision = advice.decision
    if not decision.pick:
        yield f"Not decided: {decision.reason}."
        yield from (f"To settle it: {what}." for what in decision.settle)
        return
    yield f"Recommended: {decision.name}: {_figures(decision.pick)}."
    yield _because(advice.case, decision)
    yield from _alike(advice.case, decision, decision.pick)
    yield from _with_care(advice.case, decision.pick)
    if decision.runner_up:
        gap = advice.case.quality(decision.pick.option, decision.runner_up.option)
        ends = between(signed(gap.low, "share"), signed(gap.high, "share"))
        difference = f"the recommended one differs by {signed(gap.value, 'share')} (95 % interval {ends})"
        yield f"Runner-up: {decision.runner_up.option.name}: {_figures(decision.runner_up)}; {difference}."
    else:
        yield "Runner-up: none."


def _because(case: Case, decision: Decision) -> str:
    margin = f"{100 * case.situation.margin:g} points"
    rivals = [name for name in decision.tied if name != decision.name]
    if not decision.runner_up:
        return "It is the only one that surely meets what is demanded."
    if not rivals:
        return f"It is surely better than every other option that meets the demands, by more than {margin}."
    return f"It is the cheapest of those not surely worse than the best by more than {margin}: {', '.join(decision.tied)}."


def _alike(case: Case, decision: Decision, pick: Weighed) -> Iterator[str]:
    """Options as good as the recommended one that may be as cheap."""
    rivals = [each.option for each in decision.weighed if each != pick and each.option.name in decision.tied]
    gaps = {option.name: case.cost(pick.option, option) for option in rivals}
    names = [name for name, gap in gaps.items() if gap.low < gap.high and gap.low <= 0 <= gap.high]
    if names:
        yield f"Its cost is not told apart from that of: {', '.join(names)}."


UNASKED = {
    "abstention": ("hallucination.unanswerable", "answers {} of what the documents cannot answer"),
    "forgetting": ("forgetting", "lost {} of general ability"),
    "privacy": ("privacy.extracted", "gives away {} of the secrets planted in training"),
}
"""Demand -> what a reader should know of the recommended system where the demand was not made."""
NOTABLE = 0.05


def _with_care(case: Case, pick: Weighed) -> Iterator[str]:
    """What was not demanded and may matter, and what was assumed."""
    found = [(case.evidence.found(measure, pick.option.system), measure, said) for name, (measure, said) in _unasked(case)]
    told = [said.format(figure(known.value, _unit(measure))) for known, measure, said in found if known and known.value > NOTABLE]
    if told:
        yield f"Not demanded, and so not weighed: {pick.option.system} {'; '.join(told)}."
    for column in case.paid(pick.option):
        if column in case.evidence.cautions:
            measure, system = column
            yield f"With caution: {measure} of {system}: {case.evidence.cautions[column]}."
    if pick.option.policy == "continued" and case.situation.updates > 1:
        yield "One training on changes alone was measured; that the next one in a row does no more harm is assumed."


def _unasked(case: Case) -> list[tuple[str, tuple[str, str]]]:
    return [(name, about) for name, about in UNASKED.items() if name not in case.situation.limits]


def _unit(measure: str) -> str:
    return "difference" if measure == "forgetting" else "share"


def _figures(each: Weighed) -> str:
    return f"expected quality {_quality(each)}, {'cost not known' if each.cost is None else f'{_cost(each)} a month'}"


def _quality(each: Weighed) -> str:
    if not each.quality:
        return "?"
    ends = between(*(figure(end, "share") for end in (each.quality.low, each.quality.high)))
    return f"{figure(each.quality.value, 'share')} [{ends}]"


def _cost(each: Weighed) -> str:
    return costing(each.cost, each.currency) if each.cost else "?"


def _table(weighed: Sequence[Weighed], decision: Decision) -> Iterator[str]:
    rows = [HEADS, *(_row(each, decision) for each in weighed)] if weighed else []
    widths = [max(map(len, column)) + 2 for column in zip(*rows, strict=True)]
    for row in rows:
        yield "".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _row(each: Weighed, decision: Decision) -> tuple[str, ...]:
    mark = "* " if each == decision.pick else "~ " if each == decision.runner_up else "  "
    shown = _shown(each)
    name = wrapped(mark + each.option.name, WIDTH)[:1]
    return (*name, shown["quality"], shown["cost"], *shown["parts"].values(), shown["demands"])


def _left_out(case: Case, decision: Decision) -> Iterator[str]:
    for each in decision.weighed:
        if each.missing:
            absent = ", ".join(measure for measure, _ in each.missing)
            yield f"Left out: {each.option.name}: {absent} not measured."
        elif thin := case.thin(each):
            yield f"Left out: {each.option.name}: {thin.what}."


def _unpriced(decision: Decision) -> Iterator[str]:
    absent = dict.fromkeys(measure for each in decision.weighed for measure, _ in each.unpriced)
    if absent:
        yield f"Costs marked ? are not known: {', '.join(absent)} not measured."


def _along(advice: Advice, axis: Axis) -> Iterator[str]:
    found = [flip for flip in advice.flips if flip.axis == axis]
    now = advice.decision.name or "not decided"
    yield from (f"{SAID[axis]} {_from(flip)}: {_change(flip)}." for flip in found)
    if not found:
        yield f"{SAID[axis]} from 0 to {LIMITS[axis]:,.0f} (now {value(advice.case, axis):g}): {now}, throughout."


def _from(flip: Flip) -> str:
    if flip.at:
        return f"{flip.side} {flip.at:g}"
    return "of none at all" if flip.side == "below" else "above none"


def _change(flip: Flip) -> str:
    what = flip.to or f"not decided ({flip.reason})"
    tips = (f"{name} tips at {_tip(tip)}" for name, tip in (("quality", flip.tip_quality), ("cost", flip.tip_cost)) if tip)
    return "; ".join([what, *tips])


def _tip(tip: Tip) -> str:
    if tip.low == tip.at == tip.high:
        return f"{tip.at:g}"
    return f"{tip.at:g} ({tip.low:g} to {'beyond' if tip.high is None else f'{tip.high:g}'})"
