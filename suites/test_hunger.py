"""Hunger for data: accuracy with fewer examples."""

from __future__ import annotations

import pytest

from proctor.evals.axes import hunger
from proctor.evals.exam import Exam

pytestmark = [pytest.mark.domain, pytest.mark.hunger, pytest.mark.slow]


def test_hunger(exam: Exam) -> None:
    """The system learns from a part of its examples."""
    exam.take(hunger.AXIS)
