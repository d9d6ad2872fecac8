"""How far each of several systems is from the best of them, over the same items.

Two are compared by the test that compares any two; more by one that counts how many the best was picked from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import hypot, inf, isfinite

import numpy as np

from proctor.evals.stats.best import Entrants, SimulatedOutcome, against_the_leader
from proctor.evals.stats.comparison import ALPHA, ANYWHERE, Comparison, Noise, Values, compare, joint_noise
from proctor.evals.stats.intervals import Array, Clustered, Interval, clustered, shown_error
from proctor.leaderboard.runs.records import Codes

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
        found = self._against_the_best(place)
        behind = _counted(found.difference) or (found.p < ALPHA and not found.few)
        return Gap(found.difference, behind, found.sampling.more(0.0) if found.sampling else None)

    def _of_many(self, place: int) -> Gap:
        """By that test, too: what two systems by themselves do not show, no correction for many can show."""
        alone, behind = self._of_two(place), bool(self.outcome.behind[place])
        if _counted(alone.interval):
            return alone
        joint = self._interval(place, behind=behind)
        low, high = min(alone.interval.low, joint.low), max(alone.interval.high, joint.high)
        more = max(alone.more or inf, float(self.outcome.more[place]))
        return Gap(replace(joint, low=low, high=high), behind and alone.behind, more if isfinite(more) else None)

    def _against_the_best(self, place: int) -> Comparison:
        items, best = np.arange(self.values.shape[1]), int(self.totals.argmax())
        mine, theirs = (Values(items, self.values[row], self.clusters) for row in (place, best))
        found = compare(mine, theirs, share=self.share, noise=joint_noise(self.noise[place], self.noise[best]))
        assert found  # noqa: S101 # there are items in common
        return found

    @cached_property
    def outcome(self) -> SimulatedOutcome:
        """By the test for many."""
        return against_the_leader(Entrants.of(_sums(self._better, self.clusters), self.noise, self.values.shape[1]))

    def _interval(self, place: int, *, behind: bool) -> Interval:
        """The difference from the leader, with an interval that reaches as many standard errors as the test asks for.

        The test's own error is that of clusters without a difference. Where there is one, larger clusters hold more of it, which
        adds to their spread and tells nothing of the mean's error.
        """
        outcome = self.outcome
        found = clustered(self.values[place] - self.values[outcome.leader], self.clusters)
        least, most = (-1.0, 1.0) if self.share else ANYWHERE
        error = outcome.errors[place] / found.n
        reach = float(outcome.reach[place] * (min(error, self._error(found, place)) if behind else error))
        low, high = max(least, found.mean - reach), min(most, found.mean + reach)
        return found.interval(low, high, f"step-down sign flips, {len(self.values)} systems")

    def _error(self, found: Clustered, place: int) -> float:
        """Standard error of the mean difference from the leader: by the choice of questions and by either's training."""
        training = (self.noise[place], self.noise[self.outcome.leader])
        questions = float(shown_error(found.sums - found.mean * found.sizes, found.sizes)) if found.count > 1 else 0.0
        return hypot(questions, *(noise.error for noise in training if noise))


def _counted(gap: Interval) -> bool:
    """Whether both sides are counted, so that the gap is known without an error."""
    return gap.n == 1 and gap.method == "exact"


def _sums(values: Array, clusters: Codes) -> Array:
    """Of each system and cluster, in the order of each cluster's first item."""
    _, first, which = np.unique(clusters, return_index=True, return_inverse=True)
    order = np.argsort(np.argsort(first))
    return np.stack([np.bincount(order[which], weights=row) for row in values])
