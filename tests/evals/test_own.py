from __future__ import annotations

from typing import Any

import pytest

from proctor.core.schema import Answer, InputError, Metric, Question, Score, unmeasured
from proctor.evals.own import Own, metric
from tests.sample_evaluation import suite

QUESTION = Question("q", "How heavy is it?", ("3 kg",))


def scored(found: Any, unit: str = "share", error: str | None = None) -> Score:
    def function(question: Question, answer: Answer) -> Any:
        if isinstance(found, Exception):
            raise found
        return found

    return Own(Metric("tone.polite", unit), function).score(suite(), QUESTION, Answer("q", "3 kg", error=error))


@pytest.mark.parametrize(
    ("found", "status", "value"),
    [
        (0.5, "scored", 0.5),
        (True, "scored", 1.0),
        (None, "not_applicable", None),
        (unmeasured("the service was down"), "unmeasured", None),
        (7, "unmeasured", None),
        (float("nan"), "unmeasured", None),
        ("much", "unmeasured", None),
        (KeyError("x"), "unmeasured", None),
    ],
)
def test_what_a_function_returns_becomes_a_score_and_what_it_should_not_no_zero(found: Any, status: str, value: Any) -> None:
    score = scored(found)
    assert (score.status, score.value) == (status, value)
    assert bool(score.reason) == (status != "scored")


def test_an_amount_may_be_more_than_one_and_finite():
    assert scored(7, "letters").value == 7.0
    assert scored(float("inf"), "letters").status == "unmeasured"


@pytest.mark.parametrize("name", ["", "Tone", "tone polite", ".polite", "tone.", "1tone"])
def test_a_name_that_could_be_no_test_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=r"in lower case: tone\.polite"):
        metric(name)


def test_a_name_without_a_dot_is_refused_at_once_and_told_what_to_write() -> None:
    with pytest.raises(InputError, match=r"@metric\('short'\): write an axis, a dot and .* in lower case: short\.share"):
        metric("short")
