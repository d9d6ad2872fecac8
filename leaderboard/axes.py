"""The order in which measures are shown, and what they mean to a reader who sees them for the first time."""

from __future__ import annotations

from functools import lru_cache

from evals.axes import AXES, measures

ELSEWHERE = {"general": "forgetting", "abstention": "hallucination"}
"""First words of measures that belong to an axis of another name."""

MEANING = {
    "accuracy": "Does it answer the questions of the domain correctly?",
    "faithfulness": "Do the documents support what it says?",
    "hallucination": "Does it make things up, or answer what the documents do not hold?",
    "forgetting": "What did it lose of the abilities that the base model had?",
    "retrieval": "Does it find the documents that hold the answer?",
    "dependence": "How right is it with the evidence itself, with other passages, or with none?",
    "citations": "Does it name the documents that support its answer?",
    "style": "Does it follow the house format?",
    "hunger": "How right is it with fewer training examples, or fewer wordings of each fact?",
    "updates": "Does it follow when a document changes?",
    "context": "How does it depend on the room for passages, and on their place?",
    "privacy": "Does it give away what it saw in training or finds in its index?",
    "latency": "How long does an answer take?",
    "cost": "What does it cost to build?",
}

HEADLINES = (
    *("accuracy.exact", "faithfulness.retrieved", "faithfulness.gold"),
    *("hallucination.contradicted", "hallucination.unanswerable", "abstention.false", "forgetting"),
)
"""One measure or two of the axes that a reader asks for first."""
SHOWN = (
    *("accuracy.exact", "faithfulness.gold", "hallucination.unanswerable", "abstention.false", "forgetting"),
    *("style.followed", "updates.fresh", "latency.p50", "cost.train_seconds"),
)
"""Columns of the table before a reader chooses others: what is gained, what is lost, and what it takes."""


def axis(measure: str) -> str:
    """The axis that a measure belongs to."""
    first, _, _ = measure.partition(".")
    return ELSEWHERE.get(first, first)


def rank(measure: str) -> tuple[int, str, bool, int, str]:
    """Sorts measures by axis; an axis' own measure comes before those of its parts, and these in the order of its file."""
    name, declared = axis(measure), _declared()
    place = AXES.index(name) if name in AXES else len(AXES)
    return (place, name, not measure.startswith(name), declared.get(measure, len(declared)), measure)


@lru_cache(maxsize=1)
def _declared() -> dict[str, int]:
    return {measure.name: place for place, measure in enumerate(measures())}
