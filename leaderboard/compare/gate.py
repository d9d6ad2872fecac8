"""The gate: may this run take the other's place? GO, NO-GO or INCONCLUSIVE, each metric with its reason.

Each change is tested against what the policy allows, both ways (Schuirmann 1987): it passes where its 95 % interval lies wholly
within what is allowed, and fails where it lies wholly beyond it, after correction for the number of figures of its tier.
Everything between is inconclusive: too few questions to tell. GO takes every figure that decides to have passed, so that tests
of passing need no correction.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from math import ceil, sqrt
from typing import Any, Literal, get_args

from proctor.core.counts import counted
from proctor.core.reading.problems import near
from proctor.core.schema import InputError
from proctor.evals.stats.comparison import Comparison, Noise, Sampling, corrected
from proctor.evals.stats.intervals import FEW, cluster_count
from proctor.leaderboard.analysis.judge_agreement import kappa
from proctor.leaderboard.compare.changes import ELSEWHERE, ENOUGH_SEEDS, NEW, Change, changes, incomparable
from proctor.leaderboard.compare.drift import said, with_drift
from proctor.leaderboard.compare.policy import Policy, PolicyRule, Tier, too_much
from proctor.leaderboard.compare.revised import common
from proctor.leaderboard.formatting import figure, shortened
from proctor.leaderboard.runs.records import grouped
from proctor.leaderboard.runs.store import Run

MetricOutcome = Literal["unchanged", "passed", "failed", "inconclusive", "new", "not compared"]
GateDecision = Literal["GO", "NO-GO", "INCONCLUSIVE"]
EXIT: dict[GateDecision, int] = {"GO": 0, "NO-GO": 1, "INCONCLUSIVE": 2}


@dataclass(frozen=True)
class MetricDecision:
    """What the gate says of one change, and why."""

    change: Change
    rule: PolicyRule
    p: float | None
    """Two-sided, of being worse by more than is allowed, corrected within its tier; None where nothing was tested."""
    outcome: MetricOutcome
    reason: str
    settle: str = ""
    """What would decide it, where it is inconclusive."""
    beyond: bool = False
    """Whether its interval lies wholly beyond what is allowed, though nothing failed: that is never GO."""
    doubted: bool = False
    """Whether the policy lets it decide, and it does not because its judge agrees too little with people."""

    @property
    def decides(self) -> bool:
        """Whether it can stop the run."""
        return self.rule.tier != "advisory"


@dataclass(frozen=True)
class Gate:
    """The decision, and the rulings that it rests on."""

    policy: Policy
    rulings: Sequence[MetricDecision]
    differences: Sequence[str] = field(default=())
    """What differs between the runs beside the systems, where that was allowed."""
    machine: Sequence[str] = field(default=())
    """Where systems that are the same in both runs became slower or faster."""
    suites: Sequence[str] = field(default=())
    """Which suites changed between the runs, and how many of their questions are compared."""

    @property
    def failed(self) -> list[MetricDecision]:
        """What makes it NO-GO, by its own figures or because the policy counts inconclusive ones so."""
        return [r for r in self._deciding if r.outcome == "failed" or self._means(r) == "no-go"]

    @property
    def open(self) -> list[MetricDecision]:
        """What is inconclusive, and not let through."""
        open_ = [r for r in self._deciding if self._means(r) == "stop" or (r.beyond and self._means(r) == "go")]
        return [*open_, *(r for r in self.rulings if r.doubted and r.beyond)]

    @property
    def excused(self) -> list[MetricDecision]:
        """What is inconclusive, and let through by the policy."""
        return [r for r in self._deciding if self._means(r) == "go" and not r.beyond]

    @property
    def _deciding(self) -> list[MetricDecision]:
        return [ruling for ruling in self.rulings if ruling.decides]

    def _means(self, ruling: MetricDecision) -> str:
        return self.policy.meaning(ruling.rule) if ruling.outcome == "inconclusive" else ""

    @property
    def decision(self) -> GateDecision:
        """NO-GO if anything that decides failed; else INCONCLUSIVE if anything is open, or nothing decides; else GO."""
        return "NO-GO" if self.failed else "INCONCLUSIVE" if self.open or self.idle else "GO"

    @property
    def idle(self) -> str:
        """Why nothing decides, where nothing does: what is not held against anything cannot have passed."""
        if not self._deciding:
            return "Nothing decides: the policy makes every metric that these runs have advisory"
        if all(ruling.outcome in ("new", "not compared") for ruling in self._deciding):
            return "Nothing decides: no metric that the policy makes critical or supporting is in both runs"
        return ""


def gate(before: Run, after: Run, policy: Policy, *, ignore_mismatch: bool = False, seeded: Sequence[Run] = ()) -> Gate:
    """Hold a run against another; ``ignore_mismatch`` compares what differs too.

    Of a suite that changed, the questions that are the same in both runs are compared, where the runs tell which these are.

    ``seeded`` are runs whose seeds say how much training anew changes, where these two have one seed each.

    Raises:
        InputError: the runs differ in data, metrics, judge, prompt or decoding; names each.
    """
    shared = common(before, after)
    before, after = shared.before, shared.after
    differences, found = incomparable(before, after, shared.suites), with_drift(changes(before, after, seeded), before, after)
    refusals = [*(_comparable(differences) if not ignore_mismatch else []), *_in_common(before, after), *_known(policy, found)]
    if refusals:
        raise InputError("\n".join(refusals))
    rules = [_rule(change, policy, after) for change in found]
    told = [_at_its_worst(_with_its_judge(change, rule, after), rule) for change, rule in zip(found, rules, strict=True)]
    held = [
        replace(ruling, doubted=ruling.rule.tier != policy.rule(ruling.change.metric, ruling.change.unit).tier)
        for ruling in rulings(told, rules, policy)
    ]
    suites = [suite.sentence for suite in shared.suites.values()]
    return Gate(policy, held, differences, [*said(found, before, after)], suites)


def _with_its_judge(change: Change, rule: PolicyRule, run: Run) -> Change:
    """A figure that decides by a judge whom nobody checked on such data is to be read with care."""
    if (
        not change.judge
        or rule.tier == "advisory"
        or kappa(run.provenance, change.judge, change.suite, change.metric) is not None
    ):
        return change
    return replace(change, cautions=[*change.cautions, f"the judge {change.judge} was not checked on data like this"])


def _at_its_worst(change: Change, rule: PolicyRule) -> Change:
    """A figure that decides and cannot get any worse passes whatever was changed."""
    worst = 0.0 if change.better == "higher" else 1.0
    if (
        rule.tier == "advisory"
        or change.unit != "share"
        or not change.found
        or {change.found.theirs, change.found.mine} != {worst}
    ):
        return change
    said = f"it is at its worst, {figure(worst, change.unit)}, in both runs: that it did not get worse says nothing"
    return replace(change, cautions=[*change.cautions, said])


def rulings(found: Sequence[Change], rules: Sequence[PolicyRule], policy: Policy) -> list[MetricDecision]:
    """What is said of each change, under its rule."""
    ps: dict[int, float] = {}
    made: dict[Tier, int] = {}
    for tier in get_args(Tier):
        places = [place for place, change in enumerate(found) if rules[place].tier == tier and _tested(change, policy)]
        worse = [_worse(found[place], rules[place]) for place in places]
        ps |= zip(places, corrected(worse, "bh" if tier == "advisory" else policy.correction), strict=True)
        made[tier] = len(places)
    told = enumerate(zip(found, rules, strict=True))
    return [_ruling(change, rule, ps.get(place), policy, made[rule.tier]) for place, (change, rule) in told]


def _worse(change: Change, rule: PolicyRule) -> float:
    """One-sided p of so large a drop where the true one is what the rule allows."""
    assert change.found  # noqa: S101 # only what was compared is tested
    return change.worse(rule.allowed(change.found.theirs) + change.slack)


def _comparable(differences: Sequence[str]) -> list[str]:
    return [REFUSED, *differences] if differences else []


REFUSED = (
    "these runs are not comparable, as more than the systems differs. Take the older exam again with this version of Proctor, "
    "suite and judge, so that both are measured alike; or compare them as they are with --ignore-mismatch. What differs:"
)


def _in_common(before: Run, after: Run) -> list[str]:
    there, here = _systems(before), _systems(after)
    for systems, run, which in ((there, before, "before"), (here, after, "after")):
        if not systems:
            what = "holds no record, so that nothing can be compared"
            return [f"{run.folder}: the run {which} {what}; name a run that was taken to its end"]
    if there & here:
        return []
    named = [", ".join("/".join(each) for each in sorted(systems)) for systems in (there, here)]
    what = f"these runs have no suite, base model and system in common: {named[0]} in one, {named[1]} in the other"
    alike = {(suite, system) for suite, _, system in there} & {(suite, system) for suite, _, system in here}
    return [what + _beside_others(alike)]


def _beside_others(alike: Collection[tuple[str, str]]) -> str:
    """What to do where the same system was examined beside different base models, or beside one and beside none."""
    if not alike:
        return ""
    names = ", ".join(sorted(system for _, system in alike))
    return f". {names} stood beside another base model, or beside none: take both runs with the same --base-model"


def _known(policy: Policy, found: Sequence[Change]) -> list[str]:
    """Nothing would be required of a misspelt metric; the policy that comes with Proctor holds for what there is."""
    if policy.shipped:
        return []
    ruled = ((change, policy.rule(change.metric, change.unit)) for change in found)
    much = [f"the policy's {text}" for change, rule in ruled for text in too_much(change.metric, rule, change.unit)]
    if much:
        return [*dict.fromkeys(much)]
    metrics = dict.fromkeys(change.metric for change in found)
    unknown = [name for name in policy.metrics if not any(fnmatchcase(metric, name) for metric in metrics)]
    return [f"the policy names a metric that neither run has: {name}{_meant(name, list(metrics))}" for name in unknown]


def _meant(name: str, metrics: Sequence[str]) -> str:
    meant = near(name, metrics, 0.7)
    return f"; did you mean {meant}?" if meant else f"; they have {shortened(metrics, 10)}"


def _systems(run: Run) -> set[tuple[Any, ...]]:
    return {*grouped(run.records, "suite", "base_model", "system")}


def _rule(change: Change, policy: Policy, run: Run) -> PolicyRule:
    """The policy's rule; advisory where the judge is known to agree too little with people on what the metric asks."""
    rule = policy.rule(change.metric, change.unit)
    agreed = kappa(run.provenance, change.judge, change.suite, change.metric) if change.judge else None
    return rule if agreed is None or agreed >= policy.judge_kappa_min else replace(rule, tier="advisory")


def _tested(change: Change, policy: Policy) -> bool:
    """Whether a test says anything of it."""
    return change.found is not None and not change.same and not change.counted and not _untold(change, policy)


def _untold(change: Change, policy: Policy) -> str:
    """Why no test is made; empty where one is."""
    if change.missing == ELSEWHERE or change.found is None or (change.missing and not change.found.unpaired):
        return change.missing
    if change.basis == "reading":
        return "one reading, which does not tell how far the next would be from it"
    if change.found.n < policy.min_pairs:
        return f"only {change.found.n} shared item{'' if change.found.n == 1 else 's'}; {policy.min_pairs} are needed"
    if change.found.few:
        made = cluster_count(change.found.clusters, change.found.difference.effective)
        return f"the shared items make {made} only; {FEW} effective ones are needed"
    return ""


def _ruling(change: Change, rule: PolicyRule, p: float | None, policy: Policy, tests: int) -> MetricDecision:
    """What is left out now may hide anything, unless the rest shows enough."""
    found = _of_what_is_there(change, rule, p, policy, tests)
    found = replace(found, beyond=found.outcome != "passed" and _beyond(change, rule, policy))
    if change.lost and found.outcome in ("unchanged", "passed"):
        return replace(found, outcome="inconclusive", reason=f"{change.lost}; the others: {found.reason}", settle=AGAIN)
    return found


AGAIN = "measure them, without --limit"


def _beyond(change: Change, rule: PolicyRule, policy: Policy) -> bool:
    """Whether the whole interval lies beyond what is allowed, however little it rests on."""
    if not change.found or change.same or change.missing == ELSEWHERE or change.basis == "reading":
        return False
    return _worse(change, rule) < policy.alpha


def _of_what_is_there(change: Change, rule: PolicyRule, p: float | None, policy: Policy, tests: int) -> MetricDecision:
    if change.missing == NEW:
        return MetricDecision(change, rule, p, "new", change.missing)
    if change.same:
        also = [f", {text}" for text in (change.seeds and f"with {change.seeds}", change.missing) if text]
        return MetricDecision(change, rule, p, "unchanged", f"every item came out as before{''.join(also)}")
    if change.missing == ELSEWHERE:
        return MetricDecision(change, rule, p, "not compared", change.missing)
    assert change.found or change.missing  # noqa: S101 # see `changes`
    if change.found and change.counted:
        return _counted(change, change.found, rule)
    if untold := _untold(change, policy):
        drop = (
            f"{_shown(change, -change.gain)} worse, {_shown(change, rule.allowed(change.found.theirs))} allowed; "
            if (change.found and _beyond(change, rule, policy))
            else ""
        )
        return MetricDecision(change, rule, p, "inconclusive", f"{drop}{untold}", _measured_more(change, policy))
    return _by_test(change, rule, 1.0 if p is None else p, policy, tests)


def _counted(change: Change, found: Comparison, rule: PolicyRule) -> MetricDecision:
    """What is counted, and not sampled, is known."""
    allowed, drop = rule.allowed(found.theirs), -change.gain
    said = f"{_shown(change, max(0.0, drop))} worse; {_shown(change, allowed)} allowed"
    return MetricDecision(change, rule, None, "failed" if drop > allowed else "passed", said)


def _by_test(change: Change, rule: PolicyRule, p: float, policy: Policy, tests: int) -> MetricDecision:
    found = change.found
    assert found  # noqa: S101 # it was tested
    allowed = rule.allowed(found.theirs)
    most, limit = _shown(change, max(0.0, -change.gain_bounds[0])), f"{_shown(change, allowed)} allowed"
    drop = f"{_shown(change, -change.gain)} worse"
    if change.not_worse(allowed) < policy.alpha:
        return MetricDecision(change, rule, p, "passed", f"at most {most} worse; {limit}")
    beyond = _beyond(change, rule, policy)
    if change.slack and not beyond and change.worse(allowed) < policy.alpha:
        said = f"{drop}; {limit}; systems that are the same in both runs slowed down by as much"
        return MetricDecision(change, rule, p, "inconclusive", said, MACHINE)
    if change.retrained and not change.noise_known:
        luck = "trained once each time, so luck in training may be all of it" if beyond else f"may be up to {most} worse; {limit}"
        return MetricDecision(change, rule, p, "inconclusive", f"{drop}; {luck}" if beyond else luck, change.more_seeds)
    if p < policy.alpha:
        return MetricDecision(change, rule, p, "failed", f"{drop}; {limit}")
    settle = _settle(change, found, allowed, policy, tests)
    if beyond:
        said = f"{drop}; {limit}; not significant after correction for {tests} tests"
        return MetricDecision(change, rule, p, "inconclusive", said, settle)
    return MetricDecision(change, rule, p, "inconclusive", f"may be up to {most} worse; {limit}", settle)


MACHINE = "time both runs again, one after the other, on a machine that does nothing else"


def _measured_more(change: Change, policy: Policy) -> str:
    """What has to be there before a test says anything."""
    found = change.found
    if not found or (change.missing and not found.unpaired):
        return "measure it, or leave it out of the policy"
    if found.n == 1:
        return f"{change.more_seeds}, or leave it out of the policy"
    if found.n < policy.min_pairs:
        return f"ask {counted(policy.min_pairs - found.n, 'more question')} in both runs, or lower min_pairs"
    return "ask about more documents in both runs"


def _settle(change: Change, found: Comparison, allowed: float, policy: Policy, tests: int) -> str:
    """How many questions would decide, if the change stays what it is, and what so many can show."""
    edge = -allowed if change.better == "higher" else allowed
    times = found.sampling.more(edge) if found.sampling else None
    noisy = found.sampling is not None and found.sampling.noise is not None
    if found.sampling and noisy and (times is None or _seeds_do(change, found.sampling, edge)):
        return change.more_seeds
    if times is None:
        return "no number of questions: the change is just what is allowed"
    size = found.detectable_beyond(allowed, policy.alpha / 2 / max(1, tests))
    shows = f"; with {found.n} a drop of {_shown(change, size)} is found in 4 runs of 5" if size else ""
    return f"ask about {_rounded(max(times, 1.1) * found.n)} questions in both runs in place of {found.n}{shows}"


def _seeds_do(change: Change, sampling: Sampling, edge: float) -> bool:
    """Whether as many seeds as are usual would decide by themselves, in a run that has fewer."""
    now = sum(1 / max(1, count) for count in change.taken)
    then = sum(1 / max(ENOUGH_SEEDS, count) for count in change.taken)
    if sampling.noise is None or then == now:
        return False
    fewer = Noise(sampling.noise.error * sqrt(then / now), sampling.noise.degrees)
    times = replace(sampling, noise=fewer).more(edge)
    return times is not None and times <= 1


def _rounded(number: float) -> str:
    """A number of questions, two digits of it: more would promise too much."""
    size = 10 ** max(0, len(str(int(number))) - 2)
    return f"{ceil(number / size) * size:,}"


def _shown(change: Change, value: float) -> str:
    return figure(value, "difference" if change.unit == "share" else change.unit)
