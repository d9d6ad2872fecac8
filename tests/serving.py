"""Web servers on this machine, each at work in a thread of this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import BaseServer
from threading import Thread

from tests.waiting import PATIENCE


@contextmanager
def at_work(server: BaseServer) -> Iterator[None]:
    """A server at work, which is closed at the end.

    It looks every hundredth of a second whether it is to end: `serve_forever` by itself does so every half second, and each test
    waits for that.
    """
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(PATIENCE)
