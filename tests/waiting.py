"""Waits that end: for what another process does, with a bound on each, so that no test hangs."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Timer
from typing import Any, AnyStr

PATIENCE = 300.0
"""Seconds, many times what anything takes on a busy machine: who waits longer waits for something that does not come."""


def until(done: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Wait until this is true; ``AssertionError`` where it does not come true in time."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, f"waited {seconds:g} seconds in vain"
        time.sleep(0.01)


def line(process: subprocess.Popen[AnyStr], seconds: float = PATIENCE) -> AnyStr:
    """The next line that a process prints; of one that says nothing in time, which is then killed, an empty one."""
    assert process.stdout
    timer = Timer(seconds, process.kill)
    timer.start()
    try:
        return process.stdout.readline()
    finally:
        timer.cancel()


@contextmanager
def started(command: Sequence[Any], **how: Any) -> Iterator[subprocess.Popen[str]]:
    """A process that talks in texts, which is killed at the end if it has not ended by then: `Popen` itself would wait for it."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes | how) as process:
        try:
            yield process
        finally:
            process.kill()  # nothing happens where it has ended
