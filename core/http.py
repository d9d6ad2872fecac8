"""JSON over HTTP within bounds: a reply of bounded size within a bounded time, or the reason why there is none.

What the guards are is said by `guards`, for clients of other libraries, too. Calls run in an event loop of their own, as only
there can one be given up at any point. A reply is data, and no secret of this process is left in it.
"""

from __future__ import annotations

import asyncio
import email.utils
import functools
import json
import random
import threading
import time
import urllib.parse
import weakref
from collections.abc import AsyncIterator, Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from proctor.core.reading.shown import short
from proctor.core.redaction import public, redact, within

if TYPE_CHECKING:
    import httpx2

RETRIES = 3
"""Calls repeated, with growing pauses, when a server is busy, broken or gone."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0
"""Seconds before a call is repeated, where the server does not say how many."""
CONNECTING = 15.0
"""Seconds that making a connection may take."""
BYTES = 10_000_000
"""Length of the longest reply that is read. Its headers may have 100,000 together, which the client sees to."""
LETTERS = 500
"""Length of the longest reason."""
QUOTED = 200
"""Letters of a reply that a reason quotes."""
DIRECTLY = ("all://localhost", "all://127.0.0.1", "all://[::1]")
"""Addresses that no proxy of the environment is asked for."""

Method = Literal["POST", "GET"]


class HttpError(RuntimeError):
    """There is no reply that can be used. The message is the reason; it holds no known secret."""

    def __init__(self, message: str, kind: str) -> None:
        super().__init__(redact(message)[:LETTERS])
        self.kind = kind
        """What went wrong, in a word that is the same each time: a status, a class of exceptions."""


class JsonClient:
    """Calls one address with JSON, from any number of threads."""

    def __init__(self, url: str, headers: Mapping[str, str], *, longest: float, retries: int = RETRIES) -> None:
        """``longest``: seconds that a reply may take, repeated calls and the pauses between them included.

        Raises:
            ValueError: the address is none.
        """
        public(url)  # for its error
        self._url, self._headers, self._longest, self._retries = url, dict(headers), longest, retries

    def call(self, method: Method, fields: Mapping[str, Any]) -> Any:
        """What the address replies to some fields: in the body as JSON, or as parameters of the address where nothing is posted.

        Raises:
            HttpError: it cannot be reached, sends elsewhere, keeps to no limit, or says no JSON.
        """
        import httpx2  # noqa: F401 # the first time takes long, and is no part of a call

        return _parsed(asyncio.run_coroutine_threadsafe(self._bounded(method, fields), loop()).result())

    async def _bounded(self, method: Method, fields: Mapping[str, Any]) -> httpx2.Response:
        before: list[str] = []
        try:
            async with asyncio.timeout(self._longest) as limit:
                return await self._response(method, fields, before, limit.when() or 0.0)
        except TimeoutError:
            what = f"; before that: {before[-1]}" if before else ""
            raise HttpError(f"no whole reply within {self._longest:g} s{what}", "slow") from None

    async def _response(self, method: Method, fields: Mapping[str, Any], before: list[str], until: float) -> httpx2.Response:
        """The last of several, where those before it tell to try again."""
        import httpx2

        failed: HttpError | None = None
        for repeated in range(self._retries + 1):
            try:
                response = await self._http.send(self._request(method, fields))
            except httpx2.TransportError as error:
                failed, wait = HttpError(_reason(error), type(error).__name__), pause(repeated)
            else:
                failed, wait = None, pause(repeated, response.headers.get("retry-after", ""))
                if not again(response.status_code):
                    break
            if repeated == self._retries or wait > until - asyncio.get_running_loop().time():  # to wait would be in vain
                break
            before.append(str(failed or f"status {response.status_code}"))
            await asyncio.sleep(wait)
        if failed:
            raise failed
        return response

    def _request(self, method: Method, fields: Mapping[str, Any]) -> httpx2.Request:
        import httpx2

        url = httpx2.URL(self._url).copy_with(userinfo=b"")
        if method == "GET":
            return self._http.build_request(method, url.copy_merge_params(fields))
        return self._http.build_request(
            method, url, content=json.dumps(fields).encode(), headers={"Content-Type": "application/json", **self._headers}
        )

    @cached_property
    def _http(self) -> httpx2.AsyncClient:
        import httpx2

        every = httpx2.Timeout(self._longest, connect=min(CONNECTING, self._longest))
        known = guards(self._url, lambda why: HttpError(why, "limits"))
        known["headers"] |= {"Accept": "application/json", **self._headers}
        http = httpx2.AsyncClient(**known, timeout=every, limits=httpx2.Limits(max_connections=None))
        weakref.finalize(self, close, http).atexit = False
        return http


def guards(url: str, refused: Callable[[str], Exception], seen: Callable[[int], object] = bool) -> dict[str, Any]:
    """What a client of httpx2 is made with, so that it keeps to the limits.

    No redirection is followed, as a key would follow it; nothing is unpacked; no more is read than `BYTES`; and no proxy is
    asked for this machine. ``refused`` makes what is raised where a reply is not read; ``seen`` is told each status.
    """
    parts = urllib.parse.urlsplit(url)
    user, password = (urllib.parse.unquote(part or "") for part in (parts.username, parts.password))
    return {
        "auth": (user, password) if user or password else None,
        "headers": {"Accept-Encoding": "identity"},
        "follow_redirects": False,
        "event_hooks": {"response": [functools.partial(_check, refused, seen)]},
        "mounts": dict.fromkeys(DIRECTLY),
    }


async def _check(refused: Callable[[str], Exception], seen: Callable[[int], object], response: httpx2.Response) -> None:
    """Look at a reply before its body is read. What is refused here is not asked for again."""
    seen(response.status_code)
    if 300 <= response.status_code < 400:
        there = _place(response.headers.get("location", ""))
        raise refused(f"the address redirects to {there}: name that one, if you trust it with questions, answers and your key")
    coding = response.headers.get("content-encoding", "identity")
    if coding != "identity":
        raise refused(f"the reply is compressed ({coding[:20]}), which was not asked for, and is not read")
    response.encoding = "utf-8"  # which JSON is in, whatever encoding a header may name
    response.stream = _limited()(response.stream, refused)


@functools.cache
def _limited() -> Any:
    """A class of streams that end with an error once they are too long."""
    import httpx2

    class Limited(httpx2.AsyncByteStream):
        """Bytes of another stream, up to `BYTES`."""

        def __init__(self, stream: httpx2.AsyncByteStream, refused: Callable[[str], Exception]) -> None:
            self.stream, self.refused = stream, refused

        async def __aiter__(self) -> AsyncIterator[bytes]:
            length = 0
            async for part in self.stream:
                length += len(part)
                if length > BYTES:
                    raise self.refused(f"the reply has more than {BYTES:,} bytes, and is not read")
                yield part

        async def aclose(self) -> None:
            await self.stream.aclose()

    return Limited


def loop() -> asyncio.AbstractEventLoop:
    """The loop that all calls of this process run in, in a thread of its own."""
    with _starting:
        return _started()


_starting = threading.Lock()
"""Two threads that call for the first time get one loop, as a client cannot be used in two."""


@functools.cache
def _started() -> asyncio.AbstractEventLoop:
    made = asyncio.new_event_loop()
    threading.Thread(target=made.run_forever, daemon=True, name="http").start()
    return made


def close(http: httpx2.AsyncClient) -> None:
    """Close a client whose calls ran in the loop."""
    asyncio.run_coroutine_threadsafe(http.aclose(), loop())


def again(status: int) -> bool:
    """Whether a reply of that status tells to try again: the server is busy or broken."""
    return status in (408, 425, 429) or status >= 500


def pause(repeated: int, retry_after: str = "") -> float:
    """Seconds to wait before a call is repeated: those that the server asks for, or twice as many each time.

    Up to a quarter is left to chance, so that those that were refused together do not come back together: on top of what the
    server asks for, and off the rest.
    """
    chance = random.random() / 4  # noqa: S311 # to spread calls
    asked = _seconds(retry_after)
    if asked is not None:
        return asked * (1 + chance)
    return min(LONGEST_PAUSE, FIRST_PAUSE * 2.0**repeated) * (1 - chance)


def _seconds(retry_after: str) -> float | None:
    """What Retry-After says, a number of seconds or a date (RFC 9110, 10.2.3); None where it says nothing of the kind."""
    if retry_after.strip().isascii() and retry_after.strip().isdigit():
        return float(retry_after)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(retry_after).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def _parsed(response: httpx2.Response) -> Any:
    """The JSON of a reply, without secrets."""
    import orjson

    if not response.is_success:
        raise HttpError(f"status {response.status_code}{_quoted(response)}", str(response.status_code))
    try:
        return within(orjson.loads(response.content))
    except orjson.JSONDecodeError as error:
        kind = response.headers.get("content-type", "").partition(";")[0].strip() or "of no stated type"
        raise HttpError(f"the reply is no JSON in UTF-8 ({kind}): {error}{_quoted(response)}", "no JSON") from None


def _quoted(response: httpx2.Response) -> str:
    """How a reply begins, unless it is a page for a browser."""
    text = redact(" ".join(response.content[: 20 * QUOTED].decode(errors="replace").split()))
    return f"; it says {short(text, QUOTED)!r}" if text and not text.startswith("<") else ""


def _reason(error: Exception) -> str:
    """An error of the client in one line."""
    return " ".join(f"{type(error).__name__}: {error}".removesuffix(": ").split())


def _place(url: str) -> str:
    """Where a redirection leads, without what it may hold in secret."""
    try:
        return redact(public(url) if "://" in url else urllib.parse.urlsplit(url).path)[:LETTERS] or "nowhere"
    except ValueError:
        return "an address that names no host"
