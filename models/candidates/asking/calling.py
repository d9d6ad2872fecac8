"""Calls to something that answers elsewhere: several at a time, no faster and no dearer than allowed, and not for ever.

What was answered is yielded as it comes, also when the run is stopped: no call that was paid for is lost.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from queue import Empty, SimpleQueue
from typing import TypeVar

from proctor.core.counts import counted
from proctor.core.redaction import redact
from proctor.core.schema import Answer, Question, UnreachedError
from proctor.models.candidates.asking.kept import AskedQuestion, in_batches
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
"""Answers one question. Raises `CallError`, or anything else that is this question's failure."""
AskAwaited = Callable[[Question], Awaitable[Answer]]
"""The same, in the loop of `core.http`."""
Batches = Iterable[Sequence[tuple[AskedQuestion, Answer]]]
"""Answers as they come."""
_Thing = TypeVar("_Thing")
_Came = TypeVar("_Came")


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


class CallQueue:
    """What several workers take from, and what they have answered. A worker that is free takes the next at once."""

    def __init__(self, missing: Sequence[AskedQuestion], stopped: Callable[[], str]) -> None:
        self._left, self._stopped, self._lock = iter(missing), stopped, threading.Lock()
        self._came = SimpleQueue[tuple[AskedQuestion, Answer] | Future[None]]()
        self._over = False

    def take(self) -> AskedQuestion | None:
        """The next question; None where no more is to be asked."""
        with self._lock:
            return None if self._over or self._stopped() else next(self._left, None)

    def put(self, asked: AskedQuestion, answer: Answer) -> None:
        """That it was answered."""
        self._came.put((asked, answer))

    def end(self) -> None:
        """No more is to be asked."""
        self._over = True

    def batches(self, workers: Sequence[Future[None]]) -> Iterator[list[tuple[AskedQuestion, Answer]]]:
        """All that has come each time that something has, until all workers have ended."""
        for worker in workers:
            worker.add_done_callback(self._came.put)
        running = len(workers)
        while running:
            came = [self._came.get(), *self.rest()]
            ended = [one for one in came if isinstance(one, Future)]
            running -= len(ended)
            yield [one for one in came if not isinstance(one, Future)]
            for worker in ended:
                worker.result()  # what it broke at

    def rest(self) -> Iterator[tuple[AskedQuestion, Answer] | Future[None]]:
        """What has come by now."""
        while True:
            try:
                yield self._came.get_nowait()
            except Empty:
                return


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

    def in_threads(
        self, missing: Sequence[AskedQuestion], ask: AskOne, most: int
    ) -> Iterator[list[tuple[AskedQuestion, Answer]]]:
        """As `answers`, of what blocks the thread that calls it: so many at a time."""
        queue = CallQueue(missing, self._stopped)

        def worker() -> None:
            while one := queue.take():
                queue.put(one, self._one(one.question, ask))

        pool = ThreadPoolExecutor(most, "proctor-calls")
        try:
            yield from self._done(queue, [pool.submit(worker) for _ in range(most)], len(missing))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def answers(self, missing: Sequence[AskedQuestion], ask: AskAwaited) -> Iterator[list[tuple[AskedQuestion, Answer]]]:
        """Answers in batches, as they come.

        Raises:
            UnreachedError: it is not reached any more, or the calls cost what they may; what was answered by then was yielded.
        """
        from proctor.core import http  # who calls nothing over HTTP needs no loop

        queue = CallQueue(missing, self._stopped)

        async def worker() -> None:
            while one := queue.take():
                queue.put(one, await self._awaited(one.question, ask))

        workers = [http.begun(worker()) for _ in range(min(self._most, len(missing)))]
        yield from self._done(queue, workers, len(missing))

    @property
    def _most(self) -> int:
        return self.calls.max_concurrency or AT_A_TIME

    def _done(
        self, queue: CallQueue, workers: Sequence[Future[None]], whole: int
    ) -> Iterator[list[tuple[AskedQuestion, Answer]]]:
        done, progress = 0, Progress(self.name, whole)
        try:
            for batch in queue.batches(workers):
                done += _kept(batch)
                progress.tell(done)
                yield batch
        except GeneratorExit:  # nobody would take what comes
            for worker in workers:
                worker.cancel()
            raise
        except BaseException:  # stopped: what is under way is paid for
            queue.end()
            wait(workers, self.calls.timeout)
            yield [one for one in queue.rest() if not isinstance(one, Future)]
            raise
        finally:
            queue.end()
        self._tell_if_stopped(done, whole)
        progress.end(done)

    def _tell_if_stopped(self, done: int, whole: int) -> None:
        if why := self._stopped():
            raise UnreachedError(f"system {self.name}: {why}; {done} of {counted(whole, 'question')} answered and kept")

    async def alone(self, question: Question, ask: AskAwaited) -> Answer:
        """The answer to one question; with an ``error`` where it fails or nothing is called any more."""
        if why := self._stopped():
            return Answer(question.id, "", error=why)
        return await self._awaited(question, ask)

    async def several(self, things: Sequence[_Thing], ask: Callable[[_Thing], Awaitable[_Came]]) -> list[_Came]:
        """What comes of each of several things that are asked beside the answers; the first failure ends them all."""
        import asyncio

        left, came = iter(enumerate(things)), dict[int, _Came]()

        async def worker() -> None:
            for place, thing in left:
                await asyncio.sleep(self._pause())
                came[place] = await ask(thing)

        workers = [asyncio.create_task(worker()) for _ in range(self._most)]
        try:
            await asyncio.gather(*workers)
        finally:
            for one in workers:
                one.cancel()
        return [came[place] for place in range(len(things))]

    def _stopped(self) -> str:
        """Why no more calls are begun; empty if they are."""
        most = self.calls.max_cost
        if most is not None and self.spent >= most:
            return f"the answers of this run have cost {self.spent:.4g}, and max_cost is {most:g}: raise it and run again"
        return self._dead

    def _one(self, question: Question, ask: AskOne) -> Answer:
        time.sleep(self._pause())
        with self._recorded(question) as said:
            said.append(ask(question))
        return said[0]

    async def _awaited(self, question: Question, ask: AskAwaited) -> Answer:
        import asyncio

        await asyncio.sleep(self._pause())
        with self._recorded(question) as said:
            said.append(await ask(question))
        return said[0]

    @contextmanager
    def _recorded(self, question: Question) -> Iterator[list[Answer]]:
        """Gives an empty list for the answer, which has its time in it then, or else that of a failure."""
        said: list[Answer] = []
        started = time.perf_counter()
        try:
            yield said
        except CallError as error:
            said[:] = [self._failed(question, str(error), error.kind)]
        except Exception as error:  # noqa: BLE001 # the boundary: whatever it raises is that question's failure
            said[:] = [self._failed(question, f"{type(error).__name__}: {error}", "")]
        else:
            said[:] = [self._succeeded(said[0], time.perf_counter() - started)]

    def _succeeded(self, answer: Answer, seconds: float) -> Answer:
        with self._lock:
            self._kind, self._failures = "", 0
        self._paid(answer.prompt_tokens, answer.tokens)
        return answer if answer.seconds else replace(answer, seconds=round(seconds, 6))

    def _paid(self, prompt_tokens: int, tokens: int) -> None:
        with self._lock:
            self.spent += price(self.calls, prompt_tokens, tokens) or 0.0

    def _failed(self, question: Question, why: str, kind: str) -> Answer:
        with self._lock:
            self._failures = self._failures + 1 if kind and kind == self._kind else bool(kind)
            self._kind = kind
            if self._failures >= UNREACHED and not self._dead:
                self._dead = f"{counted(self._failures, 'call')} in a row failed, the last with: {redact(why)[:LETTERS]}"
                log.warning("%s is called no more in this run: %s", self.name, self._dead)
        return Answer(question.id, "", error=redact(why)[:LETTERS])

    @asynccontextmanager
    async def beside(self) -> AsyncIterator[Callable[[int, int], None]]:
        """For a call beside the answers: when it is allowed, and with what tells of its prompt's tokens and its new ones.

        Raises:
            CallError: it is called no more in this run.
        """
        import asyncio

        if why := self._stopped():
            raise CallError(why)
        await asyncio.sleep(self._pause())
        yield self._paid

    def _pause(self) -> float:
        """Seconds until a call may begin: no more of them in a minute than allowed, evenly spread."""
        if self.calls.requests_per_minute is None:
            return 0.0
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next)
            self._next = turn + 60 / self.calls.requests_per_minute
        return turn - now


def _kept(batch: Sequence[tuple[AskedQuestion, Answer]]) -> int:
    """How many were answered: what failed is not kept."""
    return sum(answer.error is None for _, answer in batch)
