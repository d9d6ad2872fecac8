"""One event loop in a thread of its own, in which everything that a system awaits is awaited: its clients belong to that loop."""

from __future__ import annotations

import threading
from collections.abc import Awaitable
from typing import Any

from proctor.models.candidates.asking.calling import CallError


class Loop:
    """An event loop that runs until the process ends."""

    def __init__(self) -> None:
        import asyncio  # what is not async needs none of it

        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="proctor-loop", daemon=True).start()

    def result(self, awaited: Awaitable[Any], seconds: float) -> Any:
        """What it comes to, from any thread.

        Raises:
            CallError: it takes longer than that many seconds, and is cancelled.
        """
        import asyncio

        async def wait() -> Any:
            return await awaited

        future = asyncio.run_coroutine_threadsafe(asyncio.wait_for(wait(), seconds), self._loop)
        try:
            return future.result()
        except TimeoutError as error:
            if future.cancelled() or not error.args:
                raise CallError(f"no answer within {seconds:g} s", "timeout") from error
            raise
        except BaseException:  # stopped while it waits
            future.cancel()
            raise
