"""Whether vectors of questions are read back from earlier: not where the time is taken that a question takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_timed: ContextVar[bool] = ContextVar("_timed", default=False)


@contextmanager
def timed() -> Iterator[None]:
    """While the context is open, an embedder embeds each question anew."""
    token = _timed.set(True)
    try:
        yield
    finally:
        _timed.reset(token)


def read_back() -> bool:
    """Whether a question's vector may come from an earlier one."""
    return not _timed.get()
