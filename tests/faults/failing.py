"""What may go wrong with whatever answers over HTTP, and the secrets that none of it may let out."""

from __future__ import annotations

import base64
import gzip
import re
import time
import urllib.parse
from dataclasses import dataclass

from tests.faults.loopback import Server, Treat, dripping, forever, reply, reset, streaming

KEY, PASSWORD, PARAMETER = "sk-Planted0Key1For2Tests3", "Planted4Password5", "Planted6Parameter7"
SECRETS = (KEY, PASSWORD, PARAMETER)


@dataclass(frozen=True)
class Fault:
    """One kind of failing server."""

    name: str
    treat: Treat


def failing(path: str, body: bytes, error: bytes, elsewhere: Server) -> list[Fault]:
    """What may befall any of them. ``body``: what a good one answers at that path; ``error``: how it says that it cannot.

    ``elsewhere`` is a server of another origin.
    """
    deep = b"[" * 200_000 + b"]" * 200_000
    there = f"Location: http://127.0.0.1:{elsewhere.port}{path}"
    return [
        Fault("refused", lambda *_: None),  # who puts it closes the port
        Fault("reset", reset),
        Fault("hang", lambda *_: time.sleep(15)),
        Fault("closed without a word", lambda *_: None),
        Fault("drip of a body", dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n")),
        Fault("drip of headers", dripping(b"HTTP/1.1 200 OK\r\nX-A: ")),
        Fault("100 Continue for ever", forever(b"HTTP/1.1 100 Continue\r\n\r\n", pause=0.05)),
        Fault("401", reply(401, error)),
        Fault("403", reply(403, error)),
        Fault("404", reply(404, b"")),
        Fault("422", reply(422, b'{"detail": [{"loc": ["body", "q"], "msg": "Field required"}]}')),
        Fault("429", reply(429, error)),
        Fault("429, Retry-After: 0", reply(429, error, "Retry-After: 0")),
        Fault("429, Retry-After: 1", reply(429, error, "Retry-After: 1")),
        Fault("429, Retry-After: 100", reply(429, error, "Retry-After: 100")),
        Fault("429, Retry-After: 9999999", reply(429, error, "Retry-After: 9999999")),
        Fault("429, Retry-After: 99..9", reply(429, error, f"Retry-After: {'9' * 400}")),
        Fault("429, Retry-After: soon", reply(429, error, "Retry-After: soon")),
        Fault("500", reply(500, error)),
        Fault("503, HTML", reply(503, b"<html>Down</html>", kind="text/html")),
        Fault("204", reply(204, b"")),
        Fault("307 to another origin", reply(307, b"", there)),
        Fault("302 to another origin", reply(302, b"", there)),
        Fault("308 to itself", reply(308, b"", f"Location: {path}")),
        Fault("302 to file://", reply(302, b"", "Location: file:///etc/passwd")),
        Fault("302 to nowhere", reply(302, b"", "Location: http://[")),
        Fault("302 with a secret", reply(302, b"", f"Location: https://u:{PASSWORD}@elsewhere.example/?key={KEY}")),
        Fault("HTML", reply(200, b"<!doctype html><title>Sign in</title>", kind="text/html")),
        Fault("empty", reply(200, b"")),
        Fault("half of JSON", reply(200, body[:40])),
        Fault("deep JSON", reply(200, deep)),
        Fault("deep JSON as an error", reply(400, deep)),
        Fault("another kind of JSON", reply(200, b'{"object": "list", "data": []}')),
        Fault("10 MB and more", reply(200, body.replace(b"{", b'{"more": "' + b"0" * 10_000_001 + b'", ', 1))),
        Fault("1 GB", streaming(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")),
        Fault("1 GB as an error", streaming(b"HTTP/1.1 401 No\r\nContent-Type: application/json\r\n\r\n")),
        Fault("gzip bomb", reply(200, gzip.compress(b"0" * 20_000_000), "Content-Encoding: gzip")),
        Fault(
            "gzip bomb, packed twice", reply(200, gzip.compress(gzip.compress(b"0" * 20_000_000)), "Content-Encoding: gzip, gzip")
        ),
        Fault("huge header", reply(200, body, f"X-A: {'a' * 2_000_000}")),
        Fault("100,000 headers", reply(200, body, *(f"X-{n}: a" for n in range(100_000)))),
    ]


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
