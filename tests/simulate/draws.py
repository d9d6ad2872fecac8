"""Data whose truth is known: right and wrong answers of systems to questions in clusters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from proctor.evals.stats.intervals import Array

SYSTEMS_SHARE = 0.2
"""Of the variance of what makes an answer right: one system's own, common to a cluster's questions."""


def clusters(count: int, each: int) -> NDArray[np.intp]:
    """The cluster of each question, where all have as many."""
    return np.repeat(np.arange(count), each)


def zipf(count: int, largest: int) -> NDArray[np.intp]:
    """The same where the largest has so many, and each other as many as its rank leaves it: a half, a third, and at least one."""
    return np.repeat(np.arange(count), np.maximum(1, largest // np.arange(1, count + 1)))


def answers(
    rng: np.random.Generator,
    which: NDArray[np.intp],
    shares: Sequence[float],
    *,
    common: float = 0.2,
    own: float = SYSTEMS_SHARE,
) -> Array:
    """Right (1) or wrong (0) for each system and question, (systems, questions), right in these shares on average.

    A question is as hard for all systems (``common``, of the variance 1 of a latent normal), a cluster is as hard for each system
    by itself (``own``), and the rest is each answer's own.
    """
    count, groups = len(shares), int(which.max()) + 1
    from scipy.special import ndtri  # every worker of the tests opens this file

    question = np.sqrt(common) * rng.standard_normal(len(which))
    cluster = np.sqrt(own) * rng.standard_normal((count, groups))[:, which]
    rest = np.sqrt(1 - common - own) * rng.standard_normal((count, len(which)))
    thresholds = ndtri(np.asarray(shares, float))[:, None]
    return (question + cluster + rest < thresholds).astype(float)


def redrawn(rng: np.random.Generator, old: Array, new: Array, share: float) -> Array:
    """Old answers, of which a share is replaced by new ones: a run of which most is as before."""
    return np.where(rng.random(old.shape) < share, new, old)
