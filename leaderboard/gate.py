"""The gate: may this run take the other's place? GO, NO-GO or INCONCLUSIVE, each measure with its reason.

A measure passes when even the unfavourable end of the interval of its change is no worse than what the policy allows;
it fails when it is surely worse (the corrected p) and by more than that. Everything between is inconclusive: too few
questions to tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any, Literal

from evals.comparison import Comparison, corrected
from evals.schema import InputError
from leaderboard.changes import ELSEWHERE, NEW, Change, changes, incomparable
from leaderboard.figures import figure
from leaderboard.judged import kappa
from leaderboard.policy import Policy, Rule
from leaderboard.series import grouped
from leaderboard.store import Run

Outcome = Literal["unchanged", "passed", "failed", "inconclusive", "new", "not compared"]
Decision = Literal["GO", "NO-GO", "INCONCLUSIVE"]
EXIT: dict[Decision, int] = {"GO": 0, "NO-GO": 1, "INCONCLUSIVE": 2}


@dataclass(frozen=True)
class Ruling:
    """What the gate says of one change, and why."""

    change: Change
    rule: Rule
    p: float | None
    """Corrected for all that decide; None where nothing was tested."""
    outcome: Outcome
    reason: str

    @property
    def decides(self) -> bool:
        """Whether it can stop the run."""
        return self.rule.tier != "advisory"

    @property
    def stops(self) -> bool:
        """Inconclusive in a way that matters: a critical measure, or one that lost what was measured before."""
        return self.outcome == "inconclusive" and self.decides and (self.rule.tier == "critical" or bool(self.change.missing))


@dataclass(frozen=True)
class Gate:
    """The decision, and the rulings that it rests on."""

    policy: Policy
    rulings: Sequence[Ruling]
    differences: Sequence[str] = field(default=())
    """What differs between the runs beside the systems, where that was allowed."""

    @property
    def decision(self) -> Decision:
        """NO-GO if anything that decides failed; else INCONCLUSIVE if anything that matters is; else GO."""
        if any(ruling.outcome == "failed" and ruling.decides for ruling in self.rulings):
            return "NO-GO"
        if any(ruling.stops for ruling in self.rulings):
            return {"stop": "INCONCLUSIVE", "go": "GO", "no-go": "NO-GO"}[self.policy.inconclusive]  # type: ignore[return-value]
        return "GO"


def gate(before: Run, after: Run, policy: Policy, *, anyway: bool = False) -> Gate:
    """Hold a run against another; ``anyway`` compares what differs too.

    Raises:
        InputError: the runs differ in data, measures, judge, prompt or decoding; names each.
    """
    differences, found = incomparable(before, after), changes(before, after)
    refusals = [*(_comparable(differences) if not anyway else []), *_in_common(before, after), *_known(policy, found)]
    if refusals:
        raise InputError("\n".join(refusals))
    rules = [_rule(change, policy, after) for change in found]
    ps = _corrected(found, rules, policy)
    return Gate(policy, [_ruling(c, r, ps.get(id(c)), policy) for c, r in zip(found, rules, strict=True)], differences)


def _comparable(differences: Sequence[str]) -> list[str]:
    return ["these runs are not comparable (--anyway compares them all the same):", *differences] if differences else []


def _in_common(before: Run, after: Run) -> list[str]:
    there, here = _systems(before), _systems(after)
    if not there or not here or there & here:
        return []
    named = [", ".join("/".join(each) for each in sorted(systems)) for systems in (there, here)]
    return [f"these runs have no suite, base model and system in common: {named[0]} in one, {named[1]} in the other"]


def _known(policy: Policy, found: Sequence[Change]) -> list[str]:
    """A misspelt measure would be demanded nothing of."""
    measures = dict.fromkeys(change.measure for change in found)
    unknown = [name for name in policy.measures if not any(fnmatchcase(measure, name) for measure in measures)]
    said = f"the policy names measures that neither run has: {', '.join(unknown)}; they have {', '.join(measures)}"
    return [said] if unknown else []


def _corrected(found: Sequence[Change], rules: Sequence[Rule], policy: Policy) -> dict[int, float]:
    """The corrected p of every change that was tested and decides, by the change's identity."""
    tested = [c for c, r in zip(found, rules, strict=True) if c.found and not c.same and r.tier != "advisory"]
    return dict(zip(map(id, tested), corrected([c.found.p for c in tested if c.found], policy.correction), strict=True))


def _systems(run: Run) -> set[tuple[Any, ...]]:
    return {*grouped(run.records, "suite", "base_model", "system")}


def _rule(change: Change, policy: Policy, run: Run) -> Rule:
    """The policy's rule; advisory where the judge is known to agree too little with people on what the measure asks."""
    rule = policy.rule(change.measure, change.unit)
    agreed = kappa(run.provenance, change.judge, change.suite, change.measure) if change.judge else None
    return rule if agreed is None or agreed >= policy.judge_kappa_min else replace(rule, tier="advisory")


def _ruling(change: Change, rule: Rule, p: float | None, policy: Policy) -> Ruling:
    outcome, reason = _outcome(change, rule, p, policy)
    return Ruling(change, rule, p, outcome, reason)


def _outcome(change: Change, rule: Rule, p: float | None, policy: Policy) -> tuple[Outcome, str]:
    """What can be said without a test, or what the test says."""
    if change.missing == NEW:
        return "new", change.missing
    if change.same:
        return "unchanged", f"every item came out as before{f', {change.missing}' if change.missing else ''}"
    if change.missing == ELSEWHERE:
        return "not compared", change.missing
    if change.found is None or (change.missing and not change.found.unpaired):
        return "inconclusive", change.missing
    if change.found.n < policy.min_pairs:
        return "inconclusive", f"{change.found.n} common items are fewer than {policy.min_pairs}"
    return _tested(change, change.found, rule, sure=p is not None and p < policy.alpha)


def _tested(change: Change, found: Comparison, rule: Rule, *, sure: bool) -> tuple[Outcome, str]:
    def shown(value: float) -> str:
        return figure(value, "difference" if change.unit == "share" else change.unit)

    allowed, drop, most = rule.allowed(found.theirs), -change.gain, -change.gain_bounds[0]
    if most <= allowed:
        return "passed", f"at most {shown(max(0.0, most))} worse; {shown(allowed)} is allowed"
    if sure and drop > allowed:
        return "failed", f"{shown(drop)} worse; {shown(allowed)} is allowed"
    seen = f"; {found.n} items show differences from {shown(found.detectable)} on" if found.detectable else ""
    return "inconclusive", f"may be up to {shown(most)} worse, and {shown(allowed)} is allowed{seen}"
