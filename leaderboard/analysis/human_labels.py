"""Figures of a judge corrected by labels from people."""

from __future__ import annotations

from proctor.evals.stats.intervals import Interval
from proctor.evals.stats.ppi import corrected
from proctor.leaderboard.analysis.series import Series
from proctor.leaderboard.runs.labels import Labels, _key


def put_right(series: Series, said: Labels) -> tuple[int, Interval | None]:
    """How many of a system's items people labelled, and its mean as corrected by them."""
    cell = (series.first.suite, series.first.base_model, series.first.system, series.first.metric)
    if not any((suite, base_model, system, metric) == cell for suite, base_model, system, _, _, metric, _ in said):
        return 0, None
    valued = [(record.item, record.value, said.get(_key(vars(record)))) for record in series.records if record.value is not None]
    pairs = [(label, value) for _, value, label in valued if label is not None]
    labelled = {item for item, _, label in valued if label is not None}
    return len(pairs), corrected(pairs, [value for item, value in series.values.items() if item not in labelled])
