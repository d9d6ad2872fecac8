"""Files as they are on the disk: their hashes, and writing them whole or not at all."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from proctor.core.storage import temporary


def file_digest(path: Path) -> str:
    """Hash of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_atomically(path: Path, text: str | Iterable[bytes]) -> None:
    """Write beside, sync, rename: readers see the old text or the new, never half of it. It may come piece by piece."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = temporary.beside(path)
    try:
        with beside.open("wb") as file:
            file.writelines([text.encode()] if isinstance(text, str) else text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
