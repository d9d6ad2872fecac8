"""Latency: how long a question takes that is asked alone, and where the time goes.

The seconds are wall time on the machine that takes the exam, and comparable between systems that were timed in turn on it. An
item is a question, and a cluster is the round in which it was asked: questions differ from round to round, so an interval over
rounds covers both the choice of questions and the moods of the machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import cast

from proctor.core.sampling import spread
from proctor.core.schema import Ability, Metric, Question, Score, Timing, not_applicable, unmeasured
from proctor.evals.candidate import Times
from proctor.evals.exam import SYSTEM_ITEM, Axis, EvalContext, Item, Items, ItemScore, about, with_caution

SAMPLE = 24
"""Questions that are timed, evenly spread over the suite's."""
TOGETHER = "2"
"""The first version in which systems are timed in turn."""


SECONDS = Metric(
    "latency.seconds",
    "seconds",
    "lower",
    TOGETHER,
    says="The time that an answer takes, asked one at a time, in turn with the other systems.",
)


def _part(name: str, says: str, needs: frozenset[Ability] = frozenset()) -> Metric:
    return Metric(f"latency.{name}_share", "share", "lower", TOGETHER, says=says, needs=needs, neutral=True)


RETRIEVAL = _part("retrieval", "The part of an answer's time that goes into looking passages up.", frozenset({"retrieves"}))
PREFILL = _part("prefill", "The part of an answer's time that goes into reading the prompt.")
DECODING = _part("decoding", "The part of an answer's time that goes into writing.")
READ = replace(SECONDS, name="latency.prefill_per_token", says="The time that reading takes, by the token of the prompt.")
WRITTEN = replace(SECONDS, name="latency.decoding_per_token", says="The time that writing takes, by the token after the first.")
UNMERGED = replace(SECONDS, name="latency.unmerged", says="The time that an answer takes with the adapter beside the weights.")
PERCENTILES = {
    50: replace(
        SECONDS, name="latency.p50", shown=True, says="The time within which half of the answers come, asked one at a time."
    ),
    95: replace(SECONDS, name="latency.p95", says="The time within which 19 of 20 answers come, asked one at a time."),
}
THROUGHPUT = Metric(
    "latency.tokens_per_second",
    "tokens/s",
    "higher",
    TOGETHER,
    says="The tokens that it writes in a second, one at a time.",
)


VALUES: dict[Metric, Callable[[Timing], float | None]] = {
    SECONDS: lambda timing: timing.seconds,
    RETRIEVAL: lambda timing: timing.retrieval / timing.seconds,
    PREFILL: lambda timing: timing.prefill / timing.seconds,
    DECODING: lambda timing: timing.decoding / timing.seconds,
    READ: lambda timing: timing.prefill / timing.prompt_tokens if timing.prompt_tokens else None,
    WRITTEN: lambda timing: timing.decoding / timing.passes if timing.passes else None,
    UNMERGED: lambda timing: timing.unmerged or 0.0,
}
"""None: not defined for an answer that ended with its first token."""
PARTS = (RETRIEVAL, PREFILL, DECODING, READ, WRITTEN)
WHOLE_ONLY = "only the whole time of an answer is known, and none of its parts"


def asked(evaluation: EvalContext) -> list[Question]:
    """The questions that are timed."""
    return spread(evaluation.questions, SAMPLE)


def _score(evaluation: EvalContext) -> Iterator[ItemScore]:
    questions = asked(evaluation)
    beside = [one for one in evaluation.beside if "times" in one.abilities]
    timings = cast("Times", evaluation.candidate).latencies(questions, beside)
    adapted = any(timing.unmerged is not None for timing in timings)
    for question, timing in zip(questions, timings, strict=True):
        cluster = timing.round or question.cluster
        for metric in VALUES:
            yield ItemScore(metric, question.id, cluster, with_caution(_one(metric, timing, adapted=adapted), timing.caution))
    known = [timing for timing in timings if timing.error is None]
    caution = next((timing.caution for timing in timings if timing.caution), "")
    for share, metric in PERCENTILES.items():
        yield ItemScore(metric, SYSTEM_ITEM, "", with_caution(_percentile([timing.seconds for timing in known], share), caution))
    yield ItemScore(THROUGHPUT, SYSTEM_ITEM, "", with_caution(_throughput(known), caution))


def _one(metric: Metric, timing: Timing, *, adapted: bool) -> Score:
    if metric == UNMERGED and not adapted:
        return not_applicable("the system has no LoRA adapter")
    if timing.error:
        return unmeasured(timing.error)
    if metric in PARTS and not _parted(timing):
        return not_applicable(WHOLE_ONLY)
    value = VALUES[metric](timing)
    return not_applicable("the answer ended with its first token") if value is None else Score(value)


def _parted(timing: Timing) -> bool:
    """Whether more is known than how long it took as a whole."""
    return bool(timing.retrieval or timing.prefill or timing.decoding)


def _percentile(seconds: Sequence[float], share: int) -> Score:
    """Between two of them in a straight line (definition 7 of Hyndman and Fan 1996, The American Statistician 50(4))."""
    import numpy as np

    return Score(float(np.percentile(seconds, share))) if seconds else unmeasured("no question could be timed")


def _throughput(timings: Sequence[Timing]) -> Score:
    """All new tokens over all seconds, one question at a time."""
    seconds, tokens = (sum(getattr(timing, name) for timing in timings) for name in ("seconds", "tokens"))
    if seconds and not (tokens or any(map(_parted, timings))):
        return not_applicable("nothing says how many tokens its answers take")
    return Score(tokens / seconds) if seconds else unmeasured("no question could be timed")


def _items(evaluation: EvalContext) -> Items:
    return dict.fromkeys(VALUES, about(asked(evaluation))) | {
        one: [Item(SYSTEM_ITEM)] for one in (*PERCENTILES.values(), THROUGHPUT)
    }


AXIS = Axis(
    "latency",
    __name__,
    (*VALUES, *PERCENTILES.values(), THROUGHPUT),
    _score,
    timed=True,
    needs=frozenset({"times"}),
    items=_items,
    asks="How long does an answer take?",
    aside=True,
)
