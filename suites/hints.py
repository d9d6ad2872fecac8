"""What a suite may hold, and seldom means to."""

from __future__ import annotations

from collections.abc import Iterator

from evals.schema import Question, Suite
from evals.text import normalise

SHOWN = 3
"""Ids that are named."""


def hints(suite: Suite) -> Iterator[str]:
    """One line for each."""
    if suite.source != "documents":
        return
    asked = [question for question in suite.questions if question.answerable and question.evidence]
    absent = [
        question.id for question in asked if not any(_stands(reference, question, suite) for reference in question.references)
    ]
    if absent:
        named = f"{', '.join(absent[:SHOWN])}{', ...' if len(absent) > SHOWN else ''}"
        yield (
            f"note: of {len(asked)} questions with evidence, {len(absent)} have no reference that stands in it word for word "
            f"({named}): as it should be where answers are judgements or are worded anew, a slip where they are quoted"
        )


def _stands(reference: str, question: Question, suite: Suite) -> bool:
    documents = [suite.document(name) for name in question.evidence]
    return any(normalise(reference) in normalise(f"{each.title} {each.text}") for each in documents)
