"""Names of files that are being written, by which what a killed process left is known and removed.

    .proctor-3f2a9c01-4711-1764501234-2        host, process, when the process started, number

Beside a file of a run or a site lies such a one while it is written; it is renamed once it is whole. What a name says of its
owner is enough to tell whether anybody still writes it, also where another process has the number now.
"""

from __future__ import annotations

import hashlib
import os
import re
import socket
import time
from collections.abc import Iterator
from functools import cache
from itertools import count
from pathlib import Path

NAME = re.compile(r"\.proctor-(?P<host>[0-9a-f]{8})-(?P<process>\d+)-(?P<start>\d+)-\d+(\..*)?")
"""What follows a dot was made beside it by a tool, such as git's lock of an index."""
OWNER = re.compile(r"(?P<host>[0-9a-f]{8})_(?P<process>\d+)_(?P<start>\d+)_\d+")
DAY = 24 * 60 * 60
"""Seconds after which a file of another machine is abandoned: whether its owner runs cannot be asked from here."""
SLACK = 2
"""Seconds by which the start of a process may differ from one look to the next."""
_numbers = count(1)


def beside(path: Path) -> Path:
    """Where to write what shall become ``path``: a new name in its folder, however long the name of ``path`` is."""
    return path.with_name(f".proctor-{_host()}-{os.getpid()}-{_start(os.getpid())}-{next(_numbers)}")


def owner() -> str:
    """Who makes something that is no file, and when it started: letters, digits and underscores, another each time."""
    return f"{_host()}_{os.getpid()}_{_start(os.getpid())}_{next(_numbers)}"


def is_ownerless(said: str) -> bool:
    """Whether nobody alive makes any more what `owner` said this of."""
    found = OWNER.fullmatch(said)
    if found is None:
        return False
    if found["host"] == _host():
        return not _runs(int(found["process"]), int(found["start"]))
    return time.time() - int(found["start"]) > DAY


def is_temporary(name: str) -> bool:
    """Whether a file's name is one of these."""
    return NAME.fullmatch(name) is not None


def sweep(*folders: Path) -> None:
    """Remove from folders, not from those in them, what nobody alive is writing. What cannot be removed stays."""
    for folder in folders:
        for path in _left(folder):
            try:
                path.unlink(missing_ok=True)
            except OSError:  # a folder that takes nothing gives nothing, either
                return


def _left(folder: Path) -> Iterator[Path]:
    try:
        names = [entry.name for entry in os.scandir(folder)]
    except OSError:
        return
    for name in names:
        found = NAME.fullmatch(name)
        if found and _abandoned(folder / name, found):
            yield folder / name


def _abandoned(path: Path, found: re.Match[str]) -> bool:
    if found["host"] == _host():
        return not _runs(int(found["process"]), int(found["start"]))
    try:
        return time.time() - path.stat().st_mtime > DAY
    except OSError:
        return False


def _runs(process: int, start: int) -> bool:
    import psutil

    try:
        found = psutil.Process(process)
        return bool(found.status() != psutil.STATUS_ZOMBIE and abs(found.create_time() - start) <= SLACK)
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:  # it is there, and nothing more is told
        return True


@cache
def _start(process: int) -> int:
    """When a process started, in whole seconds. Asked for each process anew, as one that was forked has this one's memory."""
    import psutil

    return int(psutil.Process(process).create_time())


@cache
def _host() -> str:
    return hashlib.sha256(socket.gethostname().encode()).hexdigest()[:8]
