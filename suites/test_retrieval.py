"""Retrieval: what was found against the evidence."""

from __future__ import annotations

import pytest

from proctor.evals.axes import retrieval
from proctor.evals.exam import Exam

pytestmark = [pytest.mark.domain, pytest.mark.retrieval]


def test_retrieval(exam: Exam) -> None:
    """The system finds the evidence."""
    exam.take(retrieval.AXIS)
