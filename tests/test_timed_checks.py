"""What the benchmark says that checks cost: time counts once, for the check that takes it; without secrets none is looked for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from proctor.core.redaction import redact
from tests import timed_checks
from tests.timed_checks import APART, Timers, shares


@pytest.fixture
def timers(monkeypatch: pytest.MonkeyPatch) -> Timers:
    """Timers before a clock that goes on by a second whenever it is looked at."""
    clock = iter(range(1000))
    monkeypatch.setattr(timed_checks, "perf_counter", lambda: float(next(clock)))
    return Timers()


def test_time_in_a_check_that_another_calls_counts_once_and_for_the_one_called(timers: Timers) -> None:
    pattern = timers.timed("patterns", lambda: 1)
    outer = timers.timed("redaction", lambda: pattern() + timers.timed("redaction", lambda: 1)())
    assert outer() == 2
    assert timers.seconds["redaction"] == 2  # before the pattern and after it
    assert timers.seconds["patterns"] == 1
    assert (timers.calls["redaction"], timers.calls["patterns"]) == (1, 1)


def test_what_happens_between_the_steps_of_a_generator_is_not_its_time(timers: Timers) -> None:
    def steps() -> Iterator[int]:
        yield from (1, 2)

    clock = vars(timed_checks)["perf_counter"]
    assert [step for step in timers.timed("patterns", steps)() if clock()] == [1, 2]
    assert timers.seconds["patterns"] == 3  # two steps, and the look for a third


def test_a_check_that_fails_is_timed_too(timers: Timers) -> None:
    with pytest.raises(ZeroDivisionError):
        timers.timed("patterns", lambda: 1 / 0)()
    assert timers.seconds["patterns"] == 1


def test_hashes_of_cached_entries_count_apart() -> None:
    told: dict[str, dict[str, float]] = {"seconds": {APART: 5.0, "patterns": 1.0}, "calls": {APART: 2, "patterns": 3}}
    assert shares(told, 10.0).startswith("10.00% of 10.0 s")


def test_a_text_is_not_looked_through_where_no_secret_is_known() -> None:
    text = "a long text " * 10
    assert redact(text) is text
