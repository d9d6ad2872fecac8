"""JSON over HTTP within bounds: a reply of bounded size within a bounded time, or the reason why there is none.

What the guards are is said by `guards`. Calls run in an event loop of their own, as only there can one be given up at any point,
and as many may wait at a time as there are questions. A reply is data, and no secret of this process is left in it.
"""

from __future__ import annotations

import asyncio
import email.utils
import functools
import json
import random
import re
import threading
import time
import urllib.parse
import weakref
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future
from contextlib import asynccontextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeVar

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
MUCH = 20_000
"""Letters or bytes that take so long to be looked at that other calls would wait for it."""
QUOTED = 200
"""Letters of a reply that a reason quotes."""
DIRECTLY = ("all://localhost", "all://127.0.0.1", "all://[::1]")
"""Addresses that no proxy of the environment is asked for."""

_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
Method = Literal["POST", "GET"]
_Came = TypeVar("_Came")


class HttpError(RuntimeError):
    """There is no reply that can be used. The message is the reason; it holds no known secret."""

    def __init__(self, message: str, kind: str) -> None:
        super().__init__(redact(message)[:LETTERS])
        self.kind = kind
        """What went wrong, in a word that is the same each time: a status, a class of exceptions."""


class HttpClient:
    """Calls one address, and those below it, with JSON. Its coroutines run in `loop`."""

    def __init__(
        self, url: str, headers: Mapping[str, str], *, longest: float, silence: float | None = None, retries: int = RETRIES
    ) -> None:
        """``longest``: seconds that a reply may take, repeated calls and the pauses between them included.

        ``silence``: seconds without a byte after which a call is repeated.

        Raises:
            ValueError: the address is none.
        """
        public(url)  # for its error
        self._url, self._headers, self._retries = url, dict(headers), retries
        self._longest, self._silence = longest, min(longest, silence or longest)

    def ready(self) -> None:
        """Import and make what calls take, which is no part of the first of them."""
        if "_http" not in self.__dict__:
            run(self._made())

    async def _made(self) -> None:
        _ = self._http

    async def call(self, method: Method, fields: Mapping[str, Any], path: str = "") -> Any:
        """What the address replies to some fields: in the body as JSON, or as parameters of the address where nothing is posted.

        ``path`` is put behind that of the address.

        Raises:
            HttpError: it cannot be reached, sends elsewhere, keeps to no limit, refuses, or says no JSON.
        """
        response = await self.reply(method, fields, path)
        return await aside(len(response.content), _parsed, response)

    async def reply(self, method: Method, fields: Mapping[str, Any], path: str = "") -> httpx2.Response:
        """The same, whatever its status is and whatever it says.

        Raises:
            HttpError: it cannot be reached, sends elsewhere, or keeps to no limit.
        """
        before: list[str] = []
        async with self._bounded(before) as until:
            return await self._last(method, fields, path, before, until)

    @asynccontextmanager
    async def stream(self, fields: Mapping[str, Any], path: str = "") -> AsyncIterator[httpx2.Response]:
        """A reply whose body is still to come, within the same limits. A call is not repeated.

        Raises:
            HttpError: as above, also while the body is read.
        """
        import httpx2

        async with self._bounded([]):
            try:
                response = await self._http.send(self._request("POST", fields, path), stream=True)
                try:
                    yield response
                finally:
                    await response.aclose()
            except httpx2.TransportError as error:
                raise HttpError(_reason(error), type(error).__name__) from None

    @asynccontextmanager
    async def _bounded(self, before: Sequence[str]) -> AsyncIterator[float]:
        """Gives the time of the loop by which all must be over. ``before``: what came of calls that were repeated."""
        try:
            async with asyncio.timeout(self._longest) as limit:
                yield limit.when() or 0.0
        except TimeoutError:
            what = f"; before that: {before[-1]}" if before else ""
            raise HttpError(f"no whole reply within {self._longest:g} s{what}", "slow") from None

    async def _last(
        self, method: Method, fields: Mapping[str, Any], path: str, before: list[str], until: float
    ) -> httpx2.Response:
        """The last of several, where those before it tell to try again."""
        import httpx2

        failed: HttpError | None = None
        for repeated in range(self._retries + 1):
            try:
                response = await self._http.send(self._request(method, fields, path))
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

    def _request(self, method: Method, fields: Mapping[str, Any], path: str) -> httpx2.Request:
        url = self._below(path)
        if method == "GET":
            return self._http.build_request(method, url.copy_merge_params(fields))
        content, headers = json.dumps(fields).encode(), {"Content-Type": "application/json", **self._headers}
        return self._http.build_request(method, url, content=content, headers=headers)

    def _below(self, path: str) -> httpx2.URL:
        """Where a call goes, without user and password, which the client sends otherwise."""
        import httpx2

        if path not in self._places:
            url = httpx2.URL(self._url).copy_with(userinfo=b"")
            self._places[path] = url.copy_with(path=url.path.rstrip("/") + path) if path else url
        return self._places[path]

    @cached_property
    def _places(self) -> dict[str, httpx2.URL]:
        return {}

    @cached_property
    def _http(self) -> httpx2.AsyncClient:
        import httpx2

        every = httpx2.Timeout(self._silence, connect=min(CONNECTING, self._silence))
        known = guards(self._url)
        known["headers"] |= {"Accept": "application/json", **self._headers}
        http = httpx2.AsyncClient(**known, timeout=every, limits=httpx2.Limits(max_connections=None))
        weakref.finalize(self, close, http, loop()).atexit = False
        return http


def guards(url: str) -> dict[str, Any]:
    """What a client of httpx2 is made with, so that it keeps to the limits.

    No redirection is followed, as a key would follow it; nothing is unpacked; no more is read than `BYTES`; and no proxy is
    asked for this machine.
    """
    parts = urllib.parse.urlsplit(url)
    user, password = (urllib.parse.unquote(part or "") for part in (parts.username, parts.password))
    return {
        "auth": (user, password) if user or password else None,
        "headers": {"Accept-Encoding": "identity"},
        "follow_redirects": False,
        "event_hooks": {"response": [_check]},
        "mounts": dict.fromkeys(DIRECTLY),
    }


async def _check(response: httpx2.Response) -> None:
    """Look at a reply before its body is read. What is refused here is not asked for again."""
    if 300 <= response.status_code < 400:
        there = _target(response.headers.get("location", ""))
        raise _refused(f"the address redirects to {there}: name that one, if you trust it with questions, answers and your key")
    coding = response.headers.get("content-encoding", "identity")
    if coding != "identity":
        raise _refused(f"the reply is compressed ({coding[:20]}), which was not asked for, and is not read")
    response.encoding = "utf-8"  # which JSON is in, whatever encoding a header may name
    response.stream = _limited()(response.stream)


def _refused(why: str) -> HttpError:
    return HttpError(why, "limits")


@functools.cache
def _limited() -> Any:
    """A class of streams that end with an error once they are too long."""
    import httpx2

    class Limited(httpx2.AsyncByteStream):
        """Bytes of another stream, up to `BYTES`."""

        def __init__(self, stream: httpx2.AsyncByteStream) -> None:
            self.stream = stream

        async def __aiter__(self) -> AsyncIterator[bytes]:
            length = 0
            async for part in self.stream:
                length += len(part)
                if length > BYTES:
                    raise _refused(f"the reply has more than {BYTES:,} bytes, and is not read")
                yield part

        async def aclose(self) -> None:
            await self.stream.aclose()

    return Limited


def loop() -> asyncio.AbstractEventLoop:
    """The loop that all calls of this process run in, in a thread of its own."""
    with _starting:
        return _started()


def begun(call: Coroutine[Any, Any, _Came]) -> Future[_Came]:
    """A call that is under way in the loop, for who is in another thread."""
    return asyncio.run_coroutine_threadsafe(call, loop())


def run(call: Coroutine[Any, Any, _Came]) -> _Came:
    """What it comes to."""
    return begun(call).result()


_starting = threading.Lock()
"""Two threads that call for the first time get one loop, as a client cannot be used in two."""


@functools.cache
def _started() -> asyncio.AbstractEventLoop:
    made = asyncio.new_event_loop()
    threading.Thread(target=made.run_forever, daemon=True, name="http").start()
    return made


async def aside(size: int, work: Callable[..., _Came], *given: Any) -> _Came:
    """What some work in the loop comes to; done in another thread where it is about much, so that no other call is held up."""
    return await asyncio.to_thread(work, *given) if size > MUCH else work(*given)


def close(http: httpx2.AsyncClient, where: asyncio.AbstractEventLoop) -> None:
    """Close a client whose calls ran in that loop."""
    asyncio.run_coroutine_threadsafe(http.aclose(), where)


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
    """What Retry-After says, a number of seconds or a date (RFC 9110, 10.2.3); None where it says nothing of the kind.

    Some servers send parts of seconds.
    """
    if _NUMBER.fullmatch(retry_after.strip()):
        return float(retry_after)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(retry_after).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def _parsed(response: httpx2.Response) -> Any:
    """The JSON of a reply, without secrets."""
    import orjson

    if not response.is_success:
        raise HttpError(f"status {response.status_code}{quoted(response)}", str(response.status_code))
    try:
        return within(orjson.loads(response.content))
    except orjson.JSONDecodeError as error:
        kind = response.headers.get("content-type", "").partition(";")[0].strip() or "of no stated type"
        raise HttpError(f"the reply is no JSON in UTF-8 ({kind}): {error}{quoted(response)}", "no JSON") from None


def quoted(response: httpx2.Response) -> str:
    """How a reply begins, unless it is a page for a browser."""
    text = redact(" ".join(response.content[: 20 * QUOTED].decode(errors="replace").split()))
    return f"; it says {short(text, QUOTED)!r}" if text and not text.startswith("<") else ""


def _reason(error: Exception) -> str:
    """An error of the client in one line."""
    return " ".join(f"{type(error).__name__}: {error}".removesuffix(": ").split())


def _target(url: str) -> str:
    """Where a redirection leads, without what it may hold in secret."""
    try:
        return redact(public(url) if "://" in url else urllib.parse.urlsplit(url).path)[:LETTERS] or "nowhere"
    except ValueError:
        return "an address that names no host"
