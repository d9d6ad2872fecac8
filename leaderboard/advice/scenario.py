"""What advice is asked for: how fast knowledge changes, how much is asked, what it is paid with, and what is required."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import expm1, inf

from proctor.core.schema import InputError
from proctor.evals.stats.intervals import SAME
from proctor.leaderboard.advice.estimates import Machine

DAYS = 30
"""Of a month."""
BY_DEFAULT = {"abstention": "min_abstention", "forgetting": "max_forgetting"}
"""Requirements that hold unless somebody says otherwise -> the field of a situation that sets them."""


@dataclass(frozen=True)
class Api:
    """What a service takes for a million tokens."""

    prompt: float
    completion: float
    name: str = ""
    """What it is called, and since when it takes that."""


@dataclass(frozen=True)
class Prices:
    """What one section is paid with, all in one currency. `leaderboard.advice.prices` chooses them out of a list."""

    gpu_hour: float | None
    """Of a machine with a GPU; None where nobody said it."""
    storage_gb_month: float
    api: Mapping[str, Api] = field(default_factory=dict)
    """System -> what is paid for its tokens in place of the seconds that it takes to answer."""
    currency: str = "$"
    """What is written before an amount."""
    cpu_hour: float | None = None
    """Of a machine without a GPU; None where nobody said it."""
    machines: Mapping[str, str] = field(default_factory=dict)
    """Kind of machine ("cpu", "gpu") -> which one has that price; nothing where it is the reader's own."""

    def hour(self, machine: Machine) -> float:
        """Of the machine that seconds were taken on; of one with a GPU where that is not known.

        Raises:
            InputError: a machine of its kind has no price.
        """
        price = self.cpu_hour if machine == "cpu" else self.gpu_hour
        if price is None:
            has, kind = ("a CPU", "without") if machine == "cpu" else ("a GPU", "with")
            raise InputError(
                f"the run was taken on {has}, and the prices list no machine {kind} a GPU: "
                "add a [[machine]] to them, or say what an hour costs with --hour"
            )
        return price

    def machine(self, machine: Machine) -> str:
        """Which machine has that price; empty where it is the reader's own."""
        return self.machines.get(machine or "gpu", "")

    def with_hour(self, machine: Machine, price: float) -> Prices:
        """The same with the reader's own price of an hour of that machine."""
        kind = machine or "gpu"
        others = {name: said for name, said in self.machines.items() if name != kind}
        changed = replace(self, machines=others)
        return replace(changed, cpu_hour=price) if kind == "cpu" else replace(changed, gpu_hour=price)

    def with_api(self, api: Mapping[str, Api]) -> Prices:
        """The same with systems that are paid by the token."""
        return replace(self, api=api)


@dataclass(frozen=True)
class Limit:
    """What an option has to keep to in one metric."""

    metric: str
    """Empty: the expected quality."""
    least: float | None = None
    most: float | None = None

    @property
    def ends(self) -> tuple[float, float]:
        """What is allowed, from and to, with room for rounding: 1 - 0.2 is not quite 0.8."""
        return (-inf if self.least is None else self.least - SAME), (inf if self.most is None else self.most + SAME)

    @property
    def bound(self) -> float:
        """The one that is set."""
        return (self.most or 0.0) if self.least is None else self.least

    @property
    def extreme(self) -> bool:
        """Whether no share can lie beyond it, so that a figure on it is the best that can be measured. Forgetting is no share."""
        return self.bound >= 1 if self.least is not None else self.bound <= 0 and self.metric != "forgetting"


@dataclass(frozen=True)
class Situation:
    """What a month is like."""

    prices: Prices
    updates: float = 1.0
    """Batches of changed documents a month."""
    changed: float | None = None
    """Share of the knowledge that one batch changes; None: as much as the suite's revisions do."""
    queries: float = 1000.0
    """A day."""
    margin: float = 0.02
    """Quality that may be given up for a lower cost."""
    material: float = 1.0
    """A month's saving, in the prices' currency, below which cost does not count."""
    material_share: float = 0.05
    """The same as a share of what the dearer option costs; the larger of the two counts."""
    risk: float = 0.1
    """Quality that a recommendation may at most turn out to be short of, at the far end of the 95 % interval."""
    min_accuracy: float | None = None
    """Least expected quality."""
    min_style: float | None = None
    min_abstention: float | None = 0.5
    max_latency: float | None = None
    """Seconds, of the 95th percentile."""
    max_forgetting: float | None = 0.05
    max_extracted: float | None = None
    by_default: tuple[str, ...] = tuple(BY_DEFAULT)
    """Requirements that nobody asked for: they hold where their metric was taken."""

    @property
    def limits(self) -> dict[str, Limit]:
        """What is required, by name."""
        declined = None if self.min_abstention is None else 1 - self.min_abstention
        limits = {
            "accuracy": Limit("", least=self.min_accuracy),
            "style": Limit("style.format_followed", least=self.min_style),
            "abstention": Limit("hallucination.unanswerable", most=declined),
            "latency": Limit("latency.p95", most=self.max_latency),
            "forgetting": Limit("forgetting", most=self.max_forgetting),
            "privacy": Limit("privacy.extracted", most=self.max_extracted),
        }
        return {name: limit for name, limit in limits.items() if limit.least is not None or limit.most is not None}


def share_changed(updates: float, changed: float) -> float:
    """Share of questions, over the month, that are about knowledge changed since the month began.

    m updates change 1 - (1 - changed)^m of the knowledge. They come at random, so many a month on average: t months in, that is
    1 - e^(-x t) with x = updates changed (m is Poisson's). The mean of it for t from 0 to 1 is 1 - (1 - e^-x) / x.
    """
    x = updates * changed
    return 1 + expm1(-x) / x if x > 1e-6 else x / 2  # below that the difference of two near numbers is mostly rounding
