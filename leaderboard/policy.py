"""What a gate requires, as a YAML file. Its field names are those of NVIDIA NeMo Evaluator's gate, and a few more.

version: 1
alpha: 0.05              # of the whole gate: how often it may refuse a run that lost no more than is allowed
correction: holm         # within each tier: holm | bh | none
min_pairs: 20            # fewer common items than this are inconclusive
judge_kappa_min: 0.4     # a measure whose judge agrees less with people is shown, and does not decide
inconclusive: stop       # what may hide too large a drop: stop (exit 2) | go (exit 0) | no-go (exit 1)
defaults:
  tier: supporting       # critical and supporting decide, each corrected for its own number; advisory is shown
  max_drop: 0.02         # how much worse still passes, in the measure's own unit (0.02 of a share: 2 points)
measures:
  accuracy.exact: {tier: critical, max_drop: 0.03}
  general.*: {tier: advisory}                                  # * stands for any letters
  faithfulness.*: {max_relative_drop: 0.10, inconclusive: go}  # relative to the value before
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal, get_args

from evals.axes import axis, measures
from evals.ranges import Range
from evals.schema import InputError
from evals.shown import short, shown
from evals.user_files import read_yaml

Tier = Literal["critical", "supporting", "advisory"]
Correction = Literal["holm", "bh", "none"]
Inconclusive = Literal["stop", "go", "no-go"]
CHOICES = {"tier": get_args(Tier), "correction": get_args(Correction), "inconclusive": get_args(Inconclusive)}
NUMBERS = {
    "alpha": Range(0, 0.5, "how often a run that lost no more than is allowed is refused: 0.05 is once in 20", above=True),
    "min_pairs": Range(1, 100_000, "items", whole=True),
    "judge_kappa_min": Range(0, 1, "Cohen's kappa"),
    "max_drop": Range(0, unit="in the measure's unit: 0.02 of a share is two points"),
    "max_relative_drop": Range(0, 10, "a share of the value before: 0.1 is a tenth of it"),
}
SHARES = {
    "max_drop": Range(0, 1, "a share: 0.02 is two points", below=True),
    "max_relative_drop": Range(0, 1, "a share of the value before: 0.1 is a tenth of it", below=True),
}
"""The same for measures that are shares: nothing is worse than to lose all."""
BEGIN = "leaderboard/policy.yaml is one to begin with"
SHIPPED = Path(__file__).with_name("policy.yaml")


@dataclass(frozen=True)
class Rule:
    """What is required of one measure."""

    tier: Tier = "supporting"
    max_drop: float = 0.02
    max_relative_drop: float | None = None
    """If given it replaces ``max_drop``: a share of the value before."""
    inconclusive: Inconclusive | None = None
    """What an inconclusive figure means; None: what the policy says."""

    def allowed(self, before: float) -> float:
        """The drop that still passes, in the measure's unit."""
        return self.max_drop if self.max_relative_drop is None else self.max_relative_drop * abs(before)


@dataclass(frozen=True)
class Policy:
    """What is required of a whole run."""

    version: int = 1
    alpha: float = 0.05
    correction: Correction = "holm"
    min_pairs: int = 20
    judge_kappa_min: float = 0.4
    inconclusive: Inconclusive = "stop"
    defaults: Rule = Rule()
    measures: Mapping[str, Rule] = field(default_factory=dict)
    shipped: bool = False
    """Whether it is the one that comes with Proctor, which holds for measures that a run need not have."""

    def meaning(self, rule: Rule) -> Inconclusive:
        """What an inconclusive figure under this rule means for the run."""
        return rule.inconclusive or self.inconclusive

    def rule(self, measure: str, unit: str) -> Rule:
        """The first rule whose name fits, or the defaults; amounts, and shares of time, are advisory unless one fits."""
        named = next((rule for name, rule in self.measures.items() if fnmatchcase(measure, name)), None)
        if named is None and (unit not in ("share", "difference") or axis(measure) == "latency"):
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
    data = read_yaml(path, remedy=BEGIN)
    if not isinstance(data, dict):
        raise InputError(f"{path}: expected a table of fields such as 'version: 1', not {shown(data)}; {BEGIN}")
    problems = [f"{path}: {problem}" for problem in _problems(data)]
    if problems:
        raise InputError("\n".join(problems))
    defaults = Rule(**data.pop("defaults", None) or {})
    rules = {name: replace(defaults, **(rule or {})) for name, rule in (data.pop("measures", None) or {}).items()}
    policy = Policy(**data, defaults=defaults, measures=rules)
    toothless = [f"{path}: {problem}" for problem in _toothless(policy)]
    if toothless:
        raise InputError("\n".join(toothless))
    return policy


def too_much(name: str, rule: Rule, unit: str) -> Iterator[str]:
    """What is wrong with a rule for a share: to lose all of it is to lose nothing that is not allowed."""
    if unit in ("share", "difference"):
        yield from (f"{name}: {setting}: {wrong}" for setting in SHARES if (wrong := _of_share(setting, getattr(rule, setting))))


def _of_share(setting: str, value: float | None) -> str:
    return "" if value is None else SHARES[setting].wrong(value)


def _toothless(policy: Policy) -> Iterator[str]:
    """Why nothing could make a run fail under a policy."""
    known = {one.name: one.unit for one in measures()}
    for name, rule in {"defaults": policy.defaults, **policy.measures}.items():
        units = ["share"] if name == "defaults" else [known[measure] for measure in known if fnmatchcase(measure, name)]
        yield from dict.fromkeys(text for unit in units for text in too_much(name, rule, unit))
    if all(rule.tier == "advisory" for rule in (policy.defaults, *policy.measures.values())):
        yield "nothing decides: every rule is advisory; give the measures that may not get worse tier: critical or supporting"


def _problems(data: Mapping[Any, Any]) -> Iterator[str]:
    yield from _fields(data, Policy, "")
    if type(data.get("version")) is not int or data["version"] != 1:
        yield f"version: expected 1, the only format there is, not {shown(data.get('version'))}"
    given = data.get("measures")
    if given is not None and not isinstance(given, dict):
        yield f"measures: expected a table of measures, not {shown(given)}"
    named = {f"measures.{short(str(name))}": rule for name, rule in given.items()} if isinstance(given, dict) else {}
    for name in given if isinstance(given, dict) else ():
        if not isinstance(name, str) or not name.strip():
            yield f"measures: expected the name of a measure, not {shown(name)}"
    for name, rule in {"defaults": data.get("defaults"), **named}.items():
        if isinstance(rule, dict):
            yield from _fields(rule, Rule, f"{name}.")
        elif rule is not None:
            yield f"{name}: expected a table such as {{max_drop: 0.02}}, not {shown(rule)}"


def _fields(data: Mapping[Any, Any], kind: type, where: str) -> Iterator[str]:
    known = sorted(entry.name for entry in fields(kind) if entry.name != "shipped")
    for name, value in data.items():
        if name not in known:
            yield f"{where}{short(str(name))}: unknown field; known are {', '.join(known)}"
        elif name in CHOICES and value not in CHOICES[name]:
            yield f"{where}{name}: expected one of {', '.join(CHOICES[name])}, not {shown(value)}"
        elif name in NUMBERS and (wrong := NUMBERS[name].wrong(value)):
            yield f"{where}{name}: {wrong}"
