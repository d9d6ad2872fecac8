"""An OpenAI-compatible endpoint over HTTP: a reply of bounded size within a bounded time, or the reason why there is none.

The only file that knows openai's client. It repeats calls that an endpoint is too busy for, after the time that the endpoint asks
for (``Retry-After``, up to two minutes) or growing pauses of random length; what may take long as a whole is bounded here. Calls
run in the event loop of `core.http`, whose guards hold here, too.
"""

from __future__ import annotations

import asyncio
import json
import re
import urllib.parse
import weakref
from collections.abc import Callable, Coroutine, Mapping
from contextvars import ContextVar
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar

from proctor.core.http import LETTERS, close, guards, loop
from proctor.core.redaction import public, redact

if TYPE_CHECKING:
    import httpx2
    import openai

RETRIES = 3
"""Calls repeated, with growing pauses, when the endpoint is busy, broken or silent."""
SECONDS = 60.0
"""Silence after which a call is given up."""
LONGEST = 120.0
"""Seconds that a reply may take, repeated calls and the pauses between them included."""
ChatApi = Literal["chat", "completions"]
"""Whether messages go through the model's chat template, or a text is continued as it is."""
Api = Literal["chat", "completions", "embeddings"]
_PATHS: Mapping[Api, str] = {"chat": "/chat/completions", "completions": "/completions", "embeddings": "/embeddings"}
_SPEC = re.compile(r"(?P<model>.+?)(?:@(?P<url>https?://.+))?", re.IGNORECASE)
_NO_MODEL = re.compile(r"://|@.*:.*@|:[^@/:]*@[^@/]*:\d")
"""What is in an address and in no model's name: a scheme, or a user with a password before a host."""
Came = TypeVar("Came")

_statuses: ContextVar[list[int]] = ContextVar("_statuses")
"""The status of each reply to a call that may be repeated."""


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
        self._run(self._made())

    async def _made(self) -> None:
        _ = self._client

    def reply(self, api: Api = "chat", /, **request: Any) -> ChatReply:
        """What the endpoint replies to the fields of a request.

        Raises:
            RefusedError: it refused the request as such.
            ChatError: it cannot be reached, sends elsewhere, or keeps to no limit. No message holds a known secret.
        """
        return self._run(self._reply(api, request))

    def stream(self, heard: Callable[[Mapping[str, Any]], None], api: ChatApi = "chat", /, **request: Any) -> None:
        """The same, part by part as it comes: ``heard`` is given each, in another thread. A call is not repeated.

        Raises:
            ChatError: as above, or the reply is no stream of events.
        """
        self._run(self._streamed(heard, api, {**request, "stream": True}))

    def _run(self, call: Coroutine[Any, Any, Came]) -> Came:
        return asyncio.run_coroutine_threadsafe(self._bounded(call), loop()).result()

    async def _bounded(self, call: Coroutine[Any, Any, Came]) -> Came:
        import openai

        statuses: list[int] = []
        _statuses.set(statuses)
        try:
            _ = self._client  # made the first time, which is no part of a call
            async with asyncio.timeout(self._longest):
                return await call
        except TimeoutError:
            busy = f"; the last of {len(statuses)} had status {statuses[-1]}" if statuses else ""
            raise ChatError(f"no whole reply within {self._longest:g} s{busy}", "slow") from None
        except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
            raise RefusedError(_reason(error), str(error.status_code)) from None
        except openai.APIStatusError as error:
            raise ChatError(_reason(error), str(error.status_code)) from None
        except openai.APIConnectionError as error:
            raise ChatError(_reason(error), type(error).__name__) from None
        except openai.APIError as error:  # said in the middle of a stream
            raise ChatError(_reason(error), type(error).__name__) from None
        except openai.OpenAIError as error:  # from the guards
            raise ChatError(redact(str(error))[:LETTERS], "limits") from None
        finally:
            call.close()

    async def _reply(self, api: Api, request: Mapping[str, Any]) -> ChatReply:
        import httpx2

        raw = await self._client.post(_PATHS[api], body=request, cast_to=httpx2.Response)
        return ChatReply(_kind(raw), raw.text)

    async def _streamed(self, heard: Callable[[Mapping[str, Any]], None], api: ChatApi, request: Mapping[str, Any]) -> None:
        import httpx2
        import openai

        once = self._client.with_options(max_retries=0)
        parts = await once.post(_PATHS[api], body=request, cast_to=object, stream=True, stream_cls=openai.AsyncStream[object])
        async with parts:
            if (kind := _kind(parts.response)) != "text/event-stream":
                raise openai.OpenAIError(f"the endpoint does not stream: it answered with {kind}")
            try:
                async for part in parts:
                    if isinstance(part, dict):
                        heard(part)
            except httpx2.HTTPError as error:
                raise openai.APIConnectionError(request=parts.response.request) from error
            except ValueError as error:
                raise openai.OpenAIError("the endpoint streams what is no JSON") from error

    @cached_property
    def _client(self) -> openai.AsyncOpenAI:
        import openai

        parts = urllib.parse.urlsplit(self.url)
        http = openai.DefaultAsyncHttpxClient(
            **guards(self.url, openai.OpenAIError, lambda status: _statuses.get().append(status)), timeout=self._seconds
        )
        weakref.finalize(self, close, http).atexit = False
        return openai.AsyncOpenAI(
            api_key=self.key or "none",
            base_url=public(self.url) if self.url else None,
            default_query=dict(urllib.parse.parse_qsl(parts.query)),
            timeout=self._seconds,
            max_retries=self._retries,
            http_client=http,
        )


def _kind(response: httpx2.Response) -> str:
    """The media type of a reply."""
    return (response.headers.get("content-type", "").partition(";")[0].strip() or "of no stated type")[:LETTERS]


def _reason(error: openai.APIError) -> str:
    """An error of the client in one line, with what is behind it where it says no more than that there was one."""
    import openai

    cause = None if isinstance(error, openai.APITimeoutError) else error.__cause__
    behind = f" ({f'{type(cause).__name__}: {cause}'.removesuffix(': ')})" if cause else ""
    return redact(" ".join(f"{type(error).__name__}: {error}{behind}"[: 2 * LETTERS].split()))[:LETTERS]


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
