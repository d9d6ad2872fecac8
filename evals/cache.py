"""Nothing is done twice: what is expensive lives in a folder named by the hash of all that shapes it.

An entry appears whole or not at all (built beside, synced, renamed, under a lock per key), so a killed run resumes
and two workers never build one thing twice. An entry whose bytes changed is reported and built again.
"""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from filelock import FileLock

from evals.schema import InputError

log = logging.getLogger("proctor")
MANIFEST = "entry.json"
LARGE = 2**26
"""Bytes of a file that is not hashed anew each time."""


def digest(*parts: Any) -> str:
    """Hash of JSON-like data: equal data, equal hash, on any machine."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def file_digest(path: Path) -> str:
    """Hash of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@lru_cache(maxsize=64)
def source(*files: str) -> str:
    """Hash of source files (a module's ``__file__``): what they made is made anew once they change, a comment not excepted."""
    return digest([file_digest(Path(file)) for file in files])


def write_atomically(path: Path, text: str | Iterable[bytes]) -> None:
    """Write beside, sync, rename: readers see the old text or the new, never half of it. It may come piece by piece."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("wb") as file:
            file.writelines([text.encode()] if isinstance(text, str) else text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR}


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    """A disk that takes no more, or a folder that takes nothing, said plainly."""
    try:
        yield
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        raise InputError(
            f"cannot write to the cache {folder}: {error.strerror}; make room, or name another folder in PROCTOR_CACHE"
        ) from error


class Cache:
    """A folder of entries ``<kind>/<key>/``. Keys are hashes; a kind is a word such as ``adapters``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()

    def build(self, kind: str, key: str, make: Callable[[Path], None]) -> Path:
        """The folder of an entry, made by ``make(folder)`` if it is not there yet.

        After a kill ``make`` is given the folder as it was left, so that it can go on from its own checkpoints.
        """
        entry = self.folder / kind / key[:40]
        if self._whole(entry):
            return entry
        with _told(self.folder), self._lock(entry):
            if not self._whole(entry):
                self._make(entry, make)
        return entry

    def has(self, kind: str, key: str) -> bool:
        """Whether the entry is there and undamaged."""
        return self._whole(self.folder / kind / key[:40])

    def json(self, kind: str, key: str, make: Callable[[], Any]) -> Any:
        """The JSON value of an entry, computed by ``make()`` if it is not there yet."""

        def write(folder: Path) -> None:
            (folder / "value.json").write_text(json.dumps(make()), encoding="utf-8")

        return json.loads((self.build(kind, key, write) / "value.json").read_text(encoding="utf-8"))

    def file_digest(self, path: Path) -> str:
        """Hash of a file's bytes. Large files are hashed once, and again only when they were written to or replaced."""
        stat = path.stat()
        if stat.st_size <= LARGE:
            return file_digest(path)
        key = digest(str(path.resolve()), stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)
        return str(self.json("digests", key, lambda: file_digest(path)))

    def journal(self, kind: str, key: str) -> Journal:
        """An append-only entry, for results that arrive one batch at a time."""
        return Journal(self.folder / kind / f"{key[:40]}.jsonl")

    def _make(self, entry: Path, make: Callable[[Path], None]) -> None:
        partial = entry.with_name(f"{entry.name}.partial")
        partial.mkdir(parents=True, exist_ok=True)
        make(partial)
        files = {str(path.relative_to(partial)): file_digest(path) for path in sorted(partial.rglob("*")) if path.is_file()}
        write_atomically(partial / MANIFEST, json.dumps(files, indent=1))
        shutil.rmtree(entry, ignore_errors=True)
        partial.rename(entry)

    def _whole(self, entry: Path) -> bool:
        """Whether every file of the entry is what its manifest says; damage is reported."""
        if not (entry / MANIFEST).exists():
            return False
        try:
            files = json.loads((entry / MANIFEST).read_text(encoding="utf-8"))
            damaged = [name for name, expected in files.items() if file_digest(entry / name) != expected]
        except (OSError, ValueError, AttributeError) as error:
            damaged = [f"{MANIFEST}: {error}"]
        if damaged:
            log.warning("damaged cache entry %s (%s): building it again", entry, ", ".join(damaged))
        return not damaged

    def _lock(self, entry: Path) -> FileLock:
        entry.parent.mkdir(parents=True, exist_ok=True)
        return FileLock(f"{entry}.lock")


class Journal:
    """JSON lines that are only ever added to. A line torn by a kill is dropped, and so done again."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def lock(self) -> FileLock:
        """Held while rows are added, so that two workers do not do the same work."""
        with _told(self.path.parent):
            self.path.parent.mkdir(parents=True, exist_ok=True)
        return FileLock(f"{self.path}.lock")

    def rows(self) -> Iterator[dict[str, Any]]:
        """Every whole line, in order."""
        if self.path.exists():
            for line in self.path.read_bytes().splitlines(keepends=True):
                if line.endswith(b"\n") and (row := _parsed(line)) is not None:
                    yield row

    def append(self, rows: Iterable[dict[str, Any]]) -> None:
        """Add rows and make sure that they are on the disk. Call it holding the lock."""
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        with _told(self.path.parent), self.path.open("a+b") as file:
            if file.tell() and not _ends_a_line(file):
                file.write(b"\n")
            file.write(lines.encode())
            file.flush()
            os.fsync(file.fileno())


def _ends_a_line(file: Any) -> bool:
    file.seek(-1, os.SEEK_END)
    return bool(file.read(1) == b"\n")


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) else None
