"""Files as text: UTF-8, with or without a byte order mark, or a problem that says where it is not."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import NamedTuple

from suites.problems import Place, Problems

UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


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


def read_text(path: Path, problems: Problems, *, remedy: str = "add it") -> str | None:
    """The text of a file with plain line ends; ``None``, and a problem noted, if there is none to be had."""
    if not problems.may_read(path):
        return None
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            problems.add(Place(path), "neither a file nor a folder (a pipe, a socket, a device)", "take it away")
            return None
        raw = path.read_bytes()
    except FileNotFoundError:
        leads = path.is_symlink()
        what = "a link that leads nowhere" if leads else "the file is missing"
        problems.add(Place(path), what, "mend or remove the link" if leads else remedy)
    except IsADirectoryError:
        problems.add(Place(path), "a file is expected, and this is a folder", "move it away")
    except OSError as error:
        problems.add(Place(path), f"the file cannot be read ({error.strerror})", "check its permissions")
    else:
        return _decoded(path, raw, problems)
    return None


def _decoded(path: Path, raw: bytes, problems: Problems) -> str | None:
    if kind := _kind(path, raw):
        problems.add(Place(path), f"{kind.name} is no plain text", kind.remedy)
        return None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        guess = " (it looks like UTF-16)" if raw.startswith(UTF16_MARKS) else ""
        what = f"not UTF-8 text at byte {error.start}{guess}"
        problems.add(Place(path, _line(raw, error.start)), what, "save it as UTF-8 text, or convert it to text first")
        return None
    if (nul := raw.find(b"\0")) >= 0:
        what = f"NUL byte at byte {nul}: this is no UTF-8 text (UTF-16 has many of them, and so has binary data)"
        problems.add(Place(path, _line(raw, nul)), what, "save it as UTF-8 text, or convert it to text first")
        return None
    return text.replace("\r\n", "\n").replace("\r", "\n")


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


def _line(raw: bytes, offset: int) -> int:
    return raw.count(b"\n", 0, offset) + 1
