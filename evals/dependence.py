"""Dependence on retrieval: how right a system is with the evidence itself, with none, and with passages that mislead.

Accuracy where the evidence is taken away with probability p lies on the line between `accuracy.exact` and
`dependence.distractors`, question by question, so it is not asked for. After Chen et al. 2024 (RGB, AAAI) and
Petroni et al. 2020 (AKBC).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from evals.accuracy import declined, exact_match, says
from evals.cache import digest
from evals.exam import Axis, Effort, Sheet
from evals.reading import ASKED, Condition, Lookup, for_retrieving, under
from evals.schema import Answer, Context, Measure, Question, Suite
from evals.text import RULES

GOLD = Measure("dependence.gold", version="2", compares=True)
NONE = Measure("dependence.none", version="2", compares=True)
INVENTED = Measure("dependence.invented", better="lower", version="3", compares=True)
DISTRACTORS = Measure("dependence.distractors", version="2", compares=True)
FALSE = Measure("dependence.false", better="lower", version="2", compares=True)
TOP = {k: Measure(f"dependence.top@{k}", version="2", compares=True) for k in (1, 2, 5)}
MEASURES = (GOLD, NONE, INVENTED, DISTRACTORS, FALSE, *TOP.values())


def falsehoods(suite: Suite) -> Mapping[str, str]:
    """Question id -> a false value: the answer to another question of the same tags, always the same one."""
    bare = RULES[suite.normalise]
    kinds: dict[tuple[str, ...], set[str]] = {}
    for question in suite.questions:
        kinds.setdefault(question.tags, set()).update(question.references[:1])
    found = {}
    for question in suite.questions:
        right = set(map(bare, question.references))
        others = sorted(value for value in kinds[question.tags] if bare(value) not in right)
        if others:
            found[question.id] = others[int(digest(question.id), 16) % len(others)]
    return found


def _falsified(lookup: Lookup, value: str | None) -> tuple[Context, ...] | None:
    """The evidence with another value in the place of the right one; None where that is not there word for word."""
    reference = next(iter(lookup.question.references), "")
    if value is None or not any(reference in passage.text for passage in lookup.gold):
        return None
    return tuple(replace(passage, text=passage.text.replace(reference, value)) for passage in lookup.gold)


def _conditions(sheet: Sheet) -> Mapping[Measure, Condition]:
    values = falsehoods(sheet.suite)

    def misled(suite: Suite, question: Question, answer: Answer) -> float:
        return says(suite, answer.text, [values[question.id]])

    return {
        GOLD: Condition(lambda lookup: lookup.gold),
        NONE: Condition(lambda _: ()),
        INVENTED: Condition(lambda _: (), _invented),
        DISTRACTORS: Condition(lambda lookup: lookup.distractors),
        FALSE: Condition(lambda lookup: _falsified(lookup, values.get(lookup.question.id)), misled),
    } | {measure: _best(k) for k, measure in TOP.items()}


def _invented(suite: Suite, question: Question, answer: Answer) -> float:
    """Whether an answer out of memory is neither right nor declined."""
    return float(not exact_match(suite, question, answer) and not declined(suite, question, answer))


def _best(k: int) -> Condition:
    return Condition(lambda lookup: lookup.found[:k])


AXIS = Axis("dependence", __name__, MEASURES, for_retrieving(MEASURES, under(_conditions)), effort=Effort(readings=6 * ASKED))
