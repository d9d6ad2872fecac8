"""Style: whether the answer is in the house format that training showed."""

from __future__ import annotations

from evals.exam import Axis, per_question
from evals.schema import Answer, Measure, Question, Suite

FOLLOWED = Measure("style.followed")


def _followed(suite: Suite, _: Question, answer: Answer) -> float | None:
    return float(suite.style.followed(answer.text)) if suite.style else None


AXIS = Axis("style", (FOLLOWED,), per_question({FOLLOWED: _followed}))
