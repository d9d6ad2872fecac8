"""Texts as a page can hold them, in its markup and in its data."""

from __future__ import annotations

import json
import re
from typing import Any

from markupsafe import Markup

UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
"""What no HTML page may hold, and what would turn round the text after it."""
ESCAPED = re.compile(r"\\(\\|u00(?:0[0-8bcef]|1[0-9a-f])|[bf]|r(?:\\n)?)")
"""The same in JSON, which escapes some of it, and ends of lines. An escaped backslash begins no other escape."""


def printable(value: Any) -> Any:
    """Every value on its way into a page."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return UNPRINTABLE.sub(lambda found: _code(ord(found[0])), value.replace("\r\n", "\n").replace("\r", "\n"))
    return value


def as_data(value: Any) -> str:
    """JSON that stands in a page: holds no tag, and nothing that no page may hold."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    text = UNPRINTABLE.sub(lambda found: f"\\{_code(ord(found[0]))}", ESCAPED.sub(_unescaped, text))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _unescaped(found: re.Match[str]) -> str:
    """The same for what JSON escapes; lines end as HTML has them end, so that a name is the same in both."""
    what = found[1]
    if what == "\\":
        return found[0]
    return "\\n" if what[0] == "r" else f"\\{_code({'b': 8, 'f': 12}.get(what) or int(what[1:], 16))}"


def _code(letter: int) -> str:
    """What stands for a letter that no page may hold: its number, so that names that differ in it stay apart."""
    return f"\\u{letter:04x}"
