"""A small part of what `python -m tests.faults` does; the whole takes minutes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults import flips

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_nobody_who_reads_a_run_is_given_what_was_damaged(tmp_path: Path) -> None:
    for name, tally in flips._of_run(tmp_path, 0, 6).items():
        assert tally["refused"] > 10, name
        assert tally["changed"] == tally["traceback"] == 0, name


@pytest.mark.slow
def test_an_exam_that_was_killed_ends_as_if_undisturbed() -> None:
    """In a process of its own: the exams are forked, which takes one where torch has not worked yet."""
    command = [sys.executable, "-m", "tests.faults", "kills", "--count", "2"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    *_, row = done.stdout.splitlines()
    assert set(row.split("|")[3:-1]) == {" 0 "}
