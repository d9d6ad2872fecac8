"""The mean difference of two systems on the same items: its interval, and how well it goes with any true difference.

One test gives both, so that an interval never leaves out what its test does not reject. It asks how far the mean lies from an
``edge``, the true difference that is asked about, in standard errors; Student's t with the degrees of freedom of the effective
clusters says how often chance alone takes it so far. Which standard error depends on where the edge lies:

- between no difference and the one seen: that of the clusters' own sums;
- elsewhere the larger of this and the one that the edge itself implies (Tango 1998, Statistics in Medicine 17(8), 891-908): few
  items that changed show little variance, and a true difference would have changed more of them.

docs/explanation/gate.md has how often both err, down to the levels of a gate's corrected tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from proctor.evals.stats.intervals import (
    ROUNDING,
    TAIL,
    Array,
    Clustered,
    Clusters,
    Interval,
    amount_interval,
    amount_p,
    clustered,
    correlation,
    effective_clusters,
    interval,
    over,
    shown_error,
    student_quantile,
)

TINY = 1e-300
"""No p is told from 0 below this."""
GRID, ROUNDS = 64, 4
"""An end is looked for among so many steps, and then so many times within one of them."""


class Summed(NamedTuple):
    """What a test needs to know of differences between -1 and 1, of one comparison or of many at once."""

    mean: Array
    n: Array
    effective: Array
    """Clusters of one size that would tell as much."""
    error: Array
    """Standard error of the mean, from the clusters' sums."""
    inflation: Array
    """How many times the variance of independent items the mean has, allowing for what few changes may hide."""
    distance: Array
    """Mean distance from 0."""
    scale: Array
    """Mean square over mean distance: 1 where an item is won, lost or neither."""
    moved: Array
    """Clusters that differ at all."""


def summed(sums: Array, sizes: Array, told: Array, squares: Array | float) -> Summed:
    """From each cluster's sum and size, (..., clusters), its sum without the signs, and the sum of all squares, (...)."""
    n, mean = sizes.sum(-1), np.clip(sums.sum(-1) / sizes.sum(-1), -1, 1)
    residuals = sums - mean[..., None] * sizes
    within = np.maximum(squares - n * mean**2, 0)
    error = np.where(within > ROUNDING * n, shown_error(residuals, sizes), 0.0) if sizes.shape[-1] > 1 else np.ones_like(mean)
    tell = over(told.sum(-1) ** 2, (told**2).sum(-1))
    alike = (tell * correlation(residuals, sizes, within) + 0.5) / (tell + 1)
    modelled = 1 + alike * (n / effective_clusters(sizes) - 1)
    inflation = np.maximum(modelled, over(error**2 * n, within / n))
    scale = (tell * over(np.asarray(squares), told.sum(-1)) + 1) / (tell + 1)
    moved = np.count_nonzero(sums, axis=-1).astype(np.float64)
    return Summed(mean, n, effective_clusters(sizes), error, inflation, told.sum(-1) / n, scale, moved)


def p_below(found: Summed, edge: Array | float) -> Array:
    """How often a mean as low as this one, or lower, comes about where the true difference is the ``edge``."""
    from scipy.special import stdtr

    t, alike = _statistics(found, np.asarray(edge, float))
    return np.asarray(np.maximum(stdtr(_degrees(found), t), alike), np.float64)


def p_above(found: Summed, edge: Array | float) -> Array:
    """The same of a mean as high as this one, or higher."""
    return p_below(found._replace(mean=-found.mean), -np.asarray(edge, float))


def ends(found: Summed, noise: float = 0.0) -> tuple[Array, Array]:
    """Of the 95 % interval: all true differences of which neither p is below 2.5 %.

    ``noise`` is the half of an interval for another source of chance; the halves add up as legs to a hypotenuse.
    """
    low, high = _highest(found._replace(mean=np.stack([-found.mean, found.mean])), noise)
    return -low, high


def _degrees(found: Summed) -> Array:
    return np.maximum(1.0, found.effective - 1)


def _statistics(found: Summed, edge: Array) -> tuple[Array, Array]:
    """How many standard errors the mean lies above the edge, and a p below which no p of so few clusters is."""
    own, larger = _away(found, edge, found.error), _away(found, edge, _implied_error(found, edge))
    larger, none = np.maximum(own, larger), np.zeros_like(found.mean)
    opposite = (found.mean < 0) & (edge > 0)
    least = student_quantile(_all_alike(found, none), _degrees(found))
    t = np.where(opposite, np.minimum(larger, np.maximum(_away(found, none, found.error), least)), larger)
    between = (found.mean <= edge) & (edge <= 0)
    return np.where(between, own, t), np.where(between, _all_alike(found, edge), 0.0)


def _all_alike(found: Summed, edge: Array) -> Array:
    """Chance that all clusters which differ do so downwards, half of it counted: no p of a few clusters is smaller."""
    return np.asarray(0.5 * ((1 - edge) / 2) ** found.moved, np.float64)


def _away(found: Summed, edge: Array, error: Array) -> Array:
    away = found.mean - edge
    certain = np.where(away < 0, -np.inf, np.where(away > 0, np.inf, 0.0))
    return np.where(error > 0, away / np.where(error > 0, error, 1), certain)


def _implied_error(found: Summed, edge: Array) -> Array:
    """Standard error where the mean is the edge: that of the likeliest shares of won and lost items, given those seen.

    With q lost and q + e won, 2 q^2 - (won + lost - e (2 - won + lost)) q - lost e (1 - e) = 0, and an item's variance is
    2 q + e - e^2 (Tango 1998, formulas 7 and 8).
    """
    won, lost = (found.distance + found.mean) / 2, (found.distance - found.mean) / 2
    b, c = edge * (2 - won + lost) - won - lost, -lost * edge * (1 - edge)
    q = (np.sqrt(np.maximum(b**2 - 8 * c, 0)) - b) / 4
    q = np.clip(q, np.maximum(0, -edge), (1 - edge) / 2)
    return np.sqrt(np.maximum(0, 2 * q + edge - edge**2) * found.scale * found.inflation / found.n)


def _each(found: Summed) -> Summed:
    """With room for many edges on the last axis."""
    return Summed(*(part[..., None] for part in found))


def _highest(found: Summed, noise: float) -> Array:
    """The highest edge that goes with the mean."""
    each, steps = _each(found), np.linspace(0, 1, GRID + 1)
    least = student_quantile(TAIL, _degrees(each))
    low, high = np.asarray(found.mean, float), np.ones_like(found.mean)
    for _ in range(ROUNDS):
        edges = low[..., None] + (high - low)[..., None] * steps
        t, alike = _statistics(each, edges)
        goes = (t > least) | (alike > TAIL)
        if noise:
            t = np.maximum(t, np.where(alike > 0, student_quantile(np.maximum(alike, TINY), _degrees(each)), -np.inf))
            goes |= np.hypot(over(least * (edges - each.mean), np.abs(t)), noise) > edges - each.mean
        last = GRID - np.argmax(goes[..., ::-1], axis=-1)
        low, high = (_at(edges, np.minimum(last + more, GRID)) for more in (0, 1))
    return high


def _at(edges: Array, place: NDArray[np.intp]) -> Array:
    return np.take_along_axis(edges, place[..., None], axis=-1)[..., 0]


class Difference(Protocol):
    """A mean difference with its 95 % interval, and a test of any true difference."""

    @property
    def interval(self) -> Interval:
        """Of the questions' chance alone."""

    @property
    def degrees(self) -> float:
        """Of freedom, of its standard error."""

    def below(self, edge: float) -> float:
        """One-sided p of so low a mean where the true difference is the edge."""

    def above(self, edge: float) -> float:
        """One-sided p of so high a mean where the true difference is the edge."""

    def allowing(self, noise: float) -> Interval:
        """The interval that allows for the half of another one, too: see `ends`."""

    def error_at(self, size: float) -> float:
        """Standard error of the mean if the true difference were so large, to either side."""


def difference(values: Sequence[float] | Array, clusters: Clusters, *, within: float | None = 1.0) -> Difference:
    """Of differences that lie between -``within`` and ``within``, or of amounts, which have no such limits (None)."""
    data = clustered(np.asarray(values, float) / (within or 1.0), clusters)
    if within is None or data.lowest < -1 or data.highest > 1:
        return _Amounts(clustered(values, clusters))
    return _Bounded(data, within)


@dataclass(frozen=True)
class _Bounded:
    data: Clustered
    within: float

    @cached_property
    def _summed(self) -> Summed:
        return summed(self.data.sums, self.data.sizes, self.data.told, self.data.squares)

    @cached_property
    def interval(self) -> Interval:
        return self.allowing(0.0)

    @property
    def degrees(self) -> float:
        return float(_degrees(self._summed))

    def below(self, edge: float) -> float:
        return float(p_below(self._summed, edge / self.within))

    def above(self, edge: float) -> float:
        return float(p_above(self._summed, edge / self.within))

    def allowing(self, noise: float) -> Interval:
        low, high = ends(self._summed, noise / self.within)
        found = _named(self.data.interval(low, high, "score t"), noise)
        return replace(found, value=self.within * found.value, low=self.within * found.low, high=self.within * found.high)

    def error_at(self, size: float) -> float:
        """A larger difference than the one seen is one in more items; what clusters do to its variance stays the same."""
        found, size = self._summed, size / self.within
        more = max(0.0, abs(size) - float(abs(found.mean)))
        now, then = (found.scale * found.distance - found.mean**2, found.scale * (found.distance + more) - size**2)
        return self.within * float(found.error * np.sqrt(over(np.maximum(0, then), now)))


@dataclass(frozen=True)
class _Amounts:
    """What did not vary, or was taken once, is taken for exact."""

    data: Clustered

    @cached_property
    def interval(self) -> Interval:
        return amount_interval(self.data, signed=True)

    @property
    def degrees(self) -> float:
        return max(1.0, self.interval.effective - 1)

    @property
    def _exact(self) -> bool:
        return self.data.constant or self.data.count == 1

    def below(self, edge: float) -> float:
        return float(self.data.mean >= edge) if self._exact else float(amount_p(self.data.sums, self.data.sizes, edge))

    def above(self, edge: float) -> float:
        return float(self.data.mean <= edge) if self._exact else float(amount_p(-self.data.sums, self.data.sizes, -edge))

    def allowing(self, noise: float) -> Interval:
        found = self.interval
        low, high = (np.hypot(end - found.value, noise) for end in (found.low, found.high))
        return _named(replace(found, low=found.value - float(low), high=found.value + float(high)), noise)

    def error_at(self, size: float) -> float:  # noqa: ARG002 # it is the same at every size
        return 0.0 if self._exact else self.data.error


def _named(found: Interval, noise: float) -> Interval:
    return replace(found, method=f"{found.method}, with training noise") if noise else found


def signed_interval(values: Sequence[float] | Array, clusters: Clusters, *, within: float = 1.0) -> Interval:
    """95 % interval of the mean of differences, which lie between -``within`` and ``within`` (or else are amounts)."""
    return difference(values, clusters, within=within).interval


def signed_intervals(rows: Array, clusters: Clusters) -> list[Interval]:
    """The same of each of many rows of differences, (rows, items), whose ends are looked for together."""
    data = [clustered(row, clusters) for row in rows]
    if any(each.lowest < -1 or each.highest > 1 for each in data):
        return [signed_interval(row, clusters) for row in rows]
    sums, sizes, told = (np.stack([getattr(each, name) for each in data]) for name in ("sums", "sizes", "told"))
    low, high = ends(summed(sums, sizes, told, np.array([each.squares for each in data])))
    return [each.interval(*both, "score t") for each, both in zip(data, zip(low, high, strict=True), strict=True)]


def measured_interval(values: Sequence[float] | Array, clusters: Clusters, unit: str) -> Interval:
    """95 % interval of the mean of a metric's values, by the unit of the metric."""
    return signed_interval(values, clusters) if unit == "difference" else interval(values, clusters, share=unit == "share")


def paired_difference(
    a: Sequence[float] | Array, b: Sequence[float] | Array, clusters: Clusters, *, share: bool = True
) -> Interval:
    """95 % interval of the mean of ``a[i] - b[i]``: two systems on the same items.

    Pairing removes what the items have in common: Var(a - b) = Var(a) + Var(b) - 2 Cov(a, b).
    """
    return difference(np.asarray(a, float) - np.asarray(b, float), clusters, within=1.0 if share else None).interval
