from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.schema import Suite
from evals.text import declines, normalise

PHRASES = Suite.abstain


@pytest.mark.parametrize(
    "text",
    [
        "unknown",
        "Unknown.",
        "UNKNOWN",
        " unknown, the page does not say",
        "unknown - see the manual",
        "I don't know",
        "I don\u2019t know.",
        "I dont know",
        "I do not know the answer to that.",
        "I'm sorry, but I don't know.",
        "Sorry, I do not know",
        "Unfortunately, I don't know.",
        "The answer is unknown.",
        "Answer: unknown",
        "It is not in the documents.",
        "Based on the documents, I don't know.",
        "**Unknown**",
        "",
        "  \n",
        "...",
    ],
)
def test_declining_is_recognised_as_models_phrase_it(text: str) -> None:
    assert declines(PHRASES, text)


@pytest.mark.parametrize(
    "text",
    [
        "3 years",
        "Unknown Pleasures",
        "unknowns",
        "the unknown soldier",
        "an unknown number",
        "I know: 3 years",
        "It is 3 years",
        "The answer is 3 years",
        "He said that he did not know",
        "0",
    ],
)
def test_an_answer_is_not_taken_for_declining(text: str) -> None:
    assert not declines(PHRASES, text)


def test_a_suite_may_have_its_own_phrases_even_in_other_scripts() -> None:
    assert declines(["\u043d\u0435 \u0437\u043d\u0430\u044e"], "\u041d\u0435 \u0437\u043d\u0430\u044e!")
    assert not declines([], "unknown")
    assert not declines(["?!"], "anything")


@given(st.text())
def test_a_normalised_text_has_single_spaces_and_no_capitals(text: str) -> None:
    once = normalise(text)
    assert once == " ".join(once.split())
    assert normalise(text.lower()) == once


@given(st.text(max_size=40))
def test_no_text_breaks_it(text: str) -> None:
    assert declines(PHRASES, text) in (True, False)
