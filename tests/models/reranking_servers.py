"""Servers on the loopback interface that rerank: as Cohere, Jina and vLLM do it, and as Text Embeddings Inference (TEI) does.

A passage scores by the share of the question's words that it holds. Its tokens are words.
"""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.faults.loopback import Request, Server, reply, serving

Kind = Literal["cohere", "jina", "tei"]


def score(query: str, text: str) -> float:
    asked, held = (set(re.findall(r"\w+", one.lower())) for one in (query, text))
    return round(len(asked & held) / max(1, len(asked)), 4)


@dataclass
class Rerankers:
    """What one of them serves, and what it was asked."""

    kind: Kind = "cohere"
    at_once: int = 1000
    """Texts that a request may have."""
    failing: Mapping[int, int] = field(default_factory=dict)
    """Number of the request -> the status that it is answered with."""
    retry_after: str = ""
    asked: list[Mapping[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    server: Server | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        assert self.server
        return self.server.url

    def treat(self, connection: socket.socket, request: Request) -> None:
        with self._lock:
            number = len(self.asked)
            self.asked.append({**request.fields, "path": request.line.split()[1]})
            self.keys.append(request.headers.get("authorization", ""))
        status, body = self._replied(request.fields, number)
        headers = [f"Retry-After: {self.retry_after}"] if status == 429 and self.retry_after else []
        reply(status, json.dumps(body).encode(), *headers)(connection, request)

    def _replied(self, fields: Mapping[str, Any], number: int) -> tuple[int, Any]:
        if number in self.failing:
            return self.failing[number], {"message": "out of order"}
        wanted = "texts" if self.kind == "tei" else "documents"
        if wanted not in fields:
            return 422, {"error": f"Failed to deserialize the JSON body into the target type: missing field `{wanted}`"}
        texts = fields[wanted]
        if len(texts) > self.at_once:
            return 413, {"error": f"batch size {len(texts)} > maximum allowed batch size {self.at_once}"}
        if any(not text.strip() for text in texts):
            return 400, {"message": "invalid request: documents must not be empty"}
        scores = sorted(((score(fields["query"], text), place) for place, text in enumerate(texts)), reverse=True)
        if self.kind == "tei":
            return 200, [{"index": place, "score": value} for value, place in scores]
        tokens = sum(len(f"{fields['query']} {text}".split()) for text in texts)
        about = {"usage": {"total_tokens": tokens}} if self.kind == "jina" else {"meta": {"billed_units": {"search_units": 1}}}
        return 200, {"results": [{"index": place, "relevance_score": value} for value, place in scores], **about}


@contextmanager
def reranking(kind: Kind = "cohere", **more: Any) -> Iterator[Rerankers]:
    """One of them while the context is open."""
    one = Rerankers(kind, **more)
    with serving(one.treat) as one.server:
        yield one
