"""Citations: whether the documents that an answer names are those that hold it, and whether a reader could trace it."""

from __future__ import annotations

from collections.abc import Callable

from evals.exam import Axis, per_question
from evals.schema import Answer, Measure, Question, Suite

RECALL = Measure("citations.recall")
PRECISION = Measure("citations.precision")
TRACEABLE = Measure("citations.traceable")


def _recall(evidence: frozenset[str], answer: Answer) -> float:
    return len(evidence & frozenset(answer.citations)) / len(evidence)


def _precision(evidence: frozenset[str], answer: Answer) -> float | None:
    """Not defined for an answer that cites nothing: what is not claimed cannot be wrong."""
    return len(evidence & frozenset(answer.citations)) / len(answer.citations) if answer.citations else None


def _traceable(evidence: frozenset[str], answer: Answer) -> float:
    """Whether a document that holds the answer is cited, or among the passages that can be shown with it."""
    shown = {context.document for context in answer.contexts or ()}
    return float(not evidence.isdisjoint({*answer.citations, *shown}))


def _with_evidence(scorer: Callable[[frozenset[str], Answer], float | None]) -> Callable[[Suite, Question, Answer], float | None]:
    def score(suite: Suite, question: Question, answer: Answer) -> float | None:
        """Where answers say again what the question says, no document holds them, and there is nothing to cite."""
        held = question.evidence and suite.source == "documents"
        return scorer(frozenset(question.evidence), answer) if held else None

    return score


SCORERS = {RECALL: _recall, PRECISION: _precision, TRACEABLE: _traceable}
AXIS = Axis("citations", tuple(SCORERS), per_question({measure: _with_evidence(scorer) for measure, scorer in SCORERS.items()}))
