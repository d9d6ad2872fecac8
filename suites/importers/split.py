"""What an importer is, what all are told, and the split that they share."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
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
    fields: Mapping[str, str] = field(default_factory=dict)
    """Our name of a field -> what the file calls it, for formats that let one say so."""

    def test_groups(self, groups: Iterable[str], file: Path) -> frozenset[str]:
        """The groups whose questions are asked; the others are for training. The same for the same names and seed."""
        ordered = sorted(set(groups), key=lambda group: hashlib.sha256(f"{self.seed} {group}".encode()).digest())
        if not ordered:
            raise InputError(f"{file}: there is no question in it; give a file with some")
        return frozenset(ordered[: max(1, round(self.test_share * len(ordered)))])

    def named(self, layout: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        """A layout, our name of a field -> theirs, with the names that were said in place of its own."""
        if unknown := [name for name in self.fields if name not in layout]:
            raise InputError(f"--field {unknown[0]}=...: there is no such field; known: {', '.join(layout)}")
        return {**layout, **{ours: (theirs,) for ours, theirs in self.fields.items()}}


class Importer(NamedTuple):
    """A format, and what reads it."""

    read: Callable[[Path, Options], Draft]
    help: str
    official: bool = False
    """Whether the format has a split of its own, that a file of ids names."""
    fields: tuple[str, ...] = ()
    """The fields of which can be said what the file calls them."""
    parts: bool = False
    """Whether it reads folders of parts, such as a data set of the hub."""
