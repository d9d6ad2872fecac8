"""Accuracy: each answer against its references."""

from __future__ import annotations

import pytest

from proctor.evals.axes import accuracy
from proctor.evals.exam import Exam

pytestmark = [pytest.mark.domain, pytest.mark.accuracy]


def test_accuracy(exam: Exam) -> None:
    """The system answers as the references do."""
    exam.take(accuracy.AXIS)
