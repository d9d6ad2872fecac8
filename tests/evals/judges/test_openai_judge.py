from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from typing import Any

import pytest
from pydantic import BaseModel

from proctor.core.chat import ChatEndpoint
from proctor.core.redaction import redact
from proctor.core.schema import InputError
from proctor.evals.judges.openai import OpenAIJudge, anthropic_judge, google_judge, openai_judge
from proctor.evals.judges.protocols import JudgeError, load_judge
from tests.serving import at_work

KEY = "sk-very-secret"
Reply = tuple[int, Any]


class Verdict(BaseModel):
    verdict: int


class Served:
    """A chat endpoint on the loopback interface: replies in turn, the last one for ever; keeps what it was sent."""

    def __init__(self, replies: list[Callable[[], Reply] | Reply]) -> None:
        self.replies = replies
        self.requests: list[dict[str, Any]] = []
        self.url = ""

    def answer(self, request: dict[str, Any]) -> Reply:
        self.requests.append(request)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        return reply() if callable(reply) else reply


def said(text: Any, ended: str = "stop", **more: Any) -> Reply:
    message = {"role": "assistant", "content": text, **more}
    return 200, {"id": "1", "object": "chat.completion", "choices": [{"index": 0, "message": message, "finish_reason": ended}]}


@contextmanager
def endpoint(*replies: Callable[[], Reply] | Reply) -> Iterator[Served]:
    served = Served(list(replies))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, body = served.answer({**request, "authorization": self.headers["Authorization"]})
            kind = "application/json" if not isinstance(body, tuple) else body[0]
            payload = body[1].encode() if isinstance(body, tuple) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            if 300 <= status < 400:
                self.send_header("Location", "https://user:secret@elsewhere.example/v1/chat/completions?token=secret")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    served.url = f"http://127.0.0.1:{server.server_port}/v1"
    with at_work(server):
        yield served


def judge(url: str, **fields: Any) -> OpenAIJudge:
    return OpenAIJudge("small", ChatEndpoint(url, KEY, **{"seconds": 5.0, "retries": 1, **fields}))


def test_a_good_answer_is_one_call_that_asks_for_the_schema() -> None:
    with endpoint(said('{"verdict": 1}')) as served:
        assert judge(served.url).complete("Is it so?", Verdict) == Verdict(verdict=1)
    (request,) = served.requests
    assert request["messages"] == [{"role": "user", "content": "Is it so?"}]
    assert request["response_format"]["json_schema"]["schema"] == Verdict.model_json_schema()
    assert (request["model"], request["temperature"], request["authorization"]) == ("small", 0, f"Bearer {KEY}")


def test_fences_and_courtesies_around_the_json_are_forgiven() -> None:
    with endpoint(said('Sure!\n```json\n{"verdict": 0}\n```\nAnything else?')) as served:
        assert judge(served.url).complete("?", Verdict).verdict == 0
    assert len(served.requests) == 1


def test_rubbish_is_sent_back_with_what_was_wrong_and_given_up_in_the_end() -> None:
    with endpoint(said("no idea")) as served, pytest.raises(JudgeError, match="no valid Verdict in 3 attempts"):
        judge(served.url).complete("?", Verdict)
    assert [len(request["messages"]) for request in served.requests] == [1, 3, 5]


def test_what_does_not_fit_is_told_by_its_field_with_how_the_reply_begins_and_without_secrets() -> None:
    said_first = f'{{"verdict": "maybe, {KEY}"}}'
    with endpoint(said(said_first)) as served, pytest.raises(JudgeError) as caught:
        judge(served.url).complete("?", Verdict)
    assert "in 3 attempts: field verdict: Input should be a valid integer" in str(caught.value)
    assert """it said '{"verdict": "maybe, ***"}'; choose a model""" in str(caught.value)


@pytest.mark.parametrize(("address", "key", "told"), [("u:p@host", KEY, True), ("u:p@host", "", False), ("host", KEY, False)])
def test_of_a_password_in_the_address_and_a_key_it_is_said_which_is_sent(
    address: str, key: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, *, told: bool
) -> None:
    monkeypatch.setattr(logging.getLogger("proctor"), "propagate", True)
    openai_judge(f"m@http://{address}/v1", {"OPENAI_API_KEY": key})
    assert ("OPENAI_API_KEY is not" in caplog.text) is told


def test_rubbish_once_then_sense_is_enough() -> None:
    with endpoint(said('{"verdict": "maybe"}'), said('{"verdict": 1}')) as served:
        assert judge(served.url).complete("?", Verdict).verdict == 1


def test_no_choices_at_all_is_rubbish_too() -> None:
    with endpoint((200, {"id": "1", "object": "chat.completion", "choices": []}), said('{"verdict": 1}')) as served:
        assert judge(served.url).complete("?", Verdict).verdict == 1


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (
            (200, ("text/html", "<!doctype html><title>Hello</title>")),
            r"the address answered with HTML \(text/html\), not with a chat",
        ),
        (
            (200, ("application/json", "<html><body>Sign in</body></html>")),
            r"the address answered with HTML \(application/json\)",
        ),
        (
            (200, ("text/plain", "ok")),
            r"the address answered with text that is no JSON \(text/plain\), not with a chat completion",
        ),
        ((200, ("application/json", '{"choices": [{"message"')), "the address answered with text that is no JSON"),
        ((200, {"models": [], "object": "list"}), r"JSON of another kind \(models, object\), not with a chat completion"),
        ((200, ["a"]), r"JSON of another kind \(list\)"),
        ((200, {"choices": [{"text": "yes"}]}), "a choice without a message, not with a chat completion"),
        ((200, {"error": {"message": "model not loaded"}}), "the address answered with an error: model not loaded"),
        ((200, {"choices": []}), "the reply has no choices"),
        (said(None), "the reply has no content"),
        (said("  "), "the reply has no content"),
        (said(None, refusal="I cannot judge that."), r"the model refused: I cannot judge that\."),
        (said('{"verd', "length"), "the reply was cut off: the endpoint's limit of tokens is too low"),
        (said("", "content_filter"), "the reply was withheld by a content filter"),
        (said('{"verdict": "perhaps"}'), "no valid Verdict in 3 attempts"),
        ((302, ("text/html", "")), r"the address redirects to https://elsewhere\.example/v1/chat/completions: name that one"),
        ((308, ("text/html", "")), "redirects"),
    ],
)
def test_whatever_is_no_verdict_has_one_clear_reason_and_no_value(reply: Reply, reason: str) -> None:
    with endpoint(reply) as served, pytest.raises(JudgeError, match=reason) as error:
        judge(served.url, retries=0).complete("?", Verdict)
    assert "secret" not in str(error.value)
    assert "\n" not in str(error.value)


def test_content_in_parts_is_put_together() -> None:
    with endpoint(said([{"type": "text", "text": '{"verdict": '}, {"type": "text", "text": "1}"}])) as served:
        assert judge(served.url).complete("?", Verdict).verdict == 1


def test_an_endpoint_that_takes_no_temperature_is_said_to_be_less_steady(caplog: pytest.LogCaptureFixture) -> None:
    refuse: Reply = (400, {"error": {"message": "temperature is not supported"}})
    with endpoint(refuse, refuse, refuse, said('{"verdict": 1}')) as served:
        judge(served.url).complete("?", Verdict)
    assert "takes no temperature" in caplog.text


def test_a_server_error_is_waited_out() -> None:
    with endpoint((500, {"error": {"message": "overloaded"}}), said('{"verdict": 1}')) as served:
        assert judge(served.url).complete("?", Verdict).verdict == 1
    assert len(served.requests) == 2


def test_silence_ends_in_a_judge_error_within_bounds() -> None:
    def slow() -> Reply:
        time.sleep(1.0)
        return said('{"verdict": 1}')

    with endpoint(slow) as served, pytest.raises(JudgeError, match="ReadTimeout"):
        judge(served.url, seconds=0.2, retries=0).complete("?", Verdict)


def test_nobody_listening_is_a_judge_error() -> None:
    with pytest.raises(JudgeError, match="ConnectError"):
        judge("http://127.0.0.1:9/v1", retries=0).complete("?", Verdict)


def test_an_endpoint_that_knows_no_schemas_is_asked_for_less_and_remembered() -> None:
    refuse: Reply = (400, {"error": {"message": "response_format is not supported"}})
    with endpoint(refuse, refuse, said('{"verdict": 1}')) as served:
        asked = judge(served.url)
        asked.complete("?", Verdict)
        asked.complete("?", Verdict)
    assert ["response_format" in request for request in served.requests] == [True, True, False, False]


def test_an_endpoint_that_refuses_everything_is_a_judge_error() -> None:
    with endpoint((400, {"error": {"message": "prompt too long"}})) as served, pytest.raises(JudgeError, match="prompt too long"):
        judge(served.url).complete("?", Verdict)
    assert len(served.requests) == 4


def test_the_key_is_in_no_name_and_no_message() -> None:
    with endpoint((401, {"error": {"message": f"key {KEY} is wrong"}})) as served:
        asked = judge(served.url.replace("http://", f"http://user:{KEY}@"))
        with pytest.raises(JudgeError) as error:
            asked.complete("?", Verdict)
    for text in (str(error.value), repr(error.value), asked.name, repr(asked)):
        assert KEY not in text
    assert error.value.__cause__ is None


def test_a_key_that_is_none_spoils_no_message() -> None:
    with endpoint((200, ("text/html", "<html>"))) as served, pytest.raises(JudgeError, match=r"HTML \(text/html\)"):
        OpenAIJudge("small", ChatEndpoint(served.url, "x")).complete("?", Verdict)


def test_model_and_endpoint_are_in_the_name() -> None:
    prompts = f"-3+ragas-{version('ragas')}+deepeval-{version('deepeval')}"
    assert openai_judge("gpt-x", {"OPENAI_API_KEY": KEY}).name == f"openai:gpt-x{prompts}"
    there = openai_judge("org/m@v2@http://127.0.0.1:8000/v1/", {})
    assert (there.model, there.name) == ("org/m@v2", f"openai:org/m@v2@http://127.0.0.1:8000/v1{prompts}")
    assert openai_judge("m", {"OPENAI_BASE_URL": "https://host/v1?token=abc"}).name == f"openai:m@https://host/v1{prompts}"


def test_a_missing_key_is_said_before_any_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with pytest.raises(InputError, match="OPENAI_API_KEY"):
        load_judge("openai:gpt-x")


@pytest.mark.parametrize(
    "rest",
    ["m@user:hunter22@host:8000/v1", "m@HTTP:/u:hunter22@host", "m@ftp://u:hunter22@host", "m@http://u:hunter22@host:x/v1"],
)
def test_an_address_that_cannot_be_read_is_refused_and_not_shown(rest: str) -> None:
    with pytest.raises(InputError, match="write openai:MODEL") as error:
        openai_judge(rest, {})
    assert "hunter22" not in str(error.value)


def test_a_key_that_the_address_says_anyway_is_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "ollama")
    load_judge("openai:m@http://ollama:11434/v1")
    assert redact("ollama is not running") == "ollama is not running"


def test_an_unknown_judge_is_said_without_what_is_secret_in_it() -> None:
    with pytest.raises(InputError, match=r"unknown judge 'opnai:m@http://\*\*\*@host/v1'"):
        load_judge("opnai:m@http://user:hunter22@host/v1")


# Others that speak OpenAI's protocol.

VENDORS = [
    (anthropic_judge, "anthropic", "ANTHROPIC_API_KEY", "https://api.anthropic.com/v1/"),
    (google_judge, "google", "GEMINI_API_KEY", "https://generativelanguage.googleapis.com/v1beta/openai/"),
    (google_judge, "google", "GOOGLE_API_KEY", "https://generativelanguage.googleapis.com/v1beta/openai/"),
]


@pytest.mark.parametrize(("make", "kind", "variable", "address"), VENDORS)
def test_a_vendor_s_address_and_key_are_filled_in(make: Any, kind: str, variable: str, address: str) -> None:
    judge = make("some-model", {variable: KEY, "OPENAI_API_KEY": "sk-another", "OPENAI_BASE_URL": "http://127.0.0.1:9"})
    assert (judge.endpoint.url, judge.endpoint.key) == (address, KEY)
    assert judge.version == f"{kind}:some-model-3", "the vendor's own address is no part of the name"
    assert KEY not in judge.name
    assert redact(f"x {KEY}") == "x ***"


@pytest.mark.parametrize(("make", "kind", "variable", "address"), VENDORS)
def test_it_is_asked_with_its_own_key_and_named_by_it(make: Any, kind: str, variable: str, address: str) -> None:
    with endpoint(said('{"verdict": 1}')) as served:
        judge = make(f"some-model@{served.url}", {variable: KEY, "OPENAI_API_KEY": "sk-another"})
        assert judge.complete("Is it so?", Verdict).verdict == 1
    assert served.requests[0]["authorization"] == f"Bearer {KEY}"
    assert served.requests[0]["model"] == "some-model"
    assert judge.name.startswith(f"{kind}:some-model@http://127.0.0.1")


@pytest.mark.parametrize(("kind", "said"), [("anthropic", "ANTHROPIC_API_KEY"), ("google", "GEMINI_API_KEY or GOOGLE_API_KEY")])
def test_without_a_key_it_says_which_variable_holds_one(kind: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANTHROPIC_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with pytest.raises(InputError, match=f"the judge {kind}:m needs {said} in the environment"):
        load_judge(f"{kind}:m")
