"""What else the machine does while something is timed: the work of other processes on the cores that this one may use."""

from __future__ import annotations

import os
import time

from proctor.core import machine

LEAST, PART = 0.1, 0.05
"""Cores that others may take while something is timed: a tenth of one, or this part of all where that is more."""
IDLE = ("idle", "iowait", "guest", "guest_nice")
"""What is no work, or is counted under another name as well."""


class Load:
    """What others do from its making on."""

    def __init__(self) -> None:
        self._started, self._busy, self._own = time.monotonic(), _busy(), _own()

    def others(self) -> float:
        """How many cores others kept busy since then, on average; what a virtual machine's host took away is among it."""
        seconds = time.monotonic() - self._started
        return max(0.0, (_busy() - self._busy - (_own() - self._own)) / seconds) if seconds else 0.0


def limit() -> float:
    """Cores that others may take before figures of time are taken with caution."""
    return max(LEAST, PART * machine.cores())


def taken(others: float, what: str) -> str:
    """The caution where others took too much while this was done; empty if they did not."""
    return f"the machine was busy while this was {what}: others took {100 * others:.0f} % of a core" if others > limit() else ""


def workers() -> int:
    """How many processes of pytest-xdist share the run."""
    return int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))


def _busy() -> float:
    """Seconds of work so far, of the cores that this process may use."""
    import psutil

    cores = psutil.cpu_times(percpu=True)
    usable = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(len(cores))
    parts = (cores[core]._asdict() for core in usable if core < len(cores))
    return float(sum(seconds for part in parts for name, seconds in part.items() if name not in IDLE))


def _own() -> float:
    """Seconds of work so far, of this process with all its threads, and of those that it started and waited for."""
    now = os.times()
    return now.user + now.system + now.children_user + now.children_system
