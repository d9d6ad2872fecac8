"""Which of several systems may be the best: those that are not significantly behind the leader. Pure functions over numbers.

The leader is picked by looking, so the gap between it and another is large by chance more often than one between two systems
that were named beforehand: by a test for two, the last of 12 identical systems is significantly behind the first in two boards of
three. So a gap has to be larger than the largest between *any* two systems that chance alone makes, in 95 of 100 boards on which
all are the same. Such boards are made by flipping the signs of all differences of a cluster together, which keeps how systems go
together. Whoever is behind by that is left out, and the rest is tried again among themselves, until nobody is.

That is the model confidence set of Hansen, Lunde and Nason (2011, Econometrica 79(2), 453-497) with their statistic T_R, in the
step-down manner of Romano and Wolf (2005, Econometrica 73(4), 1237-1282), with sign flips of clusters for a bootstrap; Mogstad,
Romano, Shaikh and Wilhelm (2024, Review of Economic Studies 91(1), 476-518) build their sets of ranks likewise.
docs/explanation/statistics.md has how often it errs, and what it finds. Not taken, on the same draws:

- T_max, which holds each against the mean of all: it calls somebody behind in up to 98 of 100 boards of identical systems where
  right answers are rare;
- Hsu's multiple comparisons with the best (1981, Annals of Statistics 9(5), 1026-1034): of several that are equally good it
  leaves out one in 13 to 30 of 100 boards, as it promises to keep only one best;
- Holm's correction of the comparisons with the leader: the same in 9 to 16;
- Holm's over all pairs, with Student's t: it holds, and finds less.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from proctor.evals.stats.comparison import ALPHA, POWER, Noise
from proctor.evals.stats.intervals import Array

DRAWS = 4_000
"""Boards on which all are the same."""
FARTHEST = 100.0
"""Logarithm of a square that is as good as infinite."""
BLOCK = 100
"""Boards that are made at a time, so that they stay in the processor's cache."""


@dataclass(frozen=True)
class Entrants:
    """What several systems reached on the same items; more is better."""

    sums: Array
    """Of the values of each cluster, (systems, clusters)."""
    errors: Array
    """What training anew changes of each system's total: its standard error, 0 where that is not known or nothing was trained."""
    degrees: Array
    """Its degrees of freedom; 1 where there are none."""

    @classmethod
    def of(cls, sums: Array, noise: Sequence[Noise | None], items: int) -> Entrants:
        """From the noise of each system's mean over so many items."""
        known = [each or Noise(0.0, 1.0) for each in noise]
        return cls(sums, items * np.array([each.error for each in known]), np.array([each.degrees for each in known]))

    @property
    def trained(self) -> bool:
        """Whether anything is known of what training anew changes."""
        return bool(self.errors.any())

    @cached_property
    def squares(self) -> Array:
        """Of each two systems, the sum of their clusters' squared differences."""
        products = np.einsum("ic,jc->ij", self.sums, self.sums)
        own = np.diagonal(products)
        squares: Array = np.maximum(own[:, None] + own - 2 * products, 0.0)
        return squares


@dataclass(frozen=True)
class SimulatedOutcome:
    """How each of the systems stands to the leader."""

    leader: int
    behind: NDArray[np.bool_]
    """Significantly behind it."""
    errors: Array
    """Of the difference of its total from the leader's, the standard error: by the choice of questions and by training."""
    reach: Array
    """How many of them the difference has to exceed: its interval reaches as far, and leaves out 0 exactly where it is behind."""
    more: Array
    """How many times as many clusters would show such a difference with 80 % power; infinite where no number would."""


def against_the_leader(entrants: Entrants) -> SimulatedOutcome:
    """Who is significantly behind the one with the largest total.

    Of systems that are the same, any is called behind in at most 5 % of boards, and all that are the best are left in as many as
    95 %: as exactly as signs of differences may be flipped, and training noise is normal. The same numbers give the same outcome.
    """
    totals = entrants.sums.sum(1)
    leader = int(totals.argmax())
    scores = _scores(entrants, totals[leader] - totals, leader)
    behind, critical, chance = np.zeros(len(totals), bool), np.zeros(len(totals)), _Chance.of(entrants)
    while True:
        left = np.flatnonzero(~behind)
        critical[left] = chance.largest(left) if len(left) > 1 else 0.0
        found = left[(scores[left] > critical[left]) & (left != leader)]
        if not len(found):
            break
        behind[found] = True
    parts, degrees = _parts(entrants, totals[leader] - totals, leader)
    reach = _in_errors(critical, _freedom(parts, degrees))
    more = _more(totals[leader] - totals, parts, reach)
    return SimulatedOutcome(leader, behind, np.sqrt(sum(parts[1:], parts[0])), reach, more)


@dataclass(frozen=True)
class _Chance:
    """Boards of systems that are all the same, each made by flipping the signs of clusters and drawing the noise of training."""

    entrants: Entrants
    totals: Array
    """By the choice of questions, (boards, systems)."""
    noisy: Array
    """With the noise of training."""
    shown: Array
    """The variance that training would show."""

    @classmethod
    def of(cls, entrants: Entrants) -> _Chance:
        systems, clusters = entrants.sums.shape
        rng = np.random.default_rng(clusters)
        totals = np.concatenate([np.einsum("rc,sc->rs", signs, entrants.sums) for signs in _signs(rng, clusters)])
        totals = totals if clusters > 1 else np.zeros_like(totals)  # one cluster does not show what questions change
        if not entrants.trained:
            return cls(entrants, totals, totals, np.zeros_like(totals))
        noise = entrants.errors * rng.standard_normal((DRAWS, systems))
        shown = entrants.errors**2 * rng.chisquare(entrants.degrees, (DRAWS, systems)) / entrants.degrees
        return cls(entrants, totals, totals + noise, shown)

    def largest(self, some: NDArray[np.intp]) -> float:
        """What the largest difference of any two of some systems stays below on 95 % of the boards, as a score."""
        one, other = (some[places] for places in np.triu_indices(len(some), 1))
        blocks = (slice(start, start + BLOCK) for start in range(0, DRAWS, BLOCK))
        largest = np.sort(np.concatenate([self._largest(block, one, other) for block in blocks]))
        place = int(np.ceil((1 - ALPHA) * (DRAWS + 1))) - 1
        return float(largest[place]) * (1 + 1e-9)  # rounding may take that much away from an equal one

    def _largest(self, block: slice, one: NDArray[np.intp], other: NDArray[np.intp]) -> Array:
        clusters, squares = self.entrants.sums.shape[1], self.entrants.squares[one, other]
        gaps = self.totals[block, one] - self.totals[block, other]
        if not self.entrants.trained:  # all have the same degrees of freedom, so the largest by this is the largest score
            ratio = (gaps**2 / np.where(squares > 0, squares, 1.0)).max(1)
            return _score(np.sqrt(ratio), [_variance(np.sqrt(ratio), np.ones(1), clusters)], [clusters - 1])
        parts = (_variance(gaps, squares, clusters), self.shown[block, one], self.shown[block, other])
        degrees = (clusters - 1, self.entrants.degrees[one], self.entrants.degrees[other])
        scores = _score(np.abs(self.noisy[block, one] - self.noisy[block, other]), parts, degrees)
        largest: Array = scores.max(1)
        return largest


def _signs(rng: np.random.Generator, clusters: int) -> Iterator[Array]:
    """Signs of clusters, some boards at a time. No `@` adds them up: its order differs from machine to machine."""
    for _ in range(DRAWS // BLOCK):
        drawn = rng.integers(0, 256, (BLOCK, -(-clusters // 8)), np.uint8)
        yield np.unpackbits(drawn, axis=1, count=clusters).astype(np.float64) * 2 - 1


def _scores(entrants: Entrants, gaps: Array, leader: int) -> Array:
    """Of the differences from the leader."""
    parts, degrees = _parts(entrants, gaps, leader)
    return _score(gaps, parts, degrees)


def _parts(entrants: Entrants, gaps: Array, leader: int) -> tuple[tuple[Array, ...], tuple[Array | int, ...]]:
    """The variances of these differences by the choice of questions and by either's training, and their degrees of freedom."""
    clusters, training = entrants.sums.shape[1], entrants.errors**2
    questions = _variance(gaps, entrants.squares[leader], clusters)
    parts = (questions, training, np.full(len(gaps), training[leader]))
    return parts, (clusters - 1, entrants.degrees, np.full(len(gaps), entrants.degrees[leader]))


def _variance(difference: Array, squares: Array, clusters: int) -> Array:
    """Of a total of differences: that of Student's t of the clusters' sums; none of a single cluster, which shows none."""
    if clusters == 1:
        return np.zeros_like(difference)
    return np.maximum(clusters * squares - difference**2, 1e-12 * squares) / (clusters - 1)


def _score(gap: Array, parts: Sequence[Array], degrees: Sequence[Array | int]) -> Array:
    """A difference in standard errors, as a normal one that is as rare (Wallace 1959, Ann. Math. Statist. 30(4), 1124-1130)."""
    variance = sum(parts[1:], parts[0])
    freedom = _freedom(parts, degrees)
    some = variance > 0
    t2 = np.where(some, gap**2 / np.where(some, variance, 1.0), 0.0)
    scores = np.sqrt(freedom * np.log1p(t2 / freedom)) * (8 * freedom + 1) / (8 * freedom + 3)
    return np.where(gap > 0, scores, 0.0)


def _freedom(parts: Sequence[Array], degrees: Sequence[Array | int]) -> Array:
    """Satterthwaite's degrees of freedom of a sum of variances; 1 where there is none."""
    total, split = (
        sum(parts[1:], parts[0]),
        sum((part**2 / np.maximum(1, d) for part, d in zip(parts, degrees, strict=True)), 0.0),
    )
    some = np.asarray(split) > 0
    return np.where(some, total**2 / np.where(some, split, 1.0), 1.0)


def _in_errors(scores: Array, freedom: Array) -> Array:
    """How many standard errors are as rare as a score, the other way round than `_score`."""
    exponent = (scores * (8 * freedom + 3) / (8 * freedom + 1)) ** 2 / freedom
    reach: Array = np.sqrt(freedom * np.expm1(np.minimum(exponent, FARTHEST)))
    return reach


def _more(gaps: Array, parts: Sequence[Array], reach: Array) -> Array:
    """Solves (reach + z(.80))^2 (q / f + t) = gap^2 for f: more questions reduce their own part of the variance."""
    from scipy.special import ndtri

    questions, *training = parts
    room = (gaps / (reach + ndtri(POWER))) ** 2 - sum(training)
    return np.where(room > 0, questions / np.where(room > 0, room, 1.0), np.inf)
