"""Calls to something that answers elsewhere: several at a time, no faster and no dearer than allowed, and not for ever.

What was answered is yielded as it comes, also when the run is stopped: no call that was paid for is lost.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice

from proctor.core.counts import counted
from proctor.core.redaction import redact
from proctor.core.schema import Answer, Question, UnreachedError
from proctor.models.candidates.kept import AskedQuestion, in_batches
from proctor.models.systems import Calls

log = logging.getLogger("proctor")

AT_A_TIME = 8
"""Calls at a time, where nothing else is said."""
UNREACHED = 5
"""Calls in a row that came to nothing for the same reason, after which it is called no more in this run."""
LETTERS = 500
"""Length of the longest reason."""
SECONDS = 10.0
"""How often progress is told."""

AskOne = Callable[[Question], Answer]
"""Answers one question, from several threads at a time. Raises `CallError`, or anything else that is this question's failure."""
Batches = Iterable[Sequence[tuple[AskedQuestion, Answer]]]
"""Answers as they come."""


class CallError(RuntimeError):
    """A call came to nothing. The message is the reason that a record shows."""

    def __init__(self, message: str, kind: str = "") -> None:
        super().__init__(message)
        self.kind = kind
        """Where the reason lies in what is called and not in the question: what went wrong, in a word that is the same each time,
        such as a status of HTTP or a class of exceptions."""


def price(calls: Calls, prompt_tokens: int, tokens: int) -> float | None:
    """What a call cost; None where no prices are known, or nothing says how many tokens it took."""
    if calls.input_price is None or calls.output_price is None or not (prompt_tokens or tokens):
        return None
    return (prompt_tokens * calls.input_price + tokens * calls.output_price) / 1_000_000


class Progress:
    """Tells now and then how far the calls to a system have come, and once how it ended."""

    def __init__(self, name: str, whole: int) -> None:
        self._name, self._whole, self._told = name, whole, time.monotonic()

    def tell(self, done: int) -> None:
        """That so many are answered, unless that was told a moment ago."""
        if done < self._whole and time.monotonic() - self._told > SECONDS:
            self.end(done)

    def end(self, done: int) -> None:
        """That so many are answered."""
        log.info("%s: answered %d of %d", self._name, done, self._whole)
        self._told = time.monotonic()


class Caller:
    """Calls one system. What it remembers of failures and costs holds for the whole run: keep one for each system."""

    def __init__(self, name: str, calls: Calls) -> None:
        self.name, self.calls = name, calls
        self.spent = 0.0
        """What the calls of this run have cost so far, as far as prices are known."""
        self._dead = ""
        self._kind, self._failures = "", 0
        self._lock = threading.Lock()
        self._next = 0.0

    def in_turn(self, missing: Sequence[AskedQuestion], ask: AskOne) -> Iterator[list[tuple[AskedQuestion, Answer]]]:
        """As `answers`, one after the other in the thread that this is called from: not all code may be called from another."""
        done, progress = 0, Progress(self.name, len(missing))
        for batch in in_batches(self._in_turn(missing, ask)):
            done += _kept(batch)
            progress.tell(done)
            yield batch
        self._tell_if_stopped(done, len(missing))
        progress.end(done)

    def _in_turn(self, missing: Sequence[AskedQuestion], ask: AskOne) -> Iterator[tuple[AskedQuestion, Answer]]:
        for one in missing:
            if self._stopped():
                return
            yield one, self._one(one.question, ask)

    def answers(
        self, missing: Sequence[AskedQuestion], ask: AskOne, most: int | None = None
    ) -> Iterator[list[tuple[AskedQuestion, Answer]]]:
        """Answers in batches, as they come. ``most``: calls at a time, where that is not for ``calls`` to say.

        Raises:
            UnreachedError: it is not reached any more, or the calls cost what they may; what was answered by then was yielded.
        """
        most = most or self.calls.max_concurrency or AT_A_TIME
        left, running = iter(missing), dict[Future[Answer], AskedQuestion]()
        done, progress = 0, Progress(self.name, len(missing))
        pool = ThreadPoolExecutor(most, "proctor-calls")
        try:
            while True:
                if not self._stopped():
                    free = most - len(running)
                    running |= {pool.submit(self._one, one.question, ask): one for one in islice(left, free)}
                if not running:
                    break
                batch = self._finished(running)
                done += _kept(batch)
                progress.tell(done)
                yield batch
        except GeneratorExit:  # nobody would take what comes
            raise
        except BaseException:  # stopped: what is under way is paid for
            wait(running, self.calls.timeout)
            yield [(one, future.result()) for future, one in running.items() if future.done()]
            raise
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        self._tell_if_stopped(done, len(missing))
        progress.end(done)

    def _tell_if_stopped(self, done: int, whole: int) -> None:
        if why := self._stopped():
            raise UnreachedError(f"system {self.name}: {why}; {done} of {counted(whole, 'question')} answered and kept")

    def alone(self, question: Question, ask: AskOne) -> Answer:
        """The answer to one question, asked in this thread; with an ``error`` where it fails or nothing is called any more."""
        if why := self._stopped():
            return Answer(question.id, "", error=why)
        return self._one(question, ask)

    def _finished(self, running: dict[Future[Answer], AskedQuestion]) -> list[tuple[AskedQuestion, Answer]]:
        finished, _ = wait(running, return_when=FIRST_COMPLETED)
        return [(running.pop(future), future.result()) for future in finished]

    def _stopped(self) -> str:
        """Why no more calls are begun; empty if they are."""
        most = self.calls.max_cost
        if most is not None and self.spent >= most:
            return f"the answers of this run have cost {self.spent:.4g}, and max_cost is {most:g}: raise it and run again"
        return self._dead

    def _one(self, question: Question, ask: AskOne) -> Answer:
        self.wait_for_turn()
        started = time.perf_counter()
        try:
            answer = ask(question)
        except CallError as error:
            return self._failed(question, str(error), error.kind)
        except Exception as error:  # noqa: BLE001 # the boundary: whatever it raises is that question's failure
            return self._failed(question, f"{type(error).__name__}: {error}", "")
        with self._lock:
            self._kind, self._failures = "", 0
            self.spent += price(self.calls, answer.prompt_tokens, answer.tokens) or 0.0
        return answer if answer.seconds else _timed(answer, time.perf_counter() - started)

    def _failed(self, question: Question, why: str, kind: str) -> Answer:
        with self._lock:
            self._failures = self._failures + 1 if kind and kind == self._kind else bool(kind)
            self._kind = kind
            if self._failures >= UNREACHED and not self._dead:
                self._dead = f"{counted(self._failures, 'call')} in a row failed, the last with: {redact(why)[:LETTERS]}"
                log.warning("%s is called no more in this run: %s", self.name, self._dead)
        return Answer(question.id, "", error=redact(why)[:LETTERS])

    @contextmanager
    def beside(self) -> Iterator[Callable[[int, int], None]]:
        """For a call beside the answers: when it is allowed, and with what tells of its prompt's tokens and its new ones.

        Raises:
            CallError: it is called no more in this run.
        """
        if why := self._stopped():
            raise CallError(why)
        self.wait_for_turn()

        def paid(prompt_tokens: int, tokens: int) -> None:
            with self._lock:
                self.spent += price(self.calls, prompt_tokens, tokens) or 0.0

        yield paid

    def wait_for_turn(self) -> None:
        """No more calls in a minute than allowed, evenly spread."""
        if self.calls.requests_per_minute is None:
            return
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next)
            self._next = turn + 60 / self.calls.requests_per_minute
        time.sleep(max(0.0, turn - now))


def _kept(batch: Sequence[tuple[AskedQuestion, Answer]]) -> int:
    """How many were answered: what failed is not kept."""
    return sum(answer.error is None for _, answer in batch)


def _timed(answer: Answer, seconds: float) -> Answer:
    return replace(answer, seconds=round(seconds, 6))
