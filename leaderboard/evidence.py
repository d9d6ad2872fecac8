"""What was measured on one suite with one base model, for figures that put several measures of several systems together.

A weighted sum of means has an interval of its own: all means come from the same resamples of clusters of items, so what systems
have in common on a question cancels in their difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, reduce
from math import hypot
from statistics import fmean
from typing import NamedTuple

import numpy as np

from evals.comparison import Noise, joint_noise, training_noise, widened
from evals.schema import Record
from evals.statistics import Array, Interval, expanded_percentiles, resampled_sums
from leaderboard.records import Records
from leaderboard.series import Series, grouped

QUALITY = (
    "accuracy.exact",
    *("updates.fresh", "updates.retained", "updates.retrained.fresh", "updates.retrained.retained"),
    *("updates.continued.fresh", "updates.continued.retained"),
)
"""Measures whose means are put together, item by item."""


class Amount(NamedTuple):
    """A figure with the ends of its 95 % interval."""

    value: float
    low: float
    high: float


Column = tuple[str, str]
"""Measure and system."""
Weights = Mapping[Column, float]


class Evidence:
    """The records of one section, by measure and system."""

    def __init__(self, records: Iterable[Record]) -> None:
        rows = Records.of(records)
        self.suite, self.base_model = rows[0].suite, rows[0].base_model
        self.systems = [system for (system,) in grouped(rows, "system")]
        self._columns = {names: Series(group) for names, group in grouped(rows, "measure", "system").items()}
        self._mixed: dict[tuple[tuple[Column, float], ...], Interval] = {}

    def found(self, measure: str, system: str) -> Interval | None:
        """The mean of a measure; None where it has no value."""
        series = self._columns.get((measure, system))
        return series.interval if series else None

    def applies(self, measure: str, system: str) -> bool:
        """False where the measure was taken, and cannot exist for this system."""
        series = self._columns.get((measure, system))
        return series is None or bool(series.items("scored", "failed", "unmeasured"))

    def missing(self, weights: Weights) -> list[Column]:
        """The columns without a value."""
        return [column for column in weights if not self.found(*column)]

    def most(self, measure: str) -> int:
        """The number of items that the system with most of them has in a measure."""
        return max((len(series.values) for (name, _), series in self._columns.items() if name == measure), default=0)

    def trained(self, system: str) -> bool:
        """Whether its weights are its own, so that they can be trained again."""
        spent = self.found("cost.train_seconds", system)
        return bool(spent and spent.value) or any(
            self.found(f"updates.{how}.fresh", system) for how in ("retrained", "continued")
        )

    def mixed(self, weights: Weights) -> Interval:
        """The weighted sum of means of measures that are all there, with its 95 % interval; training noise allowed for."""
        terms = {column: weight for column, weight in weights.items() if weight}
        key = tuple(sorted(terms.items()))
        if key not in self._mixed:
            self._mixed[key] = self._mix(terms)
        return self._mixed[key]

    def _mix(self, terms: Weights) -> Interval:
        sizes = [self._sizes[column] for column in terms]
        value = sum(weight * self._means[column] for column, weight in terms.items())
        drawn = sum((weight * self._draws[column] for column, weight in terms.items()), np.zeros(1))
        n, count = (min(column, default=0) for column in zip(*sizes, strict=True)) if sizes else (0, 0)
        low, high = expanded_percentiles(drawn, count)
        below, above = zip((max(value - low, 0.0), max(high - value, 0.0)), *self._unvaried(terms), strict=True)
        found = Interval(value, value - hypot(*below), value + hypot(*above), n, count, "cluster bootstrap")
        return widened(found, self._noise(terms))

    def _unvaried(self, terms: Weights) -> Iterator[tuple[float, float]]:
        """How far each weighted mean in which nothing varies may be off, which no resample shows."""
        for column, weight in terms.items():
            found = self.found(*column)
            if found and len(set(self._columns[column].values.values())) == 1:
                yield _reach(weight, found)

    @cached_property
    def _means(self) -> dict[Column, float]:
        return {column: fmean(series.values.values()) for column, series in self._columns.items() if series.values}

    @cached_property
    def _sizes(self) -> dict[Column, tuple[int, int]]:
        """Items and clusters with a value."""
        counted = self._columns.items()
        return {column: (len(s.values), len({s.clusters[item] for item in s.values})) for column, s in counted}

    @cached_property
    def _seeds(self) -> dict[Column, dict[int, float]]:
        """The mean of each seed."""
        return {column: series.by_seed for column, series in self._columns.items() if column[0] in QUALITY}

    def _noise(self, terms: Weights) -> Noise | None:
        by_system: dict[str, dict[str, float]] = {}
        for (measure, system), weight in terms.items():
            by_system.setdefault(system, {})[measure] = weight
        return reduce(joint_noise, (self._trained(system, weights) for system, weights in by_system.items()), None)

    def _trained(self, system: str, weights: Mapping[str, float]) -> Noise | None:
        """Of one system's part of a sum: over the seeds that all its measures have, or else of each measure by itself."""
        means = {measure: self._seeds[measure, system] for measure in weights}
        seeds = sorted(set.intersection(*(set(seeds) for seeds in means.values())))
        if len(seeds) > 1:
            return training_noise([sum(weight * means[measure][seed] for measure, weight in weights.items()) for seed in seeds])
        alone = (_scaled(training_noise(list(means[measure].values())), weight) for measure, weight in weights.items())
        return reduce(joint_noise, alone, None)

    @cached_property
    def _draws(self) -> dict[Column, Array]:
        """The mean of every column in every resample of all clusters; that of the data where a resample has none of its items."""
        columns = {name: series for name, series in self._columns.items() if name[0] in QUALITY and series.values}
        clusters = sorted({series.clusters[item] for series in columns.values() for item in series.values})
        sums, _ = resampled_sums(_by_cluster(columns.values(), clusters), clusters)
        pairs = zip(columns, sums[:, ::2].T, sums[:, 1::2].T, strict=True)
        return {
            name: np.divide(total, counted, out=np.full(len(total), self._means[name]), where=counted > 0)
            for name, total, counted in pairs
        }

    def total(self, weights: Weights) -> Amount:
        """A weighted sum of amounts that are all there, and the ends of its 95 % interval.

        The amounts' own distances to their ends add up as the hypotenuse does (the method of variance estimates recovery: Zou
        and Donner 2008, Statistics in Medicine 27(10), 1693-1702). An amount that was taken once has no distance.
        """
        parts = [(weight, found) for (column, weight) in weights.items() if weight and (found := self.found(*column))]
        value = sum(weight * found.value for weight, found in parts)
        below, above = zip(*(_reach(weight, found) for weight, found in parts), strict=True) if parts else ((), ())
        return Amount(value, value - hypot(*below), value + hypot(*above))


def _reach(weight: float, found: Interval) -> tuple[float, float]:
    """How far a weighted amount may lie below its value, and above."""
    down, up = abs(weight) * (found.value - found.low), abs(weight) * (found.high - found.value)
    return (down, up) if weight > 0 else (up, down)


def _by_cluster(columns: Iterable[Series], clusters: Sequence[str]) -> Array:
    """A row for each cluster: the sum and the number of each column's values there, in turn."""
    row = {cluster: place for place, cluster in enumerate(clusters)}
    found = []
    for series in columns:
        sums = np.zeros((len(clusters), 2))
        for item, value in series.values.items():
            sums[row[series.clusters[item]]] += (value, 1.0)
        found.append(sums)
    return np.hstack(found)


def _scaled(noise: Noise | None, weight: float) -> Noise | None:
    return replace(noise, error=abs(weight) * noise.error) if noise else None
