"""Cost: what a system took to build, what must be kept of it, and what it reads and writes for an answer.

What is kept from an earlier run has the seconds and joules of then; where that was on another machine, or a busy one, its records
say so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from evals.exam import WHOLE, Axis, Mark, Sheet, with_caution
from evals.schema import Answer, Measure, Score, not_applicable, unmeasured

SECOND = {"train_flops", "peak_bytes", "shared_bytes", "bytes@10"}
"""Measures in their second version: experts' operations count, and neither memory nor files that are not the system's."""
TOTALS = {
    name: Measure(f"cost.{name}", unit, "lower", "2" if name in SECOND else "1")
    for name, unit in {
        "train_flops": "FLOP",
        "train_seconds": "seconds",
        "peak_bytes": "bytes",
        "energy_joules": "joules",
        "artifact_bytes": "bytes",
        "artifacts": "artifacts",
        "models": "models",
        "shared_bytes": "bytes",
        "bytes@10": "bytes",
        "index_bytes": "bytes",
        "index_seconds": "seconds",
    }.items()
}
CAUTIONS = {"train_seconds": "train_caution", "energy_joules": "energy_caution", "index_seconds": "index_caution"}
"""What was read off a clock or a meter -> where its caution is among the costs."""
TOKENS = Measure("cost.tokens", "tokens", "lower")
PROMPT_TOKENS = Measure("cost.prompt_tokens", "tokens", "lower")


def _score(sheet: Sheet) -> Iterator[Mark]:
    costs = sheet.candidate.costs()
    for name, measure in TOTALS.items():
        yield Mark(measure, WHOLE, "", with_caution(_total(name, costs), caution(costs, name)))
    for question, answer in sheet.pairs:
        yield Mark(TOKENS, question.id, question.cluster, _tokens(TOKENS, answer, answer.tokens))
        yield Mark(PROMPT_TOKENS, question.id, question.cluster, _tokens(PROMPT_TOKENS, answer, answer.prompt_tokens))


def caution(costs: Mapping[str, float | str], *names: str) -> str:
    """Why these costs may not be those of this machine; empty if they are. What was not done needs no caution."""
    told = (str(costs.get(CAUTIONS[name], "")) for name in names if name in CAUTIONS and costs.get(name))
    return next(filter(None, told), "")


def _total(name: str, costs: Mapping[str, float | str]) -> Score:
    """A machine without a counter is no fault of the system, and will not have one next time."""
    value = costs.get(name, "not known")
    if isinstance(value, str):
        return unmeasured(value) if name == "train_flops" else not_applicable(value)
    return Score(float(value))


def _tokens(measure: Measure, answer: Answer, tokens: int) -> Score:
    return measure.failed(answer.error) if answer.error else Score(float(tokens))


AXIS = Axis("cost", __name__, (*TOTALS.values(), TOKENS, PROMPT_TOKENS), _score, timed=True)
