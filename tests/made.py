"""Folders that many tests read and none changes: made once, whoever asks first, for all workers of a run of pytest."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from tests.waiting import PATIENCE


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Iterator[Path]:
    """The folder that ``make`` fills, for a fixture of the session; at its end ``AssertionError`` where a test changed it."""
    own = factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    folder, made = shared / f"made-{name}", shared / f"made-{name}.json"
    with FileLock(shared / f"made-{name}.lock", timeout=2 * PATIENCE):
        if not made.exists():
            shutil.rmtree(folder, ignore_errors=True)  # of a worker that could not make it
            folder.mkdir()
            make(folder)
            made.write_text(json.dumps(_contents(folder)))
    yield folder
    assert _contents(folder) == json.loads(made.read_text()), f"a test changed {folder}, which others read"


def _contents(folder: Path) -> dict[str, list[int]]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): [(about := path.stat()).st_size, about.st_mtime_ns] for path in files}
