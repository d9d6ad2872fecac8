"""A chat endpoint over HTTP: a reply of bounded size within a bounded time, or the reason why there is none.

The only file that knows openai's client. It repeats calls that an endpoint is too busy for; what may take long as a whole is
bounded here, and by `core.http`.
"""

from __future__ import annotations

import asyncio
import urllib.parse
import weakref
from contextvars import ContextVar
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from proctor.core.http import LETTERS, close, guards, loop
from proctor.core.redaction import public, redact
from proctor.evals.judges.protocols import EndpointError, JudgeError

if TYPE_CHECKING:
    import openai

RETRIES = 3
"""Calls repeated, with growing pauses, when the endpoint is busy, broken or silent."""
SECONDS = 60.0
"""Silence after which a call is given up."""
LONGEST = 120.0
"""Seconds that a reply may take, repeated calls and the pauses between them included."""

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
        return asyncio.run_coroutine_threadsafe(self._reply(request), loop()).result()

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
        except openai.OpenAIError as error:  # from the guards
            raise EndpointError(redact(str(error))[:LETTERS], "limits") from None
        kind = raw.headers.get("content-type", "").partition(";")[0].strip() or "of no stated type"
        return Reply(kind[:LETTERS], raw.http_response.text)

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


def _reason(error: openai.APIError) -> str:
    """An error of the client in one line, with what is behind it where it says no more than that there was one."""
    import openai

    cause = None if isinstance(error, openai.APITimeoutError) else error.__cause__
    behind = f" ({f'{type(cause).__name__}: {cause}'.removesuffix(': ')})" if cause else ""
    return redact(" ".join(f"{type(error).__name__}: {error}{behind}"[: 2 * LETTERS].split()))[:LETTERS]
