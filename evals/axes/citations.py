"""Citations: whether the documents that an answer names are those that hold it, and whether a reader could trace it.

Where the same text stands in several documents, each of them holds it. A mark that may be a citation and names no document for
certain is none, and the scores say so.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from proctor.core.language.citing import Citing
from proctor.core.language.holders import Held
from proctor.core.schema import Answer, Metric, Question, Score, Suite, not_applicable
from proctor.evals.axes.judged import NOT_IN_DOCUMENTS
from proctor.evals.exam import Axis, EvalContext, ItemScore, per_question, with_caution

RECALL = Metric("citations.recall", version="3", says="The share of the documents holding the answer that it cites.")
PRECISION = Metric("citations.precision", version="3", says="The share of what it cites that holds the answer.")
TRACEABLE = Metric(
    "citations.traceable", version="3", says="The share of answers from which a reader finds a document that holds them."
)
METRICS = (RECALL, PRECISION, TRACEABLE)
UNREAD = "a mark that looks like a citation names no document, so it was not counted"
NUMBERED = "a number was taken for the place of a passage as it was shown"


def _recall(held: Held, question: Question, answer: Answer) -> float:
    cited = {piece for name in answer.citations for piece in held.cited(question, name)}
    return len(cited) / len(held.holders.pieces(question.evidence))


def _precision(held: Held, question: Question, answer: Answer) -> float | None:
    """None for an answer that cites nothing: what is not claimed cannot be wrong."""
    right = sum(bool(held.cited(question, name)) for name in answer.citations)
    return right / len(answer.citations) if answer.citations else None


def _traceable(held: Held, question: Question, answer: Answer) -> float:
    """Whether a document that holds the answer is cited, or among the passages that can be shown with it."""
    shown = any(held.shown(question, context) for context in answer.contexts or ())
    return float(shown or any(held.cited(question, name) for name in answer.citations))


SCORERS = {RECALL: _recall, PRECISION: _precision, TRACEABLE: _traceable}


def _score(evaluation: EvalContext) -> Iterator[ItemScore]:
    """Where answers say again what the question says, no document holds them, and there is nothing to cite."""
    asked = (
        [question for question in evaluation.questions if question.evidence] if evaluation.suite.answer_in == "documents" else []
    )
    held, citing, named = Held(evaluation, asked), Citing(evaluation.suite.domain.documents), {question.id for question in asked}

    def score(metric: Metric, suite: Suite, question: Question, answer: Answer) -> Score:
        if question.id not in named:
            return not_applicable("the question names no evidence" if suite.answer_in == "documents" else NOT_IN_DOCUMENTS)
        value = SCORERS[metric](held, question, answer)
        return (
            not_applicable("the answer cites nothing") if value is None else with_caution(Score(value), _caution(citing, answer))
        )

    yield from per_question({metric: partial(score, metric) for metric in METRICS})(evaluation)


def _caution(citing: Citing, answer: Answer) -> str:
    found = citing.read(answer.text, answer.contexts or ())
    return UNREAD if found.unread else NUMBERED if found.numbered else ""


AXIS = Axis("citations", __name__, METRICS, _score, asks="Does it name the documents that support its answer?")
