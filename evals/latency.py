"""Latency: how long a question takes that is asked alone, and where the time goes.

The seconds are wall time on the machine that takes the exam, and comparable between systems on that machine only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from evals.exam import WHOLE, Axis, Mark, Sheet
from evals.schema import Answer, Measure, Score, Timing, not_applicable, unmeasured
from evals.spread import spread

SAMPLE = 24
"""Questions that are timed, evenly spread over the suite's."""

SECONDS = Measure("latency.seconds", "seconds", "lower")
RETRIEVAL = Measure("latency.retrieval_share", better="lower")
PREFILL = Measure("latency.prefill_share", better="lower")
DECODING = Measure("latency.decoding_share", better="lower")
UNMERGED = Measure("latency.unmerged", "seconds", "lower")
PERCENTILES = {50: Measure("latency.p50", "seconds", "lower"), 95: Measure("latency.p95", "seconds", "lower")}
THROUGHPUT = Measure("latency.tokens_per_second", "tokens/s")


VALUES: dict[Measure, Callable[[Timing], float]] = {
    SECONDS: lambda timing: timing.seconds,
    RETRIEVAL: lambda timing: timing.retrieval / timing.seconds,
    PREFILL: lambda timing: timing.prefill / timing.seconds,
    DECODING: lambda timing: timing.decoding / timing.seconds,
    UNMERGED: lambda timing: timing.unmerged or 0.0,
}


def _score(sheet: Sheet) -> Iterator[Mark]:
    asked = spread(sheet.questions, SAMPLE)
    answers, timings = sheet.answers, sheet.candidate.timings(asked)
    absent = _absent(sheet, timings)
    for question, timing in zip(asked, timings, strict=True):
        for measure in VALUES:
            yield Mark(measure, question.id, question.cluster, _one(measure, timing, absent))
    seconds = [timing.seconds for timing in timings if timing.error is None]
    for share, measure in PERCENTILES.items():
        yield Mark(measure, WHOLE, "", _percentile(seconds, share))
    yield Mark(THROUGHPUT, WHOLE, "", _throughput(answers))


def _absent(sheet: Sheet, timings: Sequence[Timing]) -> dict[Measure, str]:
    """The measures that are not defined for the system, and why not."""
    absent = {} if sheet.candidate.retrieves else {RETRIEVAL: "the system does not retrieve"}
    adapted = any(timing.unmerged is not None for timing in timings)
    return absent if adapted else absent | {UNMERGED: "the system has no LoRA adapter"}


def _one(measure: Measure, timing: Timing, absent: Mapping[Measure, str]) -> Score:
    if measure in absent:
        return not_applicable(absent[measure])
    return unmeasured(timing.error) if timing.error else Score(VALUES[measure](timing))


def _percentile(seconds: Sequence[float], share: int) -> Score:
    """Between two of them in a straight line (definition 7 of Hyndman and Fan 1996, The American Statistician 50(4))."""
    import numpy as np

    return Score(float(np.percentile(seconds, share))) if seconds else unmeasured("no question could be timed")


def _throughput(answers: Sequence[Answer]) -> Score:
    """All new tokens over all seconds of generation, in the batches that the answers were given in."""
    given = [answer for answer in answers if answer.error is None]
    seconds = sum(answer.seconds for answer in given)
    return Score(sum(answer.tokens for answer in given) / seconds) if seconds else unmeasured("no answer was timed")


AXIS = Axis("latency", (*VALUES, *PERCENTILES.values(), THROUGHPUT), _score, timed=True)
