"""Forgetting: what general ability a system has lost to its training.

`general.<task>` is lm-eval's score of each item of a general task, for the system's weights. `forgetting` is what the
base model scored on the same item less what the system did (the other way round where lower is better), so it is
positive where the system lost. A system with the base's own weights has forgotten nothing, and is not run again.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple, cast

from proctor.core.schema import Ability, Metric, Score, Suite, not_applicable, unmeasured
from proctor.core.storage.cache import Cache, digest
from proctor.evals.candidate import Candidate, HasWeights, Likelihoods
from proctor.evals.exam import Axis, EvalContext, Item, Items, ItemScore, absent
from proctor.evals.tasks import task_files
from proctor.evals.tasks.lm_eval_tasks import TASK_VERSIONS, Value, asked_elsewhere, definition, lm_eval_files, put, run

log = logging.getLogger("proctor")

GENERAL = Metric("general.*", says="The score of a general task, as lm-eval gives it.")
"""The metric of each general task, with the task's name for the star."""
FORGETTING = Metric(
    "forgetting",
    unit="difference",
    better="lower",
    headline=True,
    shown=True,
    says="Points of the general tasks lost against the base model, item by item.",
)
SHARES = ("acc", "acc_norm", "exact_match", "f1", "em", "contains", "acc_mutual_info")
"""Metrics of lm-eval that lie between 0 and 1 for each item."""


class Task(NamedTuple):
    """One general task's outcome: how it is measured, and the score of every item."""

    metric: Metric
    items: dict[str, Score]


Tested = HasWeights | Likelihoods
TESTED: frozenset[Ability] = frozenset({"weights", "likelihoods"})
"""General tasks can be put to what has one of these."""
Put = Callable[[str, int | None, bool], Value]
"""Puts an entry's tasks to a system: the entry, at most so many items, whether its code may run."""


def general(cache: Cache, candidate: Tested, suite: Suite, limit: int | None = None) -> dict[str, Value | Exception]:
    """lm-eval's own results for each entry of ``suite.general``: kept ones, or the weights are opened and questioned.

    An entry that could not be run, say because its data set is on the hub and the network is off, is its error.
    """
    with ExitStack() as open_weights:
        ask = _putting(candidate, open_weights)
        return {entry: _entry(cache, candidate, (entry, limit), ask, trusted=entry in suite.trusted) for entry in suite.general}


def _putting(candidate: Tested, open_weights: ExitStack) -> Put:
    if "weights" in candidate.abilities:
        with_weights = cast("HasWeights", candidate)
        weights = _once(lambda: open_weights.enter_context(with_weights.model_and_tokenizer()))
        return lambda entry, limit, trusted: run(entry, *weights(), limit, trusted=trusted)
    there = cast("Likelihoods", candidate)

    def elsewhere() -> Any:
        return asked_elsewhere(there.likelihoods, there.continuations)

    return lambda entry, limit, trusted: put(entry, elsewhere, limit, trusted=trusted)


def _once(open_weights: Callable[[], tuple[Any, Any]]) -> Callable[[], tuple[Any, Any]]:
    return cache(open_weights)


def _entry(kept: Cache, candidate: Tested, asked: tuple[str, int | None], ask: Put, *, trusted: bool) -> Value | Exception:
    entry, limit = asked
    key = digest(candidate.weights_version, definition(entry, limit))
    try:
        value: Value = kept.json("general", key, lambda: ask(entry, limit, trusted))
    except OSError as error:
        log.warning("general task %s cannot be run: %s", entry, error)
        return error
    return value


def _score(evaluation: EvalContext) -> Iterator[ItemScore]:
    candidate, base = cast("Tested", evaluation.candidate), _base(evaluation)
    if base is None:
        after = _tasks(general(evaluation.cache, candidate, evaluation.suite, evaluation.limit))
        yield from (ItemScore(task.metric, item, item, score) for task in after.values() for item, score in task.items.items())
        items = [Item(item, item) for task in after.values() for item in task.items]
        yield from absent({FORGETTING: items}, UNPAIRED)
        return
    before = _tasks(general(evaluation.cache, base, evaluation.suite, evaluation.limit))
    shared = candidate.weights_version == base.weights_version
    after = before if shared else _tasks(general(evaluation.cache, candidate, evaluation.suite, evaluation.limit))
    forgetting = replace(FORGETTING, version=_version_of(FORGETTING, [task.metric.version for task in after.values()]))
    for name, task in after.items():
        for item, score in task.items.items():
            yield ItemScore(task.metric, item, item, score)
            yield ItemScore(forgetting, item, item, _lost(task.metric, _same_item(before, name, item), score))


UNPAIRED = "no system is named as its base that says how likely texts are in the same way"


def _tested(candidate: Candidate) -> bool:
    """Whether general tasks can be put to it."""
    return not candidate.abilities.isdisjoint(TESTED)


def _base(evaluation: EvalContext) -> Tested | None:
    """What a loss is measured against: a model in memory for one in memory, and a served one for a served one."""
    return cast("Tested", evaluation.base) if _way(evaluation.candidate) == _way(evaluation.base) else None


def _way(candidate: Candidate) -> str:
    return "weights" if "weights" in candidate.abilities else "likelihoods" if _tested(candidate) else ""


def _items(evaluation: EvalContext) -> Items:
    """The tasks of the suite: what they are made of is known once they are run."""
    named = {_named(name): [Item(name)] for entry in evaluation.suite.general for name in task_files.names(entry)}
    return {**named, FORGETTING: [item for items in named.values() for item in items]}


def _version_of(metric: Metric, of: Sequence[str]) -> str:
    """The metric's own version, and that of the tasks: other questions or another scoring make it another metric."""
    return f"{metric.version} {digest(sorted(of))[:12]}"


def _same_item(before: Mapping[str, Task], task: str, item: str) -> Score:
    known = before[task].items if task in before else {}
    return known.get(item, unmeasured("there is no result of the base model to compare with"))


def _lost(metric: Metric, before: Score, after: Score) -> Score:
    if before.value is None or after.value is None:
        return before if before.value is None else after
    if metric.unit != "share":
        return not_applicable(f"{metric.unit} is no share, so it cannot be averaged with others")
    return Score(before.value - after.value if metric.better == "higher" else after.value - before.value)


def _tasks(values: Mapping[str, Value | Exception]) -> dict[str, Task]:
    """Every task of every entry, by name."""
    tasks = {}
    for entry, value in values.items():
        if isinstance(value, Exception):
            tasks[entry] = Task(_named(entry), {entry: unmeasured(f"{type(value).__name__}: {value}"[:500])})
        else:
            tasks |= {name: _task(name, samples, value) for name, samples in value["samples"].items()}
    return tasks


def _named(task: str) -> Metric:
    return replace(GENERAL, name=GENERAL.name.replace("*", task.rpartition("/")[2]))


def _task(name: str, samples: list[dict[str, Any]], value: Value) -> Task:
    theirs = "acc" if "acc" in samples[0]["metrics"] else samples[0]["metrics"][0]
    higher = value.get("higher_is_better", {}).get(name, {}).get(theirs) is not False
    version = f"{GENERAL.version} {value[TASK_VERSIONS][name]}"
    metric = replace(
        _named(name), version=version, unit="share" if theirs in SHARES else theirs, better="higher" if higher else "lower"
    )
    first = [sample for sample in samples if sample["filter"] == samples[0]["filter"]]
    return Task(metric, {f"{name}/{sample['doc_id']}": _value(theirs, sample[theirs]) for sample in first})


def _value(theirs: str, value: Any) -> Score:
    """An item's score; metrics that only exist for a whole task, such as perplexity, leave something else in its place."""
    if isinstance(value, int | float) and math.isfinite(value):
        return Score(float(value))
    return unmeasured(f"lm-eval's {theirs} has no finite number for one item")


def _files(evaluation: EvalContext) -> Mapping[str, str]:
    """lm-eval's own files, for systems that have weights of their own."""
    if not _tested(evaluation.candidate):
        return {}
    candidate, base = cast("Tested", evaluation.candidate), _base(evaluation)
    if base and candidate.weights_version == base.weights_version and candidate.version != base.version:
        return {}
    values = general(evaluation.cache, candidate, evaluation.suite, evaluation.limit)
    return lm_eval_files({entry: value for entry, value in values.items() if not isinstance(value, Exception)})


def _definitions(evaluation: EvalContext) -> list[str]:
    return [definition(entry, evaluation.limit) for entry in evaluation.suite.general]


AXIS = Axis(
    "forgetting",
    __name__,
    (GENERAL, FORGETTING),
    _score,
    files=_files,
    folder="lm-eval",
    inputs=_definitions,
    either=TESTED,
    items=_items,
    asks="What did it lose of the abilities that the base model had?",
)
