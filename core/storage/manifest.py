"""What a folder holds, written last: the folder is whole if it still holds that, and nothing else."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

from proctor.core.storage.disk import file_digest, write_atomically

NAME = "entry.json"


def write(folder: Path, without: str = "") -> None:
    """List every file with its SHA-256, once all are on the disk; ``without``: a folder in it that is left out.

    Files whose names begin with a dot are not looked at: they are the system's, or what a kill left of one being written.
    """
    files = {}
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        if not without or not name.startswith(f"{without}/"):
            with path.open("rb") as file:
                os.fsync(file.fileno())
            files[name] = file_digest(path)
    write_atomically(folder / NAME, json.dumps(files, indent=1))


def damage(folder: Path, without: str = "") -> list[str]:
    """What is wrong with a folder that has, or should have, a manifest; nothing if it is whole."""
    try:
        listed = json.loads((folder / NAME).read_bytes())
        wrong = [name for name, expected in listed.items() if not _holds(folder / name, expected)]
    except FileNotFoundError:
        return [f"{NAME} is missing"]
    except (OSError, ValueError, AttributeError, TypeError, RecursionError) as error:
        return [f"{NAME}: {error}"]
    names = (path.relative_to(folder).as_posix() for path in _files(folder))
    unlisted = [name for name in names if name not in listed and not (without and name.startswith(f"{without}/"))]
    return wrong + [f"{name} is not listed" for name in unlisted]


def remove(folder: Path) -> None:
    """Take the manifest away, so that nobody takes what is left for whole while the rest is deleted."""
    (folder / NAME).unlink(missing_ok=True)


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.name != NAME and not path.name.startswith(".") and path.is_file():
            yield path


def _holds(path: Path, expected: str) -> bool:
    return path.is_file() and file_digest(path) == expected
