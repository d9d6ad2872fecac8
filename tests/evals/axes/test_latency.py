"""Latency: the parts are those of the whole, each where it belongs, and nothing else is disturbed by timing."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest

from proctor.core.sampling import spread
from proctor.core.schema import Answer, Question, Timing
from proctor.core.storage.cache import Cache
from proctor.evals.axes import latency
from proctor.evals.exam import Exam
from proctor.evals.testing import fakes
from proctor.models.candidates.asking import rounds
from proctor.models.candidates.local import LocalCandidate
from proctor.models.generation import stopwatch
from proctor.models.retrieval import search as retrieval
from proctor.models.runtime import Runtime
from proctor.models.systems import System
from tests import tiny
from tests.sample_evaluation import evaluation, scores, suite

BASE = System("base", max_new_tokens=6)
RAG = System("rag", retrieve="bm25", max_new_tokens=6)
LORA = System("lora", adapt="lora", rank=4, epochs=1, max_new_tokens=6)


@pytest.fixture
def candidate(base: Any, domain: Any, runtime: Runtime) -> Any:
    return lambda system: LocalCandidate(system, base, domain, runtime)


@pytest.mark.slow
@pytest.mark.parametrize("system", [BASE, RAG, LORA], ids=lambda system: system.name)
def test_the_parts_add_up_to_the_whole(candidate: Any, questions: tuple[Question, ...], system: System) -> None:
    started = time.perf_counter()
    found = candidate(system).latencies(questions)
    outside = time.perf_counter() - started
    assert [row.question for row in found] == [question.id for question in questions]
    for row in found:
        assert row.error is None
        assert row.retrieval + row.prefill + row.decoding == pytest.approx(row.seconds, rel=0.05)
        assert min(row.prefill, row.decoding, row.tokens) > 0
        assert (row.unmerged is not None) == (system is LORA)
    assert sum(row.seconds + (row.unmerged or 0) for row in found) < outside


class Hands:
    """A clock that moves only when something is done: by 1 for a search, by 10 for a pass through the model."""

    def __init__(self, monkeypatch: Any, model: Any) -> None:
        self.now, self.searches = 0.0, 0
        plain, opened = model.forward, retrieval.searcher

        def forward(*parts: Any, **rest: Any) -> Any:
            self.now += 10
            return plain(*parts, **rest)

        def searcher(*parts: Any) -> Any:
            return partial(self.search, opened(*parts))

        model.forward = forward
        monkeypatch.setattr(retrieval, "searcher", searcher)
        monkeypatch.setattr(stopwatch, "time", SimpleNamespace(perf_counter=lambda: self.now))

    def search(self, find: Any, queries: Any) -> Any:
        self.now += 1
        self.searches += len(queries)
        return find(queries)


def test_time_is_put_down_to_what_took_it(candidate: Any, questions: tuple[Question, ...], monkeypatch: Any) -> None:
    asked = candidate(RAG)
    with asked.model_and_tokenizer() as (model, _):
        hands = Hands(monkeypatch, model)
    for row in asked.latencies(questions[:3]):
        assert (row.retrieval, row.prefill) == (1, 10)
        assert row.decoding in (10 * (row.tokens - 1), 10 * row.tokens)  # the token that ends an answer is none of it
        assert row.decoding == 10 * row.passes
    assert hands.searches == 3 * (rounds.WARM_UP + 1)


def test_a_question_too_long_or_fatal_costs_only_itself(candidate: Any, questions: tuple[Question, ...], base: Any) -> None:
    asked, endless = candidate(BASE), Question("long", "why " * 3000)
    tiny.fatal(asked, base.tokenizer()("Toru")["input_ids"])
    first, *others = asked.latencies([endless, *questions])
    assert "tokens" in (first.error or "")
    errors = {row.question: row.error for row in others}
    assert errors.pop("q2") == "MemoryError: no room"
    assert set(errors.values()) == {None}


@pytest.mark.slow
def test_timing_leaves_answers_and_the_base_as_they_were(
    candidate: Any, questions: tuple[Question, ...], runtime: Runtime
) -> None:
    import torch

    with candidate(BASE).model_and_tokenizer() as (model, _):
        before = {name: weight.clone() for name, weight in model.state_dict().items()}
    lora = candidate(LORA)
    lora.latencies(questions)
    assert lora.unanswered(questions) == list(questions)
    with candidate(BASE).model_and_tokenizer() as (model, _):
        after = model.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_an_adapter_is_merged_into_a_base_of_its_own_and_says_the_same(candidate: Any, runtime: Runtime) -> None:
    import torch

    lora = candidate(LORA)
    lora._weights.folder()
    tokens = torch.arange(3, 40)[None]
    with torch.inference_mode():
        with lora.model_and_tokenizer() as (model, _):
            apart = model(tokens).logits
        with runtime.merged(lora.base, "lora", lora._weights.folder()) as (model, _):
            assert len(runtime._held) == 1, "two bases are in memory"
            assert not [name for name, _ in model.named_parameters() if "lora" in name]
            torch.testing.assert_close(model(tokens).logits, apart, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize(("asked", "timed"), [(1, 1), (5, 5), (24, 24), (25, 24), (100, 24)])
def test_the_sample_is_spread_evenly(asked: int, timed: int) -> None:
    questions = [Question(str(place), "?") for place in range(asked)]
    places = [int(question.id) for question in spread(questions, latency.SAMPLE)]
    assert len(places) == timed
    assert {b - a for a, b in pairwise(places)} <= {asked // timed, -(-asked // timed)}
    assert asked - places[-1] <= -(-asked // timed)


SLOW = {"warranty": 0.2, "seat": 0.4, "colour": 0.6, "loose": 0.8}


def timed(**fields: Any) -> fakes.Fake:
    def one(question: Question) -> Timing:
        whole = SLOW[question.id]
        return Timing(question.id, whole, whole * 0.1, whole * 0.2, whole * 0.7, 7, 20, 7, **fields)

    answers = {name: Answer(name, "x", seconds=0.5, tokens=place) for place, name in enumerate(SLOW)}
    return fakes.canned(answers, timing=one)


def test_a_hand_worked_example() -> None:
    found = scores(latency.AXIS, evaluation(replace(timed(unmerged=1.0), retrieves=True)))
    values = {name: {item: score.value for item, score in items.items()} for name, items in found.items()}
    assert values["latency.seconds"] == SLOW
    assert values["latency.unmerged"] == dict.fromkeys(SLOW, 1.0)
    for part, share in (("retrieval", 0.1), ("prefill", 0.2), ("decoding", 0.7)):
        assert values[f"latency.{part}_share"] == pytest.approx(dict.fromkeys(SLOW, share))
    assert values["latency.p50"] == pytest.approx({"all": 0.5})
    assert values["latency.p95"] == pytest.approx({"all": 0.77})
    assert values["latency.tokens_per_second"] == {"all": pytest.approx(14.0)}
    assert values["latency.prefill_per_token"] == pytest.approx({name: 0.2 * whole / 20 for name, whole in SLOW.items()})
    assert values["latency.decoding_per_token"] == pytest.approx({name: 0.7 * whole / 7 for name, whole in SLOW.items()})


def test_what_a_system_lacks_has_no_time() -> None:
    found = scores(latency.AXIS, evaluation(timed()))
    for name in ("latency.retrieval_share", "latency.unmerged"):
        assert {score.status for score in found[name].values()} == {"not_applicable"}


def test_a_question_that_failed_has_no_time_and_no_share() -> None:
    def broken(question: Question) -> Timing:
        return Timing(question.id, error="it broke") if question.id == "seat" else fakes.quick(question)

    found = scores(latency.AXIS, evaluation(replace(timed(), timing=broken)))
    assert {found[f"latency.{name}"]["seat"].status for name in ("seconds", "prefill_share", "decoding_share")} == {"unmeasured"}
    assert found["latency.p95"]["all"].value == pytest.approx(0.1)


def test_without_any_time_there_is_no_percentile_and_no_speed() -> None:
    crashed = replace(fakes.crashing(), timing=lambda question: Timing(question.id, error="it broke"))
    found = scores(latency.AXIS, evaluation(crashed))
    assert {found[name]["all"].status for name in ("latency.p50", "latency.tokens_per_second")} == {"unmeasured"}


def test_an_answer_that_ends_with_its_first_token_takes_no_time_for_the_next() -> None:
    short = replace(timed(), timing=lambda question: Timing(question.id, 0.1, prefill=0.1, tokens=1, prompt_tokens=5))
    found = scores(latency.AXIS, evaluation(short))
    assert {score.status for score in found["latency.decoding_per_token"].values()} == {"not_applicable"}
    assert {score.value for score in found["latency.prefill_per_token"].values()} == {0.02}


def test_every_figure_of_a_busy_machine_says_so_and_none_is_kept(cache: Cache) -> None:
    calls = []

    def one(question: Question) -> Timing:
        calls.append(question.id)
        return replace(fakes.quick(question), round="round of noon", caution="the machine was busy")

    asked = replace(evaluation(replace(timed(), timing=one)), cache=cache)
    for _ in range(2):
        records = Exam(asked, lambda _: None).run(latency.AXIS)
        assert {record.caution for record in records if record.value is not None} == {"the machine was busy"}
        assert {record.cluster for record in records if record.item != "all"} == {"round of noon"}
    assert len(calls) == 2 * len(SLOW)


def test_a_system_more_to_be_timed_in_turn_takes_the_axis_anew(cache: Cache) -> None:
    calls = []

    def one(question: Question) -> Timing:
        calls.append(question.id)
        return fakes.quick(question)

    alone = replace(evaluation(replace(timed(), timing=one)), cache=cache)
    for beside in ((), (), (fakes.mute(),), (fakes.mute(),)):
        Exam(replace(alone, beside=beside), lambda _: None).run(latency.AXIS)
    assert len(calls) == 2 * len(SLOW)


def test_another_machine_takes_the_axis_anew(cache: Cache, monkeypatch: Any) -> None:
    calls = []

    def one(question: Question) -> Timing:
        calls.append(question.id)
        return fakes.quick(question)

    asked = replace(evaluation(replace(timed(), timing=one), suite()), cache=cache)
    for machine in ("ours", "ours", "theirs"):
        monkeypatch.setattr("proctor.core.machine.facts", lambda machine=machine: {"model": machine})
        Exam(asked, lambda _: None).run(latency.AXIS)
    assert len(calls) == 2 * len(SLOW)


def test_of_a_system_that_tells_only_when_it_has_answered_no_part_is_made_up() -> None:
    whole = replace(fakes.mute(), timing=lambda question: Timing(question.id, seconds=0.5))
    found = scores(latency.AXIS, evaluation(whole))
    known = {name for name, items in found.items() if {score.status for score in items.values()} == {"scored"}}
    assert known == {"latency.seconds", "latency.p50", "latency.p95"}
    reasons = {score.reason for name in found.keys() - known for score in found[name].values()}
    assert reasons >= {latency.WHOLE_ONLY, "nothing says how many tokens its answers take"}
