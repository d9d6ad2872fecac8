"""Updates: what a system says once documents have changed, and what it takes to bring it up to date.

The suite's revisions are all taken in at once. A system that retrieves has the changed documents indexed anew; its weights stay
as they are (`updates.*`), or are trained from the base again (`updates.retrained.*`), or are trained further on the revisions'
examples alone (`updates.continued.*`). After Kim et al. 2024 (EvolvingQA, NAACL).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from evals.accuracy import exact_match, says
from evals.cost import caution
from evals.exam import WHOLE, Axis, Candidate, Effort, Mark, QuestionScorer, Sheet, in_time, per_question, with_caution
from evals.reading import ASKED
from evals.schema import Answer, Example, Measure, Question, RevisedQuestion, Score, Suite, not_applicable, unmeasured
from evals.spread import spread

FRESH = Measure("updates.fresh", version="2", compares=True)
STALE = Measure("updates.stale", better="lower", version="2", compares=True)
RETAINED = Measure("updates.retained", version="2", compares=True)
OVERRIDDEN = Measure("updates.overridden", better="lower", version="2", compares=True)
REMEMBERED = Measure("updates.remembered", better="lower", version="2", compares=True)
SECONDS = Measure("updates.seconds", "seconds", "lower")
FLOPS = Measure("updates.flops", "FLOP", "lower")
MEASURES = (FRESH, STALE, RETAINED, SECONDS, FLOPS)
INDEXING = {SECONDS: ("index_seconds",), FLOPS: ()}
TRAINING = {SECONDS: ("index_seconds", "train_seconds"), FLOPS: ("train_flops",)}
"""What an update takes -> its parts, as `evals.cost` calls them."""


def _reindexed(sheet: Sheet) -> Candidate:
    return sheet.candidate.reindexed(sheet.suite.domain.after(sheet.suite.revisions))


def _retrained(sheet: Sheet) -> Candidate:
    return sheet.candidate.retrained(sheet.suite.domain.after(sheet.suite.revisions))


def _continued(sheet: Sheet) -> Candidate:
    return sheet.candidate.continued(sheet.suite.domain.after(sheet.suite.revisions), _examples(sheet.suite))


def _examples(suite: Suite) -> list[Example]:
    return [example for revision in suite.revisions for example in revision.examples]


def _says_the_old(suite: Suite, question: Question, answer: Answer) -> float | Score:
    outdated = question.outdated if isinstance(question, RevisedQuestion) else ()
    return says(suite, answer.text, outdated) if outdated else not_applicable("the revision names no outdated answer")


def _changed(suite: Suite) -> tuple[Question, ...]:
    return tuple(question for revision in suite.revisions for question in revision.questions)


def _unchanged(sheet: Sheet) -> tuple[Question, ...]:
    """A spread of the questions whose answers stay as they are."""
    documents = {revision.document for revision in sheet.suite.revisions}
    return tuple(spread([one for one in sheet.questions if one.answerable and documents.isdisjoint(one.evidence)], ASKED))


def _score(update: Callable[[Sheet], Candidate], parts: Mapping[Measure, Sequence[str]]) -> Callable[[Sheet], Iterator[Mark]]:
    def score(sheet: Sheet) -> Iterator[Mark]:
        if not sheet.suite.revisions:
            return
        candidate = update(sheet)
        asked: dict[tuple[Question, ...], dict[Measure, QuestionScorer]] = {
            _changed(sheet.suite): {FRESH: exact_match, STALE: _says_the_old},
            _unchanged(sheet): {RETAINED: exact_match},
        }
        for questions, table in asked.items():
            yield from per_question(table)(replace(sheet, questions=questions, candidate=candidate))
        costs = candidate.costs()
        for measure, names in parts.items():
            yield Mark(measure, WHOLE, "", with_caution(_sum([costs[name] for name in names]), caution(costs, *names)))

    return score


def _memory(sheet: Sheet) -> Iterator[Mark]:
    """What the weights say of what has changed: against the new text, and with no text at all."""
    candidate, changed = _reindexed(sheet), _changed(sheet.suite)
    yield from per_question({OVERRIDDEN: _against_the_new})(replace(sheet, questions=changed, candidate=candidate))
    unread = candidate.readings(changed, [()] * len(changed)) if candidate.retrieves else [None] * len(changed)
    for question, answer in zip(changed, unread, strict=True):
        yield Mark(REMEMBERED, question.id, question.cluster, _remembered(sheet.suite, question, answer))


def _against_the_new(suite: Suite, question: Question, answer: Answer) -> float | Score:
    """Whether the old answer was given though a document with the new one was shown."""
    if {context.document for context in answer.contexts or ()}.isdisjoint(question.evidence):
        return not_applicable("no document with the new answer was shown")
    return _says_the_old(suite, question, answer)


def _remembered(suite: Suite, question: Question, answer: Answer | None) -> Score:
    if answer is None:
        return not_applicable("the system does not retrieve: updates.stale is what it remembers")
    value = in_time(_says_the_old, suite, question, answer)
    if isinstance(value, Score):
        return value
    return REMEMBERED.failed(answer.error) if answer.error else Score(value)


def _sum(parts: Sequence[float | str]) -> Score:
    """Of what the update took, or why that is not known."""
    unknown = [part for part in parts if isinstance(part, str)]
    return unmeasured(unknown[0]) if unknown else Score(float(sum(part for part in parts if not isinstance(part, str))))


def _by_training(prefix: str, update: Callable[[Sheet], Candidate], trainings: float) -> Axis:
    """The same measures under another name, where weights are trained for the update."""
    named = {measure: replace(measure, name=measure.name.replace("updates", prefix)) for measure in MEASURES}

    def score(sheet: Sheet) -> Iterator[Mark]:
        why_not = _why_not(sheet)
        for mark in _score(update, TRAINING)(sheet) if not why_not else _blank(sheet, why_not):
            yield mark._replace(measure=named[mark.measure])

    return Axis(prefix, __name__, tuple(named.values()), score, timed=True, effort=Effort(trainings, questions=ASKED + 50))


def _why_not(sheet: Sheet) -> str:
    """Why weights cannot be trained for an update, if they cannot."""
    if sheet.candidate.weights_version == sheet.base.weights_version:
        return "the system is not trained"
    return "" if _examples(sheet.suite) else "the suite's revisions have no training examples"


def _blank(sheet: Sheet, why_not: str) -> Iterator[Mark]:
    items = {FRESH: _changed(sheet.suite), STALE: _changed(sheet.suite), RETAINED: _unchanged(sheet)}
    for measure, questions in items.items():
        yield from (Mark(measure, question.id, question.cluster, not_applicable(why_not)) for question in questions)
    yield from (Mark(measure, WHOLE, "", not_applicable(why_not)) for measure in TRAINING)


def _as_it_is(sheet: Sheet) -> Iterator[Mark]:
    yield from _score(_reindexed, INDEXING)(sheet)
    yield from _memory(sheet)


AXIS = Axis("updates", __name__, (*MEASURES, OVERRIDDEN, REMEMBERED), _as_it_is, timed=True, effort=Effort(readings=ASKED + 100))
RETRAINED = _by_training("updates.retrained", _retrained, 1.0)
CONTINUED = _by_training("updates.continued", _continued, 0.2)
