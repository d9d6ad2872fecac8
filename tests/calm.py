"""A plugin of pytest, for tests of whole runs: the machine counts as one on which nobody else does anything.

What was timed on a busy machine is timed anew by the next run, and tests of runs that are read back are not about that.
"""

from __future__ import annotations

from math import inf


def pytest_configure() -> None:
    from proctor.core import load
    from proctor.models.candidates import rounds

    load.limit, rounds.PACE = lambda: inf, inf
