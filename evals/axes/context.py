"""The context window: how right a system is by where the evidence stands among its passages, and by the room for them.

Positions after Liu et al. 2024 (Lost in the Middle, TACL).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from proctor.core.schema import Answer, Context, Metric, Score, not_applicable
from proctor.evals.axes.conditions import Condition, Lookup, ask, item_scores, lookups, of_passages, under
from proctor.evals.candidate import Fits
from proctor.evals.exam import EvalContext, ItemScore


def _metric(name: str, says: str, **more: Any) -> Metric:
    return Metric(f"context.{name}", version="3", compares=True, says=says, **more)


FIRST = _metric("first", "Accuracy when the passages that hold the answer come before the others.")
MIDDLE = _metric("middle", "Accuracy when the passages that hold the answer stand in the middle of the others.")
LAST = _metric("last", "Accuracy when the passages that hold the answer come after the others.")
BUDGETS = {
    tokens: _metric(f"budget@{tokens}", f"Accuracy when prompt and answer may take {tokens} tokens.", needs=frozenset({"fits"}))
    for tokens in (64, 128, 256, 512, 1024, 2048, 4096)
}
CUT = Metric(
    "context.cut",
    unit="passages",
    better="lower",
    says="The passages that were found and left out, as the prompt would not fit, for each question.",
)


def _placed(lookup: Lookup, before: int) -> tuple[Context, ...]:
    """The evidence after so many of the distractors."""
    return (*lookup.distractors[:before], *lookup.gold, *lookup.distractors[before:])


def _places(_: EvalContext) -> Mapping[Metric, Condition]:
    return {
        FIRST: Condition(lambda lookup: _placed(lookup, 0)),
        MIDDLE: Condition(lambda lookup: _placed(lookup, (len(lookup.distractors) + 1) // 2)),
        LAST: Condition(lambda lookup: _placed(lookup, len(lookup.distractors))),
    }


def _rooms(evaluation: EvalContext) -> Iterator[ItemScore]:
    """Accuracy in growing rooms, up to the first in which no passage had to be cut: larger ones show the same."""
    if "fits" not in evaluation.candidate.abilities:
        return
    known, room, enough = lookups(evaluation), cast("Fits", evaluation.candidate).context_length, False
    for tokens, metric in BUDGETS.items():
        condition = Condition(lambda lookup: lookup.found, room=tokens)
        if enough or tokens > room:
            why = "all passages fit into less" if enough else "the model has no such room"
            yield from (ItemScore(metric, one.question.id, one.question.cluster, not_applicable(why)) for one in known)
            continue
        readings = [(question, None if _no_room(answer) else answer) for question, answer in ask(evaluation, known, condition)]
        yield from item_scores(evaluation, metric, condition, readings)
        fitted = [answer for _, answer in readings if answer]
        enough = bool(fitted) and not any(answer.cut for answer in fitted)


def _no_room(answer: Answer | None) -> bool:
    """Whether the prompt would not fit though every passage was cut, which says nothing of the system."""
    return answer is not None and bool(answer.error) and not answer.contexts


def _cut(evaluation: EvalContext) -> Iterator[ItemScore]:
    for question, answer in evaluation.answered:
        yield ItemScore(CUT, question.id, question.cluster, Score(float(answer.cut)))


def _score(evaluation: EvalContext) -> Iterator[ItemScore]:
    for part in (under(_places), _rooms, _cut):
        yield from part(evaluation)


METRICS = (FIRST, MIDDLE, LAST, *BUDGETS.values(), CUT)
AXIS = of_passages("context", __name__, METRICS, _score, 7, "How does it depend on the room for passages, and on their place?")
