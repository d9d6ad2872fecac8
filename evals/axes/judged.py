"""What an axis puts before a judge, and how what a judge says becomes a score."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from proctor.core.schema import Answer, Metric, Question, Score, not_applicable
from proctor.evals.axes.matching import declined
from proctor.evals.exam import EvalContext, ItemScore, in_time, with_caution
from proctor.evals.judges.samples import Sample

NOT_IN_DOCUMENTS = "answers say again what the question says: documents tell how, not what"


Chosen = Sample | Score
"""A sample to be judged, or the score that stands without a judge."""


def grade(
    evaluation: EvalContext, metric: Metric, choose: Callable[[EvalContext, Question, Answer], Chosen], judge: _Judging
) -> Iterator[ItemScore]:
    """Marks of one metric: choose what is to be judged, have all of it judged at once."""
    pairs = list(evaluation.answered)
    chosen = [_unless_failed(metric, answer, in_time(choose, evaluation, question, answer)) for question, answer in pairs]
    judged = iter(judge([choice for choice in chosen if isinstance(choice, Sample)]))
    for (question, answer), choice in zip(pairs, chosen, strict=True):
        score = next(judged) if isinstance(choice, Sample) else choice
        yield ItemScore(metric, question.id, question.cluster, with_caution(score, answer.caution))


_Judging = Callable[[list[Sample]], Iterable[Score]]


def _unless_failed(metric: Metric, answer: Answer, chosen: Chosen) -> Chosen:
    """A question that the system crashed on is failed, where the metric applies to it at all."""
    if answer.error and not (isinstance(chosen, Score) and chosen.value is None):
        return metric.without(answer)
    return chosen


def against_gold(evaluation: EvalContext, question: Question, answer: Answer) -> Chosen:
    """The answer before the documents that hold the right one."""
    if not question.answerable:
        return not_applicable("the documents do not hold the answer")
    if not question.evidence:
        return not_applicable("the question names no evidence")
    return claiming(evaluation, question, answer, tuple(passage(evaluation, document) for document in question.evidence))


def claiming(evaluation: EvalContext, question: Question, answer: Answer, passages: tuple[str, ...]) -> Chosen:
    """The sample, unless the answer declines and so claims nothing, or documents are not what bears it out."""
    if evaluation.suite.answer_in == "question":
        return not_applicable(NOT_IN_DOCUMENTS)
    if answer.unsaid:
        return not_applicable("the model came to no answer, so it claims nothing")
    if not answer.error and declined(evaluation.suite, question, answer):
        return not_applicable("the answer declines, so it claims nothing")
    return Sample(question.text, evaluation.suite.bare(answer.text), passages)


def passage(evaluation: EvalContext, document: str) -> str:
    """A document as a judge reads it: its title, which may be all that names its subject, and its text."""
    found = evaluation.suite.document(document)
    return found.text if not found.title or found.title in found.text else f"{found.title}. {found.text}"
