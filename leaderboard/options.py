"""What can be recommended: every system with every policy, its expected quality and monthly cost in a situation.

Both are weighted sums of measured means, so that a reader can work them out by hand: docs/advice.md has the formulas.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, NamedTuple, get_args

from evals.statistics import FEW, Interval, cluster_count
from leaderboard.evidence import Amount, Column, Evidence, Machine
from leaderboard.situation import DAYS, Limit, Situation, share_changed

Policy = Literal["as it is", "retrained", "continued"]
"""After each update: nothing but indexing; training from the base; training further on the changes alone."""
Standing = Literal["met", "perhaps met", "not met", "not measured", "not reliable"]
PARTS = ("updating", "answering", "storage")
ACCURACY, KEPT, FRESH = "accuracy.exact", "updates.retained", "updates.fresh"


@dataclass(frozen=True)
class Option:
    """A system, and what is done with it when documents change."""

    system: str
    policy: Policy

    @property
    def name(self) -> str:
        """As it is shown."""
        return f"{self.system} ({self.policy})"

    def quality(self, changed: float) -> dict[Column, float]:
        """Expected quality as a weighted sum of means, where this share of questions is about what has changed."""
        weights = {ACCURACY: 1 - changed, FRESH: changed}
        if self.policy != "as it is":
            kept, fresh = f"updates.{self.policy}.retained", f"updates.{self.policy}.fresh"
            weights = {ACCURACY: 1 - changed, kept: 1 - changed, KEPT: changed - 1, fresh: changed}
        return {(measure, self.system): weight for measure, weight in weights.items() if weight}

    def expenses(self, situation: Situation, machine: Machine = "") -> dict[str, dict[Column, float]]:
        """What a month costs, part by part, as weighted sums of amounts; ``machine`` took the seconds."""
        prices, asked = situation.prices, situation.queries * DAYS
        second = prices.hour(machine) / 3600
        updating = {
            "updates.seconds" if self.policy == "as it is" else f"updates.{self.policy}.seconds": situation.updates * second
        }
        answering = {"latency.seconds": asked * second}
        if api := prices.api.get(self.system):
            answering = {"cost.prompt_tokens": asked * api.prompt / 1e6, "cost.tokens": asked * api.completion / 1e6}
        parts = (updating, answering, {"cost.artifact_bytes": prices.storage_gb_month / 1e9})
        return {part: self._of_mine(weights) for part, weights in zip(PARTS, parts, strict=True)}

    def cost(self, situation: Situation, machine: Machine = "") -> dict[Column, float]:
        """All parts together."""
        return {column: weight for part in self.expenses(situation, machine).values() for column, weight in part.items()}

    def _of_mine(self, weights: Mapping[str, float]) -> dict[Column, float]:
        return {(measure, self.system): weight for measure, weight in weights.items() if weight}


@dataclass(frozen=True)
class Weighed:
    """An option in a situation."""

    option: Option
    quality: Interval | None
    cost: Amount | None
    """A month's."""
    parts: Mapping[str, float | None]
    demands: Mapping[str, Standing]
    missing: tuple[Column, ...]
    """Measures without which quality is not known."""
    unpriced: tuple[Column, ...]
    """Measures without which cost is not known."""
    currency: str
    """Of what it costs."""

    @property
    def fit(self) -> bool:
        """Whether its quality is known and all demands are surely met."""
        known = self.quality is not None and not self.quality.few
        return known and all(standing == "met" for standing in self.demands.values())


class Thin(NamedTuple):
    """Too few clusters to tell of an option's quality."""

    what: str
    settle: str


@dataclass(frozen=True)
class Case:
    """A situation, and what was measured."""

    evidence: Evidence
    situation: Situation
    known: dict[tuple[Option, Option | None], Interval] = field(default_factory=dict, compare=False, repr=False)
    """Qualities, and differences of them, that were worked out: prices and queries do not change them."""

    @property
    def changed(self) -> float | None:
        """Share of the knowledge that one update changes: as given, or that of the suite's revisions in its questions."""
        return self.evidence.changed if self.situation.changed is None else self.situation.changed

    @cached_property
    def aged(self) -> float | None:
        """Share of questions that are about changed knowledge."""
        if not self.situation.updates:
            return 0.0
        return None if self.changed is None else share_changed(self.situation.updates, self.changed)

    @property
    def options(self) -> list[Option]:
        """Every system with every policy that it can have."""
        again = get_args(Policy) if self.situation.updates else ("as it is",)
        return [
            Option(system, policy)
            for system, trained in self.evidence.systems.items()
            for policy in (again if trained else ("as it is",))
        ]

    def quality(self, option: Option, less: Option | None = None) -> Interval:
        """Of one option, or the difference of two."""
        assert self.aged is not None  # noqa: S101 # only asked of what has no measure missing
        if (option, less) not in self.known:
            weights = _less(option.quality(self.aged), less.quality(self.aged) if less else {})
            self.known[option, less] = self.evidence.mixed(weights)
        return self.known[option, less]

    def cost(self, option: Option, less: Option | None = None) -> Amount:
        """Of one option, or the difference of two; what both pay for alike cancels."""
        return self.evidence.total(self.paid(option, less))

    def paid(self, option: Option, less: Option | None = None) -> dict[Column, float]:
        """What that is made of, as a weighted sum of amounts."""
        mine, theirs = (each.cost(self.situation, self.evidence.machine) if each else {} for each in (option, less))
        return {column: weight for column, weight in _less(mine, theirs).items() if weight}

    def weigh(self, option: Option) -> Weighed:
        """All that is known of an option."""
        aged = self.aged
        missing = self.evidence.missing(option.quality(0.5 if aged is None else aged))
        quality = None if aged is None or missing else _share(self.quality(option))
        expenses = option.expenses(self.situation, self.evidence.machine)
        absent = {part: self.evidence.missing(weights) for part, weights in expenses.items()}
        unpriced = tuple(column for columns in absent.values() for column in columns)
        return Weighed(
            option,
            quality,
            None if unpriced else self.cost(option),
            {part: None if absent[part] else self.evidence.total(weights).value for part, weights in expenses.items()},
            {name: self._standing(limit, option.system, quality) for name, limit in self.situation.limits.items()},
            tuple(missing),
            unpriced,
            self.situation.prices.currency,
        )

    def thin(self, each: Weighed) -> Thin | None:
        """What there is too little of to tell of an option's quality: of questions, or of those about revised documents."""
        if not each.quality or not each.quality.few:
            return None
        clusters = cluster_count(each.quality.clusters, each.quality.effective)
        were = "was" if each.quality.clusters == 1 else "were"
        if self.evidence.figures[ACCURACY, each.option.system].effective == each.quality.effective:
            return Thin(f"only {clusters} of questions {were} asked", f"ask about {FEW} clusters or more")
        what = f"only {clusters} of questions about revised documents {were} asked"
        return Thin(what, f"add revisions about {FEW} clusters of questions or more to revisions.jsonl")

    def _standing(self, limit: Limit, system: str, quality: Interval | None) -> Standing:
        found = self.evidence.found(limit.measure, system) if limit.measure else quality
        if self.evidence.doubt((limit.measure, system)):
            return "not reliable"
        if found is None:
            return "met" if limit.measure and not self.evidence.applies(limit.measure, system) else "not measured"
        least, most = float("-inf") if limit.least is None else limit.least, float("inf") if limit.most is None else limit.most
        if least <= found.low and found.high <= most:
            return "met"
        return "not met" if found.high < least or found.low > most else "perhaps met"


def _share(found: Interval) -> Interval:
    """An interval that ends where a share does."""
    return replace(found, low=max(0.0, found.low), high=min(1.0, found.high))


def _less(mine: Mapping[Column, float], theirs: Mapping[Column, float]) -> dict[Column, float]:
    return {column: mine.get(column, 0.0) - theirs.get(column, 0.0) for column in dict.fromkeys((*mine, *theirs))}
