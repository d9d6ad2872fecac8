"""The context window: where the evidence stands, and the room for it."""

from __future__ import annotations

import pytest

from proctor.evals.axes import context
from proctor.evals.exam import Exam

pytestmark = [pytest.mark.domain, pytest.mark.context]


def test_context(exam: Exam) -> None:
    """The system finds the evidence wherever it stands in the prompt."""
    exam.take(context.AXIS)
