"""How a service is asked over HTTP, and where in its reply is what: the tables ``request`` and ``reply`` of its row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from string import Template
from typing import Annotated, Any, Literal

from proctor.core.reading.pointers import Pointer
from proctor.core.reading.tables import Contradiction
from proctor.core.redaction import public

QUESTION = "{question}"
"""Stands for the question's text in what is sent."""
OWN = ("accept-encoding", "connection", "content-length", "host", "transfer-encoding")
"""Headers that are the client's own."""
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_SECRET = re.compile("auth|cookie|credential|key|passw|secret|token", re.IGNORECASE)
_TEXT = re.compile("[ -~]*")
"""What a header may hold."""


def _asks_by_name() -> Mapping[str, Any]:
    return {"question": QUESTION}


@dataclass(frozen=True)
class ServiceRequest:
    """What is sent for a question."""

    method: Literal["POST", "GET"] = "POST"
    headers: Mapping[str, str] = field(default_factory=dict, hash=False)
    body: Mapping[str, Any] = field(default_factory=_asks_by_name, hash=False)

    def contradictions(self) -> Iterator[Contradiction]:
        """What cannot be meant, though each field by itself could."""
        for name, text in self.headers.items():
            yield from _wrong_header(name, text)
        if self.filled("") == self.body:
            yield ("body",), "the question stands nowhere in it", f'put "{QUESTION}" where it belongs'
        if self.method == "GET":
            for name, value in self.body.items():
                if isinstance(value, Mapping | list):
                    yield ("body", name), "with GET the body becomes parameters, which hold no tables", "use POST"

    def filled(self, question: str) -> Mapping[str, Any]:
        """The body with the question in it."""
        return {name: _filled(value, question) for name, value in self.body.items()}

    def lacking(self, environment: Mapping[str, str]) -> Iterator[Contradiction]:
        """The headers whose value cannot be had, as their variables are not set, or hold what no header may."""
        for name, text in self.headers.items():
            for variable in variables(text):
                value = environment.get(variable, "")
                if not value:
                    what = f"the environment variable {variable} is {'empty' if variable in environment else 'not set'}"
                    yield ("headers", name), what, "set it to the key, without quotes"
                elif not _TEXT.fullmatch(value):
                    what = f"the environment variable {variable} holds a line break or a letter that no header may have"
                    yield ("headers", name), what, "set it to the key alone"

    def sent_headers(self, environment: Mapping[str, str]) -> dict[str, str]:
        """The headers with the values of their variables."""
        return {name: Template(text).substitute(environment) for name, text in self.headers.items()}


@dataclass(frozen=True)
class ServiceReply:
    """Where in a reply is what, as JSON pointers; in a passage, where it is an object, its ``text``, ``document``, ``score``."""

    answer: Annotated[str, Pointer()] = "/answer"
    contexts: Annotated[str | None, Pointer()] = None
    text: Annotated[str | None, Pointer()] = None
    document: Annotated[str | None, Pointer()] = None
    score: Annotated[str | None, Pointer()] = None
    citations: Annotated[str | None, Pointer()] = None
    prompt_tokens: Annotated[str | None, Pointer()] = None
    tokens: Annotated[str | None, Pointer()] = None

    def contradictions(self) -> Iterator[Contradiction]:
        """What cannot be meant, though each field by itself could."""
        for name in ("text", "document", "score"):
            if getattr(self, name) is not None and self.contexts is None and not (name == "document" and self.citations):
                yield (name,), "it stands in a passage, and nothing says where the passages are", 'add contexts = "/..."'


@dataclass(frozen=True)
class Address:
    """The addresses that a service may have. What is wrong with one is said without it: it may hold a password."""

    def wrong(self, value: object) -> str:
        """What is wrong with a value."""
        written = isinstance(value, str) and re.fullmatch(r"https?://\S{1,4000}", value, re.IGNORECASE)
        if not written:
            return "expected an address: http://... or https://..."
        try:
            public(written[0])
        except ValueError:
            return "the address cannot be read; write / @ : of a password as %2F %40 %3A, and a number as port"
        return ""


def variables(text: str) -> list[str]:
    """The environment variables whose values belong into a header."""
    return Template(text).get_identifiers()


def _filled(value: Any, question: str) -> Any:
    if isinstance(value, str):
        return value.replace(QUESTION, question)
    if isinstance(value, Mapping):
        return {name: _filled(one, question) for name, one in value.items()}
    return [_filled(one, question) for one in value] if isinstance(value, list) else value


def _wrong_header(name: str, text: str) -> Iterator[Contradiction]:
    key = ("headers", name)
    if not _TOKEN.fullmatch(name) or not _TEXT.fullmatch(text):
        yield key, "no header of HTTP is called so, or holds this", "use plain letters, without line breaks"
    elif name.lower() in OWN:
        yield key, "the client sets this header itself", "leave it out"
    elif not Template(text).is_valid():
        yield key, "a $ stands for an environment variable, and no name follows it", "write $NAME, or $$ for a dollar sign"
    elif _SECRET.search(name) and not variables(text):
        what = "a key does not belong into a table of systems"
        yield key, what, 'write the name of an environment variable that holds it, such as "Bearer $BOT_TOKEN"'
