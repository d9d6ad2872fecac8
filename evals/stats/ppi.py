"""A judged mean put right by a few labels from people: prediction-powered inference (Angelopoulos et al. 2023, Science 382)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from proctor.core import extras
from proctor.evals.stats.differences import paired_difference
from proctor.evals.stats.intervals import CONFIDENCE, Array, Interval, interval

FEWEST = 20
"""Labels from which the interval, which leans on the normal distribution, is worth showing."""


def corrected(labelled: Sequence[tuple[float, float]], judged: Sequence[float]) -> Interval | None:
    """What people would say on average: the judge's mean, moved by how far the judge was off where people looked.

    ``labelled`` has what a person said and what the judge said, for items drawn at random; ``judged`` what the judge said of
    the others. None with fewer than 20 labels, or with nothing to carry them over to. Items count as independent.

    Raises:
        InputError: the library that does this is not installed.
    """
    if len(labelled) < FEWEST or not judged:
        return None
    extras.require({"the correction by labels from people": ["ppi_py"]})
    from ppi_py import ppi_mean_ci, ppi_mean_pointestimate

    said, predicted = (np.array(column, float) for column in zip(*labelled, strict=True))
    others = np.array(judged, float)
    if np.ptp(said - predicted) == 0:
        return _never_varied(said, predicted, others)
    value = float(np.clip(ppi_mean_pointestimate(said, predicted, others)[0], 0, 1))
    low, high = (float(np.clip(end[0], 0, 1)) for end in ppi_mean_ci(said, predicted, others, alpha=1 - CONFIDENCE))
    n = len(said) + len(others)
    return Interval(value, low, high, n, n, "prediction-powered", n)


def _never_varied(said: Array, predicted: Array, others: Array) -> Interval:
    """Where the judge was off by the same on every label, the formula would claim certainty: both sources' own doubts, added.

    That a judge was right forty times of forty leaves room for being wrong in one of ten.
    """
    judged = interval(others.tolist(), [str(place) for place in range(len(others))])
    off = paired_difference(said.tolist(), predicted.tolist(), [str(place) for place in range(len(said))])
    low, high = max(0.0, judged.low + off.low), min(1.0, judged.high + off.high)
    value = min(high, max(low, judged.value + float(np.mean(said - predicted))))
    n = len(said) + len(others)
    return Interval(value, low, high, n, n, "prediction-powered, without variation", n)
