"""Nothing is done twice: what is expensive lives in a folder named by the hash of all that shapes it.

An entry appears whole or not at all (built beside, synced, renamed, under a lock per key), so a killed run resumes
and two workers never build one thing twice. An entry whose bytes changed is reported and built again; a damaged line of a
journal is dropped, reported and done again.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proctor.core.counts import counted
from proctor.core.storage import errors, manifest, temporary
from proctor.core.storage.disk import file_digest, write_atomically
from proctor.core.storage.sealed import opened, sealed

if TYPE_CHECKING:
    from filelock import FileLock

log = logging.getLogger("proctor")
SCRATCH = "scratch"
"""Folder of an entry that is being made which is no part of it: what going on after a kill takes."""
LARGE = 2**26
"""Bytes of a file that is not hashed anew each time."""


def digest(*parts: Any) -> str:
    """Hash of JSON-like data: equal data, equal hash, on any machine."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _told(folder: Path) -> AbstractContextManager[None]:
    """A disk that takes no more, or a folder that takes nothing, said plainly."""
    return errors.told("cannot write to the cache", folder, "name another folder in PROCTOR_CACHE")


class Cache:
    """A folder of entries ``<kind>/<key>/``. Keys are hashes; a kind is a word such as ``adapters``."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(os.path.realpath(folder))  # a Path's own resolve() fails at links that lead in a circle

    def check(self) -> None:
        """Whether something can be written there; what killed processes left of files being written is removed.

        Raises:
            InputError: it cannot; says what to do.
        """
        with _told(self.folder):
            errors.probe(self.folder)
        temporary.sweep(self.folder, *self.folder.glob("*/"))

    def build(self, kind: str, key: str, make: Callable[[Path], None]) -> Path:
        """The folder of an entry, made by ``make(folder)`` if it is not there yet.

        After a kill ``make`` is given the folder as it was left, so that it can go on from its own checkpoints, which it keeps
        in `SCRATCH`: that folder is removed once the entry is made.
        """
        entry = self.place(kind, key)
        if self._whole(entry):
            return entry
        with _told(self.folder), self._lock(entry):
            if not self._whole(entry):
                self._make(entry, make)
        return entry

    def has(self, kind: str, key: str) -> bool:
        """Whether the entry is there and undamaged."""
        return self._whole(self.place(kind, key))

    def place(self, kind: str, key: str) -> Path:
        """The folder that an entry has, or would have."""
        return self.folder / kind / key[:40]

    def json(self, kind: str, key: str, make: Callable[[], Any]) -> Any:
        """The JSON value of an entry, computed by ``make()`` if it is not there yet."""

        def write(folder: Path) -> None:
            (folder / "value.json").write_text(json.dumps(make()), encoding="utf-8")

        entry = self.build(kind, key, write)
        with _told(self.folder):  # somebody may have removed it
            return json.loads((entry / "value.json").read_text(encoding="utf-8"))

    def file_digest(self, path: Path) -> str:
        """Hash of a file's bytes. Large files are hashed once, and again only when they were written to or replaced."""
        stat = path.stat()
        if stat.st_size <= LARGE:
            return file_digest(path)
        key = digest(str(path.resolve()), stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)
        return str(self.json("digests", key, lambda: file_digest(path)))

    def journal(self, kind: str, key: str) -> Journal:
        """An append-only entry, for results that arrive one batch at a time."""
        return Journal(self.folder / kind / f"{key[:40]}.lines")

    def _make(self, entry: Path, make: Callable[[Path], None]) -> None:
        partial = entry.with_name(f"{entry.name}.partial")
        partial.mkdir(parents=True, exist_ok=True)
        temporary.sweep(partial)
        if manifest.damage(partial, without=SCRATCH):  # else a kill came after it was made
            manifest.remove(partial)
            make(partial)
            manifest.write(partial, without=SCRATCH)
        if (partial / SCRATCH).exists():
            shutil.rmtree(partial / SCRATCH)
        _remove(entry)
        partial.rename(entry)

    def _whole(self, entry: Path) -> bool:
        """Whether every file of the entry is what its manifest says; damage is reported."""
        if not entry.exists():
            return False
        damaged = manifest.damage(entry)
        if damaged:
            log.warning("damaged cache entry %s (%s): building it again", entry, ", ".join(damaged))
        return not damaged

    def _lock(self, entry: Path) -> FileLock:
        from filelock import FileLock  # it loads asyncio, which nobody needs who only looks

        entry.parent.mkdir(parents=True, exist_ok=True)
        _tidy(entry.parent)
        return FileLock(f"{entry}.lock", is_singleton=True)  # one that an interrupt left held is taken again


@cache
def _tidy(folder: Path) -> None:
    """Remove what killed processes left in a folder: once in a process is enough."""
    temporary.sweep(folder)


def _remove(entry: Path) -> None:
    """Delete an entry that is damaged."""
    if entry.is_dir():
        manifest.remove(entry)
        shutil.rmtree(entry)
    else:
        entry.unlink(missing_ok=True)


class Journal:
    """JSON lines that are only ever added to, each with its checksum.

    A line torn by a kill is dropped, and so done again; so is a damaged one, which is said.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def lock(self) -> Iterator[list[dict[str, Any]]]:
        """Held while rows are added, so that two workers do not do the same work; gives the rows that are there.

        Damaged lines are taken out first.
        """
        with self.held():
            with _told(self.path.parent):
                rows = self._mended()
            yield rows

    @contextmanager
    def held(self) -> Iterator[None]:
        """As `lock`, for who reads no more rows than those that it looks for. Damaged lines are passed over."""
        with _told(self.path.parent):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            _tidy(self.path.parent)
            from filelock import FileLock

            lock = FileLock(f"{self.path}.lock", is_singleton=True)
            lock.acquire()
        try:
            yield
        finally:
            lock.release()

    def rows(self) -> Iterator[dict[str, Any]]:
        """What every undamaged line holds, in order."""
        return (row for _, row in self._lines() if row is not None)

    def append(self, rows: Iterable[dict[str, Any]]) -> int:
        """Add rows and make sure that they are on the disk; returns the bytes added. Call it holding the lock."""
        lines = b"".join(sealed(json.dumps(row).encode()) + b"\n" for row in rows)
        with _told(self.path.parent), self.path.open("a+b") as file:
            if file.tell() and not _ends_a_line(file):
                lines = b"\n" + lines
            file.write(lines)
            file.flush()
            os.fsync(file.fileno())
        return len(lines)

    def add(self, rows: Iterable[dict[str, Any]]) -> int:
        """As `append`, for who does not hold the lock. The lines that are there are not looked at."""
        with self.held():
            return self.append(rows)

    def size(self) -> int:
        """Bytes of all lines so far."""
        return self.path.stat().st_size if self.path.exists() else 0

    def _lines(self) -> Iterator[tuple[bytes, dict[str, Any] | None]]:
        """Each line, and the row that it holds; None if it is torn or damaged."""
        if self.path.exists():
            with self.path.open("rb") as file:
                yield from ((line, _parsed(line)) for line in file)

    def _mended(self) -> list[dict[str, Any]]:
        """All rows; the file is written anew without the lines that hold none. Of a torn one nothing is said."""
        rows: list[dict[str, Any]] = []
        lost: list[bytes] = []
        for line, row in self._lines():
            if row is None:
                lost.append(line)
            else:
                rows.append(row)
        damaged = sum(line.endswith(b"\n") for line in lost)
        if damaged:
            log.warning("%s: %s dropped, what it held is done again", self.path, counted(damaged, "damaged line"))
        if lost:
            write_atomically(self.path, [line for line, row in self._lines() if row is not None])
        return rows


def _ends_a_line(file: Any) -> bool:
    file.seek(-1, os.SEEK_END)
    return bool(file.read(1) == b"\n")


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        return opened(line)
    except ValueError:
        return None
