"""What a suite may hold, and seldom means to."""

from __future__ import annotations

from collections.abc import Iterator

from evals.schema import Question, Suite
from evals.text import normalise

SHOWN = 3
"""Ids that are named."""


def hints(suite: Suite) -> Iterator[str]:
    """One line for each."""
    yield from _asked_twice(suite)
    if suite.source == "documents":
        yield from _without_evidence(suite)
        yield from _not_in_evidence(suite)


def _asked_twice(suite: Suite) -> Iterator[str]:
    asked: dict[str, list[Question]] = {}
    for question in suite.questions:
        asked.setdefault(normalise(question.text), []).append(question)
    for same in asked.values():
        if len({question.references for question in same}) > 1:
            ids = ", ".join(question.id for question in same)
            yield f"note: {ids} ask the same and have different references: whoever answers one of them right has others wrong"


def _without_evidence(suite: Suite) -> Iterator[str]:
    asked = [question for question in suite.questions if question.answerable]
    bare = [question.id for question in asked if not question.evidence]
    if bare:
        yield (
            f"note: of {len(asked)} questions with an answer, {len(bare)} name no evidence ({_named(bare)}): "
            "retrieval, citations and faithfulness to the evidence are not measured on them"
        )


def _not_in_evidence(suite: Suite) -> Iterator[str]:
    asked = [question for question in suite.questions if question.answerable and question.evidence]
    absent = [question.id for question in asked if not any(_stands(each, question, suite) for each in question.references)]
    if absent:
        yield (
            f"note: of {len(asked)} questions with evidence, {len(absent)} have no reference that stands in it word for word "
            f"({_named(absent)}): as it should be where answers are judgements or are worded anew, a slip where they are quoted"
        )


def _named(ids: list[str]) -> str:
    return f"{', '.join(ids[:SHOWN])}{', ...' if len(ids) > SHOWN else ''}"


def _stands(reference: str, question: Question, suite: Suite) -> bool:
    documents = [suite.document(name) for name in question.evidence]
    return any(normalise(reference) in normalise(f"{each.title} {each.text}") for each in documents)
