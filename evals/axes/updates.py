"""Updates: what a system says once documents have changed, and what it takes to bring it up to date.

The suite's revisions are all taken in at once. A system that retrieves has the changed documents indexed anew; its weights stay
as they are (`updates.*`), or are trained from the base again (`updates.retrained.*`), or are trained further on the revisions'
examples alone (`updates.continued.*`). After Kim et al. 2024 (EvolvingQA, NAACL).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from proctor.core.sampling import spread
from proctor.core.schema import (
    Answer,
    Better,
    Example,
    Metric,
    Question,
    RevisedQuestion,
    Score,
    Suite,
    not_applicable,
    unmeasured,
)
from proctor.evals.axes.conditions import ASKED
from proctor.evals.axes.cost import caution
from proctor.evals.axes.matching import exact_match, says
from proctor.evals.candidate import Candidate, Costs, Reads, Reindexes, Trains
from proctor.evals.exam import (
    SYSTEM_ITEM,
    Axis,
    EvalContext,
    Item,
    Items,
    ItemScore,
    QuestionScorer,
    Workload,
    about,
    absent,
    in_time,
    per_question,
    with_caution,
)


def _metric(name: str, says: str, better: Better = "higher", **more: Any) -> Metric:
    return Metric(f"updates.{name}", better=better, version="2", compares=True, says=says, **more)


def _taken(name: str, unit: str, says: str) -> Metric:
    return Metric(f"updates.{name}", unit, "lower", says=says, needs=frozenset({"costs"}))


FRESH = _metric(
    "fresh", "After the documents changed: the share of questions about that answered with the new value.", shown=True
)
STALE = _metric("stale", "After the documents changed: the share of questions about that answered with the old value.", "lower")
RETAINED = _metric("retained", "After the documents changed: the share of other questions still answered right.")
OVERRIDDEN = _metric(
    "overridden", "The share of questions answered with the old value although the new text was among the passages.", "lower"
)
REMEMBERED = _metric(
    "remembered",
    "The share of questions answered with the old value when shown no passages. Of systems that retrieve nothing, "
    "updates.stale says so.",
    "lower",
    needs=frozenset({"retrieves", "reads"}),
)
SECONDS = _taken("seconds", "seconds", "The time that the update took.")
FLOPS = _taken("flops", "FLOP", "The operations that the update took.")
METRICS = (FRESH, STALE, RETAINED, SECONDS, FLOPS)
INDEXING = {SECONDS: ("index_seconds",), FLOPS: ()}
TRAINING = {SECONDS: ("index_seconds", "train_seconds"), FLOPS: ("train_flops",)}
"""What an update takes -> its parts, as `evals.axes.cost` calls them."""


def _reindexed(evaluation: EvalContext) -> Candidate:
    return cast("Reindexes", evaluation.candidate).reindexed(evaluation.suite.domain.after(evaluation.suite.revisions))


def _retrained(evaluation: EvalContext) -> Candidate:
    return cast("Trains", evaluation.candidate).retrained(evaluation.suite.domain.after(evaluation.suite.revisions))


def _continued(evaluation: EvalContext) -> Candidate:
    domain = evaluation.suite.domain.after(evaluation.suite.revisions)
    return cast("Trains", evaluation.candidate).continued(domain, _examples(evaluation.suite))


def _examples(suite: Suite) -> list[Example]:
    return [example for revision in suite.revisions for example in revision.examples]


def _says_the_old(suite: Suite, question: Question, answer: Answer) -> float | Score:
    outdated = question.outdated if isinstance(question, RevisedQuestion) else ()
    return says(suite, answer.text, outdated) if outdated else not_applicable("the revision names no outdated answer")


def _changed(suite: Suite) -> tuple[Question, ...]:
    return tuple(question for revision in suite.revisions for question in revision.questions)


def _unchanged(evaluation: EvalContext) -> tuple[Question, ...]:
    """A spread of the questions whose answers stay as they are."""
    documents = {revision.document for revision in evaluation.suite.revisions}
    return tuple(spread([one for one in evaluation.questions if one.answerable and documents.isdisjoint(one.evidence)], ASKED))


def _score(
    update: Callable[[EvalContext], Candidate], parts: Mapping[Metric, Sequence[str]]
) -> Callable[[EvalContext], Iterator[ItemScore]]:
    def score(evaluation: EvalContext) -> Iterator[ItemScore]:
        candidate = update(evaluation)
        asked: dict[tuple[Question, ...], dict[Metric, QuestionScorer]] = {
            _changed(evaluation.suite): {FRESH: exact_match, STALE: _says_the_old},
            _unchanged(evaluation): {RETAINED: exact_match},
        }
        for questions, table in asked.items():
            yield from per_question(table)(replace(evaluation, questions=questions, candidate=candidate))
        if not evaluation.can(SECONDS):
            return
        costs = cast("Costs", candidate).costs()
        for metric, names in parts.items():
            yield ItemScore(metric, SYSTEM_ITEM, "", with_caution(_sum([costs[name] for name in names]), caution(costs, *names)))

    return score


def _memory(evaluation: EvalContext) -> Iterator[ItemScore]:
    """What the weights say of what has changed: against the new text, and with no text at all."""
    candidate, changed = _reindexed(evaluation), _changed(evaluation.suite)
    yield from per_question({OVERRIDDEN: _against_the_new})(replace(evaluation, questions=changed, candidate=candidate))
    if evaluation.can(REMEMBERED):
        unread = cast("Reads", candidate).answers_given_contexts(changed, [()] * len(changed))
        for question, answer in zip(changed, unread, strict=True):
            yield ItemScore(REMEMBERED, question.id, question.cluster, _remembered(evaluation.suite, question, answer))


def _against_the_new(suite: Suite, question: Question, answer: Answer) -> float | Score:
    """Whether the old answer was given though a document with the new one was shown."""
    if {context.document for context in answer.contexts or ()}.isdisjoint(question.evidence):
        return not_applicable("no document with the new answer was shown")
    return _says_the_old(suite, question, answer)


def _remembered(suite: Suite, question: Question, answer: Answer) -> Score:
    value = in_time(_says_the_old, suite, question, answer)
    if isinstance(value, Score):
        return value
    return REMEMBERED.without(answer) if answer.error else Score(value)


def _sum(parts: Sequence[float | str]) -> Score:
    """Of what the update took, or why that is not known."""
    unknown = [part for part in parts if isinstance(part, str)]
    return unmeasured(unknown[0]) if unknown else Score(float(sum(part for part in parts if not isinstance(part, str))))


def _by_training(prefix: str, update: Callable[[EvalContext], Candidate], trainings: float) -> Axis:
    """The same metrics under another name, where weights are trained for the update."""
    named = {metric: replace(metric, name=metric.name.replace("updates", prefix), shown=False) for metric in METRICS}

    def items(evaluation: EvalContext) -> Items:
        return {named[metric]: some for metric, some in _items(evaluation).items() if metric in named}

    def score(evaluation: EvalContext) -> Iterator[ItemScore]:
        if not _examples(evaluation.suite):
            yield from absent(items(evaluation), "the suite's revisions have no training examples")
            return
        for one in _score(update, TRAINING)(evaluation):
            yield one._replace(metric=named[one.metric])

    return Axis(
        prefix,
        __name__,
        tuple(named.values()),
        score,
        timed=True,
        workload=Workload(trainings, questions=ASKED + 50),
        needs=frozenset({"trains"}),
        items=items,
        slow=True,
        aside=True,
    )


def _items(evaluation: EvalContext) -> Items:
    of_changed = dict.fromkeys((FRESH, STALE, OVERRIDDEN, REMEMBERED), about(_changed(evaluation.suite)))
    return {**of_changed, RETAINED: about(_unchanged(evaluation)), SECONDS: [Item(SYSTEM_ITEM)], FLOPS: [Item(SYSTEM_ITEM)]}


def _as_it_is(evaluation: EvalContext) -> Iterator[ItemScore]:
    if evaluation.suite.revisions:
        yield from _score(_reindexed, INDEXING)(evaluation)
        yield from _memory(evaluation)


AXIS = Axis(
    "updates",
    __name__,
    (*METRICS, OVERRIDDEN, REMEMBERED),
    _as_it_is,
    timed=True,
    workload=Workload(readings=ASKED + 100),
    needs=frozenset({"reindexes"}),
    items=lambda evaluation: _items(evaluation) if evaluation.suite.revisions else {},
    asks="Does it follow when a document changes?",
    aside=True,
)
RETRAINED = _by_training("updates.retrained", _retrained, 1.0)
CONTINUED = _by_training("updates.continued", _continued, 0.2)
