"""How sure a percentile of seconds is: from the questions that were timed, round by round."""

from __future__ import annotations

import numpy as np

from proctor.evals.axes import latency
from proctor.evals.stats.intervals import Array, Interval, expanded_percentiles, resampled_sums
from proctor.leaderboard.analysis.series import Series

SHARES = {metric.name: share / 100 for share, metric in latency.PERCENTILES.items()}
SECONDS = latency.SECONDS.name
METHOD = "cluster bootstrap of the percentile"


def around(found: Interval, metric: str, timed: Series | None) -> Interval:
    """A percentile with the ends of its interval; as it is where there is none, or it was timed in one round alone.

    Rounds are drawn with replacement, as clusters are for a mean. No end lies beyond the fastest and the slowest answer seen:
    with few questions the 95th percentile of all may well be slower.
    """
    clusters = timed.means.clusters.tolist() if timed else []
    if timed is None or metric not in SHARES or len(set(clusters)) < 2:
        return found
    count = len(set(clusters))
    drawn, _ = resampled_sums(np.eye(count), [str(place) for place in range(count)])
    places = {cluster: place for place, cluster in enumerate(sorted(set(clusters)))}
    again = _each(timed.means.values, drawn[:, [places[one] for one in clusters]], SHARES[metric])
    low, high = expanded_percentiles(again, count)
    effective = timed.interval.effective if timed.interval else 0.0
    return Interval(found.value, min(low, found.value), max(high, found.value), len(clusters), count, METHOD, effective)


def _each(values: Array, counts: Array, share: float) -> Array:
    """The percentile of each resample, between two values in a straight line; ``counts``: (resamples, values)."""
    order = np.argsort(values, kind="stable")
    inorder, upto = values[order], counts[:, order].cumsum(axis=1)
    place = (upto[:, -1] - 1) * share
    low, high = (inorder[(upto > step[:, None]).argmax(axis=1)] for step in (np.floor(place), np.ceil(place)))
    found: Array = low + (place - np.floor(place)) * (high - low)
    return found
