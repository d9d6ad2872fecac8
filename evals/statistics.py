"""How sure a mean is. Pure functions over numbers; the method that was used is part of every result.

Questions about one document are not independent, so everything here works on clusters of items. An interval that
treats clustered items as independent raises false alarms far more often than it says (Miller 2024, arXiv:2411.00640).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from statistics import NormalDist
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
Clusters: TypeAlias = Sequence[str] | NDArray[np.integer[Any]]
"""The cluster of each item: its name, or a number that is not below zero and not much larger than there are clusters."""

CONFIDENCE = 0.95
RESAMPLES = 4_000
FEW, MANY = 10, 1_000
"""Resampling fewer clusters says too little; with more of them it says nothing that a formula does not."""
TAIL = (1 - CONFIDENCE) / 2
Z = NormalDist().inv_cdf(1 - TAIL)


@dataclass(frozen=True)
class Interval:
    """A mean with its 95 % interval, over ``n`` items in so many ``clusters``."""

    value: float
    low: float
    high: float
    n: int
    clusters: int
    method: str


def interval(values: Sequence[float] | Array, clusters: Clusters, *, share: bool = True) -> Interval:
    """95 % interval of the mean of ``values``, where ``clusters[i]`` names the cluster of item ``i``.

    The order of the items does not matter, and the same items always give the same interval.

    =================================  =======================================================================
    data                               method
    =================================  =======================================================================
    10 to 1,000 clusters               ``cluster bootstrap``, see `_bootstrap`
    fewer or more, all 0 or 1          ``wilson`` with the number of items that the clusters are worth, see `_worth`
    constant, all 0 or 1               ``wilson`` with the number of clusters: resampling would claim certainty
    fewer or more, other numbers       ``cluster t``, see `_student`
    one cluster, other numbers         ``range`` of the values: one cluster says nothing about the next
    constant, other numbers            ``exact``: an amount that does not vary, or was taken once
    =================================  =======================================================================

    ``share`` says that 0 and 1 are outcomes. Otherwise they are amounts like any other: an index that takes 0 seconds
    to train takes exactly that.
    """
    data = _clustered(values, clusters)
    if share and data.binary:
        return _bootstrap(data) if data.resamples and not data.constant else _wilson(data)
    if data.constant:
        return data.interval(data.mean, data.mean, "exact")
    if data.count == 1:
        return data.interval(data.lowest, data.highest, "range")
    limits = (0.0, 1.0) if share and data.lowest >= 0 and data.highest <= 1 else (-np.inf, np.inf)
    return _bootstrap(data) if data.resamples else _student(data, limits)


def paired_difference(
    a: Sequence[float] | Array, b: Sequence[float] | Array, clusters: Clusters, *, share: bool = True
) -> Interval:
    """95 % interval of the mean of ``a[i] - b[i]``: two systems on the same items.

    Pairing removes what the items have in common: Var(a - b) = Var(a) + Var(b) - 2 Cov(a, b).
    """
    mine, theirs = np.asarray(a, float), np.asarray(b, float)
    differences = mine - theirs
    if differences.sum() < 0:  # resampled the same way whichever of the two comes first
        turned = paired_difference(theirs, mine, clusters, share=share)
        return replace(turned, value=-turned.value, low=-turned.high, high=-turned.low)
    bounded = share and all(bool(((side >= 0) & (side <= 1)).all()) for side in (mine, theirs))
    data = _clustered(differences, clusters)
    if bounded and data.constant:
        return _constant_difference(data)
    if bounded and data.count == 1:
        return data.interval(-1.0, 1.0, "range")
    if bounded and not data.resamples:
        return _student(data, (-1.0, 1.0)) if data.error else _constant_difference(data)
    return interval(differences, clusters, share=False)


def cluster_sums(values: Sequence[float] | Array, clusters: Clusters) -> Array:
    """Sum of each cluster, in an order that depends on nothing but the numbers."""
    return _clustered(values, clusters).sums


def standard_error(values: Sequence[float] | Array, clusters: Clusters) -> tuple[float, float]:
    """Standard error of the mean, and its degrees of freedom; 0 where nothing varies or one cluster tells nothing."""
    data = _clustered(values, clusters)
    return (0.0 if data.count == 1 else data.error), data.count - 1


@dataclass(frozen=True)
class _Clustered:
    """Sum and size of each cluster, in an order that depends on nothing but these numbers."""

    sums: Array
    sizes: Array
    lowest: float
    highest: float
    binary: bool

    @property
    def count(self) -> int:
        return len(self.sums)

    @property
    def resamples(self) -> bool:
        """Whether drawing clusters again and again is the way to go."""
        return FEW <= self.count <= MANY

    @property
    def n(self) -> int:
        return int(self.sizes.sum())

    @property
    def constant(self) -> bool:
        return self.lowest == self.highest

    @property
    def mean(self) -> float:
        return self.lowest if self.constant else float(self.sums.sum() / self.sizes.sum())

    @property
    def error(self) -> float:
        """Standard error of the mean, clusters independent: that of a ratio of sums, by its first derivative.

        se^2 = k / (k - 1) * sum_c (S_c - m n_c)^2 / n^2  (Cochran, Sampling Techniques, 1977, sections 6.3 and 9A)
        """
        residuals = self.sums - self.mean * self.sizes
        return float(np.sqrt(self.count / (self.count - 1) * (residuals**2).sum()) / self.n)

    def interval(self, low: float, high: float, method: str) -> Interval:
        return Interval(self.mean, min(float(low), self.mean), max(float(high), self.mean), self.n, self.count, method)


def _clustered(values: Sequence[float] | Array, clusters: Clusters) -> _Clustered:
    numbers = np.asarray(values, float)
    if len(numbers) != len(clusters) or not len(numbers):
        raise ValueError(f"an interval needs one cluster for each value and at least one, not {len(numbers)} and {len(clusters)}")
    which = _coded(clusters)
    order = np.argsort(numbers, kind="stable")
    numbers, which = numbers[order], which[order]
    sizes: Array = np.bincount(which).astype(np.float64)
    sums: Array = np.bincount(which, weights=numbers).astype(np.float64)[sizes > 0]
    sizes = sizes[sizes > 0]
    rank = np.lexsort((sizes, sums))
    binary = bool(np.isin(numbers, (0.0, 1.0)).all())
    return _Clustered(sums[rank], sizes[rank], float(numbers[0]), float(numbers[-1]), binary)


def _coded(clusters: Clusters) -> NDArray[np.integer[Any]]:
    if isinstance(clusters, np.ndarray) and np.issubdtype(clusters.dtype, np.integer):
        return clusters
    codes: dict[str, int] = {}
    return np.array([codes.setdefault(cluster, len(codes)) for cluster in clusters])


def _bootstrap(data: _Clustered) -> Interval:
    """Draw as many clusters as there are, with replacement, and take the mean over their items; percentiles of that.

    The percentiles are moved outwards to make up for few clusters: with k of them, Phi(-sqrt(k / (k - 1)) t(k - 1))
    in place of 2.5 % (the "expanded percentile" interval: Hesterberg 2015, The American Statistician 69(4), 371-386).
    """
    drawn = _draws(data.count)
    # Not `@`: threads of a matrix library would wait for each other, and on each machine add up in another order.
    alike = bool((data.sizes == data.sizes[0]).all())
    items = data.n if alike else np.einsum("rc,c->r", drawn, data.sizes)
    means = np.einsum("rc,c->r", drawn, data.sums) / items
    return data.interval(*expanded_percentiles(means, data.count), "cluster bootstrap")


def expanded_percentiles(resampled: Array, count: int) -> tuple[float, float]:
    """95 % interval from what resamples of ``count`` clusters gave; see `_bootstrap`."""
    tail = NormalDist().cdf(-np.sqrt(count / (count - 1)) * _t(count - 1)) if count > 1 else 0.0
    low, high = np.quantile(resampled, (tail, 1 - tail))
    return float(low), float(high)


def resampled_sums(rows: Array, clusters: Clusters) -> tuple[Array, int]:
    """Column sums of resamples of clusters, (resamples, columns), and the number of clusters: for what is no mean."""
    names = {cluster: place for place, cluster in enumerate(dict.fromkeys(clusters))}
    sums = np.zeros((len(names), rows.shape[1]))
    np.add.at(sums, [names[cluster] for cluster in clusters], rows)
    return np.einsum("rk,kc->rc", _draws(len(names)), sums), len(names)


@lru_cache(maxsize=16)  # as many counts as a board has, of some megabytes each: drawing them anew is most of its work
def _draws(count: int) -> Array:
    """How often each of ``count`` clusters is drawn, in each resample. The seed is fixed: same data, same interval."""
    rng = np.random.default_rng(count)
    counts = np.empty((RESAMPLES, count))
    for row in counts:  # ten times as fast as all at once: a row stays in the processor's cache
        row[:] = np.bincount(rng.integers(0, count, size=count), minlength=count)
    return counts


def _wilson(data: _Clustered) -> Interval:
    """Wilson's score interval (1927) for a share, with the number of items that the clusters are worth."""
    low, high = _score_interval(data.mean, _worth(data))
    return data.interval(low, high, "wilson")


def _score_interval(share: float, n: float) -> tuple[float, float]:
    """(p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n)."""
    middle = share + Z**2 / (2 * n)
    reach = Z * np.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    low, high = (middle - reach) / (1 + Z**2 / n), (middle + reach) / (1 + Z**2 / n)
    return max(0.0, float(low)), min(1.0, float(high))  # rounding may lead a hair outside


def _worth(data: _Clustered) -> float:
    """How many independent items have the error of these clustered ones, lowered further for having few clusters.

    n* = p (1 - p) / se^2 * (z / t(k - 1))^2, at most n  (Korn and Graubard 1998, Survey Methodology 24(2), 193-201)
    """
    if data.count == data.n or data.constant or data.count == 1:
        return data.count
    variance = data.error**2 * (_t(data.count - 1) / Z) ** 2
    return min(data.n, data.mean * (1 - data.mean) / variance) if variance else data.n


def _student(data: _Clustered, limits: tuple[float, float]) -> Interval:
    """Mean -+ t(k - 1) standard errors, within the limits that the measure has by nature."""
    reach = _t(data.count - 1) * data.error
    return data.interval(max(limits[0], data.mean - reach), min(limits[1], data.mean + reach), "cluster t")


def _constant_difference(data: _Clustered) -> Interval:
    """Allow a share u of items unlike the k clusters seen, which may differ by -1 or 1: Wilson's limit for 0 of k."""
    unseen = _score_interval(0.0, data.count)[1]
    kept = data.mean * (1 - unseen)
    return data.interval(kept - unseen, kept + unseen, "wilson")


def _t(degrees: int) -> float:
    return t_quantile(1 - TAIL, degrees)


@lru_cache
def t_quantile(share: float, degrees: float) -> float:
    """Student's t below which ``share`` of the distribution lies."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees, share))
