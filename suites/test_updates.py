"""Updates: what is said once documents have changed."""

from __future__ import annotations

import pytest

from evals import updates
from evals.exam import Axis, Exam

pytestmark = [pytest.mark.domain, pytest.mark.updates]


def test_updates(exam: Exam) -> None:
    """The system says the new where its documents were changed, without training, and knows the rest."""
    exam.take(updates.AXIS)


@pytest.mark.slow
@pytest.mark.parametrize("axis", updates.SLOW, ids=lambda axis: axis.name)
def test_updates_by_training(exam: Exam, axis: Axis) -> None:
    """The system says the new where it was trained again, and knows the rest."""
    exam.take(axis)
