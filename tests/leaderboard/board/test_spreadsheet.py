"""Cells of a table for download: no text runs in a spreadsheet, whatever separates its cells, and no number is harmed."""

from __future__ import annotations

import csv
import io
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.leaderboard.board.spreadsheet import NUMBER, defused
from tests.faults.escapes import FORMULAS

LETTERS = st.one_of(st.sampled_from("=+-@\uff1d\uff20 ;\t\r\n\"'\ufeff\u200bx1\u2028"), st.characters())


def cells(text: str, separator: str) -> list[str]:
    """The cells that a spreadsheet makes which heeds no quotes."""
    return [cell for row in re.split(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]", text) for cell in row.split(separator)]


def runs(cell: str) -> bool:
    seen = [letter for letter in cell if not letter.isspace() and unicodedata.category(letter)[0] != "C" and letter not in "\"'`"]
    shielded = re.match(r"[\s\ufeff]*'", cell)
    return bool(seen) and not shielded and unicodedata.normalize("NFKC", seen[0])[0] in "=+-@"


@pytest.mark.parametrize("text", FORMULAS)
def test_what_a_spreadsheet_would_run_is_shielded(text):
    table = io.StringIO()
    csv.writer(table, quoting=csv.QUOTE_NONNUMERIC).writerow([defused(text)])
    (read,) = next(csv.reader(io.StringIO(table.getvalue())))
    assert not any(runs(cell) for separator in (";", "\t") for cell in cells(read, separator))
    assert read.replace("'", "") == text.replace("'", "")


@given(st.text(LETTERS, max_size=12))
def test_no_text_runs_and_nothing_but_apostrophes_is_added(text):
    found = defused(text)
    assert NUMBER.fullmatch(text) or not any(runs(cell) for separator in (";", "\t") for cell in cells(found, separator))
    rest = iter(found)
    assert all(letter in rest for letter in text)
    assert set(found) <= {*text, "'"}


@pytest.mark.parametrize("text", ["-2", "-0.25", "1e-9", "loans", "a-b", "x=1", "who@example.org", "a; b", ""])
def test_numbers_and_plain_texts_stay_as_they_are(text):
    assert defused(text) == text


def test_a_long_text_is_looked_at_once():
    assert len(defused("\n" * 200_000 + "=1")) > 200_000
