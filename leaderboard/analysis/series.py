"""One system's records of one metric, over all items and seeds: its values, its mean, and how it stands to another's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import inf
from statistics import fmean, stdev

import numpy as np
from numpy.typing import NDArray

from proctor.core import units
from proctor.core.schema import Record, Status
from proctor.evals.stats.comparison import Comparison, Noise, Values, compare, joint_noise, training_noise, widened
from proctor.evals.stats.differences import measured_interval
from proctor.evals.stats.intervals import Interval
from proctor.leaderboard.runs.records import Codes, Records, distinct, firsts


@dataclass(frozen=True)
class Caution:
    """Why a figure may not be what it seems, and of how many of its items that is so."""

    count: int
    of: int
    reason: str

    def __str__(self) -> str:
        """A sentence: the count is left out where it is all items."""
        return self.reason if self.count == self.of else f"{self.reason} ({self.count} of {self.of})"


@dataclass(frozen=True)
class Series:
    """Records that differ in item and seed alone."""

    records: Records
    repeated: bool = False
    """Whether a seed counts how often the system was asked, and not how it was trained. Answers then differ question by question,
    which the interval over questions has in it, and nothing is the same for all questions of a repeat."""

    @cached_property
    def _valued(self) -> Records:
        return self.records.valued()

    @cached_property
    def means(self) -> Values:
        """Of each item with a value, the mean over its seeds."""
        valued = self._valued
        order = np.argsort(valued.item, kind="stable")
        items, values = valued.item[order], valued.value[order]
        first = firsts(items)
        if len(first) < len(items):
            found, ends = values.tolist(), [*first[1:].tolist(), len(items)]
            values = np.array([fmean(found[start:end]) for start, end in zip(first.tolist(), ends, strict=True)])
        return Values(items[first], values, self._clusters_of(items[first]))

    def _clusters_of(self, items: Codes) -> Codes:
        """Each item's cluster, as its last record has it."""
        order = np.argsort(self.records.item, kind="stable")
        known = self.records.item[order]
        last = np.append(firsts(known)[1:], len(known)) - 1
        clusters: Codes = self.records.cluster[order][last][np.searchsorted(known[last], items)]
        return clusters

    @cached_property
    def values(self) -> dict[str, float]:
        """Item -> mean over its seeds."""
        valued = self._valued
        names = dict(zip(valued.item.tolist(), valued.column("item").tolist(), strict=True))
        means = dict(zip(self.means.items.tolist(), self.means.values.tolist(), strict=True))
        return {name: means[code] for code, name in names.items()}

    @cached_property
    def clusters(self) -> dict[str, str]:
        """Item -> cluster."""
        return dict(zip(self.records.column("item").tolist(), self.records.column("cluster").tolist(), strict=True))

    @cached_property
    def by_seed(self) -> dict[int, float]:
        """Seed -> the mean of its values, where it has any. All repeats of one system are one."""
        if self.repeated:
            return {0: fmean(self.means.values.tolist())} if len(self.means.items) else {}
        seeds = sorted(self._valued.grouped("seed").items())
        return {seed: fmean(records.value.tolist()) for (seed,), records in seeds}

    @property
    def seed_means(self) -> list[float]:
        """The mean of each seed."""
        return list(self.by_seed.values())

    @property
    def seed_sd(self) -> float | None:
        """Standard deviation of the mean over seeds, where there are several: what training anew changes."""
        return stdev(self.seed_means) if len(self.seed_means) > 1 else None

    @cached_property
    def repeats(self) -> int:
        """How often it was asked the same."""
        return len(self.records.grouped("seed")) if self.repeated else 1

    @cached_property
    def varied(self) -> int:
        """How many items have not the same value in all repeats."""
        spread = self._spread
        return int((spread > 0).sum())

    @property
    def answer_sd(self) -> float | None:
        """Standard deviation of the mean from one time of asking to the next, where it was asked more than once.

        The root of the sum of the items' variances, over the number of items: questions are answered independently.
        """
        spread = self._spread
        return float(np.sqrt(spread.sum()) / len(spread)) if len(spread) else None

    @cached_property
    def _spread(self) -> NDArray[np.float64]:
        """Of each item with several values, their variance over the repeats."""
        if self.repeats < 2:
            return np.zeros(0)
        valued = self._valued
        _, places, counts = np.unique(valued.item, return_inverse=True, return_counts=True)
        means = np.bincount(places, valued.value) / counts
        squares = np.bincount(places, (valued.value - means[places]) ** 2)
        found: NDArray[np.float64] = squares[counts > 1] / (counts[counts > 1] - 1)
        return found

    @cached_property
    def first(self) -> Record:
        """One of the records, for what all of them share."""
        return self.records[0]

    @property
    def column(self) -> tuple[str, str]:
        """Its metric and system."""
        return self.first.metric, self.first.system

    @property
    def impossible(self) -> bool:
        """Whether it was never applicable."""
        return len(self.records.ended("not_applicable")) == len(self.records)

    @property
    def valued(self) -> bool:
        """Whether any of the records has a value."""
        return len(self.means.items) > 0

    @property
    def unit(self) -> str:
        """Of the values."""
        return self.first.unit

    @property
    def share(self) -> bool:
        """Whether 0 and 1 are outcomes rather than amounts."""
        return self.unit == "share"

    @property
    def reason(self) -> str:
        """The commonest reason for the gravest that is missing."""
        for status in ("failed", "unmeasured", "not_applicable"):
            reasons = Counter[str](self.records.ended(status).telling("reason").column("reason").tolist())
            if reasons:
                return min(reasons, key=lambda reason: (-reasons[reason], reason))
        return ""

    @cached_property
    def cautions(self) -> list[Caution]:
        """What there is to beware of: in its records, and in its interval."""
        of = len(self.means.items)
        told = self.interval.caution if self.interval else ""
        return [*self.record_cautions, *([Caution(of, of, told)] if told else [])]

    @cached_property
    def record_cautions(self) -> list[Caution]:
        """What its records say to beware of, the commonest first; an item counts once, whatever its seeds."""
        cautious = self._valued.telling("caution")
        texts = zip(cautious.item.tolist(), cautious.column("caution").tolist(), strict=True)
        told = {(item, reason) for item, text in texts for reason in text.splitlines()}
        counts = Counter(reason for _, reason in told)
        of = len(self.means.items)
        return [Caution(counts[reason], of, reason) for reason in sorted(counts, key=lambda reason: (-counts[reason], reason))]

    @property
    def single(self) -> bool:
        """Whether it is one reading, which does not tell how far the next would be from it; what was not done takes exactly 0."""
        return len(self.records) == 1 and bool(self.means.values.any()) and units.is_read(self.unit)

    def items(self, *statuses: Status) -> Codes:
        """The items that ended so, with any seed, by their codes in order."""
        return distinct(self.records.ended(*statuses).item)

    @cached_property
    def interval(self) -> Interval | None:
        """The mean over items, if any has a value; with several seeds it allows for training as well."""
        if not len(self.means.items):
            return None
        found = measured_interval(self.means.values, self.means.clusters, self.unit)
        return widened(found, training_noise(self.seed_means), within=self.limits)

    @property
    def limits(self) -> tuple[float, float]:
        """Of the mean, by the nature of what is measured: only a difference may be below zero."""
        if self.share:
            return 0.0, 1.0
        return (-inf if self.unit == "difference" or bool((self.means.values < 0).any()) else 0.0), inf

    def against(self, other: Series) -> Comparison | None:
        """Another system compared with this one over the items that both have; None if there are none."""
        found = self._compare(other, self.noise_against(other))
        return replace(found, p=1.0, test="not timed in turn", sampling=None) if found and self._timed_apart(other) else found

    def noise_against(self, other: Series) -> Noise | None:
        """What training anew does to the difference from another system; two metrics of one system share their trainings."""
        both = sorted(self.by_seed.keys() & other.by_seed.keys())
        if self.first.system == other.first.system and len(both) > 1:
            return training_noise([self.by_seed[seed] - other.by_seed[seed] for seed in both])
        return joint_noise(training_noise(self.seed_means), training_noise(other.seed_means))

    def _timed_apart(self, other: Series) -> bool:
        """Whether these are seconds that were taken in other rounds: what disturbed the machine then may be the difference."""
        return self.unit == "seconds" and not set(self.clusters.values()) & set(other.clusters.values())

    def since(self, earlier: Series, beside: Sequence[Series] = (), noise: Noise | None = None) -> Comparison | None:
        """The same system compared with what it was before: the seeds of either, and of those beside, tell of both, or noise.

        Where an item is in another cluster now, what counts is its cluster now.
        """
        told = [series.seed_means for series in beside]
        return self._compare(earlier, training_noise(self.seed_means, earlier.seed_means, beside=told) or noise)

    def _compare(self, other: Series, noise: Noise | None) -> Comparison | None:
        mine, theirs = self._alike(other)
        found = compare(mine.means, theirs.means, share=self.share, noise=noise)
        return replace(found, p=1.0, test="single readings", sampling=None) if found and (self.single or other.single) else found

    def same_as(self, other: Series) -> bool:
        """Whether all that both have, item by item and seed by seed, came out the same: nothing about it has changed."""
        mine, theirs = (series.records.grouped("seed") for series in self._alike(other))
        same = [_same(mine[seed], theirs[seed]) for seed in mine.keys() & theirs.keys()]
        return any(map(len, same)) and all(map(np.all, same))

    def _alike(self, other: Series) -> tuple[Series, Series]:
        """Both, with codes of items that mean the same."""
        mine, theirs = Records.alike(self.records, other.records)
        return (self, other) if mine is self.records else (replace(self, records=mine), replace(other, records=theirs))


def _same(mine: Records, theirs: Records) -> NDArray[np.bool_]:
    """Of each item that both have, whether it came out the same."""
    _, here, there = np.intersect1d(mine.item, theirs.item, return_indices=True)
    one, other = mine.value[here], theirs.value[there]
    same: NDArray[np.bool_] = (mine.status[here] == theirs.status[there]) & ((one == other) | np.isnan(one))
    return same


def rounded(value: float) -> float:
    """Nine digits: as many as are the same on every machine."""
    return float(f"{value:.9g}")


Column = tuple[str, str]
"""Metric and system."""
