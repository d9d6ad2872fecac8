"""Hunger for data: how right a trained system is with a share of its examples, or with fewer wordings of each fact.

Who is not trained needs no examples: its `accuracy.exact` is the level line to hold these against. After Ovadia et al. 2024
(EMNLP), who find that facts have to be put in several wordings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from evals.accuracy import exact_match
from evals.exam import Axis, Effort, Mark, Sheet, per_question
from evals.reading import ASKED
from evals.schema import Example, Measure, Question, not_applicable
from evals.spread import spread


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


DIETS = {
    Measure("hunger.eighth", version="2", compares=True): share(8),
    Measure("hunger.quarter", version="2", compares=True): share(4),
    Measure("hunger.half", version="2", compares=True): share(2),
    Measure("hunger.wordings@1", version="2", compares=True): wordings(1),
    Measure("hunger.wordings@2", version="2", compares=True): wordings(2),
}


def _score(sheet: Sheet) -> Iterator[Mark]:
    asked = tuple(spread([question for question in sheet.questions if question.answerable], ASKED))
    for measure, diet in DIETS.items():
        if sheet.candidate.weights_version == sheet.base.weights_version:
            yield from (_untrained(measure, question) for question in asked)
            continue
        domain = sheet.suite.domain
        starved = sheet.candidate.retrained(replace(domain, examples=diet(domain.examples)))
        yield from per_question({measure: exact_match})(replace(sheet, questions=asked, candidate=starved))


def _untrained(measure: Measure, question: Question) -> Mark:
    return Mark(measure, question.id, question.cluster, not_applicable("the system is not trained"))


AXIS = Axis(
    "hunger", __name__, tuple(DIETS), _score, effort=Effort(1 / 8 + 1 / 4 + 1 / 2 + 1 / 4 + 1 / 2, questions=len(DIETS) * ASKED)
)
