"""Style: the house format."""

from __future__ import annotations

import pytest

from proctor.evals.axes import style
from proctor.evals.exam import Exam

pytestmark = [pytest.mark.domain, pytest.mark.style]


def test_style(exam: Exam) -> None:
    """The system keeps to the house format."""
    exam.take(style.AXIS)
