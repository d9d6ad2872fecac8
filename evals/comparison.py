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

from evals.schema import Better
from evals.sign_flips import FLIPS, flipped_sums
from evals.statistics import (
    Array,
    Clusters,
    Interval,
    cluster_sums,
    paired_difference,
    signed_interval,
    standard_error,
    t_quantile,
)

Verdict = Literal["better", "worse", "tied", "inconclusive"]
VERDICTS: tuple[str, ...] = get_args(Verdict)

ALPHA, POWER = 0.05, 0.8
ENUMERATED = 13
"""Clusters with a difference, up to which all signs are tried: 2^13 is about as many as are drawn otherwise."""


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


def training_noise(*sides: Sequence[float]) -> Noise | None:
    """Of one mean, or of the difference of two of one kind, from the means of each side's seeds; None where none has two.

    Two sides share one variance, so that the seeds of one tell of the other too.
    """
    degrees = sum(len(side) - 1 for side in sides)
    if degrees < 1:
        return None
    squares = sum(float(np.square(np.subtract(side, np.mean(side))).sum()) for side in sides)
    return Noise(float(np.sqrt(squares / degrees * sum(1 / len(side) for side in sides))), degrees)


def joint_noise(mine: Noise | None, theirs: Noise | None) -> Noise | None:
    """Of the difference of two means of different kinds, of which one may not be trained at all."""
    if mine is None or theirs is None or not mine.error or not theirs.error:
        return theirs if mine is None or not mine.error else mine
    return Noise(*_together((mine.error, mine.degrees), theirs))


@dataclass(frozen=True)
class Comparison:
    """One of two (``mine``) against the other (``theirs``), in one measure, over the items that both have."""

    n: int
    clusters: int
    unpaired: int
    """Items that only one of the two has."""
    mine: float
    theirs: float
    difference: Interval
    """Of the means, mine less theirs."""
    p: float
    """Two-sided: how often chance alone makes a difference as large."""
    test: str
    effect: float | None
    """Mean difference in standard deviations of a cluster's difference (Cohen's d_z); None if all are the same."""
    detectable: float | None
    """The smallest true difference that this comparison would have found with 80 % power; None if none was seen."""

    @property
    def few(self) -> bool:
        """Whether it rests on so few effective clusters of items that no two systems are called apart, whatever p says."""
        return self.n > 1 and self.difference.few


def compare(mine: Values, theirs: Values, *, share: bool = True, noise: Noise | None = None) -> Comparison | None:
    """Compare over the common items; None if there are none.

    With ``noise`` the interval and p allow for training as well as for the choice of questions.
    """
    (ours, others), groups = common(mine, theirs)
    if not len(ours):
        return None
    sums = cluster_sums(ours - others, groups)
    difference = paired_difference(ours, others, groups, share=share)
    exact = difference.method == "exact" and difference.value != 0
    p, test = (0.0, "exact") if exact else significance(sums, alone=len(sums) == len(ours))
    error, degrees = standard_error(ours - others, groups)
    if noise and noise.error:
        p, test = max(p, _two_sources(difference.value, (error, degrees), noise)), f"{test}, with training noise"
        difference = widened(difference, noise, within=(-1.0, 1.0) if share else ANYWHERE)
    spread = float(sums.std(ddof=1)) if len(sums) > 1 else 0.0
    return Comparison(
        n=len(ours),
        clusters=len(sums),
        unpaired=len(mine.items) + len(theirs.items) - 2 * len(ours),
        mine=float(ours.mean()),
        theirs=float(others.mean()),
        difference=difference,
        p=p,
        test=test,
        effect=float(sums.mean()) / spread if spread else None,
        detectable=detectable(ours - others, groups, noise),
    )


def significance(sums: Array, *, alone: bool) -> tuple[float, str]:
    """Two-sided p of the clusters' summed differences, and the test's name; ``alone``: every cluster is a single item.

    Without an effect each cluster's difference is as likely to have the other sign. McNemar's exact test is that for
    single items that differ by 1 or not at all; ``sign flips`` is that for all others, over all signs or 10,000 drawn.
    """
    moved = sums[sums != 0]
    if not len(moved):
        return 1.0, "no difference"
    if alone and bool((np.abs(moved) == 1).all()):
        from scipy.stats import binomtest

        return float(binomtest(int((moved > 0).sum()), len(moved)).pvalue), "mcnemar"
    if len(moved) <= ENUMERATED:
        signs = 1.0 - 2.0 * ((np.arange(2 ** len(moved))[:, None] >> np.arange(len(moved))) & 1)
        return float(_as_large(np.einsum("rc,c->r", signs, moved), moved).mean()), "sign flips, all"
    return float((1 + _as_large(flipped_sums(moved), moved).sum()) / (1 + FLIPS)), "sign flips"


def _as_large(totals: Array, moved: Array) -> NDArray[np.bool_]:
    least = abs(moved.sum()) - 1e-9 * np.abs(moved).sum()  # rounding may take that much away
    return np.asarray(np.abs(totals) >= least)


def _two_sources(difference: float, questions: tuple[float, float], noise: Noise) -> float:
    """Two-sided p of Welch's t with the errors of questions and of training."""
    from scipy.special import stdtr

    error, degrees = _together(questions, noise)
    return float(2 * stdtr(degrees, -abs(difference) / error))


def _together(questions: tuple[float, float], noise: Noise) -> tuple[float, float]:
    """One standard error from both, and Satterthwaite's degrees of freedom."""
    parts = [(error**2, degrees) for error, degrees in (questions, (noise.error, noise.degrees)) if degrees]
    variance = sum(v for v, _ in parts)
    return float(np.sqrt(variance)), variance**2 / sum(v**2 / degrees for v, degrees in parts)


def widened(found: Interval, noise: Noise | None, within: tuple[float, float] = ANYWHERE) -> Interval:
    """The interval when training is done anew as well; ``within`` the limits that the measure has by nature."""
    if not noise or not noise.error:
        return found
    reach = t_quantile(1 - ALPHA / 2, noise.degrees) * noise.error
    least, most = within
    low = max(least, found.value - float(np.hypot(found.value - found.low, reach)))
    high = min(most, found.value + float(np.hypot(found.high - found.value, reach)))
    return replace(found, low=low, high=high, method=f"{found.method}, with training noise")


def detectable(differences: Array, clusters: Clusters, noise: Noise | None = None) -> float | None:
    """Smallest true mean difference found at 5 % with 80 % power: (t(.975) + t(.80)) standard errors.

    The sample-size formula of Miller 2024 (arXiv:2411.00640, section 5), solved for the difference.
    """
    error, degrees = standard_error(differences, clusters)
    if noise and noise.error:
        error, degrees = _together((error, degrees), noise)
    if not error:
        return None
    return (t_quantile(1 - ALPHA / 2, degrees) + t_quantile(POWER, degrees)) * error


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
    """Each p corrected for their number: Holm keeps any false alarm rare, Benjamini-Hochberg their share of the alarms."""
    if method == "none" or not ps:
        return list(ps)
    from statsmodels.stats.multitest import multipletests

    return [float(p) for p in multipletests(ps, method={"holm": "holm", "bh": "fdr_bh"}[method])[1]]


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
