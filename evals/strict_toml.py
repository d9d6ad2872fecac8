"""TOML as people write settings: what is wrong with it, and on which line."""

from __future__ import annotations

import re
import tomllib
from typing import Any

_KEY = r"""(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*"""
_DEEP_KEY = re.compile(rf"(?<![\w-])(?:{_KEY}){{50}}")
"""A key of more parts than anybody writes: for each of them Python's reader keeps a copy of all before it."""


class TomlError(ValueError):
    """A text that is no TOML, or none that is read. ``line`` says where, if that is known."""

    def __init__(self, what: str, line: int | None = None) -> None:
        super().__init__(what)
        self.line = line


def parsed(text: str) -> dict[str, Any]:
    """The table that a text is the TOML of.

    Raises:
        TomlError: it is not TOML, is nested too deep, or holds a number that cannot be read.
    """
    if deep := _DEEP_KEY.search(text):
        raise TomlError("a key of 50 parts or more", text.count("\n", 0, deep.start()) + 1)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.fullmatch(r"(.*) \(at (?:line (\d+), column \d+|end of document)\)", str(error), re.DOTALL)
        what, line = (found[1], found[2]) if found else (str(error), "1")
        raise TomlError(what[:200], int(line or text.count("\n") + 1)) from error
    except RecursionError:
        raise TomlError("nested too deep") from None
    except (ValueError, OverflowError) as error:
        raise TomlError(str(error)) from error
