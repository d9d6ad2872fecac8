"""Files that a user names, read in bounds: regular files of a size that can be meant, as UTF-8 text or JSON.

Whatever cannot be read is an `InputError` with the file, the line where one is known, what is wrong and what to do.
"""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any, NoReturn

from proctor.core.reading import strict_json
from proctor.core.reading.shown import short
from proctor.core.schema import InputError

SETTINGS = 2**20
"""Bytes that a file of settings may have."""
YAML = 2**17
"""The same for YAML, whose reader takes a second for some ten thousand values."""
DATA = 2**30
"""Bytes that a document or a file of questions may have."""
KINDS = {stat.S_ISDIR: "a folder", stat.S_ISFIFO: "a pipe", stat.S_ISSOCK: "a socket"}
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


class UnreadableError(Exception):
    """A file that cannot be read. ``line`` says where, if that is known."""

    def __init__(self, what: str, remedy: str, line: int | None = None) -> None:
        super().__init__(what)
        self.what, self.remedy, self.line = what, remedy, line


def raw(path: Path, most: int = DATA, *, remedy: str = "add it") -> bytes:
    """The bytes of a regular file; ``remedy`` says what to do where there is none.

    Raises:
        UnreadableError: there is none, it is something else, or it is too large.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            _refuse(status.st_mode)
        if status.st_size > most:
            what = f"the file has {_size(status.st_size)}, and at most {_size(most)} are read"
            raise UnreadableError(what, "divide it, or take out what it need not hold")
        return path.read_bytes()
    except FileNotFoundError as error:
        leads = path.is_symlink()
        what = "a link that leads nowhere" if leads else "the file is missing"
        raise UnreadableError(what, "mend or remove the link" if leads else remedy) from error
    except PermissionError as error:
        raise UnreadableError(f"the file cannot be read ({error.strerror})", "check its permissions") from error
    except (OSError, ValueError) as error:  # a link to itself, a name too long or with a NUL in it
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise UnreadableError(f"the file cannot be read ({why})", "name another file, or mend the link") from error


def _refuse(mode: int) -> NoReturn:
    kind = next((name for test, name in KINDS.items() if test(mode)), "a device")
    raise UnreadableError(f"a file is expected, and this is {kind}", "move it away, or name another file")


def decoded(raw: bytes) -> str:
    """Bytes as text with plain line ends.

    Raises:
        UnreadableError: it is not UTF-8, or holds a NUL byte, as binary data does.
    """
    remedy = "save it as UTF-8 text, or convert it to text first"
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        guess = " (it looks like UTF-16)" if raw.startswith(UTF16_MARKS) else ""
        raise UnreadableError(f"not UTF-8 text at byte {error.start}{guess}", remedy, _line(raw, error.start)) from error
    if (nul := raw.find(b"\0")) >= 0:
        what = f"NUL byte at byte {nul}: this is no UTF-8 text (UTF-16 has many of them, and so has binary data)"
        raise UnreadableError(what, remedy, _line(raw, nul))
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_text(path: Path, most: int = DATA, *, remedy: str = "name a file that there is") -> str:
    """The text of a file, with plain line ends.

    Raises:
        InputError: it cannot be read.
    """
    try:
        return decoded(raw(path, most, remedy=remedy))
    except UnreadableError as error:
        raise failed(path, error.line, error.what, error.remedy) from error


def read_json(path: Path, most: int = DATA, *, remedy: str) -> Any:
    """The value that a file is the JSON of; no number in it is NaN or infinite."""
    text = read_text(path, most, remedy=remedy)
    try:
        return strict_json.parsed(text, finite=True)
    except json.JSONDecodeError as error:
        raise failed(path, error.lineno, f"not JSON at column {error.colno}: {error.msg}", remedy) from error
    except strict_json.RepeatedKeyError as error:
        raise failed(path, None, f"{short(str(error))}: an object has this key twice", "keep one of them") from error
    except ValueError as error:
        raise failed(path, None, f"JSON that cannot be read ({short(str(error), 200)})", remedy) from error


def failed(path: Path, line: int | None, what: str, remedy: str) -> InputError:
    """An error in the form that editors and terminals make clickable."""
    return InputError(f"{path}{'' if line is None else f':{line}'}: {what}; {remedy}")


def _line(raw: bytes, offset: int) -> int:
    return raw.count(b"\n", 0, offset) + 1


def _size(count: int) -> str:
    for unit, name in ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")):
        if count >= unit:
            return f"{count / unit:,.3g} {name}"
    return f"{count:,} bytes"
