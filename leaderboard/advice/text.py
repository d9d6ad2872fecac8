"""Advice as people read it in a terminal, and as data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from proctor.evals.stats.intervals import Amount, Interval
from proctor.leaderboard.advice.break_points import BreakPoint, flips
from proctor.leaderboard.advice.decide import Advised, decide
from proctor.leaderboard.advice.estimates import Evidence
from proctor.leaderboard.advice.options import PARTS, DecisionProblem, EvaluatedOption
from proctor.leaderboard.advice.outlook import along, left_out
from proctor.leaderboard.advice.sayings import notes, required, situation, verdict
from proctor.leaderboard.advice.scenario import BY_DEFAULT, Situation
from proctor.leaderboard.analysis.origins import beside
from proctor.leaderboard.analysis.series import rounded
from proctor.leaderboard.formatting import WIDTH, between, costing, figure, money, wrapped

HEADS = ("option", "expected accuracy", "cost a month", *PARTS, "requirements")


@dataclass(frozen=True)
class Advice:
    """What a section's measurements say to do in a situation."""

    case: DecisionProblem
    decision: Advised
    flips: tuple[BreakPoint, ...]


def advise(sections: Iterable[Evidence], situation: Situation) -> Iterator[Advice]:
    """Advice for every suite and base model."""
    for evidence in sections:
        case = DecisionProblem(evidence, situation)
        decision = decide(case)
        yield Advice(case, decision, tuple(flips(case, decision)))


def as_json(advice: Advice) -> dict[str, Any]:
    """Everything, as plain data."""
    case, decision = advice.case, advice.decision
    return {
        "suite": case.evidence.suite,
        "base_model": case.evidence.base_model,
        "situation": asdict(case.situation),
        "machine": case.evidence.machine,
        "changed": _maybe(case.changed),
        "aged": _maybe(case.aged),
        "recommendation": decision.name or None,
        "runner_up": _name(decision.runner_up),
        "safe": _name(decision.safe),
        "nearest": _name(decision.nearest),
        "reason": decision.reason,
        "close": [each.option.name for each in decision.choice.close] if decision.choice else [],
        "settle": list(decision.settle),
        "options": [_option(case, each) for each in decision.weighed],
        "flips": [asdict(flip) for flip in advice.flips],
        "said": _said(advice),
    }


def _name(each: EvaluatedOption | None) -> str | None:
    return each.option.name if each else None


def _said(advice: Advice) -> dict[str, Any]:
    """The sentences that the command prints."""
    case, decision = advice.case, advice.decision
    return {
        "situation": situation(case),
        "required": required(case),
        "verdict": verdict(case, decision),
        "notes": notes(case, decision),
        "left_out": left_out(case, decision),
        "along": along(case, decision, advice.flips),
    }


def _option(case: DecisionProblem, each: EvaluatedOption) -> dict[str, Any]:
    return {
        "option": each.option.name,
        "system": each.option.system,
        "policy": each.option.policy,
        **_ends(each.quality, "quality", "ci"),
        "n": each.quality.n if each.quality else 0,
        "clusters": each.quality.clusters if each.quality else 0,
        **_ends(each.cost, "cost", "cost"),
        "parts": {part: _maybe(amount) for part, amount in each.parts.items()},
        "requirements": dict(each.requirements),
        "missing": [f"{metric} of {system}" for metric, system in (*each.missing, *each.unpriced)],
        "shown": _shown(case, each),
    }


def _shown(case: DecisionProblem, each: EvaluatedOption) -> dict[str, Any]:
    """The figures as people read them."""
    costs = {part: "?" if (amount := each.parts[part]) is None else money(amount, each.currency) for part in PARTS}
    unmet = "; ".join(f"{name}: {standing}" for name, standing in each.requirements.items() if standing != "met")
    return {
        "option": case.title(each.option),
        "quality": _quality(each),
        "cost": costing(each.cost, each.currency) if each.cost else "?",
        "parts": costs,
        "requirements": unmet or ("met" if each.requirements else "none"),
    }


def _quality(each: EvaluatedOption) -> str:
    if not each.quality:
        return "?"
    ends = between(*(figure(end, "share") for end in (each.quality.low, each.quality.high)))
    return f"{figure(each.quality.value, 'share')} [{ends}]"


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
    said, case = _said(advice), advice.case
    yield from _wrapped(f"{case.evidence.suite}, {beside(case.evidence.base_model)}. {said['situation']}")
    yield from _wrapped(" ".join([said["required"], *_lifting(case)]))
    yield ""
    yield from _wrapped(*said["verdict"], *said["notes"])
    yield ""
    yield from _table(case, [each for each in advice.decision.weighed if each.quality], advice.decision)
    yield from _wrapped("* recommended, + safe choice, ~ runner-up", *said["left_out"])
    yield ""
    yield from _wrapped(*said["along"])
    yield ""


def _lifting(case: DecisionProblem) -> Iterator[str]:
    """How to do without the requirements that nobody asked for."""
    fields = [BY_DEFAULT[name].replace("_", "-") for name in case.limits if name in case.situation.by_default]
    if fields:
        lift = "lifts the default" if len(fields) == 1 else "lift the defaults"
        yield f"({' '.join(f'--{field} none' for field in fields)} {lift}.)"


def _wrapped(*paragraphs: str) -> Iterator[str]:
    yield from (line for paragraph in paragraphs for line in wrapped(paragraph, WIDTH))


def _table(case: DecisionProblem, weighed: Sequence[EvaluatedOption], decision: Advised) -> Iterator[str]:
    rows = [HEADS, *(_row(case, each, decision) for each in weighed)] if weighed else []
    widths = [max(map(len, column)) + 2 for column in zip(*rows, strict=True)]
    for row in rows:
        yield "".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _row(case: DecisionProblem, each: EvaluatedOption, decision: Advised) -> tuple[str, ...]:
    marks = ((decision.pick, "* "), (decision.safe, "+ "), (decision.runner_up, "~ "))
    mark = next((mark for marked, mark in marks if each == marked), "  ")
    shown = _shown(case, each)
    name = wrapped(mark + shown["option"], WIDTH)[:1]
    return (*name, shown["quality"], shown["cost"], *shown["parts"].values(), shown["requirements"])
