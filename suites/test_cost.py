"""Cost: what a system takes to build, to keep and to ask."""

from __future__ import annotations

import pytest

from proctor.evals.axes import cost
from proctor.evals.exam import Exam

pytestmark = [pytest.mark.domain, pytest.mark.cost]


def test_cost(exam: Exam) -> None:
    """The system costs no more than the suite allows, where it sets a bar."""
    exam.take(cost.AXIS)
