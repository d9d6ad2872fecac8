"""What would like to lead somewhere else, tried as `python -m tests.faults escapes` does."""

from __future__ import annotations

import pytest

from tests.faults import escapes


@pytest.mark.slow
def test_nothing_escapes():
    rows = [line.strip("| ").split(" | ") for line in escapes.run(0)][2:]
    assert {row[0] for row in rows} == {*escapes.KINDS}
    assert [row for row in rows if row[2] != "0"] == []
    assert sum(int(row[1]) for row in rows) > 300
