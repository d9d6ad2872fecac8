"""Rounds: what disturbs the machine hits all systems alike, shows in the interval, and is told."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from math import exp
from typing import Any

import numpy as np
import pytest

from proctor.core import load
from proctor.core.schema import Question, Timing
from proctor.core.storage.cache import Cache
from proctor.evals.stats.comparison import Comparison, Values, compare
from proctor.evals.stats.intervals import interval
from proctor.models.candidates.asking import rounds
from proctor.models.candidates.local import LocalCandidate
from proctor.models.runtime import Runtime
from proctor.models.systems import System

QUESTIONS = [Question(f"q{place:02}", f"What is {place}?", cluster=f"document {place // 2}") for place in range(24)]


def drawn(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 # made up, and the same each time


class Machine:
    """A clock that moves only when something is asked, by as much as the question takes at the machine's pace of that time."""

    def __init__(self, pace: Callable[[float], float], seed: int) -> None:
        self.now, self.pace, self.chance = 0.0, pace, drawn(seed)

    def ask(self, work: Mapping[str, float], factor: float = 1.0) -> rounds.AskTimed:
        def one(question: Question) -> Timing:
            seconds = factor * work[question.id] * self.pace(self.now) * self.chance.lognormvariate(0, 0.05)
            self.now += seconds
            return Timing(question.id, seconds)

        return lambda questions: [one(question) for question in questions]


def drifting(chance: random.Random, until: float = 60.0) -> Callable[[float], float]:
    """A machine that is now and then several times as slow for a while, and never quite the same."""
    ends = sorted(chance.uniform(0, until) for _ in range(8))
    paces = [chance.choice((1.0, 1.0, 1.3, 4.0)) * chance.lognormvariate(0, 0.1) for _ in range(9)]
    return lambda now: paces[sum(end <= now for end in ends)]


def work(chance: random.Random) -> dict[str, float]:
    """What each question takes on a machine at rest."""
    return {question.id: chance.lognormvariate(-3, 0.4) for question in QUESTIONS}


def in_rounds(asks: Mapping[str, rounds.AskTimed]) -> list[rounds.Round]:
    parts = enumerate(rounds.dealt(QUESTIONS))
    return [rounds._round(rounds.in_turn(asks, place), QUESTIONS[0], part, "cpu") for place, part in parts]


def compared(mine: Mapping[str, Timing], theirs: Mapping[str, Timing]) -> Comparison:
    def values(found: Mapping[str, Timing]) -> Values:
        rows = sorted(found.values(), key=lambda timing: timing.question)
        columns = ([row.question for row in rows], [row.seconds for row in rows], [row.round for row in rows])
        return Values(*map(np.array, columns))

    found = compare(values(mine), values(theirs), share=False)
    assert found
    return found


def simulated(seed: int, slower: float) -> Comparison:
    """Two systems that do the same work, but for a factor, on a drifting machine."""
    chance = drawn(seed)
    machine, each = Machine(drifting(chance), seed), work(chance)
    found = number(in_rounds({"lora": machine.ask(each), "full": machine.ask(each, slower)}))
    return compared(rounds.of(found, "full"), rounds.of(found, "lora"))


def number(found: Sequence[rounds.Round]) -> list[rounds.Round]:
    """Rounds that were taken within a millisecond still are different ones."""
    return [replace(each, started=f"{place:02}") for place, each in enumerate(found)]


def apart(found: Comparison) -> bool:
    return found.p < 0.05 and not found.few


@pytest.mark.slow
def test_equal_work_is_tied_on_a_drifting_machine() -> None:
    alarms = sum(apart(simulated(seed, 1.0)) for seed in range(300))
    assert alarms <= 0.05 * 300


def test_a_difference_of_a_third_is_found_on_a_drifting_machine() -> None:
    assert sum(apart(simulated(seed, 1.3)) for seed in range(100)) >= 80


def test_timed_one_after_the_other_equal_work_would_look_different() -> None:
    """The fault that rounds are there for: questions as clusters, and all of one system before the other."""

    def one_by_one(seed: int) -> Comparison:
        chance = drawn(seed)
        machine, each = Machine(drifting(chance, until=8.0), seed), work(chance)
        lora, full = (machine.ask(each)(QUESTIONS) for _ in range(2))
        named = ({row.question: replace(row, round=row.question) for row in found} for found in (full, lora))
        return compared(*named)

    assert sum(apart(one_by_one(seed)) for seed in range(100)) > 50


def test_the_interval_covers_the_moods_of_the_machine() -> None:
    """Each round has a pace of its own: the mean of all rounds that could be is e^(0.4^2 / 2) times that of the questions."""
    covered = Counter[str]()
    truth = exp(-3 + 0.4**2 / 2) * exp(0.4**2 / 2)
    for seed in range(300):
        chance = drawn(seed)
        paces, each = [chance.lognormvariate(0, 0.4) for _ in range(rounds.ROUNDS)], work(chance)
        rows = [
            (each[question.id] * pace, place)
            for place, (pace, part) in enumerate(zip(paces, rounds.dealt(QUESTIONS), strict=True))
            for question in part
        ]
        seconds, places = [seconds for seconds, _ in rows], [str(place) for _, place in rows]
        for name, clusters in (("rounds", places), ("questions", [str(row) for row in range(len(rows))])):
            found = interval(seconds, clusters, share=False)
            covered[name] += found.low <= truth <= found.high
    assert covered["rounds"] >= 0.91 * 300
    assert covered["rounds"] > covered["questions"] + 0.03 * 300


@pytest.mark.parametrize("count", [1, 2, 5, 11, 12, 13, 23, 24])
def test_every_question_is_in_one_round_and_rounds_are_of_a_size(count: int) -> None:
    parts = rounds.dealt(QUESTIONS[:count])
    assert sorted(question.id for part in parts for question in part) == [question.id for question in QUESTIONS[:count]]
    sizes = {len(part) for part in parts}
    assert len(parts) == min(rounds.ROUNDS, count)
    assert max(sizes) - min(sizes) <= 1


def test_questions_about_one_document_share_a_round() -> None:
    mixed = drawn(0).sample(QUESTIONS, len(QUESTIONS))
    assert all(len({question.cluster for question in part}) == 1 for part in rounds.dealt(mixed))


@pytest.mark.parametrize("names", ["a", "ab", "abcdefgh"])
def test_no_system_always_comes_first(names: str) -> None:
    asks = {name: (lambda _: []) for name in names}
    orders = ["".join(rounds.in_turn(asks, place)) for place in range(rounds.ROUNDS)]
    assert {"".join(sorted(order)) for order in orders} == {names}
    firsts = Counter(order[0] for order in orders)
    assert max(firsts.values()) <= max(3, rounds.ROUNDS // len(names))


# What is told.

CALM = rounds.Round("1", seconds=2.0, others=0.0, gpu=None, workers=1, yardstick=1.0, timings={"base/0": []})


@pytest.mark.parametrize(
    ("odd", "told"),
    [
        ({"others": 0.05}, ""),
        ({"others": 1.2}, "the machine was busy while this was timed: others took 40 % of a core"),
        ({"yardstick": 1.4}, ""),
        ({"yardstick": 2.3}, "the machine was unsteady while this was timed: a round took 2.3 times as long as another"),
        ({"yardstick": None}, ""),
        ({"workers": 2}, "2 workers shared the machine while this was timed (-n 2)"),
        ({"gpu": 0.05}, ""),
        ({"gpu": 0.6}, "the GPU was busy while this was timed: others used it 60 % of the time"),
    ],
)
def test_a_disturbance_is_told_and_what_is_none_is_not(odd: dict[str, Any], told: str, monkeypatch: Any) -> None:
    monkeypatch.setattr("proctor.core.machine.cores", lambda: 2)
    found = rounds.caution([CALM, replace(CALM, **odd), CALM])
    assert found.startswith(told)
    assert bool(found) == bool(told)


def test_a_slow_phase_that_hits_one_round_is_told(monkeypatch: Any) -> None:
    monkeypatch.setattr(rounds, "Load", Idle)
    machine = Machine(lambda now: 4.0 if 2 < now < 5 else 1.0, seed=0)
    each = work(drawn(0))
    assert "unsteady" in rounds.caution(in_rounds({"lora": machine.ask(each), "full": machine.ask(each)}))
    machine = Machine(lambda _: 1.0, seed=0)
    assert not rounds.caution(in_rounds({"lora": machine.ask(each), "full": machine.ask(each)}))


class Idle:
    """Nobody else does anything."""

    def others(self) -> float:
        return 0.0


def test_the_work_of_others_is_told_from_ones_own(monkeypatch: Any) -> None:
    busy, own, clock = iter((100.0, 130.0)), iter((7.0, 17.0)), iter((0.0, 10.0))
    monkeypatch.setattr(load, "_busy", lambda: next(busy))
    monkeypatch.setattr(load, "_own", lambda: next(own))
    monkeypatch.setattr(load.time, "monotonic", lambda: next(clock))
    assert load.Load().others() == pytest.approx(2.0)


def test_what_this_machine_counts_only_grows() -> None:
    first = load._busy(), load._own()
    sum(range(10**6))
    assert load._busy() >= first[0]
    assert load._own() > first[1] > 0


@pytest.mark.parametrize(("cores", "others", "told"), [(2, 0.09, False), (2, 0.11, True), (64, 1.0, False), (64, 4.0, True)])
def test_a_large_machine_bears_more(cores: int, others: float, told: bool, monkeypatch: Any) -> None:  # noqa: FBT001
    monkeypatch.setattr("proctor.core.machine.cores", lambda: cores)
    assert bool(load.taken(others, "timed")) is told


# What is kept.


class Bell:
    """Two systems that are asked in rounds; rings after so many rounds, as a kill would."""

    def __init__(self, monkeypatch: Any, others: float = 0.0, after: int = 10**6) -> None:
        self.asked: list[str] = []
        self.after = after
        monkeypatch.setattr(rounds, "Load", lambda: Busy(others))
        monkeypatch.setattr("proctor.core.machine.cores", lambda: 2)

    @contextmanager
    def ready(self) -> Iterator[dict[str, rounds.AskTimed]]:
        yield dict.fromkeys(("lora/0", "full/0"), self.ask)

    def ask(self, questions: Sequence[Question]) -> list[Timing]:
        if len(self.asked) >= 2 * self.after:
            raise KeyboardInterrupt
        self.asked.append(questions[-1].id)
        return [Timing(question.id, 0.1) for question in questions]


class Busy:
    """Others do so much."""

    def __init__(self, cores: float) -> None:
        self.cores = cores

    def others(self) -> float:
        return self.cores


def test_a_killed_run_goes_on_with_the_round_that_it_was_in(cache: Cache, monkeypatch: Any) -> None:
    killed = Bell(monkeypatch, after=5)
    with pytest.raises(KeyboardInterrupt):
        rounds.taken(cache, "key", killed.ready, QUESTIONS)
    monkeypatch.setattr(rounds, "PROCESS", "the next run")
    bell = Bell(monkeypatch)
    found = rounds.taken(cache, "key", bell.ready, QUESTIONS)
    assert len(bell.asked) == 2 * (rounds.ROUNDS - 5)
    assert found == rounds.kept(cache, "key") == rounds.taken(cache, "key", bell.ready, QUESTIONS)
    assert len(bell.asked) == 2 * (rounds.ROUNDS - 5)
    assert set(rounds.of(found, "lora/0")) == {question.id for question in QUESTIONS}


def test_a_damaged_round_alone_is_taken_again_in_its_place(cache: Cache, monkeypatch: Any) -> None:
    whole = rounds.taken(cache, "key", Bell(monkeypatch).ready, QUESTIONS)
    path = cache.journal("timings", "key").path
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:3], lines[3].replace(b"seconds", b"second5", 1), *lines[4:]]))
    bell = Bell(monkeypatch)
    found = rounds.taken(cache, "key", bell.ready, QUESTIONS)
    assert len(bell.asked) == 2
    assert [*found[:3], *found[4:]] == [*whole[:3], *whole[4:]]
    assert {name: [timing.question for timing in timings] for name, timings in found[3].timings.items()} == {
        name: [timing.question for timing in timings] for name, timings in whole[3].timings.items()
    }
    assert found == rounds.kept(cache, "key")


def test_what_was_timed_on_a_busy_machine_is_timed_anew_by_the_next_run_alone(cache: Cache, monkeypatch: Any) -> None:
    bell = Bell(monkeypatch, others=1.0)
    for _ in range(2):
        assert "busy" in rounds.caution(rounds.taken(cache, "key", bell.ready, QUESTIONS))
    assert len(bell.asked) == 2 * rounds.ROUNDS
    monkeypatch.setattr(rounds, "PROCESS", "the next run")
    quiet = Bell(monkeypatch)
    assert not rounds.caution(rounds.taken(cache, "key", quiet.ready, QUESTIONS))
    assert len(quiet.asked) == 2 * rounds.ROUNDS
    assert not rounds.caution(rounds.kept(cache, "key"))


# Real models.


@pytest.mark.slow
def test_all_systems_of_a_group_are_timed_at_once_and_the_others_read_their_part(
    base: Any, domain: Any, runtime: Runtime, questions: Any
) -> None:
    systems = [System("base", max_new_tokens=4), System("rag", retrieve="bm25", max_new_tokens=4)]
    systems += [System(adapt, adapt=adapt, rank=4, epochs=1, max_new_tokens=4) for adapt in ("lora", "full")]  # type: ignore[arg-type]
    group = [LocalCandidate(system, base, domain, runtime) for system in systems]
    first = group[0].latencies(questions, group)
    runtime.clear()
    report = group[0].timed(questions, group)
    assert report["together"] == ["base/0", "rag/0", "lora/0", "lora/0 unmerged", "full/0"]
    others = [one.latencies(questions, group) for one in group[1:]]
    assert not runtime._held, "something was loaded to be timed again"
    together = [[row.round for row in found] for found in (first, *others)]
    assert all(each == together[0] for each in together)
    assert len(set(together[0])) == len(report["rounds"]) == len(questions)
    assert [[row.question for row in found] for found in others] == [[question.id for question in questions]] * 3
    assert all(row.error is None for found in others for row in found)


def test_a_system_that_cannot_be_made_costs_the_others_nothing(
    base: Any, domain: Any, runtime: Runtime, questions: Any, monkeypatch: Any
) -> None:
    lora, plain = (
        LocalCandidate(System(name, adapt=adapt, max_new_tokens=4), base, domain, runtime)
        for name, adapt in (("lora", "lora"), ("base", "none"))
    )
    monkeypatch.setattr("proctor.models.training.trainer.train", lambda *_: 1 / 0)
    rows = plain.latencies(questions[:2], (lora, plain))
    assert [row.error for row in rows] == [None, None]
    assert {row.error for row in lora.latencies(questions[:2], (lora, plain))} == {"ZeroDivisionError: division by zero"}


@pytest.mark.slow
def test_models_that_do_not_fit_beside_each_other_take_turns(
    base: Any, domain: Any, runtime: Runtime, questions: Any, monkeypatch: Any
) -> None:
    systems = [
        System(name, adapt=adapt, rank=4, epochs=1, max_new_tokens=2)
        for name, adapt in (("base", "none"), ("lora", "lora"), ("full", "full"))
    ]  # type: ignore[arg-type]
    group = [LocalCandidate(system, base, domain, runtime) for system in systems]
    most = []

    def room() -> bool:
        most.append(len(runtime._held))
        return False

    monkeypatch.setattr(runtime, "_room", room)
    rows = [one.latencies(questions[:3], group) for one in group]
    assert all(row.error is None for found in rows for row in found)
    assert set(most) == {1}
