"""Numbers that a user sets, and how values of a user's are quoted."""

from __future__ import annotations

import argparse
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.core.reading.ranges import AMOUNT, COUNT, MUCH, SEED, SHARE, Range
from proctor.core.reading.shown import MOST, listed, short, shown

ODD = [nan, inf, -inf, True, False, "0.5", None, [1], {}, 10**400, -(10**400)]
NESTED = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=200),
    lambda inner: st.lists(inner, max_size=9) | st.dictionaries(st.text(max_size=99), inner, max_size=5),
    max_leaves=20,
)


@pytest.mark.parametrize("numbers", [SHARE, COUNT, AMOUNT, SEED, Range()], ids=str)
@pytest.mark.parametrize("value", ODD, ids=lambda value: short(str(value)[:50]))
def test_what_is_no_finite_number_is_in_no_range(numbers, value):
    assert not numbers.holds(value)
    assert numbers.wrong(value).startswith(f"expected {numbers}")


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        (SHARE, "a number from 0 to 1 (a share: 0.02 is two points)"),
        (COUNT, "a whole number, 1 or more"),
        (AMOUNT, "a number, 0 or more"),
        (Range(0, 0.5, above=True), "a number above 0, at most 0.5"),
        (Range(0, 1, below=True), "a number from 0 to below 1"),
        (Range(0, 100_000, "items", whole=True), "a whole number from 0 to 100,000 (items)"),
        (Range(unit="seconds"), "a number (seconds)"),
    ],
)
def test_a_range_says_its_ends_and_unit(numbers, said):
    assert str(numbers) == said


def test_what_is_far_too_much_is_said_with_the_end_that_it_passes():
    assert AMOUNT.wrong(2 * MUCH) == "expected a number, 0 or more, and at most 1e+12, not 2000000000000"


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_an_option_gives_the_number_that_was_written(number):
    wide = Range(-1e308, 1e308)
    if wide.holds(number):
        assert wide.option(repr(number)) == number


@pytest.mark.parametrize("text", ["nan", "inf", "-1", "x", "", "1e400", "9" * 5000])
def test_an_option_that_is_no_number_of_the_range_is_refused_with_what_is_expected(text):
    for numbers in (AMOUNT, COUNT):
        with pytest.raises(argparse.ArgumentTypeError, match=r"0 or more|1 or more") as caught:
            numbers.option(text)
        assert len(str(caught.value)) < 200


@given(NESTED)
def test_a_quoted_value_is_short_whatever_it_is(value):
    assert len(shown(value)) <= MOST


def test_numbers_of_thousands_of_digits_and_values_in_themselves_can_be_quoted():
    endless: list[object] = []
    endless.append(endless)
    assert shown(10**5000) == "a whole number of 16,610 bits"
    assert len(shown(endless)) <= MOST


def test_of_many_lines_the_first_are_listed_and_the_others_counted():
    assert listed(["a"] * 102, 100)[-1] == "... and 2 more"
    assert listed(["a"] * 100, 100) == ["a"] * 100
