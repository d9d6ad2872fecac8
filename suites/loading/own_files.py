"""Files of a suite that can be no documents: its questions with their answers, its training examples, its settings and tasks.

Links may lead from the corpus to them, by mistake (``ln -s .. documents/up``) or not. Whoever reads the documents would then
be given the answers of the exam, and do well.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

NAMES = ("suite.toml", "questions.jsonl", "train.jsonl", "revisions.jsonl")


@dataclass(frozen=True)
class OwnFiles:
    """What the suite in ``folder`` is made of, apart from its documents."""

    folder: Path
    tasks: tuple[Path, ...] = ()
    """Its folders of general tasks."""

    def wrong_with_folder(self, path: Path) -> str:
        """What is wrong with a folder of documents; nothing if it is one. ``OSError`` and ``RuntimeError`` are left aside."""
        with suppress(OSError, RuntimeError):
            real = path.resolve()
            if self.folder.resolve().is_relative_to(real):
                return f"the folder leads to {real}, which holds the suite itself, with its questions and answers"
            if inside := self._tasks_at(real):
                return f"the folder leads to {inside}, which holds general tasks, with their answers"
        return ""

    def wrong_with_file(self, path: Path) -> str:
        """What is wrong with a file of documents; nothing if it is one. Hard links are found as symbolic ones are."""
        with suppress(OSError, RuntimeError):
            status = path.stat()
            if own := self._files.get((status.st_dev, status.st_ino)):
                return f"this document is the suite's own {own}"
            if inside := self._tasks_at(path.resolve()):
                return f"this document is a file of general tasks, in {inside}"
        return ""

    @cached_property
    def _files(self) -> dict[tuple[int, int], str]:
        """Device and number of each file that is there -> its name."""
        found = {}
        for name in NAMES:
            with suppress(OSError):
                status = os.stat(self.folder / name)  # noqa: PTH116 # links followed
                found[status.st_dev, status.st_ino] = name
        return found

    def _tasks_at(self, real: Path) -> Path | None:
        return next((folder for folder in self._real_tasks if real.is_relative_to(folder)), None)

    @cached_property
    def _real_tasks(self) -> tuple[Path, ...]:
        """Those that the documents do not lie in themselves."""
        documents = (self.folder / "documents").resolve()
        return tuple(folder for folder in _resolved(self.tasks) if not documents.is_relative_to(folder))


def _resolved(paths: Iterable[Path]) -> Iterable[Path]:
    for path in paths:
        with suppress(OSError, RuntimeError):
            yield path.resolve()
