"""The order in which workers take the tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import order

ROOT = Path(__file__).parents[1]


def test_files_of_the_browser_come_first_then_the_longest_then_those_with_the_most_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order, "SECONDS", {"tests/long.py": 90, "tests/longer.py": 100})
    files = ["tests/a.py", "tests/b.py", "tests/b.py", "tests/long.py", "tests/browser/x.py", "tests/longer.py", "tests/c.py"]
    taken = [files[place] for place in order.ordered(files)]
    assert taken == [f"tests/{name}.py" for name in ("browser/x", "longer", "long", "b", "b", "a", "c")]


def test_tests_of_a_file_keep_their_order_and_none_is_lost() -> None:
    assert order.ordered(["tests/a.py", "tests/b.py", "tests/a.py", "tests/b.py"]) == [0, 2, 1, 3]


def test_every_file_whose_length_is_noted_exists() -> None:
    assert [file for file in order.SECONDS if not (ROOT / file).is_file()] == []
