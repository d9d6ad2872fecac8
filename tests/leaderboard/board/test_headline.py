"""The metric of accuracy that leads on a suite leads the verdict, the page, the plots and the advice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from proctor.core.schema import Record
from proctor.evals.axes import accuracy
from proctor.leaderboard.board.board import Board, board
from proctor.leaderboard.board.sections import sections
from proctor.leaderboard.board.summary import verdict
from proctor.leaderboard.board.terminal import as_text
from proctor.leaderboard.compare.policy import shipped
from proctor.leaderboard.compare.report import _flips
from proctor.leaderboard.history.history import history
from proctor.leaderboard.plots import accuracy_vs_forgetting
from proctor.leaderboard.runs.records import Records
from proctor.leaderboard.runs.store import Run, Store
from proctor.leaderboard.site.page import publish
from tests.sample_run import Sample, make_run, provenance, record, records

NARROW = "\u00a0"
RIGHT = {"base": 2, "rag": 34}
"""System -> answers of 40 that contain the reference; exactly right are more of base's."""


def values(metric: str, right: dict[str, int]) -> list[Record]:
    return [record(metric, f"q{i}", float(i < count), system=name) for name, count in right.items() for i in range(40)]


def of(*rows: Record, headline: Any = ("accuracy.contains", "as the suite says")) -> Board:
    facts = {"suites": {"instruments": {"headline": list(headline)}} if headline else {}}
    return board([Run(Path("run"), Records.of(rows), facts)])


BOTH = (*values("accuracy.exact", {"base": 30, "rag": 1}), *values("accuracy.contains", RIGHT))


def said(of: Board) -> str:
    return verdict(sections(of)[0]).replace(NARROW, " ")


def test_the_verdict_goes_by_the_metric_that_leads_and_says_which_it_is():
    text = said(of(*BOTH))
    assert text.startswith("Accuracy is accuracy.contains here, as the suite says. rag has the highest accuracy: 85.0 %")
    assert "of answers containing the reference" in text
    assert "exactly" not in text
    assert "base has the highest accuracy: 75.0 %" in said(of(*BOTH, headline=None))


def test_where_the_metric_that_leads_was_not_taken_exact_match_leads():
    assert "of questions answered exactly" in said(of(*values("accuracy.exact", RIGHT)))


def test_one_system_alone_and_none_that_is_right_are_said_in_its_words():
    alone = said(of(*values("accuracy.contains", {"rag": 20})))
    assert "rag reaches 50.0 % (95 % CI 33.8 to 66.2) of answers containing the reference." in alone
    assert "The accuracy.contains of every system is zero." in said(of(*values("accuracy.contains", {"rag": 0, "base": 0})))


def test_answers_that_are_right_in_sentences_are_said_with_the_setting_and_the_metric():
    text = said(of(*BOTH, headline=None))
    assert (
        "Caution: 85.0 % of rag's answers contain the reference among other words, which accuracy.exact counts as wrong." in text
    )
    assert 'set headline = "accuracy.contains" in suite.toml' in text
    assert "Caution" not in said(of(*BOTH)), "it leads already"
    assert "Caution" not in said(of(*values("accuracy.exact", RIGHT), *values("accuracy.contains", RIGHT), headline=None))


def test_the_terminal_says_it_too():
    assert "Accuracy is accuracy.contains here" in as_text(of(*BOTH))


def test_questions_that_got_wrong_are_those_of_the_metric_that_leads():
    facts = {"suites": {"instruments": {"headline": ["accuracy.contains", ""]}}}
    before, after = (
        Run(
            Path("run"), Records.of([*values("accuracy.exact", {"rag": 40}), *values("accuracy.contains", {"rag": count})]), facts
        )
        for count in (40, 39)
    )
    assert [flip.question for flip in _flips(before, after)] == ["q39"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up run of which answers contain what they do not say exactly."""
    folder, sample = tmp_path_factory.mktemp("headline") / "run", Sample()
    make_run(folder, sample)
    more = [
        replace(row, metric="accuracy.contains", value=1.0 - (row.value or 0.0))
        for row in records(sample)
        if row.metric == "accuracy.exact"
    ]
    told = provenance(sample)
    told["suites"]["instruments"]["headline"] = ["accuracy.contains", "as the suite says"]
    store = Store(folder)
    store.add(more)
    store.set_provenance(told)
    return folder


def test_the_page_names_it_orders_by_it_and_shows_its_column(run: Path, tmp_path: Path) -> None:
    page = publish([run], tmp_path).read_text(encoding="utf-8")
    assert "headline: accuracy.contains, as the suite says" in page
    assert 'aria-label="accuracy.contains"' in page
    head = page[page.index('data-metric="accuracy.contains"') :]
    assert "data-first" in head[: head.index(">")]


def test_plots_history_and_advice_go_by_it(run: Path) -> None:
    from proctor.leaderboard.runs.store import read

    found = board([read(run)])
    (section,) = sections(found)
    sketch = accuracy_vs_forgetting.sketch(section, None)  # type: ignore[arg-type] # it needs no case
    assert sketch is not None
    assert sketch.rows[0][1] == "accuracy.contains"
    assert {"accuracy.exact", "accuracy.contains"} <= {line.metric for line in history([read(run)]).lines}
    (evidence,) = found.evidence
    contains = section.of("accuracy.contains")["rag"].value
    assert evidence.figures["accuracy.exact", "rag"].value == contains, "the advice weighs what leads as its accuracy"
    assert not any(metric.startswith("updates.") and metric.endswith("fresh") for metric, _ in evidence.figures)


@pytest.mark.parametrize("metric", [metric.name for metric in accuracy.LEADING if metric != accuracy.EXACT])
def test_no_other_accuracy_decides_in_the_gate_that_comes_with_proctor(metric: str) -> None:
    assert shipped().rule(metric, "share").tier == "advisory"
