"""A server on the loopback interface that treats every request by one function, down to the bytes."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Request:
    """What a client sent."""

    line: str
    headers: dict[str, str]
    """By names in small letters."""
    body: bytes

    @property
    def fields(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


Treat = Callable[[socket.socket, Request], None]
"""What is done with a connection once a request was read; the connection is closed after it."""


@dataclass
class Server:
    """Where it listens, and what it was sent."""

    port: int
    requests: list[Request] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"


@contextmanager
def serving(treat: Treat) -> Iterator[Server]:
    """A server while the context is open; what it is busy with then is given up."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server, over = Server(listening.getsockname()[1]), threading.Event()
        threading.Thread(target=_accept, args=(listening, server, treat, over), daemon=True).start()
        try:
            yield server
        finally:
            over.set()
            with contextlib.suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)


def _accept(listening: socket.socket, server: Server, treat: Treat, over: threading.Event) -> None:
    while not over.is_set():
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        threading.Thread(target=_serve, args=(connection, server, treat), daemon=True).start()


def _serve(connection: socket.socket, server: Server, treat: Treat) -> None:
    with connection, contextlib.suppress(OSError):
        connection.settimeout(20.0)
        if request := _read(connection):
            server.requests.append(request)
            treat(connection, request)


def _read(connection: socket.socket) -> Request | None:
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return None
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
    while len(body) < int(headers.get("content-length", 0)):
        more = connection.recv(65536)
        if not more:
            return None
        body += more
    return Request(first, headers, body)


def reply(status: int, body: bytes, *headers: str, kind: str = "application/json") -> Treat:
    """Always the same reply."""
    own = (f"HTTP/1.1 {status} Whatever", f"Content-Type: {kind}", f"Content-Length: {len(body)}", "Connection: close")
    data = "\r\n".join((*own, *headers)).encode("latin-1") + b"\r\n\r\n" + body
    return lambda connection, _: connection.sendall(data)


def completion(content: Any, ended: str = "stop", **more: Any) -> bytes:
    """The body of a chat completion that says a text."""
    message = {"role": "assistant", "content": content, **more}
    return json.dumps({"id": "1", "choices": [{"index": 0, "message": message, "finish_reason": ended}]}).encode()


def verdict(request: Request, reason: str = "") -> str:
    """What a good judge says to a prompt of ragas' or deepeval's: that all has support, for a reason."""
    form = request.fields.get("response_format", {}).get("json_schema", {}).get("name", "")
    if form == "StatementGeneratorOutput":
        return json.dumps({"statements": [f"It is so. {reason}"]})
    if form == "NLIStatementOutput":
        return json.dumps({"statements": [{"statement": f"It is so. {reason}", "reason": reason, "verdict": 1}]})
    given = request.fields["messages"][0]["content"].count("The cover is ")
    return json.dumps({"verdicts": [{"verdict": "yes", "reason": reason}] * max(given, 1), "met": True, "reason": reason})


def reset(connection: socket.socket, _: Request) -> None:
    """Break the connection off."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def dripping(head: bytes) -> Treat:
    """After a beginning, a letter now and then."""

    def treat(connection: socket.socket, request: Request) -> None:
        connection.sendall(head)
        forever(b"a", pause=0.05)(connection, request)

    return treat


def forever(part: bytes, pause: float) -> Treat:
    """The same again and again."""

    def treat(connection: socket.socket, _: Request) -> None:
        for _again in range(400):
            connection.sendall(part)
            time.sleep(pause)

    return treat


def streaming(head: bytes) -> Treat:
    """After a beginning, a gigabyte."""

    def treat(connection: socket.socket, _: Request) -> None:
        connection.sendall(head)
        for _again in range(1000):
            connection.sendall(b"0" * 1_000_000)

    return treat
