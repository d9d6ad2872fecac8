"""How much of an exam was taken is counted by what ended and by what is kept."""

from __future__ import annotations

from proctor.leaderboard.runs.records import Records
from proctor.leaderboard.runs.unfinished import left
from tests.sample_run import record

CELLS = {"instruments-rag": ("instruments", "tiny", "rag", 0), "instruments-base": ("instruments", "tiny", "base", 0)}
ASKED = [f"suites/shop/suite.toml::test_{axis}[{cell}]" for axis in ("accuracy", "style") for cell in CELLS]


def test_what_neither_ended_nor_left_records_is_left():
    kept = Records.of([record("accuracy.exact", "q1"), record("accuracy.f1", "q1")])
    assert left(ASKED, {ASKED[1]}, kept, CELLS.get) == ASKED[2:]
    assert left(ASKED, ASKED, Records.of([]), CELLS.get) == []


def test_records_of_an_axis_do_not_stand_for_another_test_of_it():
    kept = Records.of([record("updates.fresh", "q1")])
    asked = [f"suites/shop/suite.toml::test_updates{more}[instruments-rag]" for more in ("", "_retrained")]
    assert left(asked, [], kept, CELLS.get) == asked[1:]


def test_a_test_of_no_cell_is_left_until_it_ended():
    assert left(["tests/test_x.py::test_y"], [], Records.of([]), CELLS.get) == ["tests/test_x.py::test_y"]
