"""What code returned, read as an answer: whatever it is, it is one, or is said to be none."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.models.candidates import returned
from proctor.models.candidates.returned import CONTEXTS, NAMES, PASSAGES, TEXTS, ReturnedError

KEYS = st.sampled_from([*TEXTS, *CONTEXTS, *PASSAGES, *NAMES, "messages", "usage", "citations", "score", "metadata", "node"])
LEAVES: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.binary(max_size=4)
)
THINGS = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.tuples(inner, inner) | st.dictionaries(KEYS, inner, max_size=5)
)


@given(THINGS)
def test_whatever_came_is_an_answer_or_is_said_to_be_none(came: Any) -> None:
    try:
        found = returned.read(came)
    except ReturnedError:
        return
    assert isinstance(found.text, str)
    assert found.tokens >= 0
    assert found.prompt_tokens >= 0
    assert all(isinstance(name, str) for name in found.citations or ())
    for passage in found.passages or ():
        assert isinstance(passage.text, str)
        assert math.isfinite(passage.score)
        assert all(isinstance(name, str) for name in passage.names)


@pytest.mark.parametrize(
    ("contexts", "text"),
    [
        (["one", "two"], "one"),
        ("all in one text", "all in one text"),
        ([{"page_content": "one", "metadata": {"source": "a"}}], "one"),
        ([("one", 0.5)], "one"),
        (iter([{"text": "one"}]), "one"),
    ],
)
def test_passages_come_in_many_forms(contexts: Any, text: str) -> None:
    found = returned.read({"answer": "x", "contexts": contexts}).passages
    assert found
    assert found[0].text == text


def test_no_passages_and_nothing_said_of_passages_are_two_things() -> None:
    assert returned.read({"answer": "x", "contexts": []}).passages == ()
    assert returned.read({"answer": "x"}).passages is None
    assert returned.read("x").passages is None


def test_the_surest_name_of_a_passage_comes_first() -> None:
    one = {"text": "t", "id": 7, "metadata": {"title": "T", "doc_id": "D"}}
    (passage,) = returned.read({"answer": "x", "contexts": [one]}).passages or ()
    assert passage.names == ("D", "T", "7")


@pytest.mark.parametrize("came", [["one", "two"], [{"text": "a passage"}, {"text": "another"}], []])
def test_a_list_is_no_answer_and_is_not_joined_into_one(came: Any) -> None:
    with pytest.raises(ReturnedError, match="it returned"):
        returned.read(came)
    assert returned.read({"content": ["parts ", {"text": "of a message"}]}).text == "parts of a message"
