"""Files as text: UTF-8, with or without a byte order mark, or a problem that says where it is not."""

from __future__ import annotations

from pathlib import Path

from suites.problems import Place, Problems

UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def read_text(path: Path, problems: Problems, *, remedy: str = "add it") -> str | None:
    """The text of a file with plain line ends; ``None``, and a problem noted, if there is none to be had."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        problems.add(Place(path), "the file is missing", remedy)
    except IsADirectoryError:
        problems.add(Place(path), "a file is expected, and this is a folder", "move it away")
    except OSError as error:
        problems.add(Place(path), f"the file cannot be read ({error.strerror})", "check its permissions")
    else:
        return _decoded(path, raw, problems)
    return None


def _decoded(path: Path, raw: bytes, problems: Problems) -> str | None:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        guess = " (it looks like UTF-16)" if raw.startswith(UTF16_MARKS) else ""
        what = f"not UTF-8 text at byte {error.start}{guess}"
        problems.add(Place(path, _line(raw, error.start)), what, "save it as UTF-8 text, or convert it to text first")
        return None
    if (nul := raw.find(b"\0")) >= 0:
        problems.add(Place(path, _line(raw, nul)), f"NUL byte at byte {nul}", "remove it: documents and tables are plain text")
        return None
    return text.replace("\r\n", "\n")


def _line(raw: bytes, offset: int) -> int:
    return raw.count(b"\n", 0, offset) + 1
