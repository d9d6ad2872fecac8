"""What advice is asked for: how fast knowledge changes, how much is asked, what it is paid with, and what is required.

``leaderboard/prices.toml`` holds prices as examples, and says what each field means.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import expm1, inf, isfinite
from pathlib import Path
from typing import Any

from evals.schema import InputError
from leaderboard.evidence import SAME, Machine

SHIPPED = Path(__file__).with_name("prices.toml")
MOST_SIGNS = 5
"""Of a currency's name."""
DAYS = 30
"""Of a month."""
BY_DEFAULT = {"abstention": "min_abstention", "forgetting": "max_forgetting"}
"""Requirements that hold unless somebody says otherwise -> the field of a situation that sets them."""


@dataclass(frozen=True)
class Api:
    """What a service takes for a million tokens."""

    prompt: float
    completion: float


@dataclass(frozen=True)
class Prices:
    """All in one currency."""

    gpu_hour: float
    """Of a machine with a GPU."""
    storage_gb_month: float
    api: Mapping[str, Api] = field(default_factory=dict)
    """System -> what is paid for its tokens in place of the seconds that it takes to answer."""
    currency: str = "$"
    """What is written before an amount."""
    cpu_hour: float | None = None
    """Of a machine without a GPU; None where nobody said it."""

    def hour(self, machine: Machine) -> float:
        """Of the machine that seconds were taken on; of one with a GPU where that is not known.

        Raises:
            InputError: it was one without a GPU, and has no price.
        """
        if machine != "cpu":
            return self.gpu_hour
        if self.cpu_hour is None:
            raise InputError(
                "the run was taken on a CPU, and the prices are those of a GPU: add cpu_hour to them, or name it with --cpu-hour"
            )
        return self.cpu_hour

    def with_hour(self, machine: Machine, price: float) -> Prices:
        """The same with another price of an hour of that machine."""
        return replace(self, cpu_hour=price) if machine == "cpu" else replace(self, gpu_hour=price)


@dataclass(frozen=True)
class Limit:
    """What an option has to keep to in one measure."""

    measure: str
    """Empty: the expected quality."""
    least: float | None = None
    most: float | None = None

    @property
    def ends(self) -> tuple[float, float]:
        """What is allowed, from and to, with room for rounding: 1 - 0.2 is not quite 0.8."""
        return (-inf if self.least is None else self.least - SAME), (inf if self.most is None else self.most + SAME)


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
    """Requirements that nobody asked for: they hold where their measure was taken."""

    @property
    def limits(self) -> dict[str, Limit]:
        """What is required, by name."""
        declined = None if self.min_abstention is None else 1 - self.min_abstention
        limits = {
            "accuracy": Limit("", least=self.min_accuracy),
            "style": Limit("style.followed", least=self.min_style),
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


def load(file: Path | None = None) -> Prices:
    """The prices of a file; those that come with Proctor where none is given.

    Raises:
        InputError: unreadable, not TOML, or fields that are missing, unknown or no prices; all of them are named at once.
    """
    path = file or SHIPPED
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: cannot be read as prices: {error}; name a file such as leaderboard/prices.toml") from error
    problems = [f"{path}: {problem}" for problem in _problems(data)]
    if problems:
        raise InputError("\n".join(problems))
    api = {system: Api(**prices) for system, prices in data.get("api", {}).items()}
    cpu_hour = float(data["cpu_hour"]) if "cpu_hour" in data else None
    return Prices(float(data["gpu_hour"]), float(data["storage_gb_month"]), api, data.get("currency", Prices.currency), cpu_hour)


def _problems(data: Mapping[str, Any]) -> Iterator[str]:
    amounts = {name: value for name, value in data.items() if name not in ("api", "currency")}
    yield from _fields(amounts, ("gpu_hour", "storage_gb_month"), "", ("cpu_hour",))
    currency = data.get("currency", Prices.currency)
    if not isinstance(currency, str) or not 0 < len(currency.strip()) <= MOST_SIGNS:
        yield f'currency: expected a sign or a short name such as "$" or "EUR", not {currency!r}'
    api = data.get("api", {})
    if not isinstance(api, dict) or not all(isinstance(prices, dict) for prices in api.values()):
        yield "api: expected a table for each system, such as [api.rag]"
        return
    for system, prices in api.items():
        yield from _fields(prices, ("prompt", "completion"), f"api.{system}.")


def _fields(table: Mapping[str, Any], needed: tuple[str, ...], where: str, optional: tuple[str, ...] = ()) -> Iterator[str]:
    known = (*needed, *optional)
    yield from (f"{where}{name}: unknown field; known are {', '.join(known)}" for name in table if name not in known)
    yield from (f"{where}{name}: missing; add {name} = 1.0" for name in needed if name not in table)
    for name in (name for name in known if name in table):
        value = table[name]
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value) or value < 0:
            yield f"{where}{name}: expected a price, 0 or more, not {value!r}"
