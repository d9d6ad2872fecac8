"""Which of two is better, item by item, and how sure that is. Pure functions over numbers.

Two systems answer the same questions, so what counts is the difference on each question, and questions of one
cluster (one document, say) count together: a test that treats them as independent raises many times the false
alarms that it promises (Miller 2024, arXiv:2411.00640).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from proctor.core.schema import Better
from proctor.evals.stats.differences import TINY, Difference, difference, signed_interval
from proctor.evals.stats.intervals import Array, Interval, student_quantile, t_quantile

Verdict = Literal["better", "worse", "tied", "inconclusive"]
VERDICTS: tuple[str, ...] = get_args(Verdict)

ALPHA, POWER = 0.05, 0.8
LEVEL = ALPHA / 2
"""Of a one-sided test that agrees with the 95 % interval."""


class Values(NamedTuple):
    """One system's value for each item, as three arrays of one length. Names or codes of items and clusters are used alike."""

    items: NDArray[Any]
    """In order, each once."""
    values: Array
    clusters: NDArray[Any]


def common(*sides: Values) -> tuple[list[Array], NDArray[Any]]:
    """Each side's values of the items that all have, in the items' order, and these items' clusters as the last side has them."""
    items = reduce(lambda mine, theirs: np.intersect1d(mine, theirs, assume_unique=True), (side.items for side in sides))
    places = [np.searchsorted(side.items, items) for side in sides]
    return [side.values[place] for side, place in zip(sides, places, strict=True)], sides[-1].clusters[places[-1]]


ANYWHERE = (-np.inf, np.inf)
"""Limits of what has none by nature."""


@dataclass(frozen=True)
class Noise:
    """What training anew with other seeds does to a difference: its standard error, and its degrees of freedom."""

    error: float
    degrees: float

    @property
    def reach(self) -> float:
        """Half of its own 95 % interval."""
        return t_quantile(1 - LEVEL, self.degrees) * self.error


def training_noise(*sides: Sequence[float], beside: Sequence[Sequence[float]] = ()) -> Noise | None:
    """Of one mean, or of the difference of two of one kind, from the means of each side's seeds; None where none has two.

    Two sides share one variance, so that the seeds of one tell of the other too, as do those of others of the kind ``beside``.
    """
    told = [side for side in (*sides, *beside) if side]
    degrees = sum(len(side) - 1 for side in told)
    if degrees < 1 or not all(sides):
        return None
    squares = sum(float(np.square(np.subtract(side, np.mean(side))).sum()) for side in told)
    return Noise(float(np.sqrt(squares / degrees * sum(1 / len(side) for side in sides))), degrees)


def joint_noise(mine: Noise | None, theirs: Noise | None) -> Noise | None:
    """Of the difference of two means of different kinds, of which one may not be trained at all."""
    if mine is None or theirs is None or not mine.error or not theirs.error:
        return theirs if mine is None or not mine.error else mine
    return Noise(*_together((mine.error, mine.degrees), theirs))


@dataclass(frozen=True)
class Sampling:
    """What chance does to a difference: that of the questions, and that of training where it is known."""

    questions: Difference
    noise: Noise | None = None

    def below(self, edge: float) -> float:
        """One-sided p of so low a difference where the true one is ``edge``."""
        return self._joint(self.questions.below(edge), edge)

    def above(self, edge: float) -> float:
        """One-sided p of so high a difference where the true one is ``edge``."""
        return self._joint(self.questions.above(edge), edge)

    def two_sided(self, edge: float) -> float:
        """How often chance alone takes the difference as far from a true one that is ``edge``, to either side."""
        return min(1.0, 2 * min(self.below(edge), self.above(edge)))

    def _joint(self, p: float, edge: float) -> float:
        """The p at which the halves of both intervals, as legs of a right triangle, reach as far as the edge.

        As `widened` has it: a pooled variance with Satterthwaite's degrees of freedom rejects too often where the part with few
        degrees comes out small by chance.
        """
        away = abs(self.questions.interval.value - edge)
        if not self.noise or not self.noise.error or p >= 0.5:
            return p
        error = away / -t_quantile(max(p, TINY), self.questions.degrees)
        low, high = np.log(TINY), np.log(0.5)
        for _ in range(50):
            middle = (low + high) / 2
            legs = (self._t(middle, self.questions.degrees) * error, self._t(middle, self.noise.degrees) * self.noise.error)
            reach = np.hypot(*legs)
            low, high = (low, middle) if reach < away else (middle, high)
        return float(np.exp(high))

    @staticmethod
    def _t(log_p: float, degrees: float) -> float:
        return -float(student_quantile(float(np.exp(log_p)), np.array(degrees)))

    def more(self, edge: float, level: float = LEVEL) -> float | None:
        """How many times as many questions would set the difference apart from ``edge``, if it stays what it is.

        None where no number would: it is the edge itself, or training noise alone reaches as far.
        """
        from scipy.special import ndtri

        away = abs(self.questions.interval.value - edge)
        p = min(self.questions.below(edge), self.questions.above(edge))
        noise = -t_quantile(level, self.noise.degrees) * self.noise.error if self.noise and self.noise.error else 0.0
        if not p < 0.5 or noise >= away:
            return None
        return float((ndtri(level) / ndtri(max(p, TINY))) ** 2 * away**2 / (away**2 - noise**2))


@dataclass(frozen=True)
class Comparison:
    """One of two (``mine``) against the other (``theirs``), in one metric, over the items that both have."""

    n: int
    clusters: int
    unpaired: int
    """Items that only one of the two has."""
    mine: float
    theirs: float
    difference: Interval
    """Of the means, mine less theirs."""
    p: float
    """Two-sided: how often chance alone makes a difference as large; below .05 exactly where the interval leaves out 0."""
    test: str
    sampling: Sampling | None
    """What any other true difference is tested with; None where the figures do not tell how far chance takes them."""

    @property
    def few(self) -> bool:
        """Whether it rests on so few effective clusters of items that no two systems are called apart, whatever p says."""
        return self.n > 1 and self.difference.few

    def below(self, edge: float) -> float:
        """One-sided p of so low a difference where the true one is ``edge`` or higher; 1 where that cannot be tested."""
        return self.sampling.below(edge) if self.sampling else 1.0

    def above(self, edge: float) -> float:
        """One-sided p of so high a difference where the true one is ``edge`` or lower; 1 where that cannot be tested."""
        return self.sampling.above(edge) if self.sampling else 1.0

    def allowing(self, noise: Noise | None) -> Comparison:
        """The same with other training noise; nothing changes where there is none, or no test, or it is allowed for already."""
        if not noise or not noise.error or not self.sampling or noise == self.sampling.noise:
            return self
        sampling = replace(self.sampling, noise=noise)
        return replace(self, difference=sampling.questions.allowing(noise.reach), p=sampling.two_sided(0.0), sampling=sampling)

    @property
    def detectable(self) -> float | None:
        """The smallest true difference that this comparison would have found with 80 % power; None if none was seen."""
        return self.detectable_beyond(0.0, LEVEL)

    def detectable_beyond(self, edge: float, level: float) -> float | None:
        """The same of a difference that is farther from 0 than ``edge``, by a one-sided test at ``level``."""
        return detectable(self.sampling, edge, level) if self.sampling else None


def compare(mine: Values, theirs: Values, *, share: bool = True, noise: Noise | None = None) -> Comparison | None:
    """Compare over the common items, in the clusters that ``mine`` has them in; None if there are none.

    With ``noise`` the interval and p allow for training as well as for the choice of questions.
    """
    (others, ours), groups = common(theirs, mine)
    if not len(ours):
        return None
    found = difference(ours - others, groups, within=1.0 if share else None)
    sampling = Sampling(found, noise)
    whole = found.allowing(noise.reach) if noise and noise.error else found.interval
    return Comparison(
        n=len(ours),
        clusters=whole.clusters,
        unpaired=len(mine.items) + len(theirs.items) - 2 * len(ours),
        mine=float(ours.mean()),
        theirs=float(others.mean()),
        difference=whole,
        p=sampling.two_sided(0.0),
        test=whole.method,
        sampling=sampling,
    )


def _together(questions: tuple[float, float], noise: Noise) -> tuple[float, float]:
    """One standard error from both, and Satterthwaite's degrees of freedom."""
    parts = [(error**2, degrees) for error, degrees in (questions, (noise.error, noise.degrees)) if degrees]
    variance = sum(v for v, _ in parts)
    return float(np.sqrt(variance)), variance**2 / sum(v**2 / degrees for v, degrees in parts)


def widened(found: Interval, noise: Noise | None, within: tuple[float, float] = ANYWHERE) -> Interval:
    """The interval when training is done anew as well; ``within`` the limits that the metric has by nature."""
    if not noise or not noise.error:
        return found
    least, most = within
    low = max(least, found.value - float(np.hypot(found.value - found.low, noise.reach)))
    high = min(most, found.value + float(np.hypot(found.high - found.value, noise.reach)))
    return replace(found, low=low, high=high, method=f"{found.method}, with training noise")


def detectable(sampling: Sampling, edge: float, level: float) -> float | None:
    """Smallest true difference beyond ``edge`` that a one-sided test at ``level`` finds with 80 % power.

    That is (t(1 - level) + t(.80)) standard errors beyond it: the sample-size formula of Miller 2024 (arXiv:2411.00640,
    section 5), solved for the difference. The standard error is what it would be at that difference, which more items would show.
    """
    found = sampling.questions
    reach, size = 0.0, edge
    for _ in range(8):
        error, degrees = found.error_at(size), found.degrees
        if sampling.noise and sampling.noise.error:
            error, degrees = _together((error, degrees), sampling.noise)
        reach = (t_quantile(1 - level, degrees) + t_quantile(POWER, degrees)) * error
        size = edge + reach
    return size if reach else None


def verdict(found: Comparison | None, better: Better, *, p: float, margin: float, alpha: float, min_pairs: int) -> Verdict:
    """What a comparison says of mine, at a ``p`` that was corrected for how many were made.

    ``tied`` is a finding of its own: the whole interval lies within the margin. What is neither is inconclusive.
    """
    if found is None or found.n < min_pairs:
        return "inconclusive"
    gain = found.difference.value if better == "higher" else -found.difference.value
    if p < alpha and gain:
        return "better" if gain > 0 else "worse"
    tied = -margin <= found.difference.low and found.difference.high <= margin
    return "tied" if tied else "inconclusive"


def corrected(ps: Sequence[float], method: Literal["holm", "bh", "none"]) -> list[float]:
    """Each p corrected for their number: Holm keeps any false alarm rare, Benjamini-Hochberg their share of the alarms.

    Holm 1979, Scandinavian Journal of Statistics 6(2), 65-70; Benjamini and Hochberg 1995, Journal of the Royal Statistical
    Society B 57(1), 289-300. SciPy has only the second, in a module that takes half a second to load; statsmodels' collect all
    garbage first.
    """
    if method == "none" or not ps:
        return list(ps)
    if method == "bh":
        return _benjamini_hochberg(np.asarray(ps, float))
    order = np.argsort(ps)
    stepped = np.maximum.accumulate(np.asarray(ps, float)[order] * np.arange(len(ps), 0, -1))
    return [float(p) for p in np.minimum(1.0, stepped)[np.argsort(order)]]


def _benjamini_hochberg(ps: Array) -> list[float]:
    """Each p times their number over its rank, or what comes of a larger p, if that is less."""
    order = np.argsort(ps)
    scaled = ps[order] * (len(ps) / np.arange(1, len(ps) + 1))
    stepped = np.minimum.accumulate(scaled[::-1])[::-1]
    return [float(p) for p in np.minimum(1.0, stepped)[np.argsort(order)]]


def contrast(parts: Sequence[tuple[float, Values]]) -> Interval | None:
    """Interval of a weighted sum of systems' shares, item by item; None if no item has a value in all of them.

    With weights 1, -1, -1, 1 for (both, adapted, retrieving, neither) it is what the two together add beyond their sum.
    """
    columns, clusters = common(*(values for _, values in parts))
    if not len(clusters):
        return None
    mixed = np.zeros(len(clusters))
    for (weight, _), column in zip(parts, columns, strict=True):
        mixed += weight * column
    return signed_interval(mixed, clusters, within=sum(abs(weight) for weight, _ in parts) / 2)
