"""JSON pointers (RFC 6901): where in a piece of JSON something stands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from proctor.core.reading.shown import shown

_FORM = re.compile(r"(?:/(?:[^~/]|~[01])*)*")
_PLACE = re.compile(r"0|[1-9][0-9]{0,8}")
"""A place in a list, counted from 0."""


@dataclass(frozen=True)
class Pointer:
    """The texts that are pointers, as a setting."""

    def wrong(self, value: object) -> str:
        """What is wrong with a value."""
        if isinstance(value, str) and _FORM.fullmatch(value):
            return ""
        hint = f': begin it with a slash, "/{value}"' if isinstance(value, str) and _FORM.fullmatch(f"/{value}") else ""
        return f'expected a JSON pointer, such as "/answer" or "/sources/0/text", not {shown(value)}{hint}'


def find(data: Any, pointer: str) -> Any:
    """What stands there.

    Raises:
        LookupError: nothing does.
    """
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(data, dict):
            data = data[name]
        elif isinstance(data, list) and _PLACE.fullmatch(name):
            data = data[int(name)]
        else:
            raise LookupError(pointer)
    return data
