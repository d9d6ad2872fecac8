"""The tests of a suite: one for each axis of the catalogue. pytest collects them from a ``suite.toml``."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from proctor.evals.axes.catalogue import AXES, marker
from proctor.evals.exam import Exam


def _test(name: str) -> Callable[[Exam], None]:
    axis = AXES[name]

    def test(exam: Exam) -> None:
        exam.run(axis)

    test.__name__ = test.__qualname__ = f"test_{name}"
    test.__doc__ = axis.asks
    test.axis = axis  # type: ignore[attr-defined] # what an estimate is made of
    for mark in ("domain", marker(name), *(["slow"] if axis.slow else [])):
        test = getattr(pytest.mark, mark)(test)
    return test


globals().update({f"test_{name}": _test(name) for name in AXES})
