"""Accuracy: whether the answer says what a reference says.

Exact match and token F1 as SQuAD defines them, against the best of the references, without the house format.
"""

from __future__ import annotations

from collections import Counter

from evals.exam import Axis, per_question
from evals.schema import Answer, Measure, Question, Suite
from evals.text import normalise

EXACT = Measure("accuracy.exact")
F1 = Measure("accuracy.f1")


def exact(text: str, reference: str) -> float:
    """1 if both are the same once normalised, else 0."""
    return float(normalise(text) == normalise(reference))


def f1(text: str, reference: str) -> float:
    """Harmonic mean of token precision and recall; 0 without a common token."""
    said, expected = normalise(text).split(), normalise(reference).split()
    common = sum((Counter(said) & Counter(expected)).values())
    return 2 * common / (len(said) + len(expected)) if common else 0.0


def exact_match(suite: Suite, question: Question, answer: Answer) -> float | None:
    """1 if the answer, without the house format, is one of the references; None for a question without any."""
    said = suite.bare(answer.text)
    return max((exact(said, reference) for reference in question.references), default=None)


def _f1(suite: Suite, question: Question, answer: Answer) -> float | None:
    said = suite.bare(answer.text)
    return max((f1(said, reference) for reference in question.references), default=None)


AXIS = Axis("accuracy", (EXACT, F1), per_question({EXACT: exact_match, F1: _f1}))
