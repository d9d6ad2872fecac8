"""Calls to what answers elsewhere: bounded in number, pace and cost, and nothing that was answered is lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from proctor.core.schema import Answer, InputError, Question
from proctor.models.candidates import kept
from proctor.models.candidates.calling import UNREACHED, Caller, CallError
from proctor.models.systems import Calls

QUESTIONS = [Question(f"q{number}", f"What is {number}?") for number in range(40)]


def taken(batches: Iterator[list[tuple[kept.AskedQuestion, Answer]]]) -> dict[str, Answer]:
    return {one.question.id: answer for batch in batches for one, answer in batch}


def said(question: Question) -> Answer:
    return Answer(question.id, question.text, tokens=5, prompt_tokens=10)


def test_every_question_is_asked_once_and_no_more_at_a_time_than_allowed() -> None:
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

    found = taken(Caller("bot", Calls(max_concurrency=4)).answers(kept.asked(QUESTIONS), ask))
    assert {name: answer.text for name, answer in found.items()} == {one.id: one.text for one in QUESTIONS}
    assert 1 < most <= 4
    assert all(answer.seconds > 0 for answer in found.values())


def test_a_question_that_fails_costs_itself_alone() -> None:
    def ask(question: Question) -> Answer:
        if question.id in ("q3", "q7", "q8"):
            raise ValueError("no")
        return said(question)

    found = taken(Caller("bot", Calls(max_concurrency=1)).answers(kept.asked(QUESTIONS), ask))
    assert {name: answer.error for name, answer in found.items() if answer.error} == dict.fromkeys(
        ("q3", "q7", "q8"), "ValueError: no"
    )


def test_what_is_not_reached_is_called_no_more_and_what_it_answered_before_is_there() -> None:
    calls = 0

    def ask(question: Question) -> Answer:
        nonlocal calls
        calls += 1
        if calls > 6:
            raise CallError("connection refused", "ConnectionError")
        return said(question)

    caller, found = Caller("bot", Calls(max_concurrency=1)), dict[str, Answer]()

    def take() -> None:
        for batch in caller.answers(kept.asked(QUESTIONS), ask):
            found.update({one.question.id: answer for one, answer in batch})

    with pytest.raises(InputError, match=r"bot: 5 calls in a row failed.*connection refused; 6 of 40 questions"):
        take()
    assert calls == 6 + UNREACHED
    assert sum(answer.error is None for answer in found.values()) == 6
    with pytest.raises(InputError, match="in a row failed"):
        list(caller.answers(kept.asked(QUESTIONS), ask))
    assert calls == 6 + UNREACHED


def test_no_more_is_spent_than_allowed() -> None:
    calls = Calls(max_concurrency=1, max_cost=1.0, input_price=10_000, output_price=20_000)
    caller = Caller("bot", calls)  # 0.2 an answer
    with pytest.raises(InputError, match=r"have cost 1, and max_cost is 1"):
        taken(caller.answers(kept.asked(QUESTIONS), said))
    assert caller.spent == pytest.approx(1.0)


def test_calls_are_begun_at_the_pace_that_is_allowed() -> None:
    begun = []

    def ask(question: Question) -> Answer:
        begun.append(time.monotonic())
        return said(question)

    taken(Caller("bot", Calls(requests_per_minute=1200)).answers(kept.asked(QUESTIONS[:8]), ask))
    assert max(begun) - min(begun) >= 7 * 0.05 * 0.9


def test_what_is_under_way_when_the_run_is_stopped_is_kept() -> None:
    class Stop(BaseException):
        pass

    gate = threading.Event()

    def ask(question: Question) -> Answer:
        if question.id == "q0":
            return said(question)
        gate.wait(5)
        return said(question)

    caller = Caller("bot", Calls(max_concurrency=3))
    batches = caller.answers(kept.asked(QUESTIONS[:3]), ask)
    assert [one.question.id for one, _ in next(batches)] == ["q0"]
    gate.set()
    assert {one.question.id for one, _ in batches.throw(Stop())} == {"q1", "q2"}
    with pytest.raises(Stop):
        next(batches)
