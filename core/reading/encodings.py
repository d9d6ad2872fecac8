"""Text that is not UTF-8: in which encoding it is written, where that can be told without a guess between two readings."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from charset_normalizer import CharsetMatch

MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""Byte order marks, the longer ones first, as one begins like a shorter one."""
DECLARED = re.compile(
    rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})|<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([\w.:-]{1,40})",
    re.IGNORECASE,
)
BEGINNING = 4096
"""Bytes in which a page says its encoding."""
WIDE = ("utf_16", "utf_16_le", "utf_16_be", "utf_32", "utf_32_le", "utf_32_be", "utf_7")
"""Almost any bytes are text in these: only with NUL bytes among them can they be meant."""
COHERENT = 0.3
"""From here on letters are as frequent as in a language that the detector knows; below, it knows none."""
CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


class Decoded(NamedTuple):
    """A text, and the encoding that it was written in."""

    text: str
    encoding: str


def detected(raw: bytes) -> Decoded | None:
    """Bytes that are not UTF-8 as text; ``None`` where no encoding fits, or several do and give different texts.

    A byte order mark counts first, then what a page of HTML or XML says of itself, then what charset-normalizer finds.
    """
    marked = next((encoding for mark, encoding in MARKS.items() if raw.startswith(mark)), None)
    if marked:
        return _decoded(raw, marked)
    said = DECLARED.search(raw[:BEGINNING]) if raw.lstrip()[:1] == b"<" else None
    if said and (found := _decoded(raw, (said[1] or said[2]).decode("ascii"))):
        return found
    return _found(raw)


def _decoded(raw: bytes, encoding: str) -> Decoded | None:
    try:
        text = raw.decode(encoding)
    except (LookupError, ValueError):
        return None
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return None if CONTROLS.search(plain) else Decoded(plain, codecs.lookup(encoding).name)


def _found(raw: bytes) -> Decoded | None:
    from charset_normalizer import from_bytes

    found = list(from_bytes(raw, cp_exclusion=None if b"\0" in raw else [*WIDE], preemptive_behaviour=False))
    if not found:
        return None
    best = min(found, key=lambda one: (one.chaos, -one.coherence))
    rivals = [one for one in found if one.chaos <= best.chaos and str(one) != str(best)]
    if rivals and best.coherence < COHERENT:
        return None
    return _decoded(raw, _usual(best))


def _usual(found: CharsetMatch) -> str:
    """The encoding that people use of those that give this text."""
    return "cp1252" if "cp1252" in found.could_be_from_charset else found.encoding
