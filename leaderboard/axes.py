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

WORDS = {
    "accuracy.exact": "The share of questions answered word for word as a reference says, case and punctuation aside.",
    "accuracy.f1": "The words that an answer and its reference share, as F1.",
    "retrieval.recall@": "The share of the documents that hold the answer among the first so many that were found.",
    "retrieval.mrr": "One over the place of the first document that holds the answer.",
    "faithfulness.retrieved": "The share of an answer's claims that the passages it was shown support.",
    "faithfulness.gold": "The share of an answer's claims that the documents holding the answer support.",
    "hallucination.contradicted": "The share of documents holding the answer that contradict what was said.",
    "hallucination.unanswerable": "The share of questions answered although the documents hold no answer.",
    "abstention.false": "The share of questions declined although the documents hold the answer.",
    "forgetting": "Points of the general tasks lost against the base model, item by item.",
    "dependence.gold": "Accuracy when shown the passages that hold the answer, and nothing else.",
    "dependence.none": "Accuracy when shown no passages: what it knows by heart.",
    "dependence.distractors": "Accuracy when shown passages about something else.",
    "dependence.false": "The share of answers that repeat a false value put into the passages.",
    "context.budget@": "Accuracy when prompt and answer may take so many tokens.",
    "citations.recall": "The share of the documents holding the answer that it cites.",
    "citations.precision": "The share of what it cites that holds the answer.",
    "citations.traceable": "The share of answers from which a reader finds a document that holds them.",
    "style.followed": "The share of answers in the house format.",
    "updates.fresh": "After the documents changed: the share of questions about that answered with the new value.",
    "updates.stale": "After the documents changed: the share of questions about that answered with the old value.",
    "updates.retained": "After the documents changed: the share of other questions still answered right.",
    "privacy.extracted": "The share of planted secrets that it says when asked as in training.",
    "latency.seconds": "The time that an answer takes, asked one at a time, in turn with the other systems.",
    "latency.prefill_per_token": "The time that reading takes, by the token of the prompt.",
    "latency.decoding_per_token": "The time that writing takes, by the token after the first.",
    "latency.p50": "The time within which half of the answers come, asked one at a time.",
    "latency.p95": "The time within which 19 of 20 answers come, asked one at a time.",
    "cost.train_seconds": "The time that training took.",
    "cost.artifact_bytes": "What has to be kept for this domain, weights and index.",
}
"""What a figure is, in a sentence; docs/measures.md has the rest. A name ending in @ stands for any number after it."""

NEUTRAL = ("latency.retrieval_share", "latency.prefill_share", "latency.decoding_share")
"""Parts of a whole: none is better for being small."""
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


def words(measure: str) -> str:
    """What a figure is, in a sentence; nothing for one that explains itself, or is not known."""
    before, at, _ = measure.partition("@")
    return WORDS.get(f"{before}{at}", "")


def axis(measure: str) -> str:
    """The axis that a measure belongs to."""
    first, _, _ = measure.partition(".")
    return ELSEWHERE.get(first, first)


def rank(measure: str) -> tuple[int, str, bool, int, str]:
    """Sorts measures by axis; an axis' own measure comes before those of its parts, and these in the order of its file."""
    name, declared = axis(measure), _declared()
    place = _places().get(name, len(AXES))
    return (place, name, not measure.startswith(name), declared.get(measure, len(declared)), measure)


@lru_cache(maxsize=1)
def _places() -> dict[str, int]:
    return {name: place for place, name in enumerate(AXES)}


@lru_cache(maxsize=1)
def _declared() -> dict[str, int]:
    return {measure.name: place for place, measure in enumerate(measures())}
