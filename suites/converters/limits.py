"""What a converter takes in and gives out at most: a small file may stand for a text of gigabytes."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO
from xml.parsers import expat

from proctor.core.reading.user_files import UnreadableError

FILE = 2**28
"""Bytes of a file that is converted."""
UNPACKED = 2**29
"""Bytes of all that an office file holds, unpacked."""
PARTS = 20_000
"""Files in an office file."""
TEXT = 2**26
"""Letters of what a file says."""
PROLOGUE = 2**16
"""Bytes in which the first element of an XML file begins, or it is no office file's."""
SMALLER = "divide it, or take out what it need not hold"


class _Begun(Exception):  # noqa: N818 # no error: the part of the file that is looked at has ended
    """The first element begins: no type can be declared from here on."""


def joined(pieces: Iterable[str], between: str = "\n") -> str:
    """The pieces that are not blank, together.

    Raises:
        UnreadableError: they are too long; the rest is not looked at.
    """
    kept: list[str] = []
    length = 0
    for piece in pieces:
        length += len(piece)
        if length > TEXT:
            raise UnreadableError(f"it holds more than {TEXT:,} letters", SMALLER)
        if piece.strip():
            kept.append(piece.strip("\n"))
    return between.join(kept)


def check_size(path: Path) -> None:
    """Refuse a file that is too large.

    Raises:
        UnreadableError: it is.
    """
    if (size := path.stat().st_size) > FILE:
        raise UnreadableError(f"{size // 2**20:,} MiB, and at most {FILE // 2**20} MiB are converted", SMALLER)


def check_office(path: Path) -> None:
    """See to it that an office file, a zip archive of XML, can be opened.

    Its own figures of how large its parts are bound what `zipfile` unpacks of them. A declared document type, which no office
    program writes, could define entities that grow without end or stand for other files.

    Raises:
        UnreadableError: it is damaged, too large unpacked, locked or not what an office program writes.
    """
    check_size(path)
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            if len(parts) > PARTS or sum(part.file_size for part in parts) > UNPACKED:
                what = f"unpacked it has more than {UNPACKED // 2**20} MiB or {PARTS:,} parts"
                raise UnreadableError(what, SMALLER)
            if any(part.flag_bits & 1 for part in parts):
                raise UnreadableError("it is locked by a password", "save it without one")
            for part in parts:
                if part.filename.lower().endswith((".xml", ".rels", ".vml")):
                    with archive.open(part) as file:
                        _check_xml(file, part.filename)  # type: ignore[arg-type]
    except (zipfile.BadZipFile, EOFError, NotImplementedError, OSError, ValueError) as error:
        raise UnreadableError(f"a damaged office file ({error})", "open it in an office program and save it anew") from error


def _check_xml(file: BinaryIO, name: str) -> None:
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = lambda *_: _refuse(name)
    parser.StartElementHandler = _begin
    try:
        parser.Parse(file.read(PROLOGUE), False)  # noqa: FBT003 # expat takes no names
    except _Begun:
        return
    except expat.ExpatError as error:
        raise UnreadableError(f"{name} in it is no XML ({error})", "open it in an office program and save it anew") from error
    raise UnreadableError(f"{name} in it is no XML of an office program", "open it in an office program and save it anew")


def _begin(*_: object) -> None:
    raise _Begun


def _refuse(name: str) -> None:
    what = f"{name} in it declares a document type, by which a file can name other files or grow without end"
    raise UnreadableError(what, "open it in an office program and save it anew")
