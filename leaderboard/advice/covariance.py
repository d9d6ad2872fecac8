"""How the means of several metrics of several systems vary together when other clusters of questions are asked."""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum, sqrt

import numpy as np

from proctor.evals.stats.intervals import Array
from proctor.leaderboard.analysis.series import Series


def covariance(columns: Sequence[Series]) -> Array:
    """Covariance of the means of columns that have values, (columns, columns); zero where nothing varies over clusters.

    Each mean is a ratio of sums over clusters, taken by its first derivative (Cochran, Sampling Techniques, 1977, sections 6.3
    and 9A), as `evals.stats.intervals` does it for one mean; that of two means adds up the products over the clusters that both
    have (Liang and Zeger 1986, Biometrika 73(1), 13-22). With S_kg the sum and n_kg the number of the values of column k in
    cluster g, m_k the mean of its n_k values and G_k the number of its clusters,

        u_kg = sqrt(G_k / (G_k - 1)) (S_kg - m_k n_kg) / n_k
        Cov(m_k, m_l) = sum_g u_kg u_lg
    """
    found = [_residuals(series) for series in columns]
    clusters = sorted(set().union(*found))  # in an order that does not depend on that of the records
    rows = np.array([[residuals.get(cluster, 0.0) for cluster in clusters] for residuals in found])
    return np.einsum("kg,lg->kl", rows, rows) if found else np.zeros((0, 0))  # not `@`: see `evals.stats.intervals`


def _residuals(series: Series) -> dict[str, float]:
    """Cluster -> u of one column."""
    clusters: dict[str, list[float]] = {}
    for item, value in series.values.items():
        clusters.setdefault(series.clusters[item], []).append(value)
    values, count = list(series.values.values()), len(clusters)
    if count == 1 or min(values) == max(values):
        return dict.fromkeys(clusters, 0.0)  # exactly, and not what rounding leaves of it
    mean, scale = fsum(values) / len(values), sqrt(count / (count - 1)) / len(values)
    return {cluster: scale * (fsum(part) - mean * len(part)) for cluster, part in clusters.items()}
