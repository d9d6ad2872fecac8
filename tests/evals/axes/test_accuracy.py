from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.core.schema import Answer, Metric, Question, Style
from proctor.evals.axes import accuracy
from proctor.evals.testing import fakes
from tests.sample_evaluation import evaluation, scores, suite

TEXTS = st.text(alphabet="aAtThe n3.,'-\u00e9 \n", max_size=25)


@pytest.mark.parametrize(
    ("said", "reference", "exact", "f1"),
    [
        ("3 years", "3 years", 1.0, 1.0),
        ("The 3  Years.", "3 years", 1.0, 1.0),
        ("3-years", "3 years", 1.0, 1.0),
        ("three", "3", 0.0, 0.0),
        ("3 years in all", "3 years", 0.0, 2 * (2 / 4 * 1) / (2 / 4 + 1)),
        ("years years years", "years", 0.0, 0.5),  # a repeated token counts once
        ("a theatre", "theatre", 1.0, 1.0),
        ("anthem", "them", 0.0, 0.0),  # articles are words, not letters
        ("", "3 years", 0.0, 0.0),
        ("", "\u200b", 0.0, 0.0),  # nothing is no answer
        ("the", "a", 0.0, 0.0),
        ("A", "A", 1.0, 1.0),
        ("...", "A", 0.0, 0.0),
        ("-", "+", 0.0, 0.0),
        ("東京タワー", "東京駅", 0.0, 2 * 2 / (5 + 3)),
        ("ประเทศไทย", "ไทย", 0.0, 2 * 3 / (9 + 3)),
    ],
)
def test_figures_worked_out_by_hand(said: str, reference: str, exact: float, f1: float) -> None:
    assert accuracy.exact(said, reference) == exact
    assert accuracy.f1(said, reference) == pytest.approx(f1)


@pytest.mark.slow
@given(TEXTS, TEXTS)
def test_agrees_with_another_implementation_of_squad(said: str, reference: str) -> None:
    from transformers.data.metrics import squad_metrics as theirs

    assert accuracy.exact(said, reference, "squad") == theirs.compute_exact(reference, said)
    if theirs.get_tokens(said) and theirs.get_tokens(reference):  # version 2 of the script differs where nothing is left
        assert accuracy.f1(said, reference, "squad") == pytest.approx(theirs.compute_f1(reference, said))


@pytest.mark.parametrize(
    ("said", "reference", "exact", "f1"),
    [("3-years", "3 years", 0.0, 0.0), ("35", "3.5", 1.0, 1.0), ("the", "a", 1.0, 0.0), ("C", "C++", 1.0, 1.0)],
)
def test_squads_rule_is_the_published_script_to_the_letter(said: str, reference: str, exact: float, f1: float) -> None:
    assert (accuracy.exact(said, reference, "squad"), accuracy.f1(said, reference, "squad")) == (exact, f1)


@given(TEXTS, TEXTS)
def test_f1_is_symmetric_bounded_and_never_below_exact(a: str, b: str) -> None:
    assert accuracy.f1(a, b) == accuracy.f1(b, a)
    assert accuracy.exact(a, b) <= accuracy.f1(a, b) <= 1.0


def test_the_best_reference_counts() -> None:
    found = scores(accuracy.AXIS, evaluation(fakes.canned({"warranty": "Three years"})))
    assert found["accuracy.exact"]["warranty"].value == 1.0


def test_gold_is_right_and_silence_is_wrong() -> None:
    for candidate, value in ((fakes.gold(), 1.0), (fakes.mute(), 0.0)):
        found = scores(accuracy.AXIS, evaluation(candidate))
        assert [found[metric]["warranty"].value for metric in ("accuracy.exact", "accuracy.f1")] == [value, value]


def test_a_question_without_an_answer_has_no_accuracy() -> None:
    found = scores(accuracy.AXIS, evaluation(fakes.gold()))
    assert found["accuracy.exact"]["colour"].status == "not_applicable"


def test_a_crash_is_a_wrong_answer_even_if_it_left_a_right_text() -> None:
    found = scores(accuracy.AXIS, evaluation(fakes.canned({"warranty": Answer("warranty", "3 years", error="cut off")})))
    assert found["accuracy.exact"]["warranty"].status == "failed"
    assert found["accuracy.exact"]["warranty"].value == 0.0


def test_the_house_format_is_not_held_against_an_answer() -> None:
    asked = suite(style=Style(r"Per \S+: (?P<answer>.*)\."))
    found = scores(accuracy.AXIS, evaluation(fakes.canned({"warranty": "Per K-40: 3 years."}), asked))
    assert found["accuracy.exact"]["warranty"].value == 1.0


def test_marks_that_cite_are_not_held_against_an_answer_but_by_squads_rule() -> None:
    for rule, value in (("default", 1.0), ("squad", 0.0)):
        asked = replace(suite(), normalise=rule)
        cited = fakes.canned({"warranty": f"3 years [{asked.questions[0].evidence[0]}, 2]."})
        assert scores(accuracy.AXIS, evaluation(cited, asked))["accuracy.exact"]["warranty"].value == value


def test_a_reference_that_ends_in_brackets_is_told_from_another() -> None:
    asked = suite(Question("interval", "Where is x?", ("the interval [1, 2]",)))
    for said, value in (("the interval [1, 2]", 1.0), ("The interval [1, 2].", 1.0), ("the interval [3, 4]", 0.0)):
        found = scores(accuracy.AXIS, evaluation(fakes.canned({"interval": said}), asked))
        assert found["accuracy.exact"]["interval"].value == value


def test_records_by_different_rules_have_different_versions() -> None:
    assert accuracy.EXACT.version_under("default") == "2"
    assert accuracy.EXACT.version_under("squad") == "2, squad"
    assert Metric("cost.tokens").version_under("squad") == "1"


def test_a_right_answer_that_is_called_unknown_is_not_declined() -> None:
    asked = suite(Question("film", "What is the film called?", ("Unknown",)))
    right, wrong = Answer("film", "Unknown."), Answer("film", "I don't know")
    assert not accuracy.declined(asked, asked.questions[0], right)
    assert accuracy.declined(asked, asked.questions[0], wrong)
