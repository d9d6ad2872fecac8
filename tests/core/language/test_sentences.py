"""Answers as the statements that they make: what people and models put around them is taken off."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.core.language.sentences import sentences, statements

MARKS = st.sampled_from(
    ["[1]", "[2, 4]", "[doc-1]", "[N123]", "[1][2]", "[^3]", "[citation: 3]", "(Document 3)", "(source: [2])", "【4†source】"]
)


@given(MARKS)
def test_a_citation_mark_is_no_part_of_a_sentence(mark: str) -> None:
    assert sentences(f"It was built in 1969 {mark}. It was sold in 1970.{mark} Nobody knows{mark}") == (
        "It was built in 1969.",
        "It was sold in 1970.",
        "Nobody knows",
    )


def test_raised_numbers_are_citations_behind_words_and_not_behind_numbers() -> None:
    assert sentences("It was built in 1969¹, they say.²³ It covers 10² m².") == (
        "It was built in 1969, they say.",
        "It covers 102 m2.",
    )


@pytest.mark.parametrize("text", ["He said [sic] so.", "It takes [600 kg] at most.", "The set [a, b] is open."])
def test_brackets_that_are_no_citation_stay(text: str) -> None:
    assert sentences(text) == (text,)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Dr. Maria Weber of the U.S. Army met J. K. Roth at 5 p.m. in St. Gallen.", 1),
        ("It weighs 3.5 kg. It costs 1,200.50 euros, i.e. more than before. Fig. 3 shows it.", 3),
        ("He left in 1969. The next year she came back!", 2),
        ("Is it so? Yes. (It is.) And then...", 4),
        ("东京是日本的首都。它很大！人很多？", 3),
        ("यह ठीक है। वह गया।", 2),
        ("هل هذا صحيح؟ نعم.", 2),
        ("1. The first. 2. The second.", 2),
        ("wrapped at\nthe margin.\nA new line", 2),
        ("", 0),
        ("... --- ***", 0),
    ],
)
def test_sentences_end_where_a_reader_would_end_them(text: str, count: int) -> None:
    assert len(sentences(text)) == count


def test_what_leads_on_heads_or_asks_is_no_statement() -> None:
    answer = """## The warranty

Here is what I found:

1. **Length:** 3 years [N123].
2) It starts on the day of *sale* (Document 2).
- a [page](http://127.0.0.1/page) has more
* `N123` is its number

**Summary**
| product | years |
|---|---|
Would you like to know more?"""
    assert statements(answer) == [
        "Length: 3 years.",
        "It starts on the day of sale.",
        "a page has more",
        "N123 is its number",
        "| product | years |",
    ]


@given(st.text())
def test_no_text_breaks_it_and_no_letter_is_invented(text: str) -> None:
    for sentence in sentences(text):
        assert any(map(str.isalnum, sentence))
        assert sentence == sentence.strip()
    assert set(statements(text)) <= set(sentences(text))
