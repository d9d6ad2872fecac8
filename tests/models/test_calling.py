"""Calls to what answers elsewhere: bounded in number, pace and cost, and nothing that was answered is lost."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from proctor.core.schema import Answer, InputError, Question
from proctor.models.candidates.asking import kept
from proctor.models.candidates.asking.calling import UNREACHED, AskOne, Caller, CallError
from proctor.models.systems import Calls
from tests.waiting import PATIENCE

Batches = Iterator[list[tuple[kept.AskedQuestion, Answer]]]
Way = Callable[[Caller, list[Question], AskOne], Batches]
QUESTIONS = [Question(f"q{number}", f"What is {number}?") for number in range(40)]


def in_the_loop(caller: Caller, questions: list[Question], ask: AskOne) -> Batches:
    async def awaited(question: Question) -> Answer:
        return await asyncio.to_thread(ask, question)

    return caller.answers(kept.asked(questions), awaited)


def in_threads(caller: Caller, questions: list[Question], ask: AskOne) -> Batches:
    return caller.in_threads(kept.asked(questions), ask, caller.calls.max_concurrency or 8)


@pytest.fixture(params=[in_the_loop, in_threads])
def way(request: pytest.FixtureRequest) -> Way:
    """How several questions are asked at a time."""
    found: Way = request.param
    return found


def taken(batches: Batches) -> dict[str, Answer]:
    return {one.question.id: answer for batch in batches for one, answer in batch}


def said(question: Question) -> Answer:
    return Answer(question.id, question.text, tokens=5, prompt_tokens=10)


def test_every_question_is_asked_once_and_no_more_at_a_time_than_allowed(way: Way) -> None:
    running, most, lock = 0, 0, threading.Lock()

    def ask(question: Question) -> Answer:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.01)
        with lock:
            running -= 1
        return said(question)

    found = taken(way(Caller("bot", Calls(max_concurrency=4)), QUESTIONS, ask))
    assert {name: answer.text for name, answer in found.items()} == {one.id: one.text for one in QUESTIONS}
    assert 1 < most <= 4
    assert all(answer.seconds > 0 for answer in found.values())


def test_a_question_that_fails_costs_itself_alone(way: Way) -> None:
    def ask(question: Question) -> Answer:
        if question.id in ("q3", "q7", "q8"):
            raise ValueError("no")
        return said(question)

    found = taken(way(Caller("bot", Calls(max_concurrency=1)), QUESTIONS, ask))
    assert {name: answer.error for name, answer in found.items() if answer.error} == dict.fromkeys(
        ("q3", "q7", "q8"), "ValueError: no"
    )


def test_what_is_not_reached_is_called_no_more_and_what_it_answered_before_is_there(way: Way) -> None:
    calls = 0

    def ask(question: Question) -> Answer:
        nonlocal calls
        calls += 1
        if calls > 6:
            raise CallError("connection refused", "ConnectionError")
        return said(question)

    caller, found = Caller("bot", Calls(max_concurrency=1)), dict[str, Answer]()

    def take() -> None:
        for batch in way(caller, QUESTIONS, ask):
            found.update({one.question.id: answer for one, answer in batch})

    with pytest.raises(InputError, match=r"bot: 5 calls in a row failed.*connection refused; 6 of 40 questions"):
        take()
    assert calls == 6 + UNREACHED
    assert sum(answer.error is None for answer in found.values()) == 6
    with pytest.raises(InputError, match="in a row failed"):
        list(way(caller, QUESTIONS, ask))
    assert calls == 6 + UNREACHED


def test_no_more_is_spent_than_allowed(way: Way) -> None:
    calls = Calls(max_concurrency=1, max_cost=1.0, input_price=10_000, output_price=20_000)
    caller = Caller("bot", calls)  # 0.2 an answer
    with pytest.raises(InputError, match=r"have cost 1, and max_cost is 1"):
        taken(way(caller, QUESTIONS, said))
    assert caller.spent == pytest.approx(1.0)


def test_calls_are_begun_at_the_pace_that_is_allowed(way: Way) -> None:
    begun = []

    def ask(question: Question) -> Answer:
        begun.append(time.monotonic())
        return said(question)

    taken(way(Caller("bot", Calls(requests_per_minute=1200)), QUESTIONS[:8], ask))
    assert max(begun) - min(begun) >= 7 * 0.05 * 0.9


def test_what_is_under_way_when_the_run_is_stopped_is_kept(way: Way) -> None:
    class Stop(BaseException):
        pass

    gate = threading.Event()

    def ask(question: Question) -> Answer:
        if question.id == "q0":
            return said(question)
        gate.wait(5)
        return said(question)

    caller = Caller("bot", Calls(max_concurrency=3))
    batches = way(caller, QUESTIONS[:3], ask)
    assert [one.question.id for one, _ in next(batches)] == ["q0"]
    threading.Timer(0.1, gate.set).start()
    assert {one.question.id for one, _ in batches.throw(Stop())} == {"q1", "q2"}
    with pytest.raises(Stop):
        next(batches)


def test_others_are_asked_while_a_batch_is_being_kept(way: Way) -> None:
    """A disk that is slow to write holds no call up: all are begun before anything but the first batch is taken."""
    begun: list[str] = []
    all_begun = threading.Event()

    def ask(question: Question) -> Answer:
        begun.append(question.id)
        if len(begun) == len(QUESTIONS):
            all_begun.set()
        return said(question)

    batches = way(Caller("bot", Calls(max_concurrency=2)), QUESTIONS, ask)
    first = next(batches)
    assert all_begun.wait(PATIENCE)
    assert {one.question.id for batch in (first, *batches) for one, _ in batch} == {one.id for one in QUESTIONS}


def test_what_is_not_wanted_any_more_is_asked_no_further(way: Way) -> None:
    begun: list[str] = []

    def ask(question: Question) -> Answer:
        begun.append(question.id)
        time.sleep(0.02)
        return said(question)

    batches = way(Caller("bot", Calls(max_concurrency=2)), QUESTIONS, ask)
    next(batches)
    batches.close()  # type: ignore[attr-defined] # it is a generator
    time.sleep(0.1)
    asked = len(begun)
    time.sleep(0.1)
    assert asked == len(begun) < len(QUESTIONS)


def test_what_breaks_a_thread_breaks_the_run() -> None:
    def ask(_: Question) -> Answer:
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        taken(in_threads(Caller("bot", Calls(max_concurrency=2)), QUESTIONS, ask))


def test_the_first_failure_among_several_ends_the_others() -> None:
    begun: list[int] = []

    async def double(number: int) -> int:
        begun.append(number)
        await asyncio.sleep(0.01)
        if number == 3:
            raise OSError("three")
        return 2 * number

    caller = Caller("bot", Calls(max_concurrency=2))
    assert asyncio.run(caller.several([4, 1, 2], double)) == [8, 2, 4]
    with pytest.raises(OSError, match="three"):
        asyncio.run(caller.several([1, 2, 3, 4, 5, 6, 7, 8, 9], double))
    assert 9 not in begun
