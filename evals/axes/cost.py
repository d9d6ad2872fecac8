"""Cost: what a system took to build, what must be kept of it, and what it reads and writes for an answer.

What is kept from an earlier run has the seconds and joules of then; where that was on another machine, or a busy one, its records
say so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from proctor.core.schema import Answer, Metric, Score, not_applicable, unmeasured
from proctor.evals.candidate import Costs
from proctor.evals.exam import SYSTEM_ITEM, Axis, EvalContext, Item, Items, ItemScore, about, with_caution

PRICES = {"input_price", "output_price"}
"""Of a million tokens, among the costs of a system that is paid by the token."""
SECOND = {"train_flops", "peak_bytes", "shared_bytes", "bytes@10"}
"""Metrics in their second version: experts' operations count, and neither memory nor files that are not the system's."""


def _total(name: str, unit: str, says: str, **more: Any) -> Metric:
    version = "2" if name in SECOND else "1"
    return Metric(f"cost.{name}", unit, "lower", version, says=says, needs=frozenset({"costs"}), **more)


TOTALS = {
    metric.name.removeprefix("cost."): metric
    for metric in (
        _total("train_flops", "FLOP", "The operations that training took."),
        _total("train_seconds", "seconds", "The time that training took.", shown=True),
        _total("peak_bytes", "bytes", "The most memory that training took at a time.", metered=True),
        _total("energy_joules", "joules", "The energy that the GPU took for training."),
        _total("artifact_bytes", "bytes", "What has to be kept for this domain, weights and index."),
        _total("artifacts", "artifacts", "How many things have to be kept for this domain."),
        _total("models", "models", "How many models of its own it takes in memory."),
        _total("shared_bytes", "bytes", "What has to be kept once for all domains: weights that are not the system's own."),
        _total("bytes@10", "bytes", "What has to be kept for ten domains of this kind."),
        _total("index_bytes", "bytes", "What has to be kept for the index."),
        _total("index_seconds", "seconds", "The time that indexing took."),
    )
}
CAUTIONS = {"train_seconds": "train_caution", "energy_joules": "energy_caution", "index_seconds": "index_caution"}
"""What was read off a clock or a meter -> where its caution is among the costs."""
ELSEWHERE = "it was built elsewhere, and what that took is not known"
TOKENS = Metric("cost.tokens", "tokens", "lower", says="The tokens that it writes for an answer.")
PROMPT_TOKENS = Metric("cost.prompt_tokens", "tokens", "lower", says="The tokens that it reads for an answer.")
MONEY = Metric("cost.money", "money", "lower", says="What an answer costs, in the currency of the prices of its tokens.")
"""Of systems that are paid by the token, and no others."""
INDEX_TOKENS = Metric("cost.index_tokens", "tokens", "lower", says="The tokens that were embedded for the index.")
INDEX_MONEY = Metric("cost.index_money", "money", "lower", says="What embedding the documents costs.")
"""Of systems whose embedder is paid by the token, and no others."""
RERANK_TOKENS = Metric("cost.rerank_tokens", "tokens", "lower", says="The tokens that reranking takes for an answer.")
RERANK_MONEY = Metric("cost.rerank_money", "money", "lower", says="What reranking costs for an answer.")
"""Of systems whose reranker is asked over an API, and says so or has prices; no others."""
SEARCHING = {"rerank_tokens": RERANK_TOKENS, "rerank_money": RERANK_MONEY}
REWRITING = {TOKENS: "rewrite_tokens", PROMPT_TOKENS: "rewrite_prompt_tokens"}
"""Tokens of the system's own model that go into what is searched with: a part of what an answer takes."""


def _score(evaluation: EvalContext) -> Iterator[ItemScore]:
    costs = cast("Costs", evaluation.candidate).costs() if "costs" in evaluation.candidate.abilities else {}
    if costs:
        yield from _totals(costs)
    for question, answer in evaluation.answered:
        for metric, score in _of_answer(costs, answer):
            yield ItemScore(metric, question.id, question.cluster, score)


def _of_answer(costs: Mapping[str, float | str], answer: Answer) -> Iterator[tuple[Metric, Score]]:
    """What an answer took, with what was searched with for it."""
    read, written = (_whole(metric, answer) for metric in (PROMPT_TOKENS, TOKENS))
    yield TOKENS, _tokens(TOKENS, answer, written)
    yield PROMPT_TOKENS, _tokens(PROMPT_TOKENS, answer, read)
    if costs.keys() >= PRICES:
        money = (read * float(costs["input_price"]) + written * float(costs["output_price"])) / 1_000_000
        yield MONEY, _tokens(MONEY, answer, money)
    for name, metric in SEARCHING.items():
        if name in answer.searching:
            yield metric, Score(float(answer.searching[name]))


def _whole(metric: Metric, answer: Answer) -> float:
    """Tokens of the answer and of what its passages were looked up with."""
    own = answer.tokens if metric == TOKENS else answer.prompt_tokens
    return own + answer.searching.get(REWRITING[metric], 0)


def _totals(costs: Mapping[str, float | str]) -> Iterator[ItemScore]:
    for name, metric in TOTALS.items():
        yield ItemScore(metric, SYSTEM_ITEM, "", with_caution(_known(name, costs), caution(costs, name)))
    for metric in (INDEX_TOKENS, INDEX_MONEY):
        if (name := metric.name.removeprefix("cost.")) in costs:
            yield ItemScore(metric, SYSTEM_ITEM, "", _known(name, costs))


def caution(costs: Mapping[str, float | str], *names: str) -> str:
    """Why these costs may not be those of this machine; empty if they are. What was not done needs no caution."""
    told = (str(costs.get(CAUTIONS[name], "")) for name in names if name in CAUTIONS and costs.get(name))
    return next(filter(None, told), "")


def _known(name: str, costs: Mapping[str, float | str]) -> Score:
    """A machine without a counter is no fault of the system, and will not have one next time; nor is a training elsewhere."""
    value = costs.get(name)
    if value is None:
        return not_applicable(ELSEWHERE)
    if isinstance(value, str):
        uncounted = name == "train_flops" and "trained_elsewhere" not in costs
        return unmeasured(value) if uncounted else not_applicable(value)
    return Score(float(value))


def _tokens(metric: Metric, answer: Answer, amount: float) -> Score:
    """Who says nothing of tokens has 0 of them: an answer with a text has some, and so has every prompt."""
    if answer.error and not answer.absent:
        return metric.failed(answer.error)
    read = answer.prompt_tokens > 0
    written = answer.tokens > 0 or (read and not answer.text)
    known = {TOKENS: written, PROMPT_TOKENS: read}.get(metric, read and written)
    return Score(float(amount)) if known else not_applicable("how many tokens the answer took is not known")


def _items(evaluation: EvalContext) -> Items:
    whole = {metric: [Item(SYSTEM_ITEM)] for metric in TOTALS.values()}
    return {**whole, **dict.fromkeys((TOKENS, PROMPT_TOKENS), about(evaluation.questions))}


AXIS = Axis(
    "cost",
    __name__,
    (*TOTALS.values(), TOKENS, PROMPT_TOKENS, MONEY, INDEX_TOKENS, INDEX_MONEY, *SEARCHING.values()),
    _score,
    timed=True,
    items=_items,
    asks="What does it cost to build?",
    aside=True,
)
