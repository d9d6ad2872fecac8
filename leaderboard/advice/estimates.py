"""What was measured on one suite with one base model, as far as a decision needs it: means and how they vary together.

It is small plain data: `leaderboard.advice.data` makes it from records, and `leaderboard.json` holds it, so that the page can
decide by itself (``templates/evidence.js``). A weighted sum of means has an interval of its own, in which what systems have in
common on a question cancels.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from math import copysign, hypot, sqrt
from typing import Literal, NamedTuple

from proctor.evals.stats.comparison import Noise, joint_noise, training_noise, widened
from proctor.evals.stats.intervals import SAME, Amount, Interval
from proctor.leaderboard.analysis.series import Column

QUALITY = (
    "accuracy.exact",
    *("updates.fresh", "updates.retained", "updates.retrained.fresh", "updates.retrained.retained"),
    *("updates.continued.fresh", "updates.continued.retained"),
)
"""Metrics whose means are put together, item by item."""


NONE = Interval(0.0, 0.0, 0.0, 0, 0, "recovered", 0.0)
"""The sum of nothing."""


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


class Anew(NamedTuple):
    """What another training would change in a mean that is of one."""

    deviation: float
    degrees: float
    said: str

    def around(self, found: Interval) -> Interval:
        """A share with an interval that allows for it."""
        return widened(found, Noise(self.deviation, self.degrees), within=(0.0, 1.0))


MetricWeights = Mapping[Column, float]


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
    """The mean of each metric that has a value."""
    impossible: frozenset[Column]
    """Metrics that were taken, and cannot exist for the system."""
    seeds: Mapping[Column, Mapping[int, float]]
    """The mean of each seed, of the metrics of `QUALITY`, and of those of requirements."""
    covariances: Mapping[Column, Sequence[float]]
    """Of the means of those: with each one that comes before it here, and with itself."""
    cautions: Mapping[Column, str] = field(default_factory=dict)
    """Why seconds may not be what they seem."""
    machine: Machine = ""
    """What the seconds were taken on; empty where that is not known."""
    hardware: Hardware = Hardware()
    asked: Mapping[Column, tuple[float, float]] = field(default_factory=dict)
    """The ends of a figure's interval as far as questions go, where its own allows for training as well."""
    allowed: Mapping[Column, str] = field(default_factory=dict)
    """What the interval of a figure of one training run allows for, beyond what was measured of that system."""
    anew: Mapping[str, Anew] = field(default_factory=dict)
    """System that was trained once -> what other trainings would do to its accuracy."""
    never: Mapping[Column, str] = field(default_factory=dict)
    """Metrics that have no value, and of a system built elsewhere never will: why."""
    options: str = ""
    """What to type after `pytest` to take the same exam, but for systems and seeds."""
    called: frozenset[str] = frozenset()
    """Systems that answer over a network, perhaps on another machine."""

    def found(self, metric: str, system: str) -> Interval | None:
        """The mean of a metric; None where it has no value."""
        return self.figures.get((metric, system))

    def applies(self, metric: str, system: str) -> bool:
        """False where the metric was taken, and cannot exist for this system."""
        return (metric, system) not in self.impossible

    def right_throughout(self, system: str) -> bool:
        """Whether a system was right on every question, so that nothing shows how it varies with another."""
        column = "accuracy.exact", system
        return column in self.covariances and self.covariances[column][-1] <= SAME and self.figures[column].value > 0

    def why_never(self, metrics: Iterable[str], system: str) -> str:
        """Why one of these metrics cannot be measured of a system; empty where all can."""
        return next((self.never[metric, system] for metric in metrics if (metric, system) in self.never), "")

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

    def missing(self, weights: MetricWeights) -> list[Column]:
        """The columns without a value."""
        return [column for column in weights if column not in self.figures]

    def mixed(self, weights: MetricWeights) -> Interval:
        """The weighted sum of means of metrics that are all there, with its 95 % interval; training noise allowed for.

        The distances from each mean to the ends of its own interval add up as correlated errors do (Zou 2007, Psychological
        Methods 12(4), 399-413). With weights w_i, and r_ij the correlation of two means over clusters,

            (value - low)^2 = sum_ij w_i w_j d_i d_j r_ij

        where d_i is how far its mean lies above its low end where w_i > 0, and below its high end otherwise; the other way round
        for the high end. So a mean alone keeps its own interval, and one that rests on few clusters counts as far as it weighs.
        These are the intervals over questions; training noise is allowed for once, of the whole sum.
        """
        terms = {column: weight for column, weight in weights.items() if weight}
        few = min((self.figures[column] for column in terms), key=lambda found: found.effective, default=NONE)
        n = min((self.figures[column].n for column in terms), default=0)
        around = _around(self._sum(terms), self._reach(terms))
        return widened(Interval(*around, n, few.clusters, "recovered", few.effective), self.noise(terms))

    def total(self, weights: MetricWeights) -> Amount:
        """A weighted sum of amounts that are all there, and the ends of its 95 % interval.

        The amounts' own distances to their ends add up as the hypotenuse does (the method of variance estimates recovery: Zou
        and Donner 2008, Statistics in Medicine 27(10), 1693-1702). An amount that was taken once has no distance.
        """
        terms = {column: weight for column, weight in weights.items() if weight}
        distances = (_distances(weight, self.figures[column]) for column, weight in terms.items())
        return Amount(*_around(self._sum(terms), (0.0, 0.0), *distances))

    def _sum(self, terms: MetricWeights) -> float:
        return _added(weight * self.figures[column].value for column, weight in terms.items())

    @cached_property
    def _places(self) -> dict[Column, int]:
        return {column: place for place, column in enumerate(self.covariances)}

    @cached_property
    def _correlations(self) -> list[list[float]]:
        """Of the means over clusters; a mean that does not vary over them goes with no other."""
        rows = list(self.covariances.values())
        errors = [sqrt(row[k]) for k, row in enumerate(rows)]
        return [[_over(row[j], errors[k] * errors[j]) for j in range(k)] + [1.0] for k, row in enumerate(rows)]

    def _reach(self, terms: MetricWeights) -> tuple[float, float]:
        """How far a weighted sum may lie below its value, and above, as far as questions go."""
        parts = sorted((self._places[column], weight, self._of_questions(column)) for column, weight in terms.items())
        signed = [(place, weight, _distances(weight, alone)) for place, weight, alone in parts]
        below, above = ([(place, copysign(ends[side], weight)) for place, weight, ends in signed] for side in (0, 1))
        return self._together(below), self._together(above)

    def _of_questions(self, column: Column) -> Amount:
        found = self.figures[column]
        return Amount(found.value, *self.asked.get(column, (found.low, found.high)))

    def _together(self, parts: Sequence[tuple[int, float]]) -> float:
        """Distances with their signs, as correlated errors."""
        pairs = ((k, j, mine * other) for at, (k, mine) in enumerate(parts) for j, other in parts[: at + 1])
        square = _added((1 if j == k else 2) * product * self._correlations[k][j] for k, j, product in pairs)
        return sqrt(max(0.0, square))

    def noise(self, terms: MetricWeights) -> Noise | None:
        """What training anew does to a weighted sum; None where nothing was trained twice."""
        by_system: dict[str, dict[str, float]] = {}
        for (metric, system), weight in terms.items():
            if not weight:
                continue
            by_system.setdefault(system, {})[metric] = weight
        return reduce(joint_noise, (self._trained(system, weights) for system, weights in by_system.items()), None)

    def _trained(self, system: str, weights: Mapping[str, float]) -> Noise | None:
        """Of one system's part of a sum: over the seeds that all its metrics have, or else of each metric by itself."""
        means = {metric: self.seeds[metric, system] for metric in weights}
        seeds = sorted(set.intersection(*(set(seeds) for seeds in means.values())))
        if len(seeds) > 1:
            sums = [_added(weight * means[metric][seed] for metric, weight in weights.items()) for seed in seeds]
            return _noticed(training_noise(sums))
        alone = (_scaled(training_noise(list(means[metric].values())), weight) for metric, weight in weights.items())
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


def _distances(weight: float, found: Interval | Amount) -> tuple[float, float]:
    """How far a weighted figure may lie below its value, and above."""
    down, up = abs(weight) * (found.value - found.low), abs(weight) * (found.high - found.value)
    return (down, up) if weight > 0 else (up, down)


def _over(above: float, below: float) -> float:
    return above / below if below else 0.0


def _scaled(noise: Noise | None, weight: float) -> Noise | None:
    return _noticed(replace(noise, error=abs(weight) * noise.error)) if noise else None


def _noticed(noise: Noise | None) -> Noise | None:
    """None where seeds differ by no more than rounding."""
    return noise if noise and noise.error > SAME else None
