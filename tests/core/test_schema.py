"""The vocabulary as plain data."""

from __future__ import annotations

import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from proctor.core.schema import Answer, Context, Domain, Question, Record, RevisedQuestion, Revision, Suite, Timing, as_json

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
KINDS = (Answer, Context, Question, Record, RevisedQuestion, Revision, Timing)


@given(st.one_of(*map(st.from_type, KINDS)))
def test_plain_data_is_what_dataclasses_make_of_it(thing: object) -> None:
    assert repr(as_json(thing)) == repr(dataclasses.asdict(thing))  # tuples stay tuples


@given(PLAIN)
def test_a_suite_as_plain_data_has_nothing_in_common_with_it(told: object) -> None:
    suite = Suite("a", "A", "1", Domain(()), (Question("q", "?"),), thresholds={"style.x": {"rag": told}})
    found = as_json(suite)
    assert found == dataclasses.asdict(suite)
    found["thresholds"]["style.x"]["rag"] = object()
    assert suite.thresholds["style.x"]["rag"] == told


def test_what_is_looked_up_later_is_no_part_of_it() -> None:
    suite = Suite("a", "A", "1", Domain(()), ())
    before = as_json(suite)
    _ = suite.names
    assert as_json(suite) == before
