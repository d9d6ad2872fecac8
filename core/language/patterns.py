r"""Regular expressions that a user wrote, matched for a bounded time.

Some patterns, harmless to look at, try ever more ways to divide a text before they give up: ``(?:\w+[ ,.]*)+`` on forty words
and a bracket would take Python's `re` years. The library `regex` reads the same patterns and can be told when to stop.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import regex

from proctor.core.reading.shown import short

SECONDS = 2.0
"""Processor time that one match may take: some thousand times what a sound pattern takes."""
PROBE = 0.5
"""The same for the texts on which a pattern is tried before it is used."""


REMEDY = "write it without repeats within repeats, such as (a+)+"


BROKEN = regex.error
"""A pattern that is none."""


class TooSlowError(Exception):
    """A pattern or a schema did not come to an end on a text. The message names both."""


def check(pattern: str) -> None:
    """Whether it is a pattern.

    Raises:
        ValueError, TypeError: it is none that Python's `re` and `regex` both read.
    """
    if not isinstance(pattern, str):
        raise TypeError("a text is expected")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(pattern)
            _compiled(pattern)
    except (re.error, regex.error, RecursionError, OverflowError) as error:
        raise ValueError(short(str(error))) from error


def fullmatch(pattern: str, text: str, seconds: float | None = None) -> Any:
    """The match of a whole text, or None.

    Raises:
        TooSlowError: it takes too long to tell.
    """
    return _timed("fullmatch", pattern, text, seconds)


def search(pattern: str, text: str, seconds: float | None = None) -> Any:
    """The first match in a text, or None; raises as `fullmatch` does."""
    return _timed("search", pattern, text, seconds)


def sub(pattern: str, text: str, made: Callable[[Any], str], count: int = 0) -> str:
    """The text with each match, or the first ``count`` of them, replaced by what is made of it.

    Raises:
        TooSlowError: it takes too long.
    """
    try:
        return str(_compiled(pattern).sub(made, text, count=count, timeout=SECONDS))
    except TimeoutError as error:
        what = f"the pattern {short(pattern)} takes more than {SECONDS:g} s to be replaced in a text: {short(text)!r}"
        raise TooSlowError(what) from error


def _timed(how: str, pattern: str, text: str, seconds: float | None) -> Any:
    limit = seconds or SECONDS
    try:
        return getattr(_compiled(pattern), how)(text, timeout=limit)
    except TimeoutError as error:
        what = f"the pattern {short(pattern)} takes more than {limit:g} s to tell whether a text follows it: {short(text)!r}"
        raise TooSlowError(what) from error


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    return regex.compile(pattern)
