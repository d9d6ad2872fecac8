"""A small part of what `python -m tests.faults` does; the whole takes minutes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults import flips, kills


def test_nobody_who_reads_a_run_is_given_what_was_damaged(tmp_path: Path) -> None:
    for name, tally in flips._of_run(tmp_path, 0, 6).items():
        assert tally["refused"] > 10, name
        assert tally["changed"] == tally["traceback"] == 0, name


@pytest.mark.slow
def test_an_exam_that_was_killed_ends_as_if_undisturbed() -> None:
    *_, row = kills.run(0, 2)
    assert set(row.split("|")[3:-1]) == {" 0 "}
