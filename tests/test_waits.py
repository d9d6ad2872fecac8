"""No test waits for ever: every wait for a process, a thread or a lock has a bound, and so has every test."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.waiting import line, started, until

TESTS = Path(__file__).parent
WATCHED = {"benchmark.py", "benchmark_endpoint.py", "benchmark_page.py", "scale_run.py", "typed.py"}
"""Commands for people, who see how far they are."""
STARTERS = ("run", "call", "check_call", "check_output")
WAITS = ("wait", "join", "result", "acquire")
READS = ("read", "readline", "readlines")


def unbounded(code: str) -> Iterator[str]:
    """What waits without a bound."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if "timeout" not in {given.arg for given in node.keywords} and _waits(node, node.func):
                yield ast.unparse(node)
        elif isinstance(node, ast.While) and "sleep(" in ast.unparse(node) and "monotonic" not in ast.unparse(node.test):
            yield ast.unparse(node.test)


def _waits(call: ast.Call, called: ast.Attribute) -> bool:
    name, of = called.attr, called.value
    if name in STARTERS:
        return isinstance(of, ast.Name) and of.id == "subprocess"
    if name in READS:
        return isinstance(of, ast.Attribute) and of.attr in ("stdout", "stderr")
    return name in ("communicate", "urlopen") or (name in WAITS and not call.args)


@pytest.mark.parametrize("code", [
    "subprocess.run(['a'])", "process.communicate()", "process.wait()", "thread.join()", "future.result()", "lock.acquire()",
    "process.stdout.readline()", "request.urlopen('http://a')", "while not done():\n    time.sleep(1)",
])  # fmt: skip
def test_a_wait_without_a_bound_is_found(code: str) -> None:
    assert list(unbounded(code))


@pytest.mark.parametrize("code", [
    "subprocess.run(['a'], timeout=1)", "process.communicate(timeout=1)", "process.wait(1)", "', '.join(names)",
    "path.open().read()", "while time.monotonic() < end:\n    time.sleep(1)", "while more():\n    step()",
])  # fmt: skip
def test_a_wait_with_a_bound_and_what_is_none_are_not(code: str) -> None:
    assert not list(unbounded(code))


def test_every_wait_in_the_tests_has_a_bound() -> None:
    files = [path for path in TESTS.rglob("*.py") if path.name not in WATCHED | {"waiting.py"}]
    found = {str(path.relative_to(TESTS)): waits for path in files if (waits := [*unbounded(path.read_text())])}
    assert found == {}, "use subprocess.run(..., timeout=...), or what tests/waiting.py has"


def test_every_test_has_a_bound(request: pytest.FixtureRequest) -> None:
    marker = request.node.get_closest_marker("timeout")
    assert marker
    assert 0 < marker.args[0] <= 3600


def test_what_does_not_come_true_is_given_up() -> None:
    with pytest.raises(AssertionError, match=r"waited 0\.05 seconds in vain"):
        until(lambda: False, 0.05)


def test_a_process_that_says_nothing_is_ended_and_one_that_was_left_is() -> None:
    with started([sys.executable, "-c", "import time; time.sleep(600)"]) as silent:
        assert line(silent, 0.2) == ""
        assert silent.wait(60) == -9
    with pytest.raises(ZeroDivisionError), started([sys.executable, "-c", "import time; time.sleep(600)"]) as left:
        1 / 0  # noqa: B018
    assert left.poll() == -9


def test_a_process_that_ended_keeps_its_exit_code() -> None:
    with started([sys.executable, "-c", "print('a'); raise SystemExit(3)"], stderr=subprocess.STDOUT) as process:
        assert line(process) == "a\n"
        assert process.wait(60) == 3
    assert process.returncode == 3
