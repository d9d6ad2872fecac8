"""Numbers with what they count."""

from __future__ import annotations

import pytest

from proctor.core.counts import counted


@pytest.mark.parametrize(
    ("number", "words", "expected"),
    [
        (0, ["question"], "0 questions"),
        (1, ["question"], "1 question"),
        (1234, ["question"], "1,234 questions"),
        (1, ["is", "are"], "1 is"),
        (2, ["is", "are"], "2 are"),
    ],
)
def test_one_of_a_thing_is_not_called_many(number, words, expected):
    assert counted(number, *words) == expected
