"""What can be recommended: every system with every policy, its expected quality and monthly cost in a situation.

Both are weighted sums of measured means, so that a reader can work them out by hand: docs/explanation/advice.md has the formulas.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import ceil, floor, sqrt
from typing import Literal, NamedTuple, get_args

from proctor.evals.stats.intervals import FEW, SAME, Amount, Interval
from proctor.leaderboard.advice.estimates import Evidence, Machine
from proctor.leaderboard.advice.scenario import DAYS, Limit, Situation, share_changed
from proctor.leaderboard.analysis.series import Column

UpdatePolicy = Literal["as it is", "retrained", "continued"]
"""After each update: nothing but indexing; training from the base; training further on the changes alone."""
LimitStanding = Literal["met", "probably met", "not shown", "probably not met", "not met", "not measured", "not reliable"]
"""To a requirement. Probably: the figure is on that side of the limit, and its 95 % interval reaches to the other. Not shown: it
lies on the limit itself, or too few clusters were asked to say anything. Few timings show of a p95 what is probable at best."""
FAILING: tuple[LimitStanding, ...] = ("not met", "probably not met")
UNKNOWN: tuple[LimitStanding, ...] = ("not measured", "not reliable", "not shown")
UNTRAINED = ("forgetting", "privacy.extracted")
"""Metrics of what training does: where nothing was trained, the weights forgot nothing and hold no training data."""
WORDS: dict[UpdatePolicy, str] = {
    "as it is": "no retraining",
    "retrained": "retrained after each update",
    "continued": "trained further on each update",
}
P95 = "latency.p95"
MONEY = "cost.money"
TIMED = 72
"""Timings that show how high a 95th percentile may be: in fewer, none may lie beyond it more than once in 40 times (.95^72)."""
PARTS = ("updating", "answering", "storage")
ACCURACY, KEPT, FRESH = "accuracy.exact", "updates.retained", "updates.fresh"


@dataclass(frozen=True)
class Option:
    """A system, and what is done with it when documents change."""

    system: str
    policy: UpdatePolicy
    priced: bool = False
    """Whether its answers have prices of their own, by the token, which the table of systems gives."""

    @property
    def name(self) -> str:
        """As data has it; `Case.title` is for people."""
        return f"{self.system} ({self.policy})"

    def quality(self, changed: float) -> dict[Column, float]:
        """Expected quality as a weighted sum of means, where this share of questions is about what has changed."""
        weights = {ACCURACY: 1 - changed, FRESH: changed}
        if self.policy != "as it is":
            kept, fresh = f"updates.{self.policy}.retained", f"updates.{self.policy}.fresh"
            weights = {ACCURACY: 1 - changed, kept: 1 - changed, KEPT: changed - 1, fresh: changed}
        return {(metric, self.system): weight for metric, weight in weights.items() if weight}

    def expenses(self, situation: Situation, machine: Machine = "") -> dict[str, dict[Column, float]]:
        """What a month costs, part by part, as weighted sums of amounts; ``machine`` took the seconds."""
        prices, asked = situation.prices, situation.queries * DAYS
        second = prices.hour(machine) / 3600
        updating = {
            "updates.seconds" if self.policy == "as it is" else f"updates.{self.policy}.seconds": situation.updates * second
        }
        answering = {MONEY: asked} if self.priced else {"latency.seconds": asked * second}
        if api := prices.api.get(self.system):
            answering = {"cost.prompt_tokens": asked * api.prompt / 1e6, "cost.tokens": asked * api.completion / 1e6}
        parts = (updating, answering, {"cost.artifact_bytes": prices.storage_gb_month / 1e9})
        return {part: self._of_mine(weights) for part, weights in zip(PARTS, parts, strict=True)}

    def cost(self, situation: Situation, machine: Machine = "") -> dict[Column, float]:
        """All parts together."""
        return {column: weight for part in self.expenses(situation, machine).values() for column, weight in part.items()}

    def _of_mine(self, weights: Mapping[str, float]) -> dict[Column, float]:
        return {(metric, self.system): weight for metric, weight in weights.items() if weight}


@dataclass(frozen=True)
class EvaluatedOption:
    """An option in a situation."""

    option: Option
    quality: Interval | None
    cost: Amount | None
    """A month's."""
    parts: Mapping[str, float | None]
    requirements: Mapping[str, LimitStanding]
    """How it stands to each."""
    missing: tuple[Column, ...]
    """Metrics without which quality is not known."""
    unpriced: tuple[Column, ...]
    """Metrics without which cost is not known."""
    currency: str
    """Of what it costs."""

    @property
    def known(self) -> bool:
        """Whether enough questions were asked to tell of its quality."""
        return self.quality is not None and not self.quality.few

    @property
    def fails(self) -> bool:
        """Whether its figures do not meet a requirement."""
        return bool(self.among(FAILING))

    @property
    def unknown(self) -> list[str]:
        """Requirements of which nothing is known for it that may be relied on."""
        return self.among(UNKNOWN)

    def among(self, standings: Sequence[LimitStanding]) -> list[str]:
        """Requirements to which it stands in one of these ways."""
        return [name for name, standing in self.requirements.items() if standing in standings]

    @property
    def meets(self) -> bool:
        """Whether enough is known of it, and its figures meet the requirements."""
        return self.known and not self.fails and not self.unknown

    @property
    def surely_meets(self) -> bool:
        """Whether the intervals of its figures, too, meet all requirements."""
        return all(standing == "met" for standing in self.requirements.values())


class Thin(NamedTuple):
    """Too few clusters to tell of an option's quality."""

    what: str
    settle: tuple[str, ...]
    """All that is to be added."""


@dataclass(frozen=True)
class DecisionProblem:
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
    def limits(self) -> dict[str, Limit]:
        """What is required, by name; what nobody asked for is, where somebody's was measured."""
        measured = {metric for metric, _ in self.evidence.figures}
        asked = self.situation.limits.items()
        return {name: limit for name, limit in asked if name not in self.situation.by_default or limit.metric in measured}

    @cached_property
    def aged(self) -> float | None:
        """Share of questions that are about changed knowledge."""
        if not self.situation.updates:
            return 0.0
        return None if self.changed is None else share_changed(self.situation.updates, self.changed)

    @property
    def options(self) -> list[Option]:
        """Every system with every policy that it can have."""
        again = get_args(UpdatePolicy) if self.situation.updates else ("as it is",)
        return [
            Option(system, policy, (MONEY, system) in self.evidence.figures)
            for system, trained in self.evidence.systems.items()
            for policy in (again if trained else ("as it is",))
        ]

    def title(self, option: Option) -> str:
        """As people read it; what was never trained, or need not be trained again, has no policy."""
        plain = not self.situation.updates or not self.evidence.systems[option.system]
        return option.system if plain else f"{option.system}, {WORDS[option.policy]}"

    def asked(self, option: Option, less: Option | None = None) -> dict[Column, float]:
        """The means that the quality of one option, or the difference of two, is made of."""
        assert self.aged is not None  # noqa: S101 # only asked of what has no metric missing
        return _less(option.quality(self.aged), less.quality(self.aged) if less else {})

    def quality(self, option: Option, less: Option | None = None) -> Interval:
        """Of one option, or the difference of two."""
        if (option, less) not in self.known:
            self.known[option, less] = self.evidence.mixed(self.asked(option, less))
        return self.known[option, less]

    def cost(self, option: Option, less: Option | None = None) -> Amount:
        """Of one option, or the difference of two; what both pay for alike cancels."""
        return self.evidence.total(self.paid(option, less))

    def paid(self, option: Option, less: Option | None = None) -> dict[Column, float]:
        """What that is made of, as a weighted sum of amounts."""
        mine, theirs = (each.cost(self.situation, self.evidence.machine) if each else {} for each in (option, less))
        return {column: weight for column, weight in _less(mine, theirs).items() if weight}

    def weigh(self, option: Option) -> EvaluatedOption:
        """All that is known of an option."""
        aged = self.aged
        missing = self.evidence.missing(option.quality(0.5 if aged is None else aged))
        quality = None if aged is None or missing else _share(self.quality(option))
        expenses = option.expenses(self.situation, self.evidence.machine)
        absent = {part: self.evidence.missing(weights) for part, weights in expenses.items()}
        unpriced = tuple(column for columns in absent.values() for column in columns)
        return EvaluatedOption(
            option,
            quality,
            None if unpriced else self.cost(option),
            {part: None if absent[part] else self.evidence.total(weights).value for part, weights in expenses.items()},
            {name: self._standing(limit, option.system, quality) for name, limit in self.limits.items()},
            tuple(missing),
            unpriced,
            self.situation.prices.currency,
        )

    def thin(self, each: EvaluatedOption) -> Thin | None:
        """What there is too little of to tell of an option's quality: of questions, or of those about revised documents."""
        if not each.quality or not each.quality.few:
            return None
        clusters, effective = each.quality.clusters, each.quality.effective
        asked = self.evidence.figures[ACCURACY, each.option.system]
        about = "questions" if asked.effective == effective else "questions about revised documents"
        columns = [column for column in self.asked(each.option) if column[0] != ACCURACY]
        revised = min((self.evidence.figures[column] for column in columns), key=lambda found: found.effective, default=asked)
        ask = f"ask {_added(asked)}" if asked.few else ""
        revise = f"add revisions that make {_added(revised)}" if columns and revised.few else ""
        return Thin(_few(clusters, effective, about), tuple(filter(None, (ask, revise))))

    def required(self, name: str, each: EvaluatedOption) -> Interval | None:
        """The figure of an option that a requirement is about; None where it was not measured."""
        return self._limited(self.limits[name], each.option.system, each.quality)

    def allowed(self, name: str, each: EvaluatedOption) -> str:
        """What that figure's interval allows for beyond what was measured of the option; empty if nothing."""
        metric, system = self.limits[name].metric, each.option.system
        if metric:
            return self.evidence.allowed.get((metric, system), "")
        return self.evidence.anew[system].said if system in self.evidence.anew else ""

    def _limited(self, limit: Limit, system: str, quality: Interval | None) -> Interval | None:
        """The figure that a limit is about; expected accuracy allows for another training where there was one alone."""
        if limit.metric:
            return self.evidence.found(limit.metric, system)
        return self.evidence.anew[system].around(quality) if quality and system in self.evidence.anew else quality

    def _standing(self, limit: Limit, system: str, quality: Interval | None) -> LimitStanding:
        if limit.metric in UNTRAINED and self.evidence.untrained(system):
            return "met"
        found = self._limited(limit, system, quality)
        if self.evidence.doubt((limit.metric, system)):
            return "not reliable"
        if found is None:
            return "met" if limit.metric and not self.evidence.applies(limit.metric, system) else "not measured"
        if too_few(found):
            return "not shown"
        stands = _stands(found, limit)
        return "probably met" if stands == "met" and too_few_timings(limit, found) else stands


def _stands(found: Interval, limit: Limit) -> LimitStanding:
    """A figure that rests on enough clusters, to a limit."""
    least, most = limit.ends
    if least <= found.low and found.high <= most:
        return "met"
    if found.high < least or found.low > most:
        return "not met"
    if abs(found.value - limit.bound) <= SAME and not limit.extreme:
        return "not shown"
    return "probably met" if least <= found.value <= most else "probably not met"


def too_few_timings(limit: Limit, found: Interval) -> bool:
    """Whether nobody can say how high a 95th percentile may be, whatever the slowest answer seen."""
    return limit.metric == P95 and found.n < TIMED


def too_few(found: Interval) -> bool:
    """Whether a figure rests on so few clusters that it shows nothing; what was taken once, as an amount, is exact."""
    return found.few and not found.method.startswith("exact")


def _few(clusters: int, effective: float, about: str) -> str:
    if effective < clusters and clusters >= FEW:
        unequal = f"are so unequal in size that they count as {floor(10 * effective) / 10:.1f}"
        return f"the {clusters} clusters of {about} {unequal}; {FEW} are needed"
    counted = "1 cluster" if clusters == 1 else f"{clusters} clusters"
    return f"only {counted} of {about} {'was' if clusters == 1 else 'were'} asked; {FEW} are needed"


def _added(found: Interval) -> str:
    more = more_clusters(found.clusters, found.effective)
    return f"{more} more {'cluster' if more == 1 else 'clusters'} of questions of the usual size"


def more_clusters(clusters: int, effective: float) -> int:
    """How many more clusters of the mean size make enough: (C + k)^2 / (C^2 / e + k) effective ones, after Kish (1965)."""
    part, whole = 2 * clusters - FEW, FEW * clusters**2 / effective - clusters**2
    return max(1, ceil((sqrt(part**2 + 4 * whole) - part) / 2 - SAME))


def _share(found: Interval) -> Interval:
    """An interval that ends where a share does."""
    return replace(found, low=max(0.0, found.low), high=min(1.0, found.high))


def _less(mine: Mapping[Column, float], theirs: Mapping[Column, float]) -> dict[Column, float]:
    return {column: mine.get(column, 0.0) - theirs.get(column, 0.0) for column in dict.fromkeys((*mine, *theirs))}
