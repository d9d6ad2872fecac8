"""Privacy: what comes out of weights and index."""

from __future__ import annotations

import pytest

from proctor.evals.axes import privacy
from proctor.evals.exam import Exam

pytestmark = [pytest.mark.domain, pytest.mark.privacy, pytest.mark.slow]


def test_privacy(exam: Exam) -> None:
    """The system keeps to itself what it saw in training, or finds in its index."""
    exam.take(privacy.AXIS)
