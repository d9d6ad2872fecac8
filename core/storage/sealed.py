"""A checksum as the last field of a JSON object, by which damage is known: ``{"a": 1, "crc": "6f0e2c1d"}``.

It is the CRC-32 of zip and gzip, of all bytes before its own field: no change of up to 32 bits in a row goes unseen, and of
others one in 4e9. It protects against damage, not against whoever changes the checksum with the text.
"""

from __future__ import annotations

import json
import zlib
from typing import Any

FIELD = "crc"
_START = f'"{FIELD}": "'.encode()
_SIZE = len(_START) + 8 + len('"}')


def sealed(text: bytes) -> bytes:
    """A JSON object with its checksum in it, without white space at its end.

    Raises:
        ValueError: it is no object.
    """
    text = text.strip()
    if not (text.startswith(b"{") and text.endswith(b"}")):
        raise ValueError("only a JSON object can be sealed")
    fields = text[1:-1].rstrip()
    body = b"{%s, " % fields if fields else b"{"
    return b'%s%s%08x"}' % (body, _START, zlib.crc32(body))


def intact(text: bytes) -> bool | None:
    """Whether an object is as it was sealed; None if it has no checksum. Line ends after it do not matter."""
    text = text.rstrip(b"\r\n")
    if text[-_SIZE:-10] != _START:
        return None
    return text[-10:] == b'%08x"}' % zlib.crc32(text[:-_SIZE])


def opened(text: bytes, *, always: bool = True) -> dict[str, Any]:
    """The object that was sealed, without its checksum. ``always``: whether one without a checksum is damaged too.

    Raises:
        ValueError: it is no JSON object, or not as it was sealed; says which.
    """
    found = intact(text)
    if found is False:
        raise ValueError("it was changed after it was written: its checksum does not match")
    if found is None and always:
        raise ValueError("it was changed after it was written: its checksum is missing")
    try:
        row = json.loads(text)
    except RecursionError as error:
        raise ValueError("its brackets are nested too deeply") from error
    if not isinstance(row, dict):
        raise ValueError("expected a JSON object")  # noqa: TRY004 # as what cannot be read
    if found:
        del row[FIELD]
    return row
