"""What a disk or a folder does not take, as one sentence: which file, why, and what to do about it."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from proctor.core.schema import InputError
from proctor.core.storage import temporary

FULL = {errno.ENOSPC, errno.EDQUOT}
REMEDIES = {
    **dict.fromkeys(FULL, "make room there"),
    errno.EFBIG: "allow larger files (ulimit -f)",
    errno.EROFS: "make it writable",
    **dict.fromkeys((errno.EACCES, errno.EPERM), "change its permissions"),
    **dict.fromkeys((errno.ENOTDIR, errno.EEXIST), "move away the file that is in place of a folder"),
    **dict.fromkeys((errno.EISDIR, errno.ENOTEMPTY), "move away the folder that is in place of a file"),
    errno.ENAMETOOLONG: "use shorter names",
    errno.ELOOP: "mend the symbolic links, which lead in a circle",
    errno.ENOENT: "run the same command again, if it was removed meanwhile",
    errno.ESTALE: "run the same command again, if it was removed meanwhile",
    errno.EIO: "check the disk",
    **dict.fromkeys((errno.EMFILE, errno.ENFILE), "allow more open files (ulimit -n)"),
}
"""By the system's number of an error, what mends it."""
NO_ROOM = (*FULL, errno.EFBIG, errno.EROFS)
"""Errors that only writing has, whoever tells of them."""
NUMBERED = re.compile(r"os error (\d+)|[Ee]rrno (\d+)|Os \{ code: (\d+)")
TORN = re.compile(r"PytorchStreamWriter|inline_container|unexpected pos|\d+ requested and \d+ written")
"""What torch and numpy say when a file takes no more, without saying why."""
CIRCLE = re.compile(r"Symlink loop from '(.*)'")
"""What `Path.resolve` says of links that lead in a circle, up to Python 3.12."""
ENOUGH = 2**20
"""Bytes that a folder must take before work begins."""


def sentence(error: OSError, instead: str = "", known: Path | None = None) -> str:
    """``FILE: No space left on device; make room there, or INSTEAD``: what happened and what to do.

    The file is left out where it is ``known``.
    """
    told = [text for text in (REMEDIES.get(error.errno or 0, ""), instead) if text]
    named = isinstance(error.filename, str | bytes) and os.fsdecode(error.filename) != str(known)
    where = f"{os.fsdecode(error.filename)}: " if named else ""
    return f"{where}{error.strerror or error}{'; ' if told else ''}{', or '.join(told)}"


def cause(error: BaseException) -> OSError | None:
    """The system's error behind that of a library, if storage was what failed.

    Libraries tell it in their own ways: safetensors as a text with the system's number, torch only that a file ends too early.
    """
    if isinstance(error, OSError) and error.errno in REMEDIES:
        return error
    before = error.__cause__ or error.__context__
    return _behind(error) or (_behind(before) or cause(before) if before else None)


def _behind(error: BaseException) -> OSError | None:
    said = str(error) if isinstance(error, Exception) else ""
    if circle := CIRCLE.fullmatch(said):
        return OSError(errno.ELOOP, os.strerror(errno.ELOOP), circle[1])
    told = {int(number) for groups in NUMBERED.findall(said) for number in groups if number}
    number = next((number for number in NO_ROOM if number in told or os.strerror(number) in said), None)
    if number:
        return OSError(number, os.strerror(number))
    return OSError(errno.ENOSPC, "a file could not be written to its end") if TORN.search(said) else None


@contextmanager
def told(what: str, folder: Path, instead: str) -> Iterator[None]:
    """Have what fails on the disk in ``folder`` end as one sentence that begins with ``what``.

    Raises:
        InputError: in the place of such an error. Others are passed on, and so are those of files elsewhere but for a full disk.
    """
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        plainly = said(error, what, folder, instead)
        if not plainly:
            raise
        raise InputError(plainly) from error


def said(error: Exception, what: str, folder: Path, instead: str) -> str:
    """A failure of the disk in ``folder`` as `told` words it; nothing if the error is of another kind or of another place."""
    found = cause(error)
    if found is None or not (found.errno in NO_ROOM or (found is error and _within(found, folder))):
        return ""
    return f"{what} {folder}: {sentence(found, instead, folder)}"


def _within(error: OSError, folder: Path) -> bool:
    """Whether it is of a file in a folder, or of the folder itself or one that holds it; or of none that is named."""
    if not isinstance(error.filename, str | bytes):
        return True
    path = Path(os.path.abspath(os.fsdecode(error.filename)))  # noqa: PTH100 # links are left as they are: one may lead nowhere
    mine = Path(os.path.abspath(folder))  # noqa: PTH100
    return path.is_relative_to(mine) or mine.is_relative_to(path)


def probe(folder: Path) -> None:
    """Write a little into a folder, or into the nearest one above it that there is, and take it away again.

    Raises:
        OSError: the folder cannot be made, or takes no new file of `ENOUGH` bytes.
    """
    there = _nearest(folder)
    longest = os.pathconf(there, "PC_NAME_MAX")
    if any(len(os.fsencode(part)) > longest for part in folder.absolute().relative_to(there).parts):
        raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG), str(folder))
    path = temporary.beside(there / "probe")
    try:
        with path.open("wb") as file:
            file.write(bytes(ENOUGH))
            file.flush()
            os.fsync(file.fileno())
    finally:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def _nearest(folder: Path) -> Path:
    """The nearest folder that there is."""
    folder = folder.absolute()
    try:
        folder.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return _nearest(folder.parent)
    if folder.is_symlink() and not folder.exists():
        number = errno.ELOOP if _in_a_circle(folder) else errno.ENOTDIR
        raise OSError(number, os.strerror(number), str(folder))
    if not folder.is_dir():
        raise OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))
    return folder


def _in_a_circle(link: Path) -> bool:
    try:
        link.stat()
    except OSError as error:
        return error.errno == errno.ELOOP
    return False
