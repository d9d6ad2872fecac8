"""What a gate requires, as a YAML file. Its field names are those of NVIDIA NeMo Evaluator's gate, and a few more.

version: 1
alpha: 0.05              # of the whole gate: how often it may refuse a run that lost no more than is allowed
correction: holm         # within each tier: holm | bh | none
min_pairs: 20            # fewer common items than this are inconclusive
judge_kappa_min: 0.4     # a metric whose judge agrees less with people is shown, and does not decide
inconclusive: stop       # what may hide too large a drop: stop (exit 2) | go (exit 0) | no-go (exit 1)
defaults:
  tier: supporting       # critical and supporting decide, each corrected for its own number; advisory is shown
  max_drop: 0.02         # how much worse still passes, in the metric's own unit (0.02 of a share: 2 points)
metrics:
  accuracy.exact: {tier: critical, max_drop: 0.03}
  general.*: {tier: advisory}                                  # * stands for any letters
  faithfulness.*: {max_relative_drop: 0.10, inconclusive: go}  # relative to the value before
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Literal

from proctor.core.reading.problems import Problems
from proctor.core.reading.ranges import Range
from proctor.core.reading.tables import SettingsTable
from proctor.evals.axes.catalogue import axis, metrics

Tier = Literal["critical", "supporting", "advisory"]
Correction = Literal["holm", "bh", "none"]
Inconclusive = Literal["stop", "go", "no-go"]
ALPHA = Range(0, 0.5, "how often a run that lost no more than is allowed is refused: 0.05 is once in 20", above=True)
SHARES = {
    "max_drop": Range(0, 1, "a share: 0.02 is two points", below=True),
    "max_relative_drop": Range(0, 1, "a share of the value before: 0.1 is a tenth of it", below=True),
}
"""What a rule may allow metrics that are shares: nothing is worse than to lose all."""
BEGIN = "leaderboard/compare/policy.yaml is one to begin with"
SHIPPED = Path(__file__).with_name("policy.yaml")


@dataclass(frozen=True)
class PolicyRule:
    """What is required of one metric."""

    tier: Tier = "supporting"
    max_drop: Annotated[float, Range(0, unit="in the metric's unit; of a share below 1: 0.02 is two points")] = 0.02
    max_relative_drop: Annotated[float | None, Range(0, 10, "a share of the value before: 0.1 is a tenth of it")] = None
    """If given it replaces ``max_drop``: a share of the value before."""
    inconclusive: Inconclusive | None = None
    """What an inconclusive figure means; None: what the policy says."""

    def allowed(self, before: float) -> float:
        """The drop that still passes, in the metric's unit."""
        return self.max_drop if self.max_relative_drop is None else self.max_relative_drop * abs(before)


@dataclass(frozen=True)
class Policy:
    """What is required of a whole run."""

    version: Literal[1] = 1
    """The only format there is."""
    alpha: Annotated[float, ALPHA] = 0.05
    correction: Correction = "holm"
    min_pairs: Annotated[int, Range(1, 100_000, "items", whole=True)] = 20
    judge_kappa_min: Annotated[float, Range(0, 1, "Cohen's kappa")] = 0.4
    inconclusive: Inconclusive = "stop"
    defaults: PolicyRule = PolicyRule()
    metrics: Mapping[str, PolicyRule] = field(default_factory=dict)
    shipped: bool = False
    """Whether it is the one that comes with Proctor, which holds for metrics that a run need not have."""

    def meaning(self, rule: PolicyRule) -> Inconclusive:
        """What an inconclusive figure under this rule means for the run."""
        return rule.inconclusive or self.inconclusive

    def rule(self, metric: str, unit: str) -> PolicyRule:
        """The first rule whose name fits, or the defaults; amounts, and shares of time, are advisory unless one fits."""
        named = next((rule for name, rule in self.metrics.items() if fnmatchcase(metric, name)), None)
        if named is None and (unit not in ("share", "difference") or axis(metric) == "latency"):
            return replace(self.defaults, tier="advisory")
        return named or self.defaults


def shipped() -> Policy:
    """The policy that comes with Proctor."""
    return replace(load(SHIPPED), shipped=True)


def load(path: Path) -> Policy:
    """Read a policy.

    Raises:
        InputError: unreadable, not YAML, or fields that are unknown or out of range; all are named at once.
    """
    problems = Problems()
    table = SettingsTable(path, problems, remedy=BEGIN)
    found = table.read(Policy, shipped=False)
    if table.readable and "version" not in table.values:
        table.problem(("version",), "missing", "add version: 1")
    if found is None or problems.found:
        raise problems.error()
    rules = {name: replace(found.defaults, **(rule or {})) for name, rule in (table.values.get("metrics") or {}).items()}
    policy = replace(found, metrics=rules)
    own = {name: set(rule or {}) for name, rule in (table.values.get("metrics") or {}).items()}
    for key, what in _toothless(policy, own):
        table.problem(key, what)
    problems.check()
    return policy


def too_much(name: str, rule: PolicyRule, unit: str) -> Iterator[str]:
    """What is wrong with a rule for a share: to lose all of it is to lose nothing that is not allowed."""
    yield from (f"{name}: {setting}: {what}" for setting, what in _too_much(rule, unit).items())


def _too_much(rule: PolicyRule, unit: str) -> dict[str, str]:
    """The settings of a rule that are wrong, and why."""
    if unit not in ("share", "difference"):
        return {}
    given = {setting: getattr(rule, setting) for setting in SHARES}
    wrong = {setting: SHARES[setting].wrong(value) for setting, value in given.items() if value is not None}
    return {setting: what for setting, what in wrong.items() if what}


def _toothless(policy: Policy, own: Mapping[str, Collection[str]]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Why nothing could make a run fail under a policy, and what says so. ``own``: what rules set themselves."""
    known = {one.name: one.unit for one in metrics()}
    for name, rule in {"defaults": policy.defaults, **policy.metrics}.items():
        units = ["share"] if name == "defaults" else [known[metric] for metric in known if fnmatchcase(metric, name)]
        key = ("defaults",) if name == "defaults" else ("metrics", name)
        wrong = {setting: what for unit in units for setting, what in _too_much(rule, unit).items()}
        yield from (((*key, setting), what) for setting, what in wrong.items() if name == "defaults" or setting in own[name])
    if all(rule.tier == "advisory" for rule in (policy.defaults, *policy.metrics.values())):
        remedy = "give the metrics that may not get worse tier: critical or supporting"
        yield (), f"nothing decides: every rule is advisory; {remedy}"
