"""What an importer is, what all are told, and the split into training and test that they share."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeVar

from proctor.core.schema import Example, InputError, Question, Suite
from proctor.suites.writing.draft import Draft

_Thing = TypeVar("_Thing")


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


def grouped(evidence: Mapping[_Thing, Sequence[str]]) -> dict[_Thing, str]:
    """Each thing's group: those that share evidence, with each other or through others, are one. Each has some."""
    head: dict[str, str] = {}

    def first(name: str) -> str:
        while head.setdefault(name, name) != name:
            name = head[name]
        return name

    for names in evidence.values():
        for name in names[1:]:
            one, other = sorted((first(names[0]), first(name)))
            head[other] = one
    return {thing: first(names[0]) for thing, names in evidence.items()}


def example(question: Question) -> Example:
    """A question to train with. What the documents do not answer is to be declined."""
    return Example(question.text, question.references[0] if question.references else Suite.abstain[0], question.evidence)


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
