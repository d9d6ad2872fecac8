"""A server of Pinecone's published data API (2025-10) in this process, over what the client of the tests sends.

https://docs.pinecone.io/reference/api/2025-10/data-plane: upsert, query, delete, fetch, describe_index_stats.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np

from tests.serving import at_work


class Spaces:
    """What an index holds: namespace -> id -> vector."""

    def __init__(self, key: str) -> None:
        self.key, self.spaces, self.calls = key, dict[str, dict[str, dict[str, Any]]](), list[str]()
        self.dimension = 0
        self.refuse = 0
        """So many calls are told that the server is busy."""

    def answer(self, path: str, asked: dict[str, Any]) -> dict[str, Any]:
        space = self.spaces.get(asked.get("namespace", ""), {})
        if path == "/vectors/upsert":
            for row in asked["vectors"]:
                self.dimension = self.dimension or len(row["values"])
                self.spaces.setdefault(asked.get("namespace", ""), {})[row["id"]] = row
            return {"upsertedCount": len(asked["vectors"])}
        if path == "/query":
            return {"matches": self._near(space, asked), "namespace": asked.get("namespace", "")}
        if path == "/vectors/delete":
            for one in list(space) if asked.get("deleteAll") else asked["ids"]:
                space.pop(one, None)
            if not space:
                self.spaces.pop(asked.get("namespace", ""), None)
            return {}
        if path == "/vectors/fetch":
            return {"vectors": {one: space[one] for one in asked["ids"] if one in space}}
        counts = {name: {"vectorCount": len(held)} for name, held in self.spaces.items()}
        total = sum(map(len, self.spaces.values()))
        return {"namespaces": counts, "dimension": self.dimension, "totalVectorCount": total, "indexFullness": 0}

    def _near(self, space: dict[str, dict[str, Any]], asked: dict[str, Any]) -> list[dict[str, Any]]:
        wanted = np.array(asked["vector"])
        scored = sorted(((float(wanted @ np.array(row["values"])), one) for one, row in space.items()), reverse=True)
        more = {one: {"metadata": row.get("metadata", {})} for one, row in space.items()} if asked.get("includeMetadata") else {}
        return [{"id": one, "score": score, "values": [], **more.get(one, {})} for score, one in scored[: asked["topK"]]]


@contextmanager
def serving(key: str = "pc-key") -> Iterator[tuple[str, Spaces]]:
    """The address of an empty index, and what it holds."""
    spaces = Spaces(key)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            self._reply(json.loads(self.rfile.read(length) or b"{}"))

        def do_GET(self) -> None:
            words = parse_qs(urlsplit(self.path).query)
            self._reply({"ids": words.get("ids", []), "namespace": words.get("namespace", [""])[0]})

        def _reply(self, asked: dict[str, Any]) -> None:
            path = urlsplit(self.path).path
            spaces.calls.append(path)
            status, said = 200, {}
            if self.headers.get("api-key") != spaces.key:
                status, said = 401, {"code": 16, "message": "Invalid API Key"}
            elif spaces.refuse:
                spaces.refuse -= 1
                status, said = 503, {"code": 14, "message": "busy"}
            else:
                said = spaces.answer(path, asked)
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    with at_work(server):
        yield f"http://127.0.0.1:{server.server_port}", spaces
