"""Hallucination: what a system makes up, and what it keeps back.

`hallucination.contradicted` is the share of the gold documents that an answer contradicts, by deepeval's verdicts.
`hallucination.unanswerable` counts answers to questions whose answer the documents do not hold, `abstention.false`
declined questions whose answer they hold: a system can buy either with the other, so they stand together.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from proctor.core.schema import Answer, Metric, Question, Score, Suite, not_applicable
from proctor.evals.axes.judged import against_gold, grade
from proctor.evals.axes.matching import declined
from proctor.evals.exam import Axis, EvalContext, ItemScore, per_question
from proctor.evals.judges.deepeval_metric import contradicted

CONTRADICTED = Metric(
    "hallucination.contradicted",
    better="lower",
    version="3",
    library="deepeval",
    headline=True,
    says="The share of documents holding the answer that contradict what was said.",
)
UNANSWERABLE = Metric(
    "hallucination.unanswerable",
    better="lower",
    version="3",
    headline=True,
    shown=True,
    says="The share of questions answered although the documents hold no answer.",
)
FALSE_ABSTENTION = Metric(
    "abstention.false",
    better="lower",
    version="3",
    compares=True,
    headline=True,
    shown=True,
    says="The share of questions declined although the documents hold the answer.",
)


def _answered(suite: Suite, question: Question, answer: Answer) -> float | Score:
    return not_applicable("the question can be answered") if question.answerable else float(not declined(suite, question, answer))


def _declined_needlessly(suite: Suite, question: Question, answer: Answer) -> float | Score:
    return float(declined(suite, question, answer)) if question.answerable else not_applicable("the question has no answer")


_by_abstention = per_question({UNANSWERABLE: _answered, FALSE_ABSTENTION: _declined_needlessly})


def _score(evaluation: EvalContext) -> Iterator[ItemScore]:
    yield from _by_abstention(evaluation)
    yield from grade(evaluation, CONTRADICTED, against_gold, partial(contradicted, evaluation.judge))


AXIS = Axis(
    "hallucination",
    __name__,
    (CONTRADICTED, UNANSWERABLE, FALSE_ABSTENTION),
    _score,
    judged=(CONTRADICTED,),
    asks="Does it make things up, or answer what the documents do not hold?",
)
