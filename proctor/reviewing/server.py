"""The page on which drafts are reviewed: served to this machine alone, at an address that nobody can guess."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

from proctor.core.schema import InputError
from proctor.leaderboard.hosting import preview
from proctor.suites.drafting.review import Edit, GoneError, Review

PAGE = Path(__file__).with_name("review.html")
LONGEST = 2**20
"""Bytes of a decision."""
JSON = "application/json"


class Handler(preview.Local):
    """Shows the page and takes decisions. The token stands in the path: who does not know it is told nothing."""

    def __init__(self, *words: Any, review: Review, token: str) -> None:
        self.review, self.token = review, token
        super().__init__(*words)

    def do_GET(self) -> None:  # noqa: N802 # as the parent calls it
        """The page, its drafts, or the documents that they were drafted from."""
        shown: Mapping[str, Callable[[], Any]] = {"drafts": self._state, "documents": self._documents}
        if self.is_misnamed() or (what := self._asked()) is None:
            return
        if what == "":
            self._page()
        elif what in shown:
            self._json(200, shown[what]())
        else:
            self.send_error(404)

    def do_POST(self) -> None:  # noqa: N802 # as the parent calls it
        """A decision, which is written before it is answered."""
        if self.is_misnamed() or (what := self._asked()) is None:
            return
        if self.headers.get("Origin") not in [f"http://{name}" for name in self.server.hosts]:
            self.send_error(403, "Decisions are taken from the page itself alone")
            return
        try:
            self._decide(what, self._body())
        except GoneError as error:
            self._json(409, {"error": str(error)})
        except InputError as error:
            self._json(400, {"error": str(error)})
        else:
            self._json(200, self._state())

    def _asked(self) -> str | None:
        """What of this page is asked for; None, and it was answered, to who does not know the token."""
        token, _, what = self.path.partition("?")[0].removeprefix("/").partition("/")
        if secrets.compare_digest(token.encode(), self.token.encode()):
            return what
        self.send_error(404)
        return None

    def _body(self) -> Mapping[str, Any]:
        size = self.headers.get("Content-Length", "")
        if self.headers.get_content_type() != JSON or not size.isdecimal() or int(size) > LONGEST:
            raise InputError(f"expected {JSON} of at most {LONGEST} bytes")
        try:
            found = json.loads(self.rfile.read(int(size)))
        except (ValueError, RecursionError) as error:
            raise InputError("expected JSON") from error
        if not isinstance(found, dict):
            raise InputError("expected an object of JSON")
        return found

    def _decide(self, what: str, told: Mapping[str, Any]) -> None:
        if what == "undo":
            self.review.undo()
            return
        file, raw = _text(told, "file"), _text(told, "raw")
        if raw not in {draft.raw for draft in self.review.drafts() if draft.file == file}:
            raise GoneError("this draft is not there any more; load the page again")
        if what == "accept":
            self.review.accept(file, raw, _edit(told))
        elif what == "drop":
            self.review.drop(file, raw)
        else:
            raise InputError(f"{what}: expected accept, drop or undo")

    def _state(self) -> dict[str, Any]:
        return {"drafts": [draft._asdict() for draft in self.review.drafts()], "undo": self.review.can_undo}

    def _documents(self) -> dict[str, Any]:
        """Id -> title and text, of the documents that drafts show."""
        shown = {draft.document for draft in self.review.drafts()}
        found = [document for document in self.review.suite.domain.documents if document.id in shown]
        return {document.id: {"title": document.title, "text": document.text} for document in found}

    def _page(self) -> None:
        nonce = secrets.token_urlsafe(16)
        page = PAGE.read_text(encoding="utf-8").replace("NONCE", nonce)
        policy = (
            f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; "
            "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
        )
        self._send(200, "text/html; charset=utf-8", page.encode(), {"Content-Security-Policy": policy})

    def _json(self, status: int, value: Any) -> None:
        self._send(status, JSON, json.dumps(value).encode(), {"Content-Security-Policy": preview.BARE})

    def _send(self, status: int, kind: str, content: bytes, more: Mapping[str, str]) -> None:
        self.send_response(status)
        told = {"Content-Type": kind, "Content-Length": str(len(content)), **preview.HEADERS, "Cache-Control": "no-store", **more}
        for name, value in told.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


def server(review: Review, port: int = 0) -> tuple[ThreadingHTTPServer, str]:
    """A server of the page, which listens already, and the path that the page has.

    Raises:
        InputError: the port is taken.
    """
    token = secrets.token_urlsafe(24)
    return preview.listening(partial(Handler, review=review, token=token), port), f"{token}/"


def _text(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name)
    if not isinstance(value, str):
        raise InputError(f"{name}: expected a text")
    return value


def _edit(told: Mapping[str, Any]) -> Edit | None:
    edit = told.get("edit")
    if edit is None:
        return None
    if not isinstance(edit, dict):
        raise InputError("edit: expected an object")
    return Edit(_text(edit, "question"), _texts(edit, "answers"), _texts(edit, "evidence"))


def _texts(told: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = told.get(name)
    if not (isinstance(value, list) and all(isinstance(one, str) for one in value)):
        raise InputError(f"{name}: expected a list of texts")
    return tuple(value)
