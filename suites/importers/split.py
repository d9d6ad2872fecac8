"""What an importer is, what all are told, and the split that they share."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from proctor.core.schema import InputError
from proctor.suites.writing.draft import Draft


@dataclass(frozen=True)
class Options:
    """How to divide what was imported into training and test."""

    test_share: float = 0.5
    seed: int = 0
    test_ids: Path | None = None
    """A file that names the test questions, for formats that know one."""

    def test_groups(self, groups: Iterable[str], file: Path) -> frozenset[str]:
        """The groups whose questions are asked; the others are for training. The same for the same names and seed."""
        ordered = sorted(set(groups), key=lambda group: hashlib.sha256(f"{self.seed} {group}".encode()).digest())
        if not ordered:
            raise InputError(f"{file}: there is no question in it; give a file with some")
        return frozenset(ordered[: max(1, round(self.test_share * len(ordered)))])


class Importer(NamedTuple):
    """A format, and what reads it."""

    read: Callable[[Path, Options], Draft]
    help: str
    official: bool = False
    """Whether the format has a split of its own, that a file of ids names."""
