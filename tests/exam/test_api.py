"""Proctor in Python and in notebooks."""

from __future__ import annotations

import html
import subprocess
import sys
from dataclasses import fields
from html.parser import HTMLParser

import pytest

import proctor
from proctor.core.schema import STATUSES
from proctor.leaderboard.board.cells import Result
from proctor.leaderboard.runs import saved
from proctor.leaderboard.runs.store import read
from tests.hostile import hostile_run
from tests.sample_run import Sample, make_run

WHOSE = ["suite", "base_model", "system", "seed"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("api") / "run", Sample(questions=20, seeds=2))


@pytest.fixture(scope="module")
def run(folder):
    return proctor.open_run(folder)


def after(code):
    """What Python says after some code."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.strip()


def test_importing_proctor_loads_no_module_of_its_own_and_no_library():
    loaded = after("import sys; before = set(sys.modules); import proctor; print(*sorted(set(sys.modules) - before))")
    assert {name.partition(".")[0] for name in loaded.split()} - set(sys.stdlib_module_names) == {"proctor"}
    assert [name for name in loaded.split() if name.startswith("proctor")] == ["proctor"]


def test_opening_a_run_loads_pandas_only_when_a_table_is_asked_for(folder):
    code = f"import sys, proctor; run = proctor.open_run({str(folder)!r}); str(run), run._repr_html_(), repr(run)\n"
    assert after(code + "print('pandas' in sys.modules); run.records; print('pandas' in sys.modules)") == "False\nTrue"


def test_the_public_names_are_listed_and_others_are_refused():
    assert set(proctor.__all__) <= set(dir(proctor))
    assert proctor.open_run.__module__ == proctor.ExamRun.__module__ == "proctor.api"
    with pytest.raises(AttributeError, match="no attribute 'opn_run'"):
        _ = proctor.opn_run


def test_records_are_the_runs_with_a_nan_and_a_reason_where_there_is_no_value(folder, run):
    records, frame = read(folder).records, run.records
    assert len(frame) == len(records)
    assert frame["value"].dtype == "float64"
    assert frame["status"].dtype == "category"
    assert list(frame["status"].cat.categories) == list(STATUSES)
    lacking = frame[frame["value"].isna()]
    assert set(lacking["status"]) == {"not_applicable", "unmeasured"}
    assert (lacking["reason"] != "").all()
    for place in (0, 77, len(records) - 1):
        row = frame.iloc[place]
        assert all(getattr(records[place], name) == row[name] for name in frame.columns if name != "value")


def test_metrics_are_in_the_order_of_the_page(run):
    first = [name.partition(".")[0] for name in run.records["metric"].cat.categories]
    assert first.index("accuracy") < first.index("faithfulness") < first.index("latency") < first.index("cost")


def test_answers_can_be_joined_with_records(run):
    exact = run.records[run.records["metric"] == "accuracy.exact"]
    joined = exact.merge(run.answers, on=[*WHOSE, "item"])
    assert len(joined) == len(exact) == len(run.answers)
    found = run.answers[run.answers["system"] == "rag"].iloc[0]
    assert found["contexts"][0].keys() == {"document", "text", "score"}
    assert isinstance(found["references"], list)
    assert run.answers[run.answers["system"] == "base"].iloc[0]["contexts"] is None


def test_the_board_has_the_figures_of_the_page_with_their_types(run):
    frame = run.board
    assert list(frame.columns) == [field.name for field in fields(Result)]
    assert {str(frame[name].dtype) for name in ("value", "ci_low", "ci_high", "seed_sd")} == {"float64"}
    assert str(frame["comparable"].dtype) == "boolean"
    assert {str(frame[name].dtype) for name in ("status", "metric", "system")} == {"category"}
    best = frame[(frame["metric"] == "accuracy.exact") & frame["best"]]
    assert set(best["system"]) == {"hybrid"}
    assert frame.loc[frame["status"] == "not_applicable", "value"].isna().all()


class Page(HTMLParser):
    """The tags and texts of a piece of HTML."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.cells = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, tuple(name for name, _ in attributes)))

    def handle_data(self, data):
        self.cells.append(data)


def test_a_notebook_shows_systems_against_headline_metrics_with_intervals(run):
    page = Page(run._repr_html_())
    assert {"base", "rag", "full_ft", "lora", "hybrid"} <= set(page.cells)
    assert any("accuracy.exact" in cell for cell in page.cells)
    assert not any("accuracy.f1" in cell for cell in page.cells)
    assert any(cell.startswith("[") and " to " in cell for cell in page.cells)
    assert page.tags.count(("table", ())) == 1


def test_names_from_a_run_never_become_markup_in_a_notebook(tmp_path):
    text = proctor.open_run(hostile_run(tmp_path / "run"))._repr_html_()
    plain = ("div", "h4", "p", "table", "thead", "tbody", "tr", "th", "td", "b", "br", "small")
    assert set(Page(text).tags) <= {("td", ("title",)), *((tag, ()) for tag in plain)}
    assert "<script" not in text


def test_a_run_that_measured_nothing_says_so(tmp_path):
    from proctor.leaderboard.runs.store import Store

    Store(tmp_path / "run").set_provenance({})
    run = proctor.open_run(tmp_path / "run")
    assert "Nothing was measured" in html.unescape(run._repr_html_())
    assert [len(frame) for frame in (run.records, run.answers, run.board)] == [0, 0, 0]
    assert run.records["value"].dtype == "float64"


def test_a_saved_run_can_be_opened_too(folder, tmp_path):
    saved.save(read(folder), tmp_path / "saved.json")
    run = proctor.open_run(str(tmp_path / "saved.json"))
    assert len(run.records) == len(read(folder).records)
    assert run.answers.empty
    assert repr(run).endswith(f": {len(run.records):,} records>")


def test_what_is_no_run_is_refused_as_the_commands_refuse_it(tmp_path):
    with pytest.raises(proctor.InputError, match="is not a run folder"):
        proctor.open_run(tmp_path)
