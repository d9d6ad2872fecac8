"""Documents that say nearly the same, found without comparing each with each."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.core.language.alike import NEARLY, jaccard, pairs, shingles
from proctor.core.language.holders import Holders
from proctor.core.schema import Context, Document

WORDS = [f"w{number}" for number in range(60)]
CHANGES = st.lists(st.tuples(st.integers(0, 59), st.sampled_from("abc")), max_size=3)


@given(st.lists(CHANGES, min_size=2, max_size=8))
def test_the_pairs_found_are_those_of_comparing_each_with_each(changes: list[list[tuple[int, str]]]) -> None:
    texts = {}
    for number, changed in enumerate(changes):
        words = [*WORDS]
        for place, letter in changed:
            words[place] = letter
        texts[f"d{number}"] = " ".join(words[: 60 - number])
    runs = {name: shingles(text) for name, text in texts.items()}
    expected = {pair for pair in combinations(texts, 2) if jaccard(runs[pair[0]], runs[pair[1]]) >= NEARLY}
    assert {*pairs(texts)} == expected


def test_runs_are_of_words_in_small_letters_and_of_letters_where_there_are_no_spaces() -> None:
    assert shingles("A b, c! D e f") == {("a", "b", "c", "d", "e"), ("b", "c", "d", "e", "f")}
    assert shingles("one two") == {("one", "two")}
    assert len(shingles("\u5c71\u7530\u66f8\u5e97\u306f\u5348\u524d")) == 3
    assert shingles(" ... ") == frozenset()
    assert jaccard(shingles(""), shingles("")) == 0


FILLER = " ".join(f"Rule {number} of the house holds for everybody who comes here." for number in range(30))
OLD, NEW, OTHER = (
    Document("old", f"{FILLER} The shop opens at nine. Made in March."),
    Document("new", f"{FILLER} The shop opens at nine. Made in April."),
    Document("other", f"{FILLER} The shop opens at ten. Made in March."),
)


def test_a_document_that_is_nearly_the_same_counts_where_the_answer_stands_in_both() -> None:
    holders = Holders([OLD, NEW, OTHER])
    passage = Context("new", NEW.text[:200])
    assert holders.cited(["old"], "new", {}, ["nine"]) == ("old",)
    assert holders.shown(["old"], passage, {}, ["nine"]) == ("old",)
    assert holders.cited(["old"], "other", {}, ["nine"]) == (), "what they differ in is what is asked"
    assert holders.cited(["old"], "new", {}, ["April"]) == (), "it does not stand in the evidence"
    assert holders.cited(["old"], "new", {}, []) == (), "nothing tells what counts"


@pytest.mark.parametrize("parts", [{}, {"five": ["The shop is open until 5."]}])
def test_a_document_that_differs_in_the_answer_does_not_count_though_the_answer_stands_elsewhere_in_both(
    parts: dict[str, list[str]],
) -> None:
    five, six = (Document(name, f"{FILLER} The shop is open until {hour}.") for name, hour in (("five", 5), ("six", 6)))
    holders = Holders([five, six])
    assert "Rule 5 of" in six.text
    assert holders.cited(["five"], "six", parts, ["5"]) == ()
    assert holders.shown(["five"], Context("six", six.text), parts, ["5"]) == ()


def test_a_document_that_shares_only_half_does_not_count() -> None:
    half = Document("half", f"{FILLER[: len(FILLER) // 2]} The shop opens at nine.")
    assert Holders([OLD, half]).cited(["old"], "half", {}, ["nine"]) == ()
