"""`--eval-compare-fail`: how a demand is written, and what it calls a loss."""

from __future__ import annotations

from pathlib import Path

import pytest

from proctor.core.schema import InputError
from proctor.leaderboard.compare import thresholds
from proctor.leaderboard.compare.thresholds import Baseline
from proctor.leaderboard.runs import saved as baseline
from proctor.leaderboard.runs.records import Records
from proctor.leaderboard.runs.store import Run
from tests.sample_run import record


def rows(right, n=200, metric="accuracy.exact", **fields):
    return [record(metric, f"q{i}", float(i < right), **fields) for i in range(n)]


def complaints(before, after, *demands):
    saved = Run(Path(), Records.of(before), {})
    return list(Baseline(saved, [thresholds.demand(text) for text in demands]).complaints(after))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("accuracy.exact:-2pp", thresholds.Threshold("accuracy.exact", 0.02)),
        ("latency.seconds:+10%", thresholds.Threshold("latency.seconds", 0.1, relative=True)),
        ("retrieval.recall@3:2.5pp", thresholds.Threshold("retrieval.recall@3", 0.025)),
        ("faithfulness.*:ci", thresholds.Threshold("faithfulness.*", 0.0)),
    ],
)
def test_demands_are_read(text, expected):
    assert thresholds.demand(text) == expected


@pytest.mark.parametrize("text", ["accuracy.exact", "accuracy.exact:2", ":ci", "accuracy.exact:cii", ""])
def test_what_is_no_demand_is_told_how_one_is_written(text):
    with pytest.raises(InputError, match="what it may lose"):
        thresholds.demand(text)


@pytest.mark.parametrize(
    "text", ["accuracy.exact:-200pp", "accuracy.*:-100%", "*:100pp", "latency.seconds:2000%", "x:" + "9" * 400 + "pp"]
)
def test_a_demand_that_nothing_can_fail_is_refused(text):
    with pytest.raises(InputError, match=r"expected a number from 0 to .*to lose all is to lose nothing that fails"):
        thresholds.demand(text)


def test_amounts_may_be_allowed_to_double():
    assert thresholds.demand("latency.seconds:100%").amount == 1.0


def test_a_sure_and_larger_loss_is_told_with_its_numbers():
    (said,) = complaints(rows(180), rows(120), "accuracy.exact:-2pp")
    assert "accuracy.exact of rag on instruments went from 90.0" in said
    assert "30.0\u00a0pts worse" in said
    assert "2.0\u00a0pts is allowed" in said


@pytest.mark.parametrize("demanded", ["accuracy.exact:-40pp", "accuracy.exact:-50%"])
def test_what_is_allowed_passes(demanded):
    assert complaints(rows(180), rows(120), demanded) == []


def test_what_could_be_chance_passes():
    assert complaints(rows(180), rows(179), "accuracy.exact:ci") == []


def test_one_reading_of_a_clock_proves_no_loss_and_a_count_does():
    def one(value, metric, unit):
        return [record(metric, "all", value, unit=unit, better="lower")]

    assert complaints(one(0.1, "latency.p95", "seconds"), one(0.9, "latency.p95", "seconds"), "latency.*:ci") == []
    assert complaints(one(1e6, "cost.artifact_bytes", "bytes"), one(2e6, "cost.artifact_bytes", "bytes"), "cost.*:5%")


def test_a_gain_passes():
    assert complaints(rows(120), rows(180), "*:ci") == []


def test_another_exam_is_no_pass():
    (said,) = complaints(rows(180), rows(180, suite_version="s2"), "*:ci")
    assert "cannot be compared with the saved run: data of suite instruments: s1 before, s2 now" in said


def test_what_the_saved_run_did_not_measure_is_not_held_against_it():
    assert complaints(rows(10, metric="style.format_followed"), rows(10), "*:ci") == []


def test_a_demand_on_a_metric_that_there_is_not_is_a_slip_of_the_pen():
    with pytest.raises(InputError, match=r"acuracy\.exact: the saved run has no such metric, but accuracy\.exact"):
        complaints(rows(10), rows(10), "acuracy.exact:ci")


def test_four_clusters_that_lose_alike_are_not_sure():
    before, after = (
        [record("accuracy.exact", f"q{i}", float(i % 5 >= lost), cluster=str(i // 5)) for i in range(20)] for lost in (0, 2)
    )
    assert complaints(before, after, "accuracy.exact:ci") == []


def test_saved_runs_are_found_by_path_by_name_or_as_the_newest(tmp_path):
    with pytest.raises(InputError, match="save one with --eval-save"):
        thresholds.find(None, tmp_path)
    for name, day in (("old", "2026-01-01"), ("new", "2026-02-01")):
        baseline.save(Run(tmp_path, Records.of(rows(3, 5)), {"started": f"{day}T00:00:00+00:00"}), tmp_path / f"{name}.json")
    for name in (None, "new", str(tmp_path / "new.json")):
        assert thresholds.find(name, tmp_path) == tmp_path / "new.json"
    with pytest.raises(InputError, match="saved are new, old"):
        thresholds.find("other", tmp_path)
