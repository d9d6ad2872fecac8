"""Which systems are held against each other, in which measures, and that the p values are corrected for how many there are."""

from __future__ import annotations

from collections import Counter

import pytest

from evals.comparison import corrected
from leaderboard import pairs
from leaderboard.records import Records
from leaderboard.series import Series
from tests.sample_run import record

SYSTEMS = {name: {"settings": {"adapt": "none", "retrieve": "none"}} for name in ("base", "rag", "lora")}


def records(*measures: str, items: int = 20):
    share = {"base": 2, "rag": 12, "lora": 15}
    return [
        record(measure, f"q{i}", float(i < right), system=name)
        for measure in measures
        for name, right in share.items()
        for i in range(items)
    ]


def counted(rows):
    return Counter(pair.measure for pair in pairs.pairs(rows, SYSTEMS))


def test_every_two_systems_are_compared_once_in_each_measure():
    found = [*pairs.pairs(records("accuracy.exact", "style.followed"), SYSTEMS)]
    assert Counter(pair.measure for pair in found) == {"accuracy.exact": 3, "style.followed": 3}
    assert {frozenset((pair.system, pair.than)) for pair in found} == {
        frozenset(two) for two in (("base", "rag"), ("base", "lora"), ("rag", "lora"))
    }


def test_p_values_are_corrected_for_all_of_them():
    rows = Records.of(records("accuracy.exact", "style.followed"))
    series = {key: Series(group) for key, group in rows.grouped("measure", "system").items()}
    found = [*pairs.pairs(rows, SYSTEMS)]
    raw = [series[pair.measure, pair.system].against(series[pair.measure, pair.than]).p for pair in found]
    assert [pair.p for pair in found] == pytest.approx(corrected(raw, "bh"))


def test_what_was_read_once_has_no_pair():
    assert counted(records("cost.train_seconds", items=1)) == {}


def test_of_very_many_values_the_first_measures_are_compared(monkeypatch):
    rows = records("accuracy.exact", "general.sums", "context.first", "context.last")
    assert counted(rows) == dict.fromkeys(("accuracy.exact", "general.sums", "context.first", "context.last"), 3)
    monkeypatch.setattr(pairs, "ROOM", 100)  # one measure of 60 values takes 90
    assert counted(rows) == dict.fromkeys(("accuracy.exact", "general.sums", "context.first"), 3)
