"""One system's records of one measure, over all items and seeds: its values, its mean, and how it stands to another's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import fmean, stdev
from typing import Any, TypeVar

from evals.comparison import Comparison, Noise, compare, joint_noise, training_noise, widened
from evals.schema import Record, Status
from evals.statistics import Interval, interval

Row = TypeVar("Row")

READINGS = ("seconds", "joules", "tokens/s")
"""Units of what a clock or a meter says, which would say something else the next time. Bytes and operations are counted."""


@dataclass(frozen=True)
class Series:
    """Records that differ in item and seed alone."""

    records: Sequence[Record]

    @cached_property
    def values(self) -> dict[str, float]:
        """Item -> mean over its seeds."""
        found: dict[str, list[float]] = {}
        for record in self.records:
            if record.value is not None:
                found.setdefault(record.item, []).append(record.value)
        return {item: values[0] if len(values) == 1 else fmean(values) for item, values in found.items()}

    @cached_property
    def clusters(self) -> dict[str, str]:
        """Item -> cluster."""
        return {record.item: record.cluster for record in self.records}

    @cached_property
    def seed_means(self) -> list[float]:
        """The mean of each seed."""
        seeds: dict[int, list[float]] = {}
        for record in self.records:
            if record.value is not None:
                seeds.setdefault(record.seed, []).append(record.value)
        return [fmean(values) for _, values in sorted(seeds.items())]

    @property
    def seed_sd(self) -> float | None:
        """Standard deviation of the mean over seeds, where there are several: what training anew changes."""
        return stdev(self.seed_means) if len(self.seed_means) > 1 else None

    @property
    def unit(self) -> str:
        """Of the values."""
        return self.records[0].unit

    @property
    def share(self) -> bool:
        """Whether 0 and 1 are outcomes rather than amounts."""
        return self.unit == "share"

    @property
    def reason(self) -> str:
        """The commonest reason for the gravest that is missing."""
        for status in ("failed", "unmeasured", "not_applicable"):
            reasons = Counter(record.reason for record in self.records if record.status == status and record.reason)
            if reasons:
                return min(reasons, key=lambda reason: (-reasons[reason], reason))
        return ""

    @property
    def single(self) -> bool:
        """Whether it is one reading, which does not tell how far the next would be from it; what was not done takes exactly 0."""
        return len(self.records) == 1 and any(self.values.values()) and self.unit in READINGS

    def items(self, *statuses: Status) -> set[str]:
        """The items that ended so, with any seed."""
        return {record.item for record in self.records if record.status in statuses}

    @cached_property
    def interval(self) -> Interval | None:
        """The mean over items, if any has a value; with several seeds it allows for training as well."""
        if not self.values:
            return None
        found = interval(list(self.values.values()), [self.clusters[item] for item in self.values], share=self.share)
        return widened(found, training_noise(self.seed_means), within=(0.0, 1.0) if self.share else None)

    def against(self, other: Series) -> Comparison | None:
        """Another system compared with this one over the items that both have; None if there are none."""
        noise = joint_noise(training_noise(self.seed_means), training_noise(other.seed_means))
        return self._compare(other, noise)

    def since(self, earlier: Series) -> Comparison | None:
        """The same system compared with what it was before: the seeds of either tell of both."""
        return self._compare(earlier, training_noise(self.seed_means, earlier.seed_means))

    def _compare(self, other: Series, noise: Noise | None) -> Comparison | None:
        found = compare(self.values, other.values, self.clusters | other.clusters, share=self.share, noise=noise)
        return replace(found, p=1.0, test="single readings") if found and (self.single or other.single) else found

    def same_as(self, other: Series) -> bool:
        """Whether all that both have, item by item and seed by seed, came out the same: nothing about it has changed."""
        common = self._outcomes.keys() & other._outcomes.keys()
        return bool(common) and all(self._outcomes[item] == other._outcomes[item] for item in common)

    @cached_property
    def _outcomes(self) -> dict[tuple[str, int], tuple[Any, ...]]:
        return {(record.item, record.seed): (record.status, record.value) for record in self.records}


def grouped(records: Iterable[Row], *fields: str) -> dict[tuple[Any, ...], list[Row]]:
    """Records, or other rows, by the values of some of their fields, in the order in which these first come."""
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for record in records:
        groups.setdefault(tuple(getattr(record, field) for field in fields), []).append(record)
    return groups


def rounded(value: float) -> float:
    """Nine digits: as many as are the same on every machine."""
    return float(f"{value:.9g}")
