"""Robustness to what is retrieved: how right a system is with the evidence itself, with none, and with passages that mislead.

Accuracy where the evidence is taken away with probability p lies on the line between `accuracy.exact` and
`robustness.distractors`, question by question, so it is not asked for. After Chen et al. 2024 (RGB, AAAI) and
Petroni et al. 2020 (AKBC).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from proctor.core.counts import counted
from proctor.core.language.text import RULES
from proctor.core.schema import Answer, Better, Context, Metric, Question, Suite
from proctor.core.storage.cache import digest
from proctor.evals.axes.conditions import Condition, Lookup, of_passages, under
from proctor.evals.axes.matching import declined, exact_match, says
from proctor.evals.exam import EvalContext


def _metric(name: str, says: str, better: Better = "higher", version: str = "2") -> Metric:
    return Metric(f"robustness.{name}", better=better, version=version, compares=True, says=says)


GOLD = _metric("gold", "Accuracy when shown the passages that hold the answer, and nothing else.")
NONE = _metric("none", "Accuracy when shown no passages: what it knows by heart.")
INVENTED = _metric("invented", "The share of answers without passages that are wrong and do not decline.", "lower", "3")
DISTRACTORS = _metric("distractors", "Accuracy when shown passages about something else.", version="3")
FALSE = _metric("false", "The share of answers that repeat a false value put into the passages.", "lower")
TOP = {k: _metric(f"top@{k}", f"Accuracy when shown no more than the best {counted(k, 'passage')}.") for k in (1, 2, 5)}
METRICS = (GOLD, NONE, INVENTED, DISTRACTORS, FALSE, *TOP.values())


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


def _conditions(evaluation: EvalContext) -> Mapping[Metric, Condition]:
    values = falsehoods(evaluation.suite)

    def misled(suite: Suite, question: Question, answer: Answer) -> float:
        return says(suite, answer.text, [values[question.id]])

    return {
        GOLD: Condition(lambda lookup: lookup.gold),
        NONE: Condition(lambda _: ()),
        INVENTED: Condition(lambda _: (), _invented),
        DISTRACTORS: Condition(lambda lookup: lookup.distractors),
        FALSE: Condition(lambda lookup: _falsified(lookup, values.get(lookup.question.id)), misled),
    } | {metric: _best(k) for k, metric in TOP.items()}


def _invented(suite: Suite, question: Question, answer: Answer) -> float:
    """Whether an answer out of memory is neither right nor declined."""
    return float(not exact_match(suite, question, answer) and not declined(suite, question, answer))


def _best(k: int) -> Condition:
    return Condition(lambda lookup: lookup.found[:k])


ASKS = "How right is it with the evidence itself, with other passages, or with none?"
AXIS = of_passages("robustness", __name__, METRICS, under(_conditions), 6, ASKS)
