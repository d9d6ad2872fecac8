"""A judged mean put right by a few labels from people: prediction-powered inference (Angelopoulos et al. 2023, Science 382)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evals.schema import InputError
from evals.statistics import CONFIDENCE, Interval

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
    try:
        from ppi_py import ppi_mean_ci, ppi_mean_pointestimate
    except ImportError as error:
        raise InputError("labels from people need one library more: install '.[people]' beside 'cpu' or 'gpu'") from error
    said, predicted = (np.array(column, float) for column in zip(*labelled, strict=True))
    others = np.array(judged, float)
    value = float(np.clip(ppi_mean_pointestimate(said, predicted, others)[0], 0, 1))
    low, high = (float(np.clip(end[0], 0, 1)) for end in ppi_mean_ci(said, predicted, others, alpha=1 - CONFIDENCE))
    n = len(said) + len(others)
    return Interval(value, low, high, n, n, "prediction-powered")
