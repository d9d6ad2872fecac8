"""Services that fail, each in its own way, while a system behind them is asked: what comes of it, how soon, and what is let out.

*failed*: every question has a reason and no answer; *answered*: the reply held one, whatever else it held; *invented*: an answer
that no reply held; *hang*: it took longer than `BOUND`; *leaked*: a planted secret is in an answer, a reason, a file or the
log, or came to a server that nobody had named.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import socket
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from proctor.core import redaction
from proctor.core.schema import Answer, Document, Domain, InputError, Question
from proctor.core.storage.cache import Cache
from proctor.models.candidates import kinds
from proctor.models.candidates.external import Setup
from proctor.models.runtime import Runtime
from proctor.models.systems import load
from tests.faults.failing import KEY, PARAMETER, PASSWORD, SECRETS, Fault, failing, shows
from tests.faults.loopback import Request, Server, Treat, reply, serving

QUESTIONS = [Question(f"q{number}", f"How long is the cover of lamp {number}?") for number in range(6)]
SAID = "The cover is for three years."
SECONDS = 1.0
"""That a call may take: as in earnest, but shorter."""
BOUND = 15.0
"""Seconds for all questions, on a busy machine; they are asked at the same time."""
ANSWERED = (
    "key in the answer",
    "key 20,000 times",
    "key in the passages",
    "key in base64",
    "key in a header",
    "key in names of fields",
    "charset",
)
"""Those whose replies do hold answers."""
TABLE = """
[bot.request.headers]
X-Key = "$PLANTED_KEY"
[bot.reply]
contexts = "/contexts"
citations = "/citations"
[bot.calls]
timeout = {seconds}
"""


QUICK = frozenset(
    {
        *("reset", "hang", "drip of a body", "401", "429", "429, Retry-After: 100", "500", "307 to another origin"),
        *("302 with a secret", "half of JSON", "not UTF-8", "10 MB and more", "gzip bomb", "another kind of JSON"),
        *("passages of another form", "key in the answer", "key 20,000 times", "key in base64"),
        *("key in names of fields alone", "key in an error"),
    }
)
"""Those that the tests try, too."""


def faults(elsewhere: Server) -> list[Fault]:
    """All that is tried; ``elsewhere`` is a server of another origin."""
    return [
        *failing("/ask", _body(), b'{"detail": "no"}', elsewhere),
        Fault("half a letter", reply(200, b'{"answer": "\\ud800"}')),
        Fault("not a number", reply(200, b'{"answer": NaN}')),
        Fault("not UTF-8", reply(200, b'{"answer": "\xff\xfe\xe9"}')),
        Fault("charset", reply(200, _body(), kind="application/json; charset=zlib_codec")),
        Fault("a text in place of an object", reply(200, b'"three years"')),
        Fault("an error with 200", reply(200, json.dumps({"error": f"{KEY} is wrong"}).encode())),
        Fault("null", reply(200, b'{"answer": null}')),
        Fault("passages of another form", reply(200, b'{"answer": "x", "contexts": {"a": 1}}')),
        Fault("passages without a text", reply(200, b'{"answer": "x", "contexts": [{"title": "a"}]}')),
        Fault("key in the answer", _said(lambda sent: {"answer": sent})),
        Fault("key in the passages", _said(lambda sent: {"answer": SAID, "contexts": [sent], "citations": [sent]})),
        Fault("key 20,000 times", _said(lambda sent: {"answer": f"{sent}{KEY * 20_000}"})),
        Fault("key in base64", _said(lambda sent: {"answer": base64.b64encode(sent.encode()).decode()})),
        Fault("key in names of fields", _said(lambda sent: {"answer": SAID, sent: sent})),
        Fault("key in names of fields alone", _said(lambda sent: {sent: sent})),
        Fault("key in an error", lambda c, request: reply(401, _sent(request).encode())(c, request)),
        Fault("key as text of no JSON", lambda c, request: reply(200, f"denied to {_sent(request)}".encode())(c, request)),
        Fault("key in a header", lambda c, r: reply(200, _body(), f"X-Key: {r.headers['x-key']}")(c, r)),
    ]


def run(seed: int = 0) -> Iterator[str]:
    """The lines of a table: each fault, what came of it, after how long, with how many requests, and the commonest reason."""
    del seed
    yield "| service | came of it | seconds | requests | reason |\n|---|---|---|---|---|"
    with serving(reply(200, _body())) as elsewhere:
        for fault in faults(elsewhere):
            found = put(fault, elsewhere)
            yield f"| {fault.name} | {found.word} | {found.seconds:.1f} | {found.requests} | {found.reason[:160]} |"


@dataclass(frozen=True)
class Outcome:
    """What came of one fault."""

    word: str
    seconds: float
    requests: int
    reason: str


def put(fault: Fault, elsewhere: Server) -> Outcome:
    """Ask a failing service some questions, as an exam does, and look at all that is left of it."""
    with serving(fault.treat) as server, tempfile.TemporaryDirectory() as folder, planted(), _logged() as lines:
        port = 9 if fault.name == "refused" else server.port
        before, began = len(elsewhere.requests), time.monotonic()
        answers, why = _asked(Path(folder), port)
        took = time.monotonic() - began
        told = [why, *lines, *(f"{answer}" for answer in answers)]
        leaked = len(elsewhere.requests) > before or leaks(told, Path(folder))
        reason = next((answer.error for answer in answers if answer.error), why).replace("|", "\\|").replace("\n", " ")
        return Outcome(_word(fault, answers, took, leaked=leaked), took, len(server.requests), reason)


def leaks(told: list[str], folder: Path) -> bool:
    """Whether a planted secret is in some texts or in a file of a folder, but for the table that names it."""
    files = [path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != "systems.toml"]
    return any(shows(data, secret) for data in ["\n".join(told).encode(errors="replace"), *files] for secret in SECRETS)


@contextmanager
def planted() -> Iterator[None]:
    """The key in the environment, and no secret known from before."""
    redaction.forget()
    with mock.patch.dict(os.environ, {"PLANTED_KEY": KEY}):
        yield
    redaction.forget()


def address(port: int) -> str:
    """Where the service is, with all that an address may hold in secret."""
    return f"http://user:{PASSWORD}@127.0.0.1:{port}/ask?api-key={PARAMETER}&v=1"


def _asked(folder: Path, port: int) -> tuple[list[Answer], str]:
    """The answers, or why the service is asked no more."""
    path = folder / "systems.toml"
    path.write_text(f'[bot]\nservice = "{address(port)}"\n{TABLE.format(seconds=SECONDS)}', encoding="utf-8")
    domain = Domain((Document("lamps", SAID),))
    setup = Setup(domain, Runtime(Cache(folder / "cache"), "cpu"), "base")
    candidate: Any = kinds.candidate(load(path)["bot"], None, setup)  # type: ignore[arg-type] # no base model is looked at
    try:
        return candidate.answers(QUESTIONS), ""
    except InputError as error:
        return [], str(error)
    finally:
        (folder / "facts.json").write_text(json.dumps(candidate.describe()), encoding="utf-8")


def _word(fault: Fault, answers: list[Answer], took: float, *, leaked: bool) -> str:
    if leaked:
        return "**leaked**"
    if took > BOUND:
        return "**hang**"
    if any(answer.text and not answer.error for answer in answers):
        return "answered" if fault.name in ANSWERED else "**invented**"
    return "failed" if all(answer.error and not answer.text for answer in answers) else "**no reason**"


@contextmanager
def _logged() -> Iterator[list[str]]:
    """What is logged."""
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield lines
    finally:
        root.removeHandler(handler)


def _body(**more: Any) -> bytes:
    fields: Mapping[str, Any] = {"answer": SAID, "contexts": [SAID], "citations": ["lamps"], **more}
    return json.dumps(fields).encode()


def _sent(request: Request) -> str:
    """All that a client told of itself."""
    return json.dumps(request.headers | {"line": request.line, "key": KEY})


def _said(fields: Any) -> Treat:
    def treat(connection: socket.socket, request: Request) -> None:
        reply(200, json.dumps(fields(_sent(request))).encode())(connection, request)

    return treat
