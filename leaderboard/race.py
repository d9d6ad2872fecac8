"""How far each of several systems is from the best of them, over the same items.

Two are compared by the test that compares any two; more by one that counts how many the best was picked from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from math import hypot, isfinite

import numpy as np

from evals.best import Entrants, Outcome, against_the_leader
from evals.comparison import ALPHA, ANYWHERE, Comparison, Noise, Values, compare, joint_noise
from evals.statistics import Array, Clustered, Interval, clustered
from leaderboard.records import Codes

ROUNDING = 1e-12
"""Of totals that are as good as equal."""


@dataclass(frozen=True)
class Gap:
    """The mean of one system less that of the best."""

    interval: Interval
    """It allows for the best having been picked, and leaves out 0 exactly where ``behind``."""
    behind: bool
    """Significantly."""
    more: float | None
    """How many times as many questions would show such a gap, with 80 % power; None where no number would."""


@dataclass(frozen=True)
class Race:
    """Systems over the items that all have."""

    values: Array
    """(systems, items)"""
    clusters: Codes
    """The cluster of each item."""
    noise: Sequence[Noise | None]
    """What training each system anew changes of its mean."""
    share: bool
    """Whether 0 and 1 are outcomes rather than amounts."""
    higher: bool
    """Whether more is better."""

    @cached_property
    def totals(self) -> Array:
        """Of each system, so that more is better."""
        totals: Array = self._better.sum(1)
        return totals

    @property
    def _better(self) -> Array:
        return self.values if self.higher else -self.values

    def is_best(self, place: int) -> bool:
        """Whether a system has the best mean, alone or with others."""
        return bool(self.totals[place] >= self.totals.max() - ROUNDING * np.abs(self.totals).max())

    def gap(self, place: int) -> Gap:
        """How a system that is not the best stands to it."""
        return self._of_two(place) if len(self.values) == 2 else self._of_many(place)

    def _of_two(self, place: int) -> Gap:
        """By the same test as any two systems that are named: there is no other to pick."""
        items = np.arange(self.values.shape[1])
        mine, best = (Values(items, self.values[row], self.clusters) for row in (place, 1 - place))
        found = compare(mine, best, share=self.share, noise=reduce(joint_noise, self.noise))
        assert found  # noqa: S101 # there are items in common
        behind = _counted(found.difference) or (found.p < ALPHA and not found.few)
        return Gap(_around_zero(found.difference, behind=behind), behind, _more(found))

    def _of_many(self, place: int) -> Gap:
        found = self._interval(place)
        behind = _counted(found) or (bool(self.outcome.behind[place]) and not (found.few and found.n > 1))
        more = float(self.outcome.more[place])
        return Gap(_around_zero(found, behind=behind), behind, more if isfinite(more) else None)

    @cached_property
    def outcome(self) -> Outcome:
        """By the test for many."""
        return against_the_leader(Entrants.of(_sums(self._better, self.clusters), self.noise, self.values.shape[1]))

    def _interval(self, place: int) -> Interval:
        """The difference from the leader, with an interval that reaches as many standard errors as the test asks for.

        The test's own error is that of clusters without a difference. Where there is one, larger clusters hold more of it, which
        adds to their spread and tells nothing of the mean's error.
        """
        outcome = self.outcome
        found = clustered(self.values[place] - self.values[outcome.leader], self.clusters)
        if found.n == 1 and not self.share and not outcome.errors[place]:
            return found.interval(found.mean, found.mean, "exact")
        least, most = (-1.0, 1.0) if self.share else ANYWHERE
        reach = float(outcome.reach[place] * min(outcome.errors[place] / found.n, self._error(found, place)))
        low, high = max(least, found.mean - reach), min(most, found.mean + reach)
        return found.interval(low, high, f"step-down sign flips, {len(self.values)} systems")

    def _error(self, found: Clustered, place: int) -> float:
        """Standard error of the mean difference from the leader: by the choice of questions and by either's training."""
        training = (self.noise[place], self.noise[self.outcome.leader])
        return hypot(found.error if found.count > 1 else 0.0, *(noise.error for noise in training if noise))


def _counted(gap: Interval) -> bool:
    """Whether both sides are counted, so that the gap is known without an error."""
    return gap.n == 1 and gap.method == "exact"


def _around_zero(gap: Interval, *, behind: bool) -> Interval:
    """What is not significant may be nothing."""
    return gap if behind else replace(gap, low=min(gap.low, 0.0), high=max(gap.high, 0.0))


def _more(found: Comparison) -> float | None:
    return found.sampling.more(0.0) if found.sampling else None


def _sums(values: Array, clusters: Codes) -> Array:
    """Of each system and cluster, in the order of each cluster's first item."""
    _, first, which = np.unique(clusters, return_index=True, return_inverse=True)
    order = np.argsort(np.argsort(first))
    return np.stack([np.bincount(order[which], weights=row) for row in values])
