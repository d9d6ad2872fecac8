"""A plugin of pytest, for tests of whole runs: the machine counts as one on which nobody else does anything.

What was timed on a busy machine is timed anew by the next run, and tests of runs that are read back are not about that.
"""

from __future__ import annotations

from math import inf

import pytest


def pytest_configure(config: pytest.Config) -> None:
    from proctor.core import load
    from proctor.models.candidates.asking import rounds

    patch = pytest.MonkeyPatch()
    patch.setattr(load, "limit", lambda: inf)
    patch.setattr(rounds, "PACE", inf)
    config.add_cleanup(patch.undo)  # the run may be one in a process that goes on
