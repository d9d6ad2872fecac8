"""Forgetting: general ability before and after training."""

from __future__ import annotations

import pytest

from proctor.evals.axes import forgetting
from proctor.evals.exam import Exam

pytestmark = [pytest.mark.domain, pytest.mark.forgetting]


def test_forgetting(exam: Exam) -> None:
    """The system has kept its general ability."""
    exam.take(forgetting.AXIS)
