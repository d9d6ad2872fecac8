"""Faithfulness: what answers claim against documents."""

from __future__ import annotations

import pytest

from proctor.evals.axes import faithfulness
from proctor.evals.exam import Exam

pytestmark = [pytest.mark.domain, pytest.mark.faithfulness]


def test_faithfulness(exam: Exam) -> None:
    """What the system claims is borne out."""
    exam.take(faithfulness.AXIS)
