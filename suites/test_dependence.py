"""Dependence on retrieval: given passages in place of those looked up."""

from __future__ import annotations

import pytest

from proctor.evals.axes import dependence
from proctor.evals.exam import Exam

pytestmark = [pytest.mark.domain, pytest.mark.dependence]


def test_dependence(exam: Exam) -> None:
    """The system copes with what retrieval may bring, the evidence or none of it."""
    exam.take(dependence.AXIS)
