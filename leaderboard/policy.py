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

from evals.schema import InputError
from leaderboard.axes import axis

Tier = Literal["critical", "supporting", "advisory"]
Correction = Literal["holm", "bh", "none"]
Inconclusive = Literal["stop", "go", "no-go"]
CHOICES = {"tier": get_args(Tier), "correction": get_args(Correction), "inconclusive": get_args(Inconclusive)}
AT_MOST_1 = {"alpha", "judge_kappa_min"}
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
    import yaml

    if not path.is_file():
        raise InputError(f"{path}: there is no such policy; leaderboard/policy.yaml is one to begin with")
    try:
        text = path.read_text(encoding="utf-8-sig")
        data, repeated = yaml.safe_load(text), list(_repeated(yaml.compose(text, yaml.SafeLoader)))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"{path}: cannot be read as a policy: {error}") from error
    if not isinstance(data, dict):
        raise InputError(f"{path}: expected a table of fields such as 'version: 1'")
    problems = [f"{path}:{line}: {key}: given twice; keep one of them" for line, key in repeated]
    problems += [f"{path}: {problem}" for problem in _problems(data)]
    if problems:
        raise InputError("\n".join(problems))
    defaults = Rule(**data.pop("defaults", None) or {})
    rules = {name: replace(defaults, **(rule or {})) for name, rule in (data.pop("measures", None) or {}).items()}
    return Policy(**data, defaults=defaults, measures=rules)


def _repeated(node: Any, depth: int = 3) -> Iterator[tuple[int, str]]:
    """Line and name of each key that a table of the file has twice: readers of YAML keep the last without a word."""
    pairs = node.value if depth and node is not None and node.id == "mapping" else []
    known: set[str] = set()
    for key, value in pairs:
        name = str(key.value)
        if name in known:
            yield key.start_mark.line + 1, name
        known.add(name)
        yield from _repeated(value, depth - 1)


def _problems(data: Mapping[str, Any]) -> list[str]:
    found = _fields(data, Policy, "")
    if data.get("version") != 1:
        found.append(f"version: expected 1, the only format there is, not {data.get('version')!r}")
    rules = {"defaults": data.get("defaults")}
    if isinstance(measures := data.get("measures") or {}, dict):
        rules |= {f"measures.{name}": rule for name, rule in measures.items()}
    else:
        found.append("measures: expected a table of measures")
    for name, rule in rules.items():
        found += (
            _fields(rule, Rule, f"{name}.") if isinstance(rule, dict) else [] if rule is None else [f"{name}: expected a table"]
        )
    return found


def _fields(data: Mapping[str, Any], kind: type, where: str) -> list[str]:
    known = {entry.name for entry in fields(kind)} - {"shipped"}
    found = [f"{where}{name}: unknown field; known are {', '.join(sorted(known))}" for name in data if name not in known]
    for name, value in data.items():
        if name in CHOICES and value not in CHOICES[name]:
            found.append(f"{where}{name}: {value!r} is none of {', '.join(CHOICES[name])}")
        elif name in known - CHOICES.keys() - {"version", "defaults", "measures"}:
            found += [f"{where}{name}: expected {what}, not {value!r}" for what in _out_of_range(name, value)]
    return found


def _out_of_range(name: str, value: Any) -> list[str]:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if name == "min_pairs":
        return [] if number and value >= 1 and value == int(value) else ["a whole number, 1 or more"]
    if name in AT_MOST_1:
        return [] if number and 0 <= value <= 1 else ["a number from 0 to 1"]
    return [] if number and value >= 0 else ["a number, 0 or more"]
