"""What was measured on one suite with one base model, as far as a decision needs it: means and how they vary together.

It is small plain data: `leaderboard.gathering` makes it from records, and `leaderboard.json` holds it, so that the page can
decide by itself (``templates/evidence.js``). A weighted sum of means has an interval of its own, in which what systems have in
common on a question cancels.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from math import hypot, sqrt
from typing import Literal, NamedTuple

from evals.comparison import Noise, joint_noise, training_noise, widened
from evals.statistics import TAIL, Interval, t_quantile

QUALITY = (
    "accuracy.exact",
    *("updates.fresh", "updates.retained", "updates.retrained.fresh", "updates.retrained.retained"),
    *("updates.continued.fresh", "updates.continued.retained"),
)
"""Measures whose means are put together, item by item."""


SAME = 1e-12
"""Of what is added up, and of shares: a difference as small as this is rounding."""


NONE = Interval(0.0, 0.0, 0.0, 0, 0, "cluster t", 0.0)
"""The sum of nothing."""


class Amount(NamedTuple):
    """A figure with the ends of its 95 % interval."""

    value: float
    low: float
    high: float


Machine = Literal["", "cpu", "gpu"]


@dataclass(frozen=True)
class Hardware:
    """What a run says of the machine that it was taken on, and when; each is empty where it does not say."""

    cores: int = 0
    processor: str = ""
    """As `uname -m` has it."""
    gpu: str = ""
    """The model of its first GPU, as the driver has it."""
    date: str = ""
    """Year and month."""


Column = tuple[str, str]
"""Measure and system."""
Weights = Mapping[Column, float]


@dataclass(frozen=True)
class Evidence:
    """One section of the leaderboard."""

    suite: str
    base_model: str
    changed: float | None
    """Share of the knowledge that the suite's revisions change; None where that was not measured."""
    systems: Mapping[str, bool]
    """System -> whether its weights are its own, so that they can be trained again."""
    figures: Mapping[Column, Interval]
    """The mean of each measure that has a value."""
    impossible: frozenset[Column]
    """Measures that were taken, and cannot exist for the system."""
    seeds: Mapping[Column, Mapping[int, float]]
    """The mean of each seed, of the measures of `QUALITY`."""
    covariances: Mapping[Column, Sequence[float]]
    """Of the means of those: with each one that comes before it here, and with itself."""
    cautions: Mapping[Column, str] = field(default_factory=dict)
    """Why seconds may not be what they seem."""
    machine: Machine = ""
    """What the seconds were taken on; empty where that is not known."""
    hardware: Hardware = Hardware()

    def found(self, measure: str, system: str) -> Interval | None:
        """The mean of a measure; None where it has no value."""
        return self.figures.get((measure, system))

    def applies(self, measure: str, system: str) -> bool:
        """False where the measure was taken, and cannot exist for this system."""
        return (measure, system) not in self.impossible

    def untrained(self, system: str) -> bool:
        """Whether it is known that nothing was trained for this system: its training was measured, and took no time."""
        spent = self.found("cost.train_seconds", system)
        return not self.systems[system] and spent is not None and spent.value == 0

    def doubt(self, column: Column) -> str:
        """Why nothing is decided by a figure; empty where it may be. Only seconds can be in doubt."""
        return self.cautions.get(column, "")

    def trainings(self, system: str) -> int:
        """How many seeds a system was trained with, as far as accuracy tells."""
        return len(self.seeds.get(("accuracy.exact", system), ()))

    def missing(self, weights: Weights) -> list[Column]:
        """The columns without a value."""
        return [column for column in weights if column not in self.figures]

    def mixed(self, weights: Weights) -> Interval:
        """The weighted sum of means of measures that are all there, with its 95 % interval; training noise allowed for.

        The half of each mean's interval is Student's t of its own effective clusters times its standard error; the halves add up
        as correlated errors do (Zou 2007, Psychological Methods 12(4), 399-413). So where means have their own clusters, their
        degrees of freedom count as much as their error does.
        """
        terms = {column: weight for column, weight in weights.items() if weight}
        few = min((self.figures[column] for column in terms), key=lambda found: found.effective, default=NONE)
        n = min((self.figures[column].n for column in terms), default=0)
        reach = self._reach(terms)
        around = _around(self._sum(terms), (reach, reach), *self._unvaried(terms))
        return widened(Interval(*around, n, few.clusters, "cluster t", few.effective), self.noise(terms))

    def total(self, weights: Weights) -> Amount:
        """A weighted sum of amounts that are all there, and the ends of its 95 % interval.

        The amounts' own distances to their ends add up as the hypotenuse does (the method of variance estimates recovery: Zou
        and Donner 2008, Statistics in Medicine 27(10), 1693-1702). An amount that was taken once has no distance.
        """
        terms = {column: weight for column, weight in weights.items() if weight}
        distances = (_distances(weight, self.figures[column]) for column, weight in terms.items())
        return Amount(*_around(self._sum(terms), (0.0, 0.0), *distances))

    def _sum(self, terms: Weights) -> float:
        return _added(weight * self.figures[column].value for column, weight in terms.items())

    @cached_property
    def _places(self) -> dict[Column, int]:
        return {column: place for place, column in enumerate(self.covariances)}

    @cached_property
    def _halves(self) -> list[list[float]]:
        """The covariances, each mean's error multiplied by Student's t of its effective clusters."""
        found = [self.figures[column] for column in self.covariances]
        t = [t_quantile(1 - TAIL, max(1.0, each.effective - 1)) if each.clusters > 1 else 0.0 for each in found]
        return [[t[k] * t[j] * shared for j, shared in enumerate(row)] for k, row in enumerate(self.covariances.values())]

    def _reach(self, terms: Weights) -> float:
        """Half of the interval of a weighted sum, as far as it shows in the clusters."""
        parts = sorted((self._places[column], weight) for column, weight in terms.items())
        pairs = ((k, j, mine * other) for at, (k, mine) in enumerate(parts) for j, other in parts[: at + 1])
        square = _added((1 if j == k else 2) * product * self._halves[k][j] for k, j, product in pairs)
        return sqrt(max(0.0, square))

    def _unvaried(self, terms: Weights) -> Iterator[tuple[float, float]]:
        """How far each weighted mean that does not vary over clusters may be off, which no covariance shows."""
        for column, weight in terms.items():
            if not self._halves[self._places[column]][-1]:
                yield _distances(weight, self.figures[column])

    def noise(self, terms: Weights) -> Noise | None:
        """What training anew does to a weighted sum; None where nothing was trained twice."""
        by_system: dict[str, dict[str, float]] = {}
        for (measure, system), weight in terms.items():
            if not weight:
                continue
            by_system.setdefault(system, {})[measure] = weight
        return reduce(joint_noise, (self._trained(system, weights) for system, weights in by_system.items()), None)

    def _trained(self, system: str, weights: Mapping[str, float]) -> Noise | None:
        """Of one system's part of a sum: over the seeds that all its measures have, or else of each measure by itself."""
        means = {measure: self.seeds[measure, system] for measure in weights}
        seeds = sorted(set.intersection(*(set(seeds) for seeds in means.values())))
        if len(seeds) > 1:
            sums = [_added(weight * means[measure][seed] for measure, weight in weights.items()) for seed in seeds]
            return _noticed(training_noise(sums))
        alone = (_scaled(training_noise(list(means[measure].values())), weight) for measure, weight in weights.items())
        return reduce(joint_noise, alone, None)


def _added(parts: Iterable[float]) -> float:
    """A sum, added up one by one as the page does it; what rounding leaves where parts cancel is nothing."""
    total = size = 0.0
    for part in parts:
        total += part
        size += abs(part)
    return total if abs(total) > SAME * size else 0.0


def _around(value: float, *distances: tuple[float, float]) -> tuple[float, float, float]:
    """A value and its ends, where each pair says how far off it may be below and above; they add up as legs to a hypotenuse."""
    below, above = zip(*distances, strict=True)
    return value, value - hypot(*below), value + hypot(*above)


def _distances(weight: float, found: Interval) -> tuple[float, float]:
    """How far a weighted figure may lie below its value, and above."""
    down, up = abs(weight) * (found.value - found.low), abs(weight) * (found.high - found.value)
    return (down, up) if weight > 0 else (up, down)


def _scaled(noise: Noise | None, weight: float) -> Noise | None:
    return _noticed(replace(noise, error=abs(weight) * noise.error)) if noise else None


def _noticed(noise: Noise | None) -> Noise | None:
    """None where seeds differ by no more than rounding."""
    return noise if noise and noise.error > SAME else None
