"""What a run will write is looked at before any work."""

from __future__ import annotations

import pytest

from proctor import ready
from proctor.core.schema import InputError
from proctor.leaderboard.output import Site
from proctor.leaderboard.runs import saved
from proctor.leaderboard.runs.store import Store, read
from proctor.leaderboard.site.page import publish
from tests.sample_run import Sample, make_run

BASES = {"final": {"version": "a" * 64}}


def test_a_fresh_folder_is_ready_and_stays_empty(tmp_path, cache):
    ready.check(Store(tmp_path / "run"), cache, tmp_path / "deep" / "site", tmp_path / "saved.json", BASES)
    assert not (tmp_path / "deep").exists()


def test_a_page_below_a_file_is_refused(tmp_path, cache):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=f"cannot publish into {tmp_path}/file/site: {tmp_path}/file: Not a directory"):
        ready.check(Store(tmp_path / "run"), cache, tmp_path / "file" / "site", None, BASES)


@pytest.mark.slow
def test_somebody_elses_page_is_not_written_over_and_ones_own_is(tmp_path):
    site = publish([make_run(tmp_path / "run")], tmp_path / "site").parent
    Site(site).check()
    (site / "index.html").write_text("<html><title>Our docs</title></html>")
    with pytest.raises(InputError, match=r"index\.html was not written by Proctor"):
        Site(site).check()


def test_results_of_another_base_model_of_the_same_name_are_not_mixed_in(tmp_path, cache):
    store = Store(tmp_path / "run")
    store.set_provenance({"base_models": BASES})
    ready.check(store, cache, tmp_path / "site", None, BASES)
    with pytest.raises(InputError, match="final: aaaaaaaaaaaa before, bbbbbbbbbbbb now"):
        ready.check(store, cache, tmp_path / "site", None, {"final": {"version": "b" * 64}})


def test_a_saved_run_is_replaced_by_the_same_run_alone(tmp_path, cache):
    one, other = (make_run(tmp_path / name, Sample(started=f"2026-01-0{day}T00:00:00Z")) for day, name in enumerate("ab", 1))
    saved.save(read(one), tmp_path / "release.json")
    ready.check(Store(one), cache, tmp_path / "site", tmp_path / "release.json", {})
    with pytest.raises(InputError, match=r"release\.json is another saved run; choose another name"):
        ready.check(Store(other), cache, tmp_path / "site", tmp_path / "release.json", {})


def test_a_run_and_its_page_do_not_share_a_folder(tmp_path, cache):
    with pytest.raises(InputError, match=r"--run-dir and --site are both .*/both; choose another folder for one of them"):
        ready.check(Store(tmp_path / "both"), cache, tmp_path / "x" / ".." / "both", None, {})


def test_every_reason_is_given_at_once(tmp_path, cache):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError) as raised:
        ready.check(Store(tmp_path / "file"), cache, tmp_path / "file" / "site", None, {})
    assert len(str(raised.value).splitlines()) == 2


def test_runs_whose_base_models_only_share_a_name_are_not_published_together(tmp_path):
    runs = [make_run(tmp_path / name) for name in "ab"]
    for run, version in zip(runs, "ab", strict=True):
        Store(run).set_provenance(read(run).provenance | {"base_models": {"tiny": {"version": version * 64}}})
    with pytest.raises(InputError, match="base model tiny: aaaaaaaaaaaa before, bbbbbbbbbbbb now"):
        publish(runs, tmp_path / "site")
