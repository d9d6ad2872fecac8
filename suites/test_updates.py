"""Updates: what is said once documents have changed."""

from __future__ import annotations

import pytest

from proctor.evals.axes import updates
from proctor.evals.exam import Exam

pytestmark = [pytest.mark.domain, pytest.mark.updates]


def test_updates(exam: Exam) -> None:
    """The system says the new where its documents were changed, without training, and knows the rest."""
    exam.take(updates.AXIS)


@pytest.mark.slow
def test_updates_retrained(exam: Exam) -> None:
    """The system says the new where it was trained again from the base, and knows the rest."""
    exam.take(updates.RETRAINED)


@pytest.mark.slow
def test_updates_continued(exam: Exam) -> None:
    """The system says the new where it was trained further on it alone, and knows the rest."""
    exam.take(updates.CONTINUED)
