"""An OpenAI-compatible endpoint over HTTP: a reply of bounded size within a bounded time, or the reason why there is none.

It is called as `core.http` calls any address, within the same bounds. What is known here alone is where an endpoint is asked
for what, and how its refusals and the parts of its streams are read.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from proctor.core import http
from proctor.core.http import LETTERS, HttpClient, HttpError
from proctor.core.redaction import redact

if TYPE_CHECKING:
    import httpx2

RETRIES = 3
"""Calls repeated, with growing pauses, when the endpoint is busy, broken or silent."""
SECONDS = 60.0
"""Silence after which a call is given up."""
LONGEST = 120.0
"""Seconds that a reply may take, repeated calls and the pauses between them included."""
OWN = "https://api.openai.com/v1"
"""The address where none is named."""
REFUSED = (400, 422)
"""What says that the request is not understood, and not that it cannot be answered now."""
EVENTS = "text/event-stream"
ChatApi = Literal["chat", "completions"]
"""Whether messages go through the model's chat template, or a text is continued as it is."""
Route = Literal["chat", "completions", "embeddings"]
_PATHS: Mapping[Route, str] = {"chat": "/chat/completions", "completions": "/completions", "embeddings": "/embeddings"}
ACCOUNT: Mapping[str, str] = {"OpenAI-Organization": "OPENAI_ORG_ID", "OpenAI-Project": "OPENAI_PROJECT_ID"}
_SPEC = re.compile(r"(?P<model>.+?)(?:@(?P<url>https?://.+))?", re.IGNORECASE)
_NO_MODEL = re.compile(r"://|@.*:.*@|:[^@/:]*@[^@/]*:\d")
"""What is in an address and in no model's name: a scheme, or a user with a password before a host."""


class ChatError(RuntimeError):
    """No reply could be had. The message holds no known secret."""

    def __init__(self, message: str, kind: str) -> None:
        super().__init__(message)
        self.kind = kind
        """What went wrong, in a word that is the same each time: a status of HTTP, or a class of exceptions."""


class RefusedError(ChatError):
    """The endpoint refused what was asked, such as a setting that it does not know."""


class ChatReply(NamedTuple):
    """What came back with a status of success."""

    kind: str
    """Its media type, or words in place of it."""
    text: str


class NamedModel(NamedTuple):
    """A model, and the address of its endpoint; empty if none is given."""

    model: str
    url: str


def named(text: str) -> NamedModel | None:
    """What ``MODEL`` or ``MODEL@BASE_URL`` names; None if it names no model, or an address without http:// or https://."""
    found = _SPEC.fullmatch(text)
    return None if found is None or _NO_MODEL.search(found["model"]) else NamedModel(found["model"], found["url"] or "")


class ChatEndpoint:
    """An OpenAI-compatible endpoint; without an address, OpenAI's own."""

    def __init__(
        self, url: str = "", key: str = "", *, seconds: float = SECONDS, longest: float = LONGEST, retries: int = RETRIES
    ) -> None:
        self.url, self.key = url, key
        self._seconds, self._longest, self._retries = seconds, longest, retries

    def ready(self) -> None:
        """Import what calls take, which is no part of the first of them."""
        self._client.ready()

    def reply(self, api: Route = "chat", /, **request: Any) -> ChatReply:
        """As `replied`, for who is in another thread."""
        self.ready()
        return http.run(self.replied(api, **request))

    async def replied(self, api: Route = "chat", /, **request: Any) -> ChatReply:
        """What the endpoint replies to the fields of a request.

        Raises:
            RefusedError: it refused the request as such.
            ChatError: it cannot be reached, sends elsewhere, or keeps to no limit. No message holds a known secret.
        """
        try:
            response = await self._client.reply("POST", request, _PATHS[api])
        except HttpError as error:
            raise ChatError(str(error), error.kind) from None
        _see_to_success(response)
        return ChatReply(_kind(response), response.text)

    async def streamed(self, heard: Callable[[Mapping[str, Any]], None], api: ChatApi = "chat", /, **request: Any) -> None:
        """The same, part by part as it comes: ``heard`` is given each. A call is not repeated.

        Raises:
            ChatError: as above, or the reply is no stream of events.
        """
        try:
            async with self._client.stream({**request, "stream": True}, _PATHS[api]) as response:
                if not response.is_success:
                    await response.aread()
                _see_to_success(response)
                await _heard(response, heard)
        except HttpError as error:
            raise ChatError(str(error), error.kind) from None

    @cached_property
    def _client(self) -> HttpClient:
        return HttpClient(self.url or OWN, self._headers, longest=self._longest, silence=self._seconds, retries=self._retries)

    @property
    def _headers(self) -> dict[str, str]:
        """The key, and what the environment says for OpenAI's own client: whose account is charged, and further headers."""
        given = {"Authorization": f"Bearer {self.key}" if self.key else ""}
        given |= {header: os.environ.get(name, "") for header, name in ACCOUNT.items()}
        lines = (line.partition(":") for line in os.environ.get("OPENAI_CUSTOM_HEADERS", "").splitlines())
        more = {name.strip(): value.strip() for name, colon, value in lines if colon}
        return {name: value for name, value in (given | more).items() if value}


async def _heard(response: httpx2.Response, heard: Callable[[Mapping[str, Any]], None]) -> None:
    import httpx2

    if (kind := _kind(response)) != EVENTS:
        raise ChatError(f"the endpoint does not stream: it answered with {kind}", "no stream")
    async for event in httpx2.EventSource(response, http.BYTES):
        if event.data.startswith("[DONE]"):
            return
        try:
            part = json.loads(event.data)
        except (ValueError, RecursionError):
            raise ChatError("the endpoint streams what is no JSON", "no JSON") from None
        if isinstance(part, dict) and part.get("error"):
            raise ChatError(redact(f"in the middle of a stream: {_said_of(part['error'])}"[: 2 * LETTERS])[:LETTERS], "error")
        if isinstance(part, dict):
            heard(part)


def _see_to_success(response: httpx2.Response) -> None:
    if not response.is_success:
        error = RefusedError if response.status_code in REFUSED else ChatError
        raise error(redact(f"status {response.status_code}{_reason(response)}")[:LETTERS], str(response.status_code))


def _reason(response: httpx2.Response) -> str:
    """What a refusal says for a reason, in whichever of their forms; else how it begins."""
    import orjson

    try:
        found = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return http.quoted(response)
    said = found.get("error") or found.get("detail") or found.get("message") if isinstance(found, dict) else None
    return f": {' '.join(str(_said_of(said))[: 2 * LETTERS].split())}" if said else http.quoted(response)


def _kind(response: httpx2.Response) -> str:
    """The media type of a reply."""
    return (response.headers.get("content-type", "").partition(";")[0].strip() or "of no stated type")[:LETTERS]


def choice(reply: ChatReply, what: str = "a chat completion") -> tuple[dict[str, Any], dict[str, Any] | None]:
    """All of a reply, and its first choice; None if it has none.

    Raises:
        ValueError: it is not ``what`` was asked for.
    """
    found = listing(reply, "choices", what)
    first = found["choices"][0] if found["choices"] else None
    return found, first if isinstance(first, dict) else ({} if found["choices"] else None)


def listing(reply: ChatReply, field: str, what: str) -> dict[str, Any]:
    """A reply that has a list in one of its fields.

    Raises:
        ValueError: it is not ``what`` was asked for.
    """
    kind, body = reply
    if kind == "text/html" or body.lstrip()[:1] == "<":
        form = "HTML" if "html" in (kind + body[:500]).lower() else "markup"
        raise ValueError(f"the address answered with {form} ({kind}), not with {what}")
    try:
        found = json.loads(body)
    except ValueError:
        raise ValueError(f"the address answered with text that is no JSON ({kind}), not with {what}") from None
    except RecursionError:
        raise ValueError("the address answered with JSON that is nested too deeply to be read") from None
    if isinstance(found, dict) and found.get("error"):
        raise ValueError(f"the address answered with an error: {_said_of(found['error'])}")
    if not isinstance(found, dict) or not isinstance(found.get(field), list):
        keys = ", ".join(map(str, list(found)[:6])) if isinstance(found, dict) else type(found).__name__
        raise ValueError(f"the address answered with JSON of another kind ({keys or 'empty'}), not with {what}")  # noqa: TRY004
    return found


def _said_of(error: Any) -> Any:
    return error.get("message", error) if isinstance(error, dict) else error


def content(said: Any) -> str:
    """A message's content: a text, a list of parts, or nothing."""
    parts = said if isinstance(said, list) else [said]
    return "".join(
        part if isinstance(part, str) else str(part.get("text") or "") if isinstance(part, dict) else "" for part in parts
    )
