"""Which seconds are not to be relied on: those that were taken on a busy machine, one system after the other, or apart."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from proctor.leaderboard.analysis.percentiles import SECONDS
from proctor.leaderboard.analysis.series import Column, Series

EARLIER = "1"
"""The version of `latency.seconds` that timed one system after the other."""
ONE_BY_ONE = "systems were timed one after the other, so that what disturbed the machine hit some of them alone"
APART = "not all systems were timed in turn, in one run"
MIXED = "some systems ran on a CPU and others on a GPU"


def cautions(columns: Mapping[Column, Series], machines: Collection[str]) -> dict[Column, str]:
    """Column -> why its seconds may not be what they seem; columns that are no seconds, or may be relied on, are left out."""
    timed = {column: series for column, series in columns.items() if series.unit == "seconds" and series.values}
    common = MIXED if len(machines) > 1 else ""
    apart = _apart([series for (metric, _), series in timed.items() if metric == SECONDS])
    found = {column: common or _own(series) or (apart if _latency(column) else "") for column, series in timed.items()}
    return {column: text for column, text in found.items() if text}


def _own(series: Series) -> str:
    """What its own records say."""
    if series.record_cautions:
        return series.record_cautions[0].reason
    return ONE_BY_ONE if _latency((series.first.metric, "")) and series.first.metric_version == EARLIER else ""


def _apart(timed: Collection[Series]) -> str:
    """Systems that were timed in turn have their rounds in common."""
    return APART if len({frozenset(series.clusters.values()) for series in timed}) > 1 else ""


def _latency(column: Column) -> bool:
    return column[0].startswith("latency.")
