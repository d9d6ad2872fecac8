"""A chat endpoint over HTTP: a reply of bounded size within a bounded time, or the reason why there is none.

The only file that knows openai's client. It repeats calls that an endpoint is too busy for; what may take long as a whole is
bounded here. Calls run in an event loop of their own, as only there can one be given up at any point.
"""

from __future__ import annotations

import asyncio
import functools
import threading
import urllib.parse
import weakref
from collections.abc import AsyncIterator
from contextvars import ContextVar
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from proctor.core.redaction import public, redact
from proctor.evals.judges.protocols import EndpointError, JudgeError

if TYPE_CHECKING:
    import httpx2
    import openai

RETRIES = 3
"""Calls repeated, with growing pauses, when the endpoint is busy, broken or silent."""
SECONDS = 60.0
"""Silence after which a call is given up."""
LONGEST = 120.0
"""Seconds that a reply may take, repeated calls and the pauses between them included."""
BYTES = 10_000_000
"""Length of the longest reply that is read. Its headers may have 100,000 together, which the client sees to."""
LETTERS = 500
"""Length of the longest reason."""
DIRECTLY = ("all://localhost", "all://127.0.0.1", "all://[::1]")
"""Addresses that no proxy of the environment is asked for."""

_statuses: ContextVar[list[int]] = ContextVar("_statuses")
"""The status of each reply to a call that may be repeated."""


class RequestError(JudgeError):
    """The endpoint refused what was asked, such as a setting that it does not know."""


class Reply(NamedTuple):
    """What came back with a status of success."""

    kind: str
    """Its media type, or words in place of it."""
    text: str


class Endpoint:
    """An OpenAI-compatible endpoint; without an address, OpenAI's own."""

    def __init__(
        self, url: str = "", key: str = "", *, seconds: float = SECONDS, longest: float = LONGEST, retries: int = RETRIES
    ) -> None:
        self.url, self.key = url, key
        self._seconds, self._longest, self._retries = seconds, longest, retries

    def reply(self, **request: Any) -> Reply:
        """What the endpoint replies to the fields of a chat completion.

        Raises:
            RequestError: it refused the request as such.
            EndpointError: it cannot be reached, sends elsewhere, or keeps to no limit. No message holds a known secret.
        """
        return asyncio.run_coroutine_threadsafe(self._reply(request), _loop()).result()

    async def _reply(self, request: dict[str, Any]) -> Reply:
        import openai

        statuses: list[int] = []
        _statuses.set(statuses)
        create = self._client.chat.completions.with_raw_response.create  # imported the first time, which is no part of a call
        try:
            async with asyncio.timeout(self._longest):
                raw = await create(**request)
        except TimeoutError:
            busy = f"; the last of {len(statuses)} had status {statuses[-1]}" if statuses else ""
            raise EndpointError(f"no whole reply within {self._longest:g} s{busy}", "slow") from None
        except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
            raise RequestError(_reason(error)) from None
        except openai.APIStatusError as error:
            raise EndpointError(_reason(error), str(error.status_code)) from None
        except openai.APIConnectionError as error:
            raise EndpointError(_reason(error), type(error).__name__) from None
        except openai.OpenAIError as error:  # from `_check`
            raise EndpointError(redact(str(error))[:LETTERS], "limits") from None
        kind = raw.headers.get("content-type", "").partition(";")[0].strip() or "of no stated type"
        return Reply(kind[:LETTERS], raw.http_response.text)

    @cached_property
    def _client(self) -> openai.AsyncOpenAI:
        import openai

        parts = urllib.parse.urlsplit(self.url)
        user, password = (urllib.parse.unquote(part or "") for part in (parts.username, parts.password))
        http = openai.DefaultAsyncHttpxClient(
            auth=(user, password) if user or password else None,
            headers={"Accept-Encoding": "identity"},
            follow_redirects=False,
            timeout=self._seconds,
            event_hooks={"response": [_check]},
            mounts=dict.fromkeys(DIRECTLY),
        )
        weakref.finalize(self, _close, http).atexit = False
        return openai.AsyncOpenAI(
            api_key=self.key or "none",
            base_url=public(self.url) if self.url else None,
            default_query=dict(urllib.parse.parse_qsl(parts.query)),
            timeout=self._seconds,
            max_retries=self._retries,
            http_client=http,
        )


@functools.cache
def _loop() -> asyncio.AbstractEventLoop:
    """The loop that all calls of this process run in, in a thread of its own."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True, name="endpoints").start()
    return loop


def _close(http: httpx2.AsyncClient) -> None:
    asyncio.run_coroutine_threadsafe(http.aclose(), _loop())


async def _check(response: httpx2.Response) -> None:
    """Look at a reply before its body is read. What is refused here is not asked for again."""
    import openai

    _statuses.get().append(response.status_code)
    if 300 <= response.status_code < 400:
        there = _address(response.headers.get("location", ""))
        raise openai.OpenAIError(
            f"the address redirects to {there}: name that one, if you trust it with questions, answers and your key"
        )
    coding = response.headers.get("content-encoding", "identity")
    if coding != "identity":
        raise openai.OpenAIError(f"the reply is compressed ({coding[:20]}), which was not asked for, and is not read")
    response.encoding = "utf-8"  # which JSON is in, whatever encoding a header may name
    response.stream = _limited()(response.stream)


@functools.cache
def _limited() -> Any:
    """A class of streams that end with an error once they are too long."""
    import httpx2
    import openai

    class Limited(httpx2.AsyncByteStream):
        """Bytes of another stream, up to `BYTES`."""

        def __init__(self, stream: httpx2.AsyncByteStream) -> None:
            self.stream = stream

        async def __aiter__(self) -> AsyncIterator[bytes]:
            length = 0
            async for part in self.stream:
                length += len(part)
                if length > BYTES:
                    raise openai.OpenAIError(f"the reply has more than {BYTES:,} bytes, and is not read")
                yield part

        async def aclose(self) -> None:
            await self.stream.aclose()

    return Limited


def _reason(error: openai.APIError) -> str:
    """An error of the client in one line, with what is behind it where it says no more than that there was one."""
    import openai

    cause = None if isinstance(error, openai.APITimeoutError) else error.__cause__
    behind = f" ({f'{type(cause).__name__}: {cause}'.removesuffix(': ')})" if cause else ""
    return redact(" ".join(f"{type(error).__name__}: {error}{behind}"[: 2 * LETTERS].split()))[:LETTERS]


def _address(url: str) -> str:
    """Where a redirection leads, without what it may hold in secret."""
    try:
        return redact(public(url) if "://" in url else urllib.parse.urlsplit(url).path)[:LETTERS] or "nowhere"
    except ValueError:
        return "an address that names no host"
