"""Citations: the documents that answers name."""

from __future__ import annotations

import pytest

from proctor.evals.axes import citations
from proctor.evals.exam import Exam

pytestmark = [pytest.mark.domain, pytest.mark.citations]


def test_citations(exam: Exam) -> None:
    """The system names the documents that hold its answers."""
    exam.take(citations.AXIS)
