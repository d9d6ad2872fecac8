"""Which systems are held against each other, in which metrics, and that the p values are corrected for how many there are."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proctor.evals.stats.comparison import ALPHA
from proctor.leaderboard.analysis import pairwise
from proctor.leaderboard.analysis.section import sections
from proctor.leaderboard.analysis.series import Series
from proctor.leaderboard.runs.records import Records
from tests.sample_run import record

SYSTEMS = {name: {"settings": {"adapt": "none", "retrieve": "none"}} for name in ("base", "rag", "lora")}


def records(*metrics: str, items: int = 20):
    share = {"base": 2, "rag": 12, "lora": 15}
    return [
        record(metric, f"q{i}", float(i < right), system=name)
        for metric in metrics
        for name, right in share.items()
        for i in range(items)
    ]


def counted(rows):
    return Counter(pair.metric for pair in pairwise.pairs(sections(rows, {"systems": SYSTEMS})))


def test_every_two_systems_are_compared_once_in_each_metric():
    found = [*pairwise.pairs(sections(records("accuracy.exact", "style.format_followed"), {"systems": SYSTEMS}))]
    assert Counter(pair.metric for pair in found) == {"accuracy.exact": 3, "style.format_followed": 3}
    assert {frozenset((pair.system, pair.than)) for pair in found} == {
        frozenset(two) for two in (("base", "rag"), ("base", "lora"), ("rag", "lora"))
    }


def test_p_values_and_intervals_are_corrected_for_the_comparisons_with_one_system():
    rows = Records.of(records("accuracy.exact", "style.format_followed"))
    series = {key: Series(group) for key, group in rows.grouped("metric", "system").items()}
    for pair in pairwise.pairs(sections(rows, {"systems": SYSTEMS})):
        alone = series[pair.metric, pair.system].against(series[pair.metric, pair.than])
        assert pair.p == pytest.approx(min(1.0, 2 * alone.p))
        assert (pair.ci_low, pair.ci_high) == pytest.approx((alone.difference.low, alone.difference.high))
        assert pair.wide_low < pair.ci_low < pair.ci_high < pair.wide_high


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 20), min_size=2, max_size=5))
def test_an_interval_that_leaves_out_zero_is_that_of_a_significant_difference(right):
    rows = [
        record("accuracy.exact", f"q{i}", float(i < count), system=f"s{place}")
        for place, count in enumerate(right)
        for i in range(20)
    ]
    for pair in pairwise.pairs(sections(rows)):
        assert pair.wide_low <= pair.difference <= pair.wide_high
        assert pair.wide_low <= 0 <= pair.wide_high or pair.p < ALPHA


def test_what_was_read_once_has_no_pair():
    assert counted(records("cost.train_seconds", items=1)) == {}


def test_of_very_many_values_the_first_metrics_are_compared(monkeypatch):
    rows = records("accuracy.exact", "general.sums", "context.first", "context.last")
    assert counted(rows) == dict.fromkeys(("accuracy.exact", "general.sums", "context.first", "context.last"), 3)
    monkeypatch.setattr(pairwise, "ROOM", 100)  # one metric of 60 values takes 90
    assert counted(rows) == dict.fromkeys(("accuracy.exact", "general.sums", "context.first"), 3)
