"""Citations, against examples worked by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from proctor.core.schema import Answer, Context
from proctor.evals.axes import citations
from proctor.evals.testing import fakes
from tests.sample_evaluation import evaluation, scores, suite

SEAT_CITED = {
    # cites of kestrel and orbis, which hold the answer: recall, precision, traceable
    "both": (("kestrel", "orbis"), 1.0, 1.0, 1.0),
    "one of two": (("orbis",), 0.5, 1.0, 1.0),
    "one right, one wrong": (("orbis", "falcon"), 0.5, 0.5, 1.0),
    "three of which one is wrong": (("orbis", "falcon", "kestrel"), 1.0, 2 / 3, 1.0),
    "the wrong one": (("falcon",), 0.0, 0.0, 0.0),
    "none": ((), 0.0, None, 0.0),
}


@pytest.mark.parametrize(("cited", "recall", "precision", "traceable"), SEAT_CITED.values(), ids=SEAT_CITED)
def test_a_hand_worked_example(cited: tuple[str, ...], recall: float, precision: float | None, traceable: float) -> None:
    found = scores(citations.AXIS, evaluation(fakes.canned({"seat": Answer("seat", "Turin", citations=cited)})))
    assert [found[f"citations.{name}"]["seat"].value for name in ("recall", "precision", "traceable")] == [
        recall,
        precision,
        traceable,
    ]


def test_what_was_shown_can_be_traced_though_it_is_not_cited() -> None:
    shown = Answer("seat", "Turin", contexts=(Context("falcon", "..."), Context("orbis", "...")))
    found = scores(citations.AXIS, evaluation(fakes.canned({"seat": shown}, retrieves=True)))
    assert (found["citations.traceable"]["seat"].value, found["citations.recall"]["seat"].value) == (1.0, 0.0)


def test_questions_without_evidence_have_nothing_to_cite() -> None:
    found = scores(citations.AXIS, evaluation(fakes.gold()))
    assert all(found[metric][item].status == "not_applicable" for metric in found for item in ("colour", "loose"))
    assert found["citations.precision"]["seat"].status == "not_applicable"


def test_a_crash_cites_nothing_right() -> None:
    found = scores(citations.AXIS, evaluation(fakes.crashing()))
    assert (found["citations.recall"]["seat"].status, found["citations.recall"]["seat"].value) == ("failed", 0.0)


def test_where_answers_say_again_what_the_question_says_there_is_nothing_to_cite() -> None:
    asked = evaluation(
        fakes.canned({"seat": Answer("seat", "Turin", citations=("orbis",))}), replace(suite(), answer_in="question")
    )
    assert {score.status for items in scores(citations.AXIS, asked).values() for score in items.values()} == {"not_applicable"}
