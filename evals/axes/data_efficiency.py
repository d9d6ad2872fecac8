"""Data efficiency: how right a trained system is with a share of its examples, or with fewer wordings of each fact.

Who is not trained needs no examples: its `accuracy.exact` is the level line to hold these against. After Ovadia et al. 2024
(EMNLP), who find that facts have to be put in several wordings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import cast

from proctor.core.sampling import spread
from proctor.core.schema import Example, Metric, Question
from proctor.evals.axes.conditions import ASKED
from proctor.evals.axes.matching import exact_match
from proctor.evals.candidate import Trains
from proctor.evals.exam import Axis, EvalContext, Items, ItemScore, Workload, about, per_question


def share(count: int) -> Callable[[Sequence[Example]], tuple[Example, ...]]:
    """One example of so many, evenly spread."""
    return lambda examples: tuple(examples[::count])


def wordings(count: int) -> Callable[[Sequence[Example]], tuple[Example, ...]]:
    """At most so many examples about the same evidence with the same completion; those without evidence all stay."""

    def chosen(examples: Sequence[Example]) -> Iterator[Example]:
        seen: dict[tuple[object, ...], int] = {}
        for example in examples:
            about = (example.evidence, example.completion)
            seen[about] = seen.get(about, 0) + 1
            if not example.evidence or seen[about] <= count:
                yield example

    return lambda examples: tuple(chosen(examples))


def _metric(name: str, says: str) -> Metric:
    return Metric(f"data_efficiency.{name}", version="2", compares=True, says=says)


ONE_OF = {
    _metric("eighth", "Accuracy after training on every eighth example."): 8,
    _metric("quarter", "Accuracy after training on every fourth example."): 4,
    _metric("half", "Accuracy after training on every second example."): 2,
}
"""Metric -> one example of so many that it is trained on."""
DIETS = {metric: share(count) for metric, count in ONE_OF.items()} | {
    _metric("wordings@1", "Accuracy after training on one example of each fact."): wordings(1),
    _metric("wordings@2", "Accuracy after training on no more than two examples of each fact."): wordings(2),
}


def _asked(evaluation: EvalContext) -> tuple[Question, ...]:
    return tuple(spread([question for question in evaluation.questions if question.answerable], ASKED))


def _score(evaluation: EvalContext) -> Iterator[ItemScore]:
    asked, domain = _asked(evaluation), evaluation.suite.domain
    for metric, diet in DIETS.items():
        starved = cast("Trains", evaluation.candidate).retrained(replace(domain, examples=diet(domain.examples)))
        yield from per_question({metric: exact_match})(replace(evaluation, questions=asked, candidate=starved))


def _items(evaluation: EvalContext) -> Items:
    return dict.fromkeys(DIETS, about(_asked(evaluation)))


AXIS = Axis(
    "data_efficiency",
    __name__,
    tuple(DIETS),
    _score,
    workload=Workload(1 / 8 + 1 / 4 + 1 / 2 + 1 / 4 + 1 / 2, questions=len(DIETS) * ASKED),
    needs=frozenset({"trains"}),
    items=_items,
    asks="How right is it with fewer training examples, or fewer wordings of each fact?",
    slow=True,
    aside=True,
)
