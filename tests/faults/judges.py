"""Judges that fail, each in its own way, before both libraries that ask them: what comes of it, how soon, and what is let out.

*unmeasured*: every sample has a reason in place of a value; *scored*: the reply held a verdict, whatever else it held;
*no claim*: it said that the answer claims nothing; *invented*: a value without a verdict; *hang*: it took longer than `BOUND`;
*leaked*: a planted secret is in a result, or a prompt or key came to a server that nobody had named.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
import socket
import time
import urllib.parse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from proctor.core.chat import ChatEndpoint
from proctor.core.schema import Score
from proctor.evals.judges import deepeval_metric, ragas_metric
from proctor.evals.judges.openai import OpenAIJudge
from proctor.evals.judges.samples import Sample
from tests.faults.loopback import (
    Request,
    Server,
    Treat,
    completion,
    dripping,
    forever,
    reply,
    reset,
    serving,
    streaming,
    verdict,
)

KEY, PASSWORD, PARAMETER = "sk-Planted0Key1For2Tests3", "Planted4Password5", "Planted6Parameter7"
SECRETS = (KEY, PASSWORD, PARAMETER)
PASSAGES = ("The cover is for three years.", "The cover is long.")
SAMPLES = [Sample("How long is the cover?", f"{count} years.", PASSAGES[:count]) for count in (1, 2, 2)]
"""Two passages, too: as many as deepeval's prompt has verdicts in its example."""
LIMITS: dict[str, Any] = {"seconds": 0.5, "longest": 1.5, "retries": 1}
"""Of a call: as in earnest, but shorter."""
BOUND = 20.0
"""Seconds for three samples before a library: two prompts of three attempts each under those limits, on a busy machine."""
SCORED = ("not UTF-8", "key in verdicts", "key in base64", "key escaped", "key in header", "charset of a compressor")
"""Those whose replies do hold verdicts."""


@dataclass(frozen=True)
class Fault:
    """One kind of failing judge."""

    name: str
    treat: Treat
    quick: bool = False
    """Whether the tests try it, too."""


def faults(elsewhere: Server) -> list[Fault]:
    """All that is tried; ``elsewhere`` is a server of another origin."""
    error = json.dumps({"error": {"message": "no"}}).encode()
    bomb = gzip.compress(b"0" * 20_000_000)
    deep = b"[" * 200_000 + b"]" * 200_000
    there = f"Location: http://127.0.0.1:{elsewhere.port}/v1/chat/completions"
    return [
        Fault("refused", lambda *_: None),  # `put` closes the port
        Fault("reset", reset, quick=True),
        Fault("hang", lambda *_: time.sleep(15)),
        Fault("closed without a word", lambda *_: None),
        Fault("drip of a body", dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n"), quick=True),
        Fault("drip of headers", dripping(b"HTTP/1.1 200 OK\r\nX-A: ")),
        Fault("100 Continue for ever", forever(b"HTTP/1.1 100 Continue\r\n\r\n", pause=0.05)),
        Fault("401", reply(401, error), quick=True),
        Fault("403", reply(403, error)),
        Fault("404", reply(404, b"")),
        Fault("404, no such model", reply(404, json.dumps({"error": {"message": "model 'small' not found"}}).encode())),
        Fault("429", reply(429, error)),
        Fault("429, Retry-After: 1", reply(429, error, "Retry-After: 1")),
        Fault("429, Retry-After: 100", reply(429, error, "Retry-After: 100")),
        Fault("429, Retry-After: 9999999", reply(429, error, "Retry-After: 9999999")),
        Fault("500", reply(500, error)),
        Fault("503, HTML", reply(503, b"<html>Down</html>", kind="text/html")),
        Fault("307 to another origin", reply(307, b"", there), quick=True),
        Fault("302 to another origin", reply(302, b"", there)),
        Fault("308 to itself", reply(308, b"", "Location: /v1/chat/completions")),
        Fault("302 to file://", reply(302, b"", "Location: file:///etc/passwd")),
        Fault("302 to nowhere", reply(302, b"", "Location: http://[")),
        Fault("302 with a secret", reply(302, b"", f"Location: https://u:{PASSWORD}@elsewhere.example/?key={KEY}"), quick=True),
        Fault("HTML", reply(200, b"<!doctype html><title>Sign in</title>", kind="text/html")),
        Fault("empty", reply(200, b"")),
        Fault("half of JSON", reply(200, completion("{}")[:40])),
        Fault("deep JSON", reply(200, deep)),
        Fault("deep JSON as an error", reply(400, deep)),
        Fault("deep JSON in the text", reply(200, completion(deep.decode()))),
        Fault("1 GB", streaming(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")),
        Fault("1 GB as an error", streaming(b"HTTP/1.1 401 No\r\nContent-Type: application/json\r\n\r\n")),
        Fault("gzip bomb", reply(200, bomb, "Content-Encoding: gzip"), quick=True),
        Fault(
            "gzip bomb, packed twice", reply(200, gzip.compress(gzip.compress(b"0" * 20_000_000)), "Content-Encoding: gzip, gzip")
        ),
        Fault("charset of a compressor", _said(verdict, kind="application/json; charset=zlib_codec")),
        Fault("huge header", reply(200, completion("{}"), f"X-A: {'a' * 2_000_000}")),
        Fault("100,000 headers", reply(200, completion("{}"), *(f"X-{n}: a" for n in range(100_000)))),
        Fault("another kind of JSON", reply(200, b'{"object": "list", "data": []}'), quick=True),
        Fault("an error with 200", reply(200, json.dumps({"error": {"message": f"{KEY} is wrong"}}).encode())),
        Fault("no choices", reply(200, b'{"choices": []}')),
        Fault("no message", reply(200, b'{"choices": [{"text": "yes"}]}')),
        Fault("no content", reply(200, completion(None))),
        Fault("cut off", reply(200, completion('{"verd', "length"))),
        Fault("refusal", reply(200, completion(None, refusal="I cannot judge that."))),
        Fault("not UTF-8", _not_utf8),
        Fault("no verdict in it", reply(200, completion("It seems fine to me."))),
        Fault("a verdict of no kind", reply(200, completion('{"verdict": "maybe", "verdicts": [{"verdict": "perhaps"}]}'))),
        Fault("no verdicts at all", reply(200, completion('{"statements": [], "verdicts": []}'))),
        Fault("prompt echoed", _said(lambda request: request.fields["messages"][0]["content"]), quick=True),
        Fault("key in verdicts", _said(lambda request: verdict(request, _sent(request))), quick=True),
        Fault("key in base64", _said(lambda request: verdict(request, base64.b64encode(_sent(request).encode()).decode()))),
        Fault("key escaped", _said(_escaped)),
        Fault("key in an error", _echo(401), quick=True),
        Fault("key in a refused request", _echo(400)),
        Fault("key in a refusal", lambda c, request: reply(200, completion(None, refusal=_sent(request)))(c, request)),
        Fault("key in header", lambda c, r: reply(200, completion(verdict(r)), f"X-Key: {r.headers['authorization']}")(c, r)),
        Fault("key in names of fields", lambda c, r: reply(200, json.dumps({_sent(r): 1}).encode())(c, r)),
        Fault("key as text of no JSON", lambda c, r: reply(200, completion(_sent(r)))(c, r)),
    ]


def run(seed: int = 0) -> Iterator[str]:
    """The lines of a table: each fault, what came of it, after how long, with how many requests, and the commonest reason."""
    del seed
    yield "| judge | ragas | deepeval | seconds | requests | reason |\n|---|---|---|---|---|---|"
    with serving(reply(200, completion("{}"))) as elsewhere:
        for fault in faults(elsewhere):
            found = put(fault, elsewhere)
            yield f"| {fault.name} | {' | '.join(found.words)} | {found.seconds:.1f} | {found.requests} | {found.reason[:160]} |"


@dataclass(frozen=True)
class Outcome:
    """What came of one fault."""

    words: tuple[str, str]
    """Of ragas and of deepeval."""
    seconds: float
    requests: int
    reason: str


def put(fault: Fault, elsewhere: Server) -> Outcome:
    """Put three samples to a failing judge by way of both libraries, which are imported before the clock is looked at."""
    ragas_metric._ragas(), deepeval_metric._deepeval()
    with serving(fault.treat) as server:
        url = f"http://user:{PASSWORD}@127.0.0.1:{server.port}/v1?api-key={PARAMETER}&api-version=1"
        if fault.name == "refused":
            url = "http://127.0.0.1:9/v1"
        words, seconds, scores = [], 0.0, []
        for measure in (ragas_metric.faithfulness, deepeval_metric.contradicted):
            judge = OpenAIJudge("small", ChatEndpoint(url, KEY, **LIMITS))
            before, began = len(elsewhere.requests), time.monotonic()
            scores = measure(judge, SAMPLES)
            took = time.monotonic() - began
            seconds += took
            words.append(_word(fault, scores, took, judge.name, leaked=len(elsewhere.requests) > before))
        reason = max((score.reason for score in scores), default="").replace("|", "\\|").replace("\n", " ")
        return Outcome((words[0], words[1]), seconds, len(server.requests), reason)


def _word(fault: Fault, scores: Sequence[Score], took: float, name: str, *, leaked: bool) -> str:
    told = "\n".join([name, *(f"{score.reason}\n{score.caution}" for score in scores)])
    if leaked or any(shows(told.encode(), secret) for secret in SECRETS):
        return "**leaked**"
    if took > BOUND:
        return "**hang**"
    if any(score.value is not None for score in scores):
        return "scored" if fault.name in SCORED else "**invented**"
    if all(score.status == "not_applicable" for score in scores):
        return "no claim" if fault.name == "no verdicts at all" else "**invented**"
    return "unmeasured" if all(score.status == "unmeasured" and score.reason for score in scores) else "**no reason**"


def shows(data: bytes, secret: str) -> bool:
    """Whether bytes show a secret, or its first or last ten letters: as they are, escaped, in base64 or hexadecimal digits."""
    views = [data, urllib.parse.unquote_to_bytes(data), re.sub(rb"\\u00(..)", lambda m: _byte(m[1]), data)]
    views += [_decoded(run) for run in re.findall(rb"[A-Za-z0-9+/_-]{14,}", data)]
    views += [bytes.fromhex(run.decode()) for run in re.findall(rb"(?:[0-9a-fA-F]{2}){10,}", data)]
    return any(part.encode() in view for view in views for part in (secret[:10], secret[-10:]))


def _byte(digits: bytes) -> bytes:
    return bytes.fromhex(digits.decode()) if re.fullmatch(rb"[0-9a-fA-F]{2}", digits) else digits


def _decoded(run: bytes) -> bytes:
    """A run of letters as base64, from each of the four places where a group may begin."""
    text = run.translate(bytes.maketrans(b"-_", b"+/"))
    return b"\n".join(base64.b64decode(part[: len(part) // 4 * 4]) for part in (text[start:] for start in range(4)))


def _sent(request: Request) -> str:
    """All that a client told of itself."""
    return json.dumps(request.headers | {"line": request.line, "bare": request.headers["authorization"].split()[-1], "key": KEY})


def _said(content: Callable[[Request], str], kind: str = "application/json") -> Treat:
    return lambda connection, request: reply(200, completion(content(request)), kind=kind)(connection, request)


def _escaped(request: Request) -> str:
    """A verdict in whose reason every letter is escaped."""
    return verdict(request, "REASON").replace("REASON", "".join(f"\\u{ord(letter):04x}" for letter in _sent(request)))


def _echo(status: int) -> Treat:
    def treat(connection: socket.socket, request: Request) -> None:
        reply(status, json.dumps({"error": {"message": _sent(request)}}).encode())(connection, request)

    return treat


def _not_utf8(connection: socket.socket, request: Request) -> None:
    body = completion(verdict(request, "REASON")).replace(b"REASON", b"\xff\xfe\xe9")
    reply(200, body)(connection, request)
