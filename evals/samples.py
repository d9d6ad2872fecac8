"""What faithfulness and hallucination put before a judge, and how what a judge says becomes a score."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from evals.accuracy import declined
from evals.exam import Mark, Sheet, in_time, with_caution
from evals.judges import EntailingJudge, JudgeError, Pair, each
from evals.schema import Answer, Measure, Question, Score, not_applicable, unmeasured

NOT_IN_DOCUMENTS = "answers say again what the question says: documents tell how, not what"
PARALLEL = 8
"""Calls to a chat judge under way at once."""


class Sample(NamedTuple):
    """An answer and the passages to hold it against."""

    question: str
    answer: str
    passages: tuple[str, ...]


class Verdicts(NamedTuple):
    """An entailing judge's claims of one sample, and whether each has support."""

    claims: list[str]
    supported: list[bool]

    @property
    def borne_out(self) -> bool:
        """Whether there are claims, and all have support."""
        return bool(self.claims) and all(self.supported)


Chosen = Sample | Score
"""A sample to be judged, or the score that stands without a judge."""


def grade(sheet: Sheet, measure: Measure, choose: Callable[[Sheet, Question, Answer], Chosen], judge: _Judging) -> Iterator[Mark]:
    """Marks of one measure: choose what is to be judged, have all of it judged at once."""
    pairs = list(sheet.pairs)
    chosen = [_unless_failed(measure, answer, in_time(choose, sheet, question, answer)) for question, answer in pairs]
    judged = iter(judge([choice for choice in chosen if isinstance(choice, Sample)]))
    for (question, answer), choice in zip(pairs, chosen, strict=True):
        score = next(judged) if isinstance(choice, Sample) else choice
        yield Mark(measure, question.id, question.cluster, with_caution(score, answer.caution))


_Judging = Callable[[list[Sample]], Iterable[Score]]


def _unless_failed(measure: Measure, answer: Answer, chosen: Chosen) -> Chosen:
    """A question that the system crashed on is failed, where the measure applies to it at all."""
    if answer.error and not (isinstance(chosen, Score) and chosen.value is None):
        return measure.failed(answer.error)
    return chosen


def against_gold(sheet: Sheet, question: Question, answer: Answer) -> Chosen:
    """The answer before the documents that hold the right one."""
    if not question.answerable:
        return not_applicable("the documents do not hold the answer")
    if not question.evidence:
        return not_applicable("the question names no evidence")
    return claiming(sheet, question, answer, tuple(passage(sheet, document) for document in question.evidence))


def claiming(sheet: Sheet, question: Question, answer: Answer, passages: tuple[str, ...]) -> Chosen:
    """The sample, unless the answer declines and so claims nothing, or documents are not what bears it out."""
    if sheet.suite.source == "question":
        return not_applicable(NOT_IN_DOCUMENTS)
    if answer.unsaid:
        return not_applicable("the model came to no answer, so it claims nothing")
    if not answer.error and declined(sheet.suite, question, answer):
        return not_applicable("the answer declines, so it claims nothing")
    return Sample(question.text, sheet.suite.bare(answer.text), passages)


def passage(sheet: Sheet, document: str) -> str:
    """A document as a judge reads it: its title, which may be all that names its subject, and its text."""
    found = sheet.suite.document(document)
    return found.text if not found.title or found.title in found.text else f"{found.title}. {found.text}"


def failure(error: Exception) -> Score:
    """The score of a sample that could not be judged."""
    return unmeasured(str(error) if isinstance(error, JudgeError) else f"{type(error).__name__}: {error}"[:500])


def verdicts(judge: EntailingJudge, samples: Sequence[Sample]) -> list[Verdicts | JudgeError]:
    """Every claim of every sample, judged in one batch."""
    split = each(lambda some: [judge.claims(sample.question, sample.answer) for sample in some], samples)
    pairs = [
        Pair(sample.passages, sample.question, claim, len(claims))
        for sample, claims in zip(samples, split, strict=True)
        if not isinstance(claims, JudgeError)
        for claim in claims
    ]
    outcomes = iter(each(judge.supports, pairs))
    return [claims if isinstance(claims, JudgeError) else _verdicts(claims, outcomes) for claims in split]


def _verdicts(claims: list[str], outcomes: Iterator[bool | JudgeError]) -> Verdicts | JudgeError:
    mine: list[bool | JudgeError] = [next(outcomes) for _ in claims]
    errors = [outcome for outcome in mine if isinstance(outcome, JudgeError)]
    return errors[0] if errors else Verdicts(claims, [outcome is True for outcome in mine])
