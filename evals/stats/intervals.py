"""How sure a mean is. Pure functions over numbers; the method that was used is part of every result.

Questions about one document are not independent, so everything here works on clusters of items. An interval that
treats clustered items as independent raises false alarms far more often than it says (Miller 2024, arXiv:2411.00640).

Three kinds of means have a method each, and docs/explanation/statistics.md has how often each of them covers the truth:

=============================  =====================================================================================
shares, between 0 and 1        ``clopper-pearson``, with the number of independent items that the clusters are worth
differences, between -1 and 1  ``score t``: see `evals.stats.differences`
amounts                        ``skew t``: Student's t, corrected for the skewness of the mean
constant amounts               ``exact``: an amount that does not vary, or was taken once
amounts of one cluster         ``range`` of the values: one cluster says nothing about the next
=============================  =====================================================================================

They were simulated beside others on the same draws: shares beside resampled clusters (expanded percentiles) and Wilson's
interval at Korn and Graubard's number of items, with clusters counted and effective; amounts beside Student's t, on the plain
and on the log scale, and resampled clusters, by percentiles and studentized. What sets the one for shares apart is that it does
not take clusters for independent on weak evidence: see `_variance`. Wilson's ends fall to .905 in place of .95 (26 single items,
a share of .02); those of Clopper and Pearson cost less width than a Student's t that would make up for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import floor
from statistics import NormalDist
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from proctor.core.counts import counted

Array: TypeAlias = NDArray[np.float64]
Clusters: TypeAlias = Sequence[str] | NDArray[np.integer[Any]]
"""The cluster of each item: its name, or a number that is not below zero and not much larger than there are clusters."""

CONFIDENCE = 0.95
RESAMPLES = 4_000
FEW = 10
"""Effective clusters; fewer of them do not tell systems apart. The page and the terminal have it from here."""
TAIL = (1 - CONFIDENCE) / 2
Z = NormalDist().inv_cdf(1 - TAIL)
SKEWED = 0.3
"""Skewness of a mean of clusters from which its interval is marked. Of lognormal values with sigma 2 it marks 9 samples in 10, of
normal ones 1 in 100 from 20 clusters on."""
ROUNDING = 1e-12
"""Of what is added up; variances as small as this are rounding."""
REACH = 2.0
"""How many times as far as Student's t an end may lie for the mean's skewness."""
SLIGHT = 1e-6
"""Skewness that changes nothing."""
HEAVY = "heavy tails: a few values decide the mean, and its interval may be too narrow"


@dataclass(frozen=True)
class Interval:
    """A mean with its 95 % interval, over ``n`` items in so many ``clusters``."""

    value: float
    low: float
    high: float
    n: int
    clusters: int
    method: str
    effective: float
    """Clusters of one size that would tell as much: (sum n_c)^2 / sum n_c^2 (Kish 1965, Survey Sampling)."""
    caution: str = ""
    """Why the interval may be too narrow; empty if nothing speaks for it."""

    @property
    def few(self) -> bool:
        """Whether they are so few, or of so unequal sizes, that no systems are told apart by them."""
        return self.effective < FEW


def cluster_count(clusters: int, effective: float) -> str:
    """How many clusters, and how few that is where one of them outweighs many: "1 cluster", "60 clusters that weigh as 4.7"."""
    words = counted(clusters, "cluster")
    return f"{words} that weigh as {floor(10 * effective) / 10:.1f}" if effective < FEW <= clusters else words


def interval(values: Sequence[float] | Array, clusters: Clusters, *, share: bool = True) -> Interval:
    """95 % interval of the mean of ``values``, where ``clusters[i]`` names the cluster of item ``i``.

    The order of the items does not matter. ``share`` says that values between 0 and 1 are outcomes. Otherwise they are amounts
    like any other: an index that takes 0 seconds to train takes exactly that.
    """
    data = clustered(values, clusters)
    if share and data.lowest >= 0 and data.highest <= 1:
        low, high = share_ends(data.sums, data.sizes, data.squares)
        return data.interval(low, high, "clopper-pearson")
    return amount_interval(data)


def standard_error(values: Sequence[float] | Array, clusters: Clusters) -> tuple[float, float]:
    """Standard error of the mean, and its degrees of freedom; 0 where nothing varies or one cluster tells nothing."""
    data = clustered(values, clusters)
    return (0.0 if data.count == 1 else data.error), data.count - 1


@dataclass(frozen=True)
class Clustered:
    """Sums and sizes of clusters, in an order that depends on nothing but these numbers."""

    sums: Array
    sizes: Array
    told: Array
    """Sums of what the values are without their signs."""
    squares: float
    """Sum of all values' squares."""
    lowest: float
    highest: float

    @property
    def count(self) -> int:
        """How many clusters."""
        return len(self.sums)

    @property
    def n(self) -> int:
        """How many items."""
        return int(self.sizes.sum())

    @property
    def constant(self) -> bool:
        """Whether all values are the same."""
        return self.lowest == self.highest

    @property
    def mean(self) -> float:
        """Over all items."""
        return self.lowest if self.constant else float(self.sums.sum() / self.sizes.sum())

    @property
    def error(self) -> float:
        """Standard error of the mean, clusters independent: that of a ratio of sums, by its first derivative.

        se^2 = k / (k - 1) * sum_c (S_c - m n_c)^2 / n^2  (Cochran, Sampling Techniques, 1977, sections 6.3 and 9A)
        """
        residuals = self.sums - self.mean * self.sizes
        return float(np.sqrt(self.count / (self.count - 1) * (residuals**2).sum()) / self.n)

    def interval(self, low: float | Array, high: float | Array, method: str, caution: str = "") -> Interval:
        """Between two ends, which are moved so that the mean lies between them."""
        ends = min(float(low), self.mean), max(float(high), self.mean)
        return Interval(self.mean, *ends, self.n, self.count, method, float(effective_clusters(self.sizes)), caution)


def clustered(values: Sequence[float] | Array, clusters: Clusters) -> Clustered:
    """Sums and sizes of clusters; ValueError where values and clusters are not as many, or none."""
    numbers = np.asarray(values, float)
    if len(numbers) != len(clusters) or not len(numbers):
        raise ValueError(f"an interval needs one cluster for each value and at least one, not {len(numbers)} and {len(clusters)}")
    which = _coded(clusters)
    order = np.argsort(numbers, kind="stable")
    numbers, which = numbers[order], which[order]
    sizes: Array = np.bincount(which).astype(np.float64)
    there = sizes > 0
    sizes = sizes[there]
    sums: Array = np.bincount(which, weights=numbers).astype(np.float64)[there]
    told = np.bincount(which, weights=np.abs(numbers)).astype(np.float64)[there] if numbers[0] < 0 else sums
    rank = np.lexsort((told, sizes, sums))
    squares = float(np.einsum("i,i->", numbers, numbers))
    return Clustered(sums[rank], sizes[rank], told[rank], squares, float(numbers[0]), float(numbers[-1]))


def _coded(clusters: Clusters) -> NDArray[np.integer[Any]]:
    if isinstance(clusters, np.ndarray) and np.issubdtype(clusters.dtype, np.integer):
        return clusters
    codes: dict[str, int] = {}
    return np.array([codes.setdefault(cluster, len(codes)) for cluster in clusters])


def share_ends(sums: Array, sizes: Array, squares: Array | float) -> tuple[Array, Array]:
    """Ends of the 95 % interval of a share, from each cluster's sum and size, (..., clusters), and the sum of all squares, (...).

    Clopper and Pearson's exact interval (1934) with n* items in place of n, as Korn and Graubard have it (1998, Survey
    Methodology 24(2), 193-201):

        n* = p (1 - p) / v, at least the effective clusters

    where v is the variance of the mean: see `_variance`. It is taken from the nearer of 0 and 1, so that 1 - p has the same
    interval. Where all values are the same, a part u of the items may be unlike the clusters seen, and be 0 or 1.
    """
    n, right = sizes.sum(-1), sums.sum(-1)
    even = (right == n / 2) & (((sizes - sums) ** 2).sum(-1) > (sums**2).sum(-1))  # from where fewer clusters tell
    high = (right > n / 2) | even
    squares = np.where(high, n - 2 * right + squares, squares)
    sums = np.where(high[..., None], sizes - sums, sums)
    share = np.clip(sums.sum(-1) / n, 0, 1)
    variance = _variance(sums, sizes, sums, squares)
    same, unseen = variance == 0, _unseen(sizes)
    least, most = share * (1 - unseen), share * (1 - unseen) + unseen
    if not same.all():  # else nothing is asked of scipy, which takes long to load
        ends = exact_interval(share, _worth(share * (1 - share), variance, sizes))
        least, most = np.where(same, least, ends[0]), np.where(same, most, ends[1])
    return np.where(high, 1 - most, least), np.where(high, 1 - least, most)


def _variance(sums: Array, sizes: Array, told: Array, squares: Array | float) -> Array:
    """Variance of a mean of values between -1 and 1, allowing for what a sample may hide; 0 where all values are the same.

        v = s^2 (1 + r (sum n_c^2 / n - 1)) / n, at least the variance that the clusters' sums show

    s^2 is the variance of the items, and r the correlation within a cluster, from the analysis of variance (Donner and Klar 2000,
    Design and Analysis of Cluster Randomization Trials). Where few clusters hold anything but the commonest value, both are known
    badly, and mostly too small: items that all agree by chance look independent. So both are drawn towards what is bad but
    possible, with the weight of one cluster against the m clusters that tell: r towards 1/2, and s^2 towards the largest variance
    that goes with the mean distance from 0, the less so the more alike these distances are. m = (sum t_c)^2 / sum t_c^2 with the
    clusters' sums t_c of distances from 0, again after Kish.
    """
    n, count, mean = sizes.sum(-1), sizes.shape[-1], sums.sum(-1) / sizes.sum(-1)
    residuals = sums - mean[..., None] * sizes
    within = squares - n * mean**2
    items, distance = np.maximum(within, 0) / n, told.sum(-1) / n
    tell = over(told.sum(-1) ** 2, (told**2).sum(-1))
    alike = (tell * correlation(residuals, sizes, within) + 0.5) / (tell + 1)
    weight = over(items, items + distance**2)
    items = over(tell * items + weight * (distance - mean**2), tell + weight)
    modelled = items * (1 + alike * (n / effective_clusters(sizes) - 1)) / n
    shown = count / max(1, count - 1) * (residuals**2).sum(-1) / n**2
    return np.where(within <= ROUNDING * n, 0.0, np.maximum(modelled, shown))


def correlation(residuals: Array, sizes: Array, within: Array) -> Array:
    """Of two items of one cluster, between 0 and 1: (B - W) / (B + (n_0 - 1) W) with mean squares between and within clusters."""
    n, count = sizes.sum(-1), sizes.shape[-1]
    between = (residuals**2 / sizes).sum(-1)
    inside = over(within - between, n - count)
    between = between / max(1, count - 1)
    usual = (n - (sizes**2).sum(-1) / n) / max(1, count - 1)
    return np.clip(over(between - inside, between + (usual - 1) * inside), 0, 1)


def _worth(most: Array, variance: Array, sizes: Array) -> Array:
    """How many independent items have a variance of the mean; a single cluster is one."""
    effective = effective_clusters(sizes)
    return effective if sizes.shape[-1] == 1 else np.maximum(over(most, variance), effective)


def _unseen(sizes: Array) -> Array:
    """The share of items that may be unlike all that were seen: (1 - u)^k = 2.5 % (Clopper and Pearson 1934), k clusters."""
    return np.asarray(1 - TAIL ** (1 / effective_clusters(sizes)), np.float64)


def effective_clusters(sizes: Array) -> Array:
    """Clusters of one size that would tell as much: (sum n_c)^2 / sum n_c^2 (Kish 1965)."""
    return np.asarray(sizes.sum(-1) ** 2 / (sizes**2).sum(-1), np.float64)


def over(above: Array, below: Array) -> Array:
    """A quotient; 0 where there is nothing to divide by."""
    some = below > 0
    return np.where(some, above / np.where(some, below, 1), 0.0)


def exact_interval(share: Array, n: Array) -> tuple[Array, Array]:
    """Shares that would give this one or less, or this one or more, of ``n`` independent items once in 40 times."""
    from scipy.special import betaincinv

    right, wrong = share * n, (1 - share) * n
    low = np.where(right > 0, betaincinv(np.where(right > 0, right, 1), wrong + 1, TAIL), 0.0)
    high = np.where(wrong > 0, betaincinv(right + 1, np.where(wrong > 0, wrong, 1), 1 - TAIL), 1.0)
    return low, high


def amount_interval(data: Clustered, *, signed: bool = False) -> Interval:
    """Amounts of which none is below zero have no mean below zero, unless they are ``signed``: differences may fall below it."""
    if data.constant:
        return data.interval(data.mean, data.mean, "exact")
    if data.count == 1:
        return data.interval(data.lowest, data.highest, "range")
    low, high = amount_ends(data.sums, data.sizes)
    least = 0.0 if data.lowest >= 0 and not signed else -np.inf
    told = high - low > ROUNDING * max(abs(data.lowest), abs(data.highest))  # else all that varies is rounding
    caution = HEAVY if told and heavy_tails(data.sums, data.sizes) else ""
    return data.interval(np.maximum(least, low), high, "skew t", caution)


def amount_ends(sums: Array, sizes: Array) -> tuple[Array, Array]:
    """Ends of the 95 % interval of a mean of any numbers, from the sums and sizes of two clusters or more, (..., clusters).

    The farther ends of two intervals, with Student's t of the effective clusters: the plain one, and that of Hall's
    transformation (1992, Journal of the Royal Statistical Society B 54(1), 221-228), which reaches farther on the side of the
    long tail, and up to twice as far here: where one cluster is all that deviates, it would jump to four times.
    """
    mean, error, skewness, t = _of_mean(sums, sizes)
    low = mean - error * np.clip(_unskewed(t, skewness), t, REACH * t)
    high = mean + error * np.clip(-_unskewed(-t, skewness), t, REACH * t)
    return low, high


def amount_p(sums: Array, sizes: Array, edge: float | Array) -> Array:
    """How often a mean as low as this one, or lower, comes about where the true one is the ``edge``: see `amount_ends`."""
    from scipy.special import stdtr

    mean, error, skewness, _ = _of_mean(sums, sizes)
    away = over(np.asarray(edge - mean), error)
    skewed = away - skewness / 3 * away**2 + skewness**2 / 27 * away**3 - skewness / 6
    t = np.where(away > 0, np.clip(skewed, away / REACH, away), away)
    return np.asarray(stdtr(np.maximum(1.0, effective_clusters(sizes) - 1), -t), np.float64)


def _of_mean(sums: Array, sizes: Array) -> tuple[Array, Array, Array, Array]:
    """A mean, its standard error and skewness, and the quantile of Student's t of its effective clusters."""
    count, mean = sizes.shape[-1], sums.sum(-1) / sizes.sum(-1)
    residuals = sums - mean[..., None] * sizes
    skewness = _skewness(residuals) * (count**2 / ((count - 1) * (count - 2)) if count > 2 else 0.0)
    t = student_quantile(1 - TAIL, np.maximum(1.0, effective_clusters(sizes) - 1))
    return mean, shown_error(residuals, sizes), skewness, t


def shown_error(residuals: Array, sizes: Array) -> Array:
    """Standard error of a mean from how far the clusters' sums are from it.

    A large cluster shows less of the mean's error than it makes, having drawn the mean to itself; this is made up for by what it
    would be if clusters were all of a piece. For clusters of one size it is the usual one, with k / (k - 1).
    """
    n, seen = sizes.sum(-1), (sizes**2).sum(-1)
    shown = seen - 2 * (sizes**3).sum(-1) / n + seen**2 / n**2
    return np.asarray(np.sqrt(over((residuals**2).sum(-1) * seen, shown)) / n, np.float64)


def heavy_tails(sums: Array, sizes: Array) -> NDArray[np.bool_]:
    """Whether a few clusters deviate so far that an interval of `amount_ends` may be too narrow."""
    means = sums / sizes
    return np.asarray(np.abs(_skewness(means - means.mean(-1)[..., None])) > SKEWED)


def _skewness(deviations: Array) -> Array:
    """Of the sum of independent deviations: sum d^3 / (sum d^2)^1.5."""
    return over((deviations**3).sum(-1), (deviations**2).sum(-1) ** 1.5)


def _unskewed(t: Array, skewness: Array) -> Array:
    """Hall's transformation the other way: where a mean's t lies whose transformed one is given."""
    some = np.abs(skewness) > SLIGHT
    skewness = np.where(some, skewness, 1.0)
    return np.where(some, 3 / skewness * (np.cbrt(1 + skewness * (t - skewness / 6)) - 1), t)


def expanded_percentiles(resampled: Array, count: int) -> tuple[float, float]:
    """95 % interval from what resamples of ``count`` clusters gave, for what is no mean.

    The percentiles are moved outwards to make up for few clusters: with k of them, Phi(-sqrt(k / (k - 1)) t(k - 1))
    in place of 2.5 % (the "expanded percentile" interval: Hesterberg 2015, The American Statistician 69(4), 371-386).
    """
    tail = NormalDist().cdf(-np.sqrt(count / (count - 1)) * _t(count - 1)) if count > 1 else 0.0
    low, high = np.quantile(resampled, (tail, 1 - tail))
    return float(low), float(high)


def resampled_sums(rows: Array, clusters: Clusters) -> tuple[Array, int]:
    """Column sums of resamples of clusters, (resamples, columns), and the number of clusters: for what is no mean."""
    names = {cluster: place for place, cluster in enumerate(dict.fromkeys(clusters))}
    sums = np.zeros((len(names), rows.shape[1]))
    np.add.at(sums, [names[cluster] for cluster in clusters], rows)
    # Not `@`: threads of a matrix library would wait for each other, and on each machine add up in another order.
    return np.einsum("rk,kc->rc", _draws(len(names)), sums), len(names)


@lru_cache(maxsize=16)  # as many counts as a board has, of some megabytes each: drawing them anew is most of its work
def _draws(count: int) -> Array:
    """How often each of ``count`` clusters is drawn, in each resample. The seed is fixed: same data, same interval."""
    rng = np.random.default_rng(count)
    counts = np.empty((RESAMPLES, count))
    for row in counts:  # ten times as fast as all at once: a row stays in the processor's cache
        row[:] = np.bincount(rng.integers(0, count, size=count), minlength=count)
    return counts


def _t(degrees: int) -> float:
    return t_quantile(1 - TAIL, max(1, degrees))


@lru_cache
def t_quantile(share: float, degrees: float) -> float:
    """Student's t below which ``share`` of the distribution lies."""
    return float(student_quantile(share, np.array(degrees)))


def student_quantile(share: float | Array, degrees: Array) -> Array:
    """The same for many degrees of freedom."""
    from scipy.special import stdtrit

    return np.asarray(stdtrit(degrees, share), np.float64)


SAME = 1e-12
"""Of what is added up, and of shares: a difference as small as this is rounding."""


class Amount(NamedTuple):
    """A figure with the ends of its 95 % interval."""

    value: float
    low: float
    high: float
