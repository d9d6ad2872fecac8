"""Servers on the loopback interface that make vectors over OpenAI's protocol, as OpenAI, vLLM, TEI and Ollama do.

A text's vector counts its words, so that texts with the same words are near each other. Its tokens are words.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import socket
import struct
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.faults.loopback import Request, Server, reply, serving

Kind = Literal["openai", "vllm", "tei", "ollama", "strict"]


def vector(text: str, length: int) -> list[float]:
    """How often words fall into each of so many places, as a vector of length 1."""
    counts = [0.0] * length
    for word in re.findall(r"\w+|\S", text.lower()) or [""]:
        counts[int(hashlib.sha256(word.encode()).hexdigest(), 16) % length] += 1.0
    size = sum(count * count for count in counts) ** 0.5
    return [count / size for count in counts]


@dataclass
class Embeddings:
    """What one of them serves, and what it was asked."""

    kind: Kind = "vllm"
    length: int = 64
    context: int = 8191
    """Words that a text may have."""
    at_once: int = 2048
    """Texts that a request may have."""
    pause: float = 0.0
    failing: Mapping[int, int] = field(default_factory=dict)
    """Number of the request -> the status that it is answered with."""
    asked: list[Mapping[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    most: int = 0
    """Requests that were under way together."""
    server: Server | None = None
    _running: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        assert self.server
        return self.server.url

    @property
    def texts(self) -> list[str]:
        """All texts that it was sent, in order."""
        return [text for fields in self.asked for text in fields["input"]]

    def treat(self, connection: socket.socket, request: Request) -> None:
        fields = request.fields
        with self._lock:
            number = len(self.asked)
            self.asked.append({**fields, "path": request.line.split()[1]})
            self.keys.append(request.headers.get("authorization", ""))
            self._running += 1
            self.most = max(self.most, self._running)
        time.sleep(self.pause)
        status, body = self._replied(fields, number)
        with self._lock:
            self._running -= 1
        reply(status, json.dumps(body).encode())(connection, request)

    def _replied(self, fields: Mapping[str, Any], number: int) -> tuple[int, Any]:
        if number in self.failing:
            return self.failing[number], {"error": {"message": "out of order", "code": self.failing[number]}}
        texts = fields["input"]
        if len(texts) > self.at_once:
            return 413, {
                "error": f"batch size {len(texts)} > maximum allowed batch size {self.at_once}",
                "error_type": "Validation",
            }
        if any(not text for text in texts):
            return 400, {"error": {"message": "'$.input' is invalid.", "type": "invalid_request_error"}}
        told = ""
        if longest := [len(text.split()) for text in texts if len(text.split()) > self.context]:
            told = f"This model's maximum context length is {self.context} tokens, however you requested {longest[0]} tokens."
        elif self.kind == "strict" and "encoding_format" in fields:
            told = "body.encoding_format: Extra inputs are not permitted"
        elif self.kind == "vllm" and fields.get("dimensions"):
            told = "Model does not support matryoshka representation, changing output dimensions will lead to poor results."
        if told:
            return 400, {"error": {"message": told, "type": "invalid_request_error"}}
        length = int(fields.get("dimensions") or self.length) if self.kind != "tei" else self.length
        vectors: list[Any] = [vector(text, length) for text in texts]
        if fields.get("encoding_format") == "base64" and self.kind != "ollama":
            vectors = [base64.b64encode(struct.pack(f"<{length}f", *one)).decode() for one in vectors]
        data = [{"object": "embedding", "index": place, "embedding": one} for place, one in enumerate(vectors)]
        tokens = sum(len(text.split()) for text in texts)
        usage = {} if self.kind == "strict" else {"usage": {"prompt_tokens": tokens, "total_tokens": tokens}}
        return 200, {"object": "list", "data": data[::-1], "model": fields["model"], **usage}


@contextmanager
def embedding(kind: Kind = "vllm", **more: Any) -> Iterator[Embeddings]:
    """One of them while the context is open."""
    one = Embeddings(kind, **more)
    with serving(one.treat) as one.server:
        yield one
