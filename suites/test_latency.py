"""Latency: how long an answer takes."""

from __future__ import annotations

import pytest

from proctor.evals.axes import latency
from proctor.evals.exam import Exam

pytestmark = [pytest.mark.domain, pytest.mark.latency]


def test_latency(exam: Exam) -> None:
    """The system answers within the time that the suite allows, where it sets a bar."""
    exam.take(latency.AXIS)
