"""What an OpenAI-compatible endpoint is sent, and how its refusals and streams are read."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from proctor.core import http, redaction
from proctor.core.chat import ChatEndpoint, ChatError, RefusedError
from tests.faults.loopback import Treat, completion, reply, serving
from tests.waiting import PATIENCE

KEY = "sk-Planted0Key1For2Tests3"


@pytest.fixture(autouse=True)
def _nothing_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_CUSTOM_HEADERS"):
        monkeypatch.delenv(name, raising=False)
    redaction.forget()
    yield
    redaction.forget()


def asked(treat: Treat, key: str = KEY) -> Mapping[str, str]:
    """The headers of a request."""
    with serving(treat) as server:
        ChatEndpoint(server.url, key, longest=5.0).reply(model="m", messages=[])
    return server.requests[0].headers


def refused(status: int, body: Any) -> ChatError:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    with serving(reply(status, data)) as server, pytest.raises(ChatError) as caught:
        ChatEndpoint(server.url, KEY, longest=5.0, retries=0).reply(model="m", messages=[])
    return caught.value


def streamed(body: bytes, kind: str = "text/event-stream", status: int = 200) -> list[Any]:
    """The parts of a stream as they were heard."""
    heard: list[Any] = []
    with serving(reply(status, body, kind=kind)) as server:
        endpoint = ChatEndpoint(server.url, KEY, longest=5.0)
        http.run(endpoint.streamed(heard.append, "completions", model="m", prompt="?"))
    return heard


def test_the_key_is_sent_and_nothing_in_place_of_one() -> None:
    fine = reply(200, completion("yes"))
    assert asked(fine)["authorization"] == f"Bearer {KEY}"
    assert "authorization" not in asked(fine, key="")


def test_what_the_environment_says_for_openai_s_own_client_is_sent_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-2")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Team: lamps\nno header\nX-Gate: open: wide")
    sent = asked(reply(200, completion("yes")))
    told = {name: sent[name] for name in ("openai-organization", "openai-project", "x-team", "x-gate")}
    assert told == {"openai-organization": "org-1", "openai-project": "proj-2", "x-team": "lamps", "x-gate": "open: wide"}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"error": {"message": "The prompt is\ntoo long.", "code": 400}}, "status 400: The prompt is too long."),
        ({"error": "no room"}, "status 400: no room"),
        ({"detail": [{"loc": ["body", "seed"]}]}, "status 400: [{'loc': ['body', 'seed']}]"),
        ({"object": "error", "message": "no chat template"}, "status 400: no chat template"),
        ({"why": "never"}, """status 400; it says '{"why": "never"}'"""),
        (b"in no form", "status 400; it says 'in no form'"),
        (b"", "status 400"),
    ],
)
def test_a_refusal_says_what_the_server_says_in_whichever_form(body: Any, said: str) -> None:
    error = refused(400, body)
    assert (str(error), error.kind, type(error)) == (said, "400", RefusedError)


def test_only_what_is_about_the_request_is_a_refusal_of_it() -> None:
    assert type(refused(422, b"")) is RefusedError
    assert type(refused(404, b"")) is ChatError
    assert type(refused(503, b"")) is ChatError


def test_a_key_that_comes_back_in_a_refusal_is_not_shown() -> None:
    redaction.hide(KEY)
    assert str(refused(401, {"error": {"message": f"key {KEY} is wrong"}})) == "status 401: key *** is wrong"


def test_a_stream_is_heard_part_by_part_up_to_its_end() -> None:
    parts = [{"choices": [{"text": "a\u2028b"}]}, {"choices": []}]
    body = "".join(f"data: {json.dumps(part, ensure_ascii=False)}\r\n\r\n" for part in parts)
    assert streamed(f": hello\n\n{body}data: [DONE]\n\ndata: no JSON\n\n".encode()) == parts


@pytest.mark.parametrize(
    ("body", "kind", "status", "said"),
    [
        (b"{}", "application/json", 200, "does not stream: it answered with application/json"),
        (b"data: half of {\n\n", "text/event-stream", 200, "streams what is no JSON"),
        (b'data: {"error": {"message": "out of memory"}}\n\n', "text/event-stream", 200, "out of memory"),
        (b'{"error": {"message": "no such model"}}', "application/json", 404, "status 404: no such model"),
        (b"data: " + b"0" * 11_000_000, "text/event-stream", 200, "more than 10,000,000 bytes"),
    ],
)
def test_a_stream_that_is_none_or_breaks_off_says_why(body: bytes, kind: str, status: int, said: str) -> None:
    with pytest.raises(ChatError, match=said):
        streamed(body, kind, status)


def test_no_vendor_s_client_is_imported_to_ask_an_endpoint() -> None:
    code = (
        "import sys; from proctor.core.chat import ChatEndpoint\n"
        "print(ChatEndpoint(sys.argv[1]).reply(model='m', messages=[]).kind, *{'openai', 'pydantic'} & set(sys.modules))"
    )
    with serving(reply(200, completion("yes"))) as server:
        command = [sys.executable, "-c", code, server.url]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
    assert done.stdout.split() == ["application/json"]
