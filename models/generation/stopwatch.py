"""Where the time of one question goes: looking passages up, reading the prompt, writing the answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from proctor.core.schema import Question, Timing


class Stopwatch:
    """Notes when the passages were found and when the first token came: ``generate`` takes it for its streamer."""

    def __init__(self) -> None:
        self._puts = 0
        self._started = self._found = self._first = time.perf_counter()

    def found(self) -> None:
        """Retrieval has ended, or there is none."""
        self._found = time.perf_counter()

    def put(self, _tokens: Any) -> None:
        """Take what ``generate`` hands over: the prompt, then every new token, which a GPU has finished by then."""
        self._puts += 1
        if self._puts == 2:
            self._first = time.perf_counter()

    def end(self) -> None:
        """Do nothing: the answer is not there before it is text."""

    def timing(self, question: str, tokens: int, prompt_tokens: int) -> Timing:
        """The whole time and its parts, now that the answer is there."""
        ended = time.perf_counter()
        return Timing(
            question,
            seconds=round(ended - self._started, 9),
            retrieval=round(self._found - self._started, 9),
            prefill=round(self._first - self._found, 9),
            decoding=round(ended - self._first, 9),
            tokens=tokens,
            prompt_tokens=prompt_tokens,
            passes=max(0, self._puts - 2),
        )


def latencies(questions: Sequence[Question], ask: Callable[[Question, Stopwatch], Timing]) -> list[Timing]:
    """Each question alone, one after the other. One that fails costs only itself."""
    return [_one(question, ask) for question in questions]


def _one(question: Question, ask: Callable[[Question, Stopwatch], Timing]) -> Timing:
    try:
        return ask(question, Stopwatch())
    except Exception as error:  # noqa: BLE001 # the boundary: whatever a model raises is that question's failure
        return Timing(question.id, error=f"{type(error).__name__}: {error}")
