"""Latency: how long a question takes that is asked alone, and where the time goes.

The seconds are wall time on the machine that takes the exam, and comparable between systems that were timed in turn on it. An
item is a question, and a cluster is the round in which it was asked: questions differ from round to round, so an interval over
rounds covers both the choice of questions and the moods of the machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from evals.exam import WHOLE, Axis, Mark, Sheet, with_caution
from evals.schema import Better, Measure, Question, Score, Timing, not_applicable, unmeasured
from evals.spread import spread

SAMPLE = 24
"""Questions that are timed, evenly spread over the suite's."""
TOGETHER = "2"
"""The first version in which systems are timed in turn."""


def _measure(name: str, unit: str = "share", better: Better = "lower") -> Measure:
    return Measure(f"latency.{name}", unit, better, TOGETHER)


SECONDS = _measure("seconds", "seconds")
RETRIEVAL, PREFILL, DECODING = (_measure(f"{part}_share") for part in ("retrieval", "prefill", "decoding"))
READ, WRITTEN = _measure("prefill_per_token", "seconds"), _measure("decoding_per_token", "seconds")
UNMERGED = _measure("unmerged", "seconds")
PERCENTILES = {50: _measure("p50", "seconds"), 95: _measure("p95", "seconds")}
THROUGHPUT = _measure("tokens_per_second", "tokens/s", "higher")


VALUES: dict[Measure, Callable[[Timing], float | None]] = {
    SECONDS: lambda timing: timing.seconds,
    RETRIEVAL: lambda timing: timing.retrieval / timing.seconds,
    PREFILL: lambda timing: timing.prefill / timing.seconds,
    DECODING: lambda timing: timing.decoding / timing.seconds,
    READ: lambda timing: timing.prefill / timing.prompt_tokens if timing.prompt_tokens else None,
    WRITTEN: lambda timing: timing.decoding / timing.passes if timing.passes else None,
    UNMERGED: lambda timing: timing.unmerged or 0.0,
}
"""None: not defined for an answer that ended with its first token."""


def asked(sheet: Sheet) -> list[Question]:
    """The questions that are timed."""
    return spread(sheet.questions, SAMPLE)


def _score(sheet: Sheet) -> Iterator[Mark]:
    questions = asked(sheet)
    timings = sheet.candidate.timings(questions, sheet.beside)
    absent = _absent(sheet, timings)
    for question, timing in zip(questions, timings, strict=True):
        cluster = timing.round or question.cluster
        for measure in VALUES:
            yield Mark(measure, question.id, cluster, with_caution(_one(measure, timing, absent), timing.caution))
    known = [timing for timing in timings if timing.error is None]
    caution = next((timing.caution for timing in timings if timing.caution), "")
    for share, measure in PERCENTILES.items():
        yield Mark(measure, WHOLE, "", with_caution(_percentile([timing.seconds for timing in known], share), caution))
    yield Mark(THROUGHPUT, WHOLE, "", with_caution(_throughput(known), caution))


def _absent(sheet: Sheet, timings: Sequence[Timing]) -> dict[Measure, str]:
    """The measures that are not defined for the system, and why not."""
    absent = {} if sheet.candidate.retrieves else {RETRIEVAL: "the system does not retrieve"}
    adapted = any(timing.unmerged is not None for timing in timings)
    return absent if adapted else absent | {UNMERGED: "the system has no LoRA adapter"}


def _one(measure: Measure, timing: Timing, absent: Mapping[Measure, str]) -> Score:
    if measure in absent:
        return not_applicable(absent[measure])
    if timing.error:
        return unmeasured(timing.error)
    value = VALUES[measure](timing)
    return not_applicable("the answer ended with its first token") if value is None else Score(value)


def _percentile(seconds: Sequence[float], share: int) -> Score:
    """Between two of them in a straight line (definition 7 of Hyndman and Fan 1996, The American Statistician 50(4))."""
    import numpy as np

    return Score(float(np.percentile(seconds, share))) if seconds else unmeasured("no question could be timed")


def _throughput(timings: Sequence[Timing]) -> Score:
    """All new tokens over all seconds, one question at a time."""
    seconds = sum(timing.seconds for timing in timings)
    return Score(sum(timing.tokens for timing in timings) / seconds) if seconds else unmeasured("no question could be timed")


AXIS = Axis("latency", __name__, (*VALUES, *PERCENTILES.values(), THROUGHPUT), _score, timed=True)
