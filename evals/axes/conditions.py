"""What a system makes of passages that it is given rather than looks up: the frame of the axes that ask so."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, cast

from proctor.core.language.holders import Held
from proctor.core.language.text import holds
from proctor.core.sampling import spread
from proctor.core.schema import Ability, Answer, Context, Metric, Question, Score, Suite, not_applicable
from proctor.evals.axes.matching import exact_match
from proctor.evals.candidate import Reads, Searches
from proctor.evals.exam import NO_REFERENCE, Axis, EvalContext, Items, ItemScore, Workload, about, in_time

ASKED = 100
"""Questions asked in each condition, spread evenly over those that have an answer and evidence."""
WIDE = 10
"""Passages looked up for each question; conditions choose among them."""


@dataclass(frozen=True)
class Lookup:
    """One question with what there is to show for it."""

    question: Question
    found: tuple[Context, ...]
    """The ``WIDE`` best passages, best first."""
    gold: tuple[Context, ...]
    """For each piece of its evidence the passage that holds a reference, or else the document's first."""
    distractors: tuple[Context, ...]
    """The best passages that neither are of its evidence nor hold it, as many as the system shows."""


Scorer = Callable[[Suite, Question, Answer], float | None]


class Condition(NamedTuple):
    """One way to show passages, and how the answers are scored."""

    show: Callable[[Lookup], tuple[Context, ...] | None]
    """``None`` where there is nothing to show for a question."""
    score: Scorer = exact_match
    room: int | None = None
    """Tokens that a prompt may take; by default all that the model has room for."""


def lookups(evaluation: EvalContext) -> list[Lookup]:
    """Everything that conditions choose from, for a spread of the questions."""
    asked, candidate = asked_of(evaluation), cast("Searches", evaluation.candidate)
    found = candidate.retrieve(asked, WIDE)
    pieces = candidate.chunks_of([name for question in asked for name in question.evidence])
    held = Held(evaluation, asked)

    def lookup(one: Question, contexts: tuple[Context, ...]) -> Lookup:
        gold = tuple(_holding(pieces[name], one.references) for name in held.holders.pieces(one.evidence))
        others = tuple(context for context in contexts if not held.shown(one, context))
        return Lookup(one, contexts, gold, others[: candidate.top_k])

    return [lookup(one, contexts) for one, contexts in zip(asked, found, strict=True)]


def asked_of(evaluation: EvalContext) -> list[Question]:
    """At most ``ASKED`` of the questions that have an answer and evidence, evenly spread, always the same."""
    return spread([question for question in evaluation.questions if question.answerable and question.evidence], ASKED)


def _holding(passages: tuple[Context, ...], references: Sequence[str]) -> Context:
    holding = (passage for passage in passages if any(holds(passage.text, reference) for reference in references))
    return next(holding, passages[0])


def under(conditions: Callable[[EvalContext], Mapping[Metric, Condition]]) -> Callable[[EvalContext], Iterator[ItemScore]]:
    """An axis' ``score`` from conditions: the same questions are asked under each."""

    def score(evaluation: EvalContext) -> Iterator[ItemScore]:
        known = lookups(evaluation)
        for metric, condition in conditions(evaluation).items():
            yield from item_scores(evaluation, metric, condition, ask(evaluation, known, condition))

    return score


Readings = list[tuple[Question, Answer | None]]


def ask(evaluation: EvalContext, known: Sequence[Lookup], condition: Condition) -> Readings:
    """Every question with its answer under the condition; None where there was nothing to show."""
    shown = {lookup.question: condition.show(lookup) for lookup in known}
    asked = {question: passages for question, passages in shown.items() if passages is not None}
    answers = cast("Reads", evaluation.candidate).answers_given_contexts(list(asked), list(asked.values()), condition.room)
    given = dict(zip(asked, answers, strict=True))
    return [(question, given.get(question)) for question in shown]


def item_scores(evaluation: EvalContext, metric: Metric, condition: Condition, readings: Readings) -> Iterator[ItemScore]:
    """The readings, scored."""
    for question, answer in readings:
        yield ItemScore(metric, question.id, question.cluster, _score(evaluation.suite, metric, condition, question, answer))


def _score(suite: Suite, metric: Metric, condition: Condition, question: Question, answer: Answer | None) -> Score:
    if answer is None:
        return not_applicable("there is nothing of the kind to show")
    if answer.error:
        return metric.without(answer)
    value = in_time(condition.score, suite, question, answer)
    if isinstance(value, Score):
        return value
    caution = answer.caution if condition.room is None else replace(answer, cut=0).caution  # there it is cut on purpose
    return not_applicable(NO_REFERENCE) if value is None else Score(value, caution=caution)


def of_passages(
    name: str,
    module: str,
    metrics: tuple[Metric, ...],
    score: Callable[[EvalContext], Iterator[ItemScore]],
    readings: int,
    asks: str,
) -> Axis:
    """An axis of a module that shows passages to systems that look some up; it reads about so many times the questions asked."""

    def items(evaluation: EvalContext) -> Items:
        return dict.fromkeys(metrics, about(asked_of(evaluation)))

    needs: frozenset[Ability] = frozenset({"retrieves", "reads"})
    return Axis(
        name,
        module,
        metrics,
        score,
        workload=Workload(readings=readings * ASKED),
        needs=needs,
        items=items,
        asks=asks,
        aside=True,
    )
