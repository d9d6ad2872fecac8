"""Judges that fail, each in its own way, before both libraries that ask them: what comes of it, how soon, and what is let out.

*unmeasured*: every sample has a reason in place of a value; *scored*: the reply held a verdict, whatever else it held;
*no claim*: it said that the answer claims nothing; *invented*: a value without a verdict; *hang*: it took longer than `BOUND`;
*leaked*: a planted secret is in a result, or a prompt or key came to a server that nobody had named.
"""

from __future__ import annotations

import base64
import json
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from proctor.core.chat import ChatEndpoint
from proctor.core.schema import Score
from proctor.evals.judges import deepeval_metric, ragas_metric
from proctor.evals.judges.openai import OpenAIJudge
from proctor.evals.judges.samples import Sample
from tests.faults.failing import KEY, PARAMETER, PASSWORD, SECRETS, Fault, failing, shows
from tests.faults.loopback import Request, Server, Treat, completion, reply, serving, verdict

PASSAGES = ("The cover is for three years.", "The cover is long.")
SAMPLES = [Sample("How long is the cover?", f"{count} years.", PASSAGES[:count]) for count in (1, 2, 2)]
"""Two passages, too: as many as deepeval's prompt has verdicts in its example."""
LIMITS: dict[str, Any] = {"seconds": 0.5, "longest": 1.5, "retries": 1}
"""Of a call: as in earnest, but shorter."""
BOUND = 20.0
"""Seconds for three samples before a library: two prompts of three attempts each under those limits, on a busy machine."""
SCORED = ("not UTF-8", "key in verdicts", "key in base64", "key escaped", "key in header", "charset of a compressor")
"""Those whose replies do hold verdicts."""


QUICK = frozenset(
    {
        *("reset", "drip of a body", "401", "307 to another origin", "302 with a secret", "gzip bomb", "another kind of JSON"),
        *("prompt echoed", "key in verdicts", "key in an error"),
    }
)
"""Those that the tests try, too."""


def faults(elsewhere: Server) -> list[Fault]:
    """All that is tried; ``elsewhere`` is a server of another origin."""
    error, deep = json.dumps({"error": {"message": "no"}}).encode(), "[" * 200_000 + "]" * 200_000
    return [
        *failing("/v1/chat/completions", completion("{}"), error, elsewhere),
        Fault("404, no such model", reply(404, json.dumps({"error": {"message": "model 'small' not found"}}).encode())),
        Fault("deep JSON in the text", reply(200, completion(deep))),
        Fault("charset of a compressor", _said(verdict, kind="application/json; charset=zlib_codec")),
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
        Fault("prompt echoed", _said(lambda request: request.fields["messages"][0]["content"])),
        Fault("key in verdicts", _said(lambda request: verdict(request, _sent(request)))),
        Fault("key in base64", _said(lambda request: verdict(request, base64.b64encode(_sent(request).encode()).decode()))),
        Fault("key escaped", _said(_escaped)),
        Fault("key in an error", _echo(401)),
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
