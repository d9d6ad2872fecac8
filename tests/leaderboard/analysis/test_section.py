"""A section is grouped once, and nobody compares two of its series again."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proctor.evals.stats.differences import signed_interval, signed_intervals
from proctor.leaderboard.analysis.section import sections
from proctor.leaderboard.analysis.series import Series
from proctor.leaderboard.board.board import board
from proctor.leaderboard.runs.store import read
from tests.sample_run import Sample, make_run, record


@pytest.mark.slow
def test_a_board_compares_no_two_series_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: Counter[tuple[str, ...]] = Counter()
    against = Series.against

    def counting(mine: Series, theirs: Series) -> object:
        if mine.column != theirs.column:  # else it is held against zero
            compared[mine.first.suite, mine.first.base_model, *mine.column, *theirs.column] += 1
        return against(mine, theirs)

    monkeypatch.setattr(Series, "against", counting)
    board([read(make_run(tmp_path, Sample()))])
    assert compared
    assert set(compared.values()) == {1}


def test_sections_are_by_name_and_their_metrics_in_the_order_of_the_board() -> None:
    rows = [
        record(metric, "q", value, suite=suite)
        for suite in ("two", "one")
        for metric, value in (("cost.tokens", 3.0), ("accuracy.exact", 1.0))
    ]
    found = sections(rows)
    assert [section.suite for section in found] == ["one", "two"]
    assert list(found[0].metrics) == ["accuracy.exact", "cost.tokens"]


@settings(max_examples=50, deadline=None)
@given(st.data(), st.sampled_from([1.0, 30.0]))
def test_intervals_that_are_looked_for_together_are_those_of_each_alone(data: st.DataObject, most: float) -> None:
    count = data.draw(st.integers(1, 12))
    values = st.lists(st.floats(-most, most), min_size=count, max_size=count)
    rows = np.array(data.draw(st.lists(values, min_size=1, max_size=4)))
    clusters = np.array(data.draw(st.lists(st.integers(0, 4), min_size=count, max_size=count)))
    for row, found in zip(rows, signed_intervals(rows, clusters), strict=True):
        alone = signed_interval(row, clusters)
        assert (found.value, found.low, found.high) == pytest.approx((alone.value, alone.low, alone.high), rel=1e-9, abs=1e-12)
        assert (found.n, found.clusters, found.method) == (alone.n, alone.clusters, alone.method)
