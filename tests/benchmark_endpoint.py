"""What asking an endpoint costs beyond the server itself: see `tests.benchmark`.

The server is a process of its own that sleeps for each answer and gives a few at a time, so that it takes no CPU from who asks.
It is asked the same requests by Proctor and by the shortest client that there is, in turn.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
import urllib.parse
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, cast

from proctor.core.schema import Document, Domain, Question
from proctor.core.storage.cache import Cache
from proctor.models.candidates import kinds
from proctor.models.candidates.endpoint import Endpoint
from proctor.models.candidates.external import Setup
from proctor.models.generation.limits import Limits
from proctor.models.runtime import Runtime
from proctor.models.systems import Calls, OpenAI, System
from tests.waiting import line

AT_A_TIME = 8
REPLY = {
    "id": "1",
    "object": "text_completion",
    "choices": [{"index": 0, "text": " Turin\n", "finish_reason": "stop", "stop_reason": "\n"}],
    "usage": {"prompt_tokens": 40, "completion_tokens": 3},
}
ROUNDS = 5


class Took(NamedTuple):
    """What it took to have all answers."""

    seconds: float
    cpu: float
    """Seconds of CPU of this process."""


def endpoint() -> str:
    """Two hundred questions to a server that takes 20 or 100 ms for each of 8 answers at a time."""
    return "; ".join(_compared(pause, count) for pause, count in ((0.02, 400), (0.1, 160)))


def _compared(pause: float, count: int) -> str:
    with sleeping(pause) as url, tempfile.TemporaryDirectory() as folder:
        asked = Asked(url, "m", count)
        _ = asked.by_proctor(Path(folder, "warm")), asked.plainly()
        pairs = [(asked.by_proctor(Path(folder, str(place))), asked.plainly()) for place in range(ROUNDS)]
    ours, plain = (min(side, key=lambda took: took.seconds) for side in zip(*pairs, strict=True))
    bound = count * pause / AT_A_TIME
    cpu = f"{1000 * ours.cpu / count:.2f} and {1000 * plain.cpu / count:.2f} ms of CPU a question"
    return (
        f"{1000 * pause:.0f} ms an answer: {plain.seconds / ours.seconds:.3f} of a plain client's throughput, "
        f"{bound / ours.seconds:.3f} of what the server can give; {cpu}"
    )


class Asked:
    """Some questions, for one served model."""

    def __init__(self, url: str, model: str, count: int) -> None:
        self.url = url
        self.domain = Domain((Document("ada", "Ada Rossi lives in the town of Turin."),), instruction="Answer briefly.")
        self.questions = [Question(f"q{number}", f"In which town does number {number} live?") for number in range(count)]
        calls = Calls(max_concurrency=AT_A_TIME)
        self.system = System("bot", endpoint=f"openai:{model}@{url}", calls=calls, openai=OpenAI(api="completions"))

    def candidate(self, cache: Path) -> Endpoint:
        """Proctor's own client, with nothing answered yet."""
        setup = Setup(self.domain, Runtime(Cache(cache)), "base", Limits())
        return cast("Endpoint", kinds.candidate(self.system, cast("Any", None), setup, 0))

    def by_proctor(self, cache: Path) -> Took:
        """As in an exam: prompts, retries, limits, citations, journal."""
        candidate = self.candidate(cache)
        took, answers = _taken(lambda: candidate.answers(self.questions))
        assert not any(answer.error for answer in answers)
        return took

    def plainly(self) -> Took:
        """The same requests, by a client that does nothing else."""
        candidate = self.candidate(Path())
        served = candidate._served  # to send the same
        prompts = [candidate._prompt(question, ()) for question in self.questions]
        requests = [served._request(prompt, served._wished(frozenset(), served._stops)) for prompt in prompts]
        return _taken(lambda: asyncio.run(_all(self.url, requests)))[0]


async def _all(url: str, requests: Sequence[Mapping[str, Any]]) -> None:
    """Ask them all, so many at a time, each on a connection that stays open."""
    left, parts = iter(requests), urllib.parse.urlsplit(url)

    async def worker() -> None:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        for request in left:
            body = json.dumps(request).encode()
            head = f"POST {parts.path}/completions HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\n"
            writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            told = await reader.readuntil(b"\r\n\r\n")
            assert told.startswith(b"HTTP/1.1 200"), told
            json.loads(await reader.readexactly(_length(told)))
        writer.close()

    await asyncio.gather(*(worker() for _ in range(AT_A_TIME)))


def _taken(work: Callable[[], Any]) -> tuple[Took, Any]:
    used, started = time.process_time(), time.perf_counter()
    done = work()
    return Took(time.perf_counter() - started, time.process_time() - used), done


def _length(head: bytes) -> int:
    return next(int(line.partition(b":")[2]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))


@contextmanager
def sleeping(pause: float) -> Iterator[str]:
    """The address of a server in a process of its own."""
    command = [sys.executable, "-m", __name__, str(pause)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).resolve().parent.parent) as process:
        try:
            yield f"http://127.0.0.1:{line(process).strip()}/v1"
        finally:
            process.kill()


async def _serve(pause: float) -> None:
    room, body = asyncio.Semaphore(AT_A_TIME), json.dumps(REPLY).encode()
    reply = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body

    async def treat(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(_length(head))
                async with room:
                    await asyncio.sleep(pause)
                writer.write(reply)
        except asyncio.IncompleteReadError:
            writer.close()

    server = await asyncio.start_server(treat, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1])))
