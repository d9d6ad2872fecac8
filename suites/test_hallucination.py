"""Hallucination: what is made up, and what is kept back."""

from __future__ import annotations

import pytest

from proctor.evals.axes import hallucination
from proctor.evals.exam import Exam

pytestmark = [pytest.mark.domain, pytest.mark.hallucination]


def test_hallucination(exam: Exam) -> None:
    """The system makes nothing up, and declines only where it must."""
    exam.take(hallucination.AXIS)
