"""JSON over HTTP: what comes is bounded in size and time, goes nowhere else, and shows no secret."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from typing import Any

import pytest

from proctor.core import http, redaction
from proctor.core.http import HttpClient, HttpError, Method
from tests.faults.loopback import Request, Server, Treat, dripping, reply, reset, serving

KEY = "sk-Planted0Key1For2Tests3"
FINE = reply(200, b'{"answer": "three years"}')


@pytest.fixture(autouse=True)
def _nothing_hidden() -> Iterator[None]:
    redaction.forget()
    yield
    redaction.forget()


def client(server: Server, path: str = "/ask", longest: float = 5.0, retries: int = 2) -> HttpClient:
    return HttpClient(server.url.removesuffix("/v1") + path, {"Authorization": f"Bearer {KEY}"}, longest=longest, retries=retries)


def called(client: HttpClient, method: Method, fields: Mapping[str, Any]) -> Any:
    return http.run(client.call(method, fields))


def kind_of(treat: Treat, **limits: float) -> tuple[str, str, int]:
    """What comes of a call: the kind of the error, its words, and how many requests there were."""
    with serving(treat) as server, pytest.raises(HttpError) as error:
        called(client(server, **limits), "POST", {"q": "?"})  # type: ignore[arg-type]
    return error.value.kind, str(error.value), len(server.requests)


def in_turn(*treats: Treat) -> Treat:
    """A server that treats the first request in one way, the next in another, and all later ones in the last."""
    left = list(treats)

    def treat(connection: socket.socket, request: Request) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(connection, request)

    return treat


def test_fields_are_posted_as_json_with_the_headers_and_the_reply_is_read() -> None:
    with serving(FINE) as server:
        assert called(client(server, "/ask?v=2"), "POST", {"q": "How l\u00f6ng?"}) == {"answer": "three years"}
    (request,) = server.requests
    assert request.line == "POST /ask?v=2 HTTP/1.1"
    assert request.fields == {"q": "How l\u00f6ng?"}
    told = {name: request.headers[name] for name in ("content-type", "authorization", "accept-encoding")}
    assert told == {"content-type": "application/json", "authorization": f"Bearer {KEY}", "accept-encoding": "identity"}


def test_what_is_not_posted_becomes_parameters_beside_those_of_the_address() -> None:
    with serving(FINE) as server:
        called(client(server, "/ask?v=2"), "GET", {"q": "a b&c", "n": 3})
    assert server.requests[0].line == "GET /ask?v=2&q=a+b%26c&n=3 HTTP/1.1"
    assert not server.requests[0].body


def test_user_and_password_of_an_address_are_sent_as_such() -> None:
    with serving(FINE) as server:
        called(HttpClient(f"http://us%40er:pa%2Fss-word@127.0.0.1:{server.port}/ask", {}, longest=5.0), "POST", {})
    assert server.requests[0].headers["authorization"] == "Basic dXNAZXI6cGEvc3Mtd29yZA=="


@pytest.mark.slow
@pytest.mark.parametrize("first", [reply(429, b""), reply(503, b"", "Retry-After: 0"), reply(500, b"no"), reset])
def test_what_is_busy_or_broken_for_a_moment_is_asked_again(first: Treat) -> None:
    with serving(in_turn(first, FINE)) as server:
        assert called(client(server), "POST", {})["answer"] == "three years"
    assert len(server.requests) == 2


def test_what_stays_busy_is_asked_so_often_and_no_more() -> None:
    assert kind_of(reply(429, b'{"detail": "busy"}', "Retry-After: 0")) == (
        "429",
        'status 429; it says \'{"detail": "busy"}\'',
        3,
    )


def test_a_pause_that_is_asked_for_and_longer_than_there_is_time_is_not_waited_for() -> None:
    begun = time.monotonic()
    assert kind_of(reply(429, b"", "Retry-After: 100")) == ("429", "status 429", 1)
    assert time.monotonic() - begun < 4


@pytest.mark.parametrize(("status", "words"), [(400, "bad field"), (401, "who are you"), (404, "nothing here"), (422, "no")])
def test_what_is_refused_is_not_asked_again(status: int, words: str) -> None:
    assert kind_of(reply(status, words.encode())) == (str(status), f"status {status}; it says {words!r}", 1)


def test_nobody_there_is_said_by_the_kind_of_the_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(HttpError, match="ConnectError") as error:
        called(HttpClient(f"http://127.0.0.1:{port}/ask", {}, longest=5.0, retries=0), "POST", {})
    assert error.value.kind == "ConnectError"


@pytest.mark.slow
@pytest.mark.parametrize(
    "slow", [dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n"), lambda *_: time.sleep(5)], ids=["drip", "hang"]
)
def test_a_reply_that_comes_too_slowly_is_given_up_as_a_whole(slow: Treat) -> None:
    begun = time.monotonic()
    assert kind_of(slow, longest=0.5)[:2] in (("slow", "no whole reply within 0.5 s"), ("ReadTimeout", "ReadTimeout"))
    assert time.monotonic() - begun < 4


def test_a_redirection_is_not_followed_with_the_key_and_says_where_it_leads() -> None:
    with serving(FINE) as elsewhere:
        there = f"Location: http://u:Planted4Password5@127.0.0.1:{elsewhere.port}/there?key={KEY}"
        kind, words, requests = kind_of(reply(307, b"", there))
    assert (kind, requests, elsewhere.requests) == ("limits", 1, [])
    assert f"the address redirects to http://127.0.0.1:{elsewhere.port}/there: name that one" in words
    assert "Planted" not in words


def test_of_a_reply_without_end_no_more_is_read_than_the_limit() -> None:
    sent, ended = [0], threading.Event()

    def stream(connection: socket.socket, _: Request) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            while True:
                connection.sendall(b"0" * 1_000_000)
                sent[0] += 1_000_000
        finally:
            ended.set()

    kind, words, requests = kind_of(stream, longest=20.0)
    assert (kind, words, requests) == ("limits", "the reply has more than 10,000,000 bytes, and is not read", 1)
    assert ended.wait(20)
    assert sent[0] < 3 * http.BYTES  # what is under way in buffers was sent, too


@pytest.mark.parametrize(
    ("body", "headers", "said"),
    [
        (gzip.compress(b"{}"), ("Content-Encoding: gzip",), "compressed (gzip)"),
        (b'{"answer": "thr', (), "no JSON in UTF-8 (application/json): unexpected end"),
        (b'{"answer": "\xff\xfe"}', (), "no JSON in UTF-8"),
        (b'{"answer": NaN}', (), "no JSON in UTF-8"),
        (b'{"answer": "\\ud800"}', (), "no JSON in UTF-8"),
        (b"[" * 200_000, (), "no JSON in UTF-8"),
        (b"", (), "no JSON in UTF-8"),
    ],
    ids=["compressed", "cut off", "not UTF-8", "not a number", "half a letter", "deep", "empty"],
)
def test_what_cannot_be_read_is_no_reply_and_says_what_came(body: bytes, headers: tuple[str, ...], said: str) -> None:
    assert said in kind_of(reply(200, body, *headers))[1]


def test_a_page_for_a_browser_is_not_quoted() -> None:
    words = kind_of(reply(200, b"<html>Sign in</html>", kind="text/html"))[1]
    assert "(text/html)" in words
    assert "Sign" not in words


def test_a_key_that_comes_back_is_shown_neither_in_a_reply_nor_in_an_error() -> None:
    redaction.hide(KEY)
    with serving(
        lambda c, r: reply(200, json.dumps({"a": r.headers["authorization"], "b": [KEY[::-1]]}).encode())(c, r)
    ) as server:
        assert called(client(server), "POST", {}) == {"a": "Bearer ***", "b": ["***"]}
    words = kind_of(lambda c, r: reply(401, r.headers["authorization"].encode())(c, r))[1]
    assert words == "status 401; it says 'Bearer ***'"


def test_no_proxy_of_the_environment_is_asked_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with serving(FINE) as server:
        assert called(client(server), "POST", {})["answer"] == "three years"


def test_threads_that_call_for_the_first_time_at_once_share_one_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    made = asyncio.new_event_loop

    def slowly() -> asyncio.AbstractEventLoop:
        time.sleep(0.05)
        return made()

    monkeypatch.setattr(asyncio, "new_event_loop", slowly)
    monkeypatch.setattr(http, "_started", cache(http._started.__wrapped__))  # clients of other tests stay in their loop
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: id(http.loop()), range(8)))) == 1


def test_many_threads_call_at_once_and_each_has_its_own_reply() -> None:
    def echo(connection: socket.socket, request: Request) -> None:
        time.sleep(0.05)
        reply(200, request.body)(connection, request)

    with serving(echo) as server, ThreadPoolExecutor(16) as pool:
        one = client(server)
        found = list(pool.map(lambda number: called(one, "POST", {"n": number}), range(64)))
    assert found == [{"n": number} for number in range(64)]


def test_a_long_reply_that_is_being_looked_at_holds_no_other_call_up(monkeypatch: pytest.MonkeyPatch) -> None:
    other, parsed = threading.Event(), http._parsed

    def slowly(response: Any) -> Any:
        assert len(response.content) <= http.MUCH or other.wait(5)
        return parsed(response)

    monkeypatch.setattr(http, "_parsed", slowly)
    with serving(lambda connection, request: reply(200, request.body)(connection, request)) as server:
        one = client(server, longest=20.0)
        one.ready()
        long = http.begun(one.call("POST", {"text": "a" * 2 * http.MUCH}))
        assert called(one, "POST", {"text": "short"}) == {"text": "short"}
        other.set()
        assert len(long.result(20)["text"]) == 2 * http.MUCH


@pytest.mark.parametrize("url", ["http://", "ask", "http://host:port/x"])
def test_an_address_that_is_none_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match=r"host|port"):
        HttpClient(url, {}, longest=1.0)


@pytest.mark.parametrize(
    ("said", "least", "most"),
    [
        ("3", 3, 3.75),
        ("0", 0, 0),
        ("0.4", 0.4, 0.5),
        ("soon", 0.75, 2),
        ("-3", 0.75, 2),
        ("9" * 400, 1e9, float("inf")),
    ],
)
def test_retry_after_is_a_number_of_seconds_or_says_nothing(said: str, least: float, most: float) -> None:
    assert least <= http.pause(1, said) <= most


def test_retry_after_may_be_a_date() -> None:
    now = datetime.now(UTC)
    assert 0 < http.pause(1, format_datetime(now + timedelta(hours=1), usegmt=True)) <= 3600 * 1.25
    assert http.pause(1, format_datetime(now - timedelta(hours=1), usegmt=True)) == 0


def test_pauses_grow_to_an_end_and_are_not_all_the_same() -> None:
    assert all(http.pause(place) <= http.LONGEST_PAUSE for place in range(100))
    assert http.pause(0) < http.pause(2) < http.pause(4)
    assert len({http.pause(1) for _ in range(10)}) > 1
