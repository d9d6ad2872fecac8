"""The dry run's estimate: grows with the work, and is nothing for what is done."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from proctor import dry_run
from proctor.core.schema import Domain, Question, Suite
from proctor.evals.axes import accuracy, latency
from proctor.evals.exam import Axis, Workload
from proctor.models.base.base import BaseModel
from proctor.models.candidates.asking import rounds
from proctor.models.candidates.local import LocalCandidate
from proctor.models.generation.limits import Limits
from proctor.models.runtime import Runtime
from proctor.models.systems import System
from tests.sample_evaluation import evaluation

LORA = System("lora", adapt="lora", rank=4, epochs=1, max_new_tokens=8)


@pytest.fixture
def work(base: BaseModel, domain: Domain, runtime: Runtime, questions: tuple[Question, ...]) -> Any:
    return lambda system: dry_run._work(
        dry_run.DryRunPart("covers", LocalCandidate(system, base, domain, runtime), questions), set()
    )


def test_more_work_takes_longer(work: Any) -> None:
    ask, look_up, train, train_longer = (
        work(system)
        for system in (
            System("base"),
            System("rag", retrieve="bm25"),
            LORA,
            System("lora", adapt="lora", rank=4, epochs=3, max_new_tokens=8),
        )
    )
    assert ask.train_tokens == 0
    assert ask.seconds < look_up.seconds
    assert train_longer.train_tokens == pytest.approx(3 * train.train_tokens, abs=2)
    assert train_longer.seconds > train.seconds


def test_axes_that_train_and_ask_again_take_longer(base: BaseModel, domain: Domain, runtime: Runtime, questions: Any) -> None:
    def work(system: System, *workloads: Workload) -> dry_run.Work:
        return dry_run._work(
            dry_run.DryRunPart("covers", LocalCandidate(system, base, domain, runtime), questions, workloads), set()
        )

    rag = System("rag", retrieve="bm25")
    again = Workload(trainings=2, readings=100, questions=10)
    assert work(LORA, again).train_tokens == pytest.approx(3 * work(LORA).train_tokens, abs=2)
    assert work(LORA, again).missing == work(LORA).missing + 10
    assert work(rag, again).train_tokens == 0
    assert work(rag, again).missing == work(rag).missing + len(questions), "100 a condition, and no more than there are"
    assert work(rag, again).seconds > work(rag).seconds


def test_what_was_read_before_is_not_read_again(base: BaseModel, domain: Domain, runtime: Runtime, questions: Any) -> None:
    candidate = LocalCandidate(System("rag", retrieve="bm25"), base, domain, runtime)
    part = dry_run.DryRunPart("covers", candidate, questions, [Workload(readings=100)])
    before = dry_run._further(part)
    candidate.answers_given_contexts(questions, [()] * len(questions))
    assert (before, dry_run._further(part)) == (len(questions), 0)


def test_answers_that_are_timed_count_once_for_each_way_of_timing(
    base: BaseModel, domain: Domain, runtime: Runtime, questions: tuple[Question, ...]
) -> None:
    suite = Suite("covers", "Covers", "1", domain, questions)
    rag, lora = (LocalCandidate(one, base, domain, runtime) for one in (System("rag", retrieve="bm25"), LORA))

    def timed(candidate: LocalCandidate, *axes: Axis) -> int:
        return dry_run._timed(candidate, axes, evaluation(candidate, suite, base=base, cache=runtime.cache))

    assert timed(rag, accuracy.AXIS) == 0
    assert timed(rag, accuracy.AXIS, latency.AXIS) == len(rounds.asked(questions))
    assert timed(lora, latency.AXIS) == 2 * timed(rag, latency.AXIS), "merged into the weights, and beside them"
    quick, slow = (dry_run.DryRunPart("covers", rag, questions, timed=count) for count in (0, 48))
    assert dry_run._work(slow, set()).seconds > dry_run._work(quick, set()).seconds
    assert f"{len(questions)} of {len(questions)} questions, 48 more to time it" in dry_run.table([slow])


@pytest.mark.parametrize(
    ("config", "read", "written"),
    [
        ({"hidden_size": 640, "vocab_size": 262_144}, 100_325_936, 167_772_160),
        ({"hidden_size": 100, "vocab_size": 1000, "tie_word_embeddings": False}, 267_898_096, 100_000),
        ({"text_config": {"hidden_size": 100}, "vocab_size": 1000}, 267_998_096, 100_000),
        ({}, 268_098_096, 0),
    ],
)
def test_a_prompt_is_not_multiplied_with_the_tables_of_tokens(config: dict[str, Any], read: int, written: int) -> None:
    base: Any = SimpleNamespace(config=config, active_parameters=268_098_096, vocabulary=config.get("vocab_size", 0))
    assert dry_run._read_by(base) == (read, written)


def test_the_speed_of_this_machine_is_taken_by_what_it_computed_and_not_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> float:
        raise AssertionError("a clock runs on while others compute")

    monkeypatch.setattr("time.perf_counter", interrupted)
    assert dry_run.matrix_flops.__wrapped__() > 0


def test_training_tokens_are_about_right(work: Any, base: BaseModel, domain: Domain) -> None:
    from proctor.models.prompts.prompts import as_tokens, completion_tokens, prompt

    tokenizer = base.tokenizer()
    real = sum(
        len(as_tokens(tokenizer, prompt("", e.prompt)) + completion_tokens(tokenizer, e.completion)) for e in domain.examples
    )
    assert real / 4 < work(LORA).train_tokens < real * 4


def test_the_room_for_answers_is_said_once(
    base: BaseModel, domain: Domain, runtime: Runtime, questions: tuple[Question, ...]
) -> None:
    systems = (System("base"), System("rag", retrieve="bm25"))
    parts = [
        dry_run.DryRunPart("covers", LocalCandidate(one, base, domain, runtime, limits=Limits(98, "line", 65)), questions)
        for one in systems
    ]
    assert dry_run.table(parts).count("answers may take up to 98 tokens; longest reference 65") == 1


def test_what_is_done_costs_nothing(base: BaseModel, domain: Domain, runtime: Runtime, questions: tuple[Question, ...]) -> None:
    candidate = LocalCandidate(LORA, base, domain, runtime)
    candidate.answers(questions)
    assert dry_run._work(dry_run.DryRunPart("covers", candidate, questions), set()).seconds == 0
    said = dry_run.table([dry_run.DryRunPart("covers", candidate, questions)])
    assert f"0 of {len(questions)} questions" in said
    assert "about 0 s" in said


def test_weights_shared_by_two_systems_are_trained_once(base: BaseModel, domain: Domain, runtime: Runtime) -> None:
    asked = (Question("q", "Why?"),)
    twins = [LocalCandidate(System(name, adapt="lora", rank=4), base, domain, runtime) for name in "ab"]
    table = dry_run.table([dry_run.DryRunPart("covers", twin, asked) for twin in twins])
    assert table.count("train on") == 1
