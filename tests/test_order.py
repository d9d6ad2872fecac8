"""The order in which workers take the tests."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

import pytest

from tests import order
from tests.scheduling import Sorted

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


class Worker:
    """A worker of xdist that notes what it is given."""

    shutting_down = False

    def __init__(self, tests: list[str]) -> None:
        self.tests, self.given = tests, list[str]()

    def send_runtest_some(self, places: list[int]) -> None:
        self.given += [self.tests[place].partition("::")[0] for place in places]


def test_what_loads_much_goes_to_the_first_worker_until_the_others_have_nothing_else() -> None:
    files = ["tests/a.py", "tests/models/x.py", "tests/b.py", "tests/exam/y.py", "tests/evals/z.py"]
    tests = [f"{file}::test" for file in files]
    taken = Sorted.__new__(Sorted)  # of whose beginning, which needs a whole run of pytest, nothing matters here
    taken.workqueue = OrderedDict((file, {test: False}) for file, test in zip(files, tests, strict=True))
    first, other = workers = Worker(tests), Worker(tests)
    taken.assigned_work = {worker: {} for worker in workers}  # type: ignore[misc]
    taken.registered_collections = dict.fromkeys(workers, tests)  # type: ignore[arg-type]
    for worker in (first, other, other, other, first):
        taken._assign_work_unit(worker)
    assert first.given == ["tests/models/x.py", "tests/evals/z.py"]
    assert other.given == ["tests/a.py", "tests/b.py", "tests/exam/y.py"]
