"""Files as text: UTF-8, with or without a byte order mark, or a problem that says where it is not.

Where other encodings are allowed, one that can be told is read, and said.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from proctor.core.reading import encodings
from proctor.core.reading.problems import Place, Problems
from proctor.core.reading.user_files import DATA, UnreadableError, decoded, raw


class Kind(NamedTuple):
    """A kind of file that is no text, or whose text is not what a reader sees."""

    name: str
    remedy: str = "convert it to text first, or take it away"


WORD, TABLE, SLIDES = Kind("a Word file"), Kind("a spreadsheet", "save it as CSV, or take it away"), Kind("a presentation")
PDF, RTF, IMAGE, SOUND = Kind("a PDF file"), Kind("an RTF file"), Kind("an image"), Kind("a recording")
ARCHIVE, MAIL = Kind("an archive or an office file", "unpack or convert it first, or take it away"), Kind("a mail")
LINK = Kind("a link to something that lies elsewhere", "put the text itself there, or take it away")
POINTER = Kind("a pointer of git LFS, which stands for the file", "run git lfs pull")
NOTEBOOK = Kind("a notebook, whose text is wrapped in JSON", "convert it first: jupyter nbconvert --to markdown")
BEGINNINGS = {
    b"version https://git-lfs.github.com/spec/": POINTER,
    b"%PDF-": PDF,
    rb"{\rtf": RTF,
    b"\x89PNG": IMAGE,
    b"\xff\xd8\xff": IMAGE,
    b"GIF8": IMAGE,
    b"\x1f\x8b": ARCHIVE,
    b"7z\xbc\xaf": ARCHIVE,
    b"PAR1": Kind("a Parquet file", "write it as CSV or JSON lines"),
    b"%!PS": Kind("a PostScript file"),
}
SUFFIXES = {
    **dict.fromkeys((".doc", ".docx", ".docm", ".odt", ".pages"), WORD),
    **dict.fromkeys((".xls", ".xlsx", ".xlsm", ".xlsb", ".ods", ".numbers"), TABLE),
    **dict.fromkeys((".ppt", ".pptx", ".odp", ".key"), SLIDES),
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".heic", ".ico", ".svg"), IMAGE),
    **dict.fromkeys((".mp3", ".mp4", ".wav", ".m4a", ".mov", ".avi", ".mkv", ".ogg", ".flac"), SOUND),
    **dict.fromkeys((".zip", ".gz", ".tar", ".tgz", ".7z", ".rar", ".bz2", ".xz", ".zst"), ARCHIVE),
    **dict.fromkeys((".eml", ".mbox", ".msg", ".mht", ".mhtml"), MAIL),
    **dict.fromkeys((".gdoc", ".gsheet", ".gslides", ".url", ".webloc", ".desktop", ".lnk"), LINK),
    ".pdf": PDF,
    ".rtf": RTF,
    ".epub": Kind("an e-book"),
    ".ipynb": NOTEBOOK,
}
WRAPPED = (NOTEBOOK, MAIL, IMAGE, LINK)
"""These may be UTF-8 and are still not the text that somebody reads. Others may only be called like what they are not."""
CONTAINERS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""What office files begin with, those of today and of old; the suffix says which of them it is."""


ToldOf = Callable[[str], object]
"""Is told something about a file that was read."""


def read_text(
    path: Path, problems: Problems, *, remedy: str = "add it", most: int = DATA, said: ToldOf | None = None
) -> str | None:
    """The text of a file with plain line ends; ``None``, and a problem noted, if there is none to be had.

    With ``said`` a file may be in another encoding than UTF-8 if it can be told which; ``said`` is told.
    """
    if not problems.may_read(path):
        return None
    try:
        found = raw(path, most, remedy=remedy)
        kind = _kind(path, found)
        if not kind:
            return _text(found, said)
        problems.add(Place(path), f"{kind.name} is no plain text", kind.remedy)
    except UnreadableError as error:
        problems.add(Place(path, error.line), error.what, error.remedy)
    return None


def _text(raw: bytes, said: ToldOf | None) -> str:
    try:
        return decoded(raw)
    except UnreadableError:
        found = encodings.detected(raw) if said else None
        if said is None or found is None:
            raise
        said(f"not UTF-8: read as {found.encoding}, judging by its bytes")
        return found.text


def _kind(path: Path, raw: bytes) -> Kind | None:
    """What a file is, if it is known to be no plain text."""
    named = SUFFIXES.get(path.suffix.lower())
    if raw.startswith(CONTAINERS):
        return named or ARCHIVE
    begun = next((kind for beginning, kind in BEGINNINGS.items() if raw.startswith(beginning)), None)
    return begun or (named if raw and (named in WRAPPED or not _is_text(raw)) else None)


def _is_text(raw: bytes) -> bool:
    try:
        return "\0" not in raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
