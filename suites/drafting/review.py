"""Drafts of a suite as people decide on them: each decision is written at once, and no other row of the file is touched."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

from proctor.core.reading import values
from proctor.core.reading.strict_json import parsed
from proctor.core.schema import InputError, Suite
from proctor.core.storage import errors
from proctor.core.storage.disk import write_atomically
from proctor.suites.drafting import rows
from proctor.suites.drafting.rows import FILES, QUESTIONS, TRAINING
from proctor.suites.loading.documents import Corpus

TEXT = {QUESTIONS: "question", TRAINING: "prompt"}
ANSWERS = {QUESTIONS: "references", TRAINING: "completion"}
"""File -> our names of the fields that hold the question and its right answers."""
MARK = b"\xef\xbb\xbf"


class GoneError(InputError):
    """The row is not there any more as it was shown."""


class DraftShown(NamedTuple):
    """A draft for a person to decide on."""

    file: str
    line: int
    raw: str
    """The row as it stands in the file: what tells it from others."""
    question: str
    answers: tuple[str, ...]
    """None where the documents do not tell."""
    evidence: tuple[str, ...]
    by: str
    """Who drafted it; empty where nobody says."""
    document: str
    """The document that it was drafted from, or that holds its evidence; empty where nobody says."""
    span: tuple[int, int]
    """Where in the document's text the evidence stands, or else the answer; both 0 where neither is found."""


class Edit(NamedTuple):
    """What a person wrote in place of what was drafted."""

    question: str
    answers: tuple[str, ...]
    evidence: tuple[str, ...]


class _Change(NamedTuple):
    path: Path
    before: bytes
    after: bytes


@dataclass
class Review:
    """The drafts of the suite in a folder, and what was decided since this began."""

    folder: Path
    suite: Suite
    _changes: list[_Change] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def drafts(self) -> list[DraftShown]:
        """All drafts that are left, in the order of the files."""
        return [self._shown(name, *row) for name in FILES for row in self._rows(name)]

    @property
    def can_undo(self) -> bool:
        """Whether there is a decision to take back."""
        return bool(self._changes)

    def accept(self, file: str, raw: str, edit: Edit | None = None) -> None:
        """Take a draft for a question of the suite, as it is or as it was edited.

        Raises:
            GoneError: the row was changed in the meantime.
            InputError: the edited row cannot be used; says why.
        """
        row = json.loads(raw)
        if edit:
            row = edited(_known(file), row, edit)
            rows.check(file, row, Corpus(self.suite.domain.documents))
        self._replace(file, raw, json.dumps(accepted(row, edited=edit is not None), ensure_ascii=False))

    def drop(self, file: str, raw: str) -> None:
        """Take a draft out of the file.

        Raises:
            GoneError: the row was changed in the meantime.
        """
        self._replace(file, raw, None)

    def undo(self) -> None:
        """Take the last decision back.

        Raises:
            GoneError: the file was changed since by somebody else.
        """
        with self._lock:
            if not self._changes:
                return
            last = self._changes[-1]
            if self._bytes(last.path) != last.after:
                raise GoneError(f"{last.path}: changed since by another program; correct the row there")
            self._write(last.path, last.before)
            self._changes.pop()

    def _rows(self, name: str) -> list[tuple[int, str, dict[str, Any]]]:
        """Line, text and values of the drafts in a file."""
        path = self.folder / name
        if not path.exists():
            return []
        lines = enumerate(_text(path, self._bytes(path)).split("\n"), 1)
        read = [(number, line.rstrip("\r"), _object(line)) for number, line in lines]
        return [(number, line, row) for number, line, row in read if row and is_draft(row)]

    def _replace(self, file: str, raw: str, new: str | None) -> None:
        """Write another row in the place of one, or none; all other bytes of the file stay as they are."""
        path = self.folder / _known(file)
        with self._lock:
            before = self._bytes(path)
            lines = before.removeprefix(MARK).split(b"\n")
            place = next((place for place, line in enumerate(lines) if line.rstrip(b"\r") == raw.encode()), None)
            if place is None:
                raise GoneError(f"{path}: this row is not there any more; load the page again")
            end = b"\r" if lines[place].endswith(b"\r") else b""
            lines[place : place + 1] = [] if new is None else [new.encode() + end]
            after = before[: len(before) - len(before.removeprefix(MARK))] + b"\n".join(lines)
            self._write(path, after)
            self._changes.append(_Change(path, before, after))

    def _shown(self, file: str, line: int, raw: str, row: Mapping[str, Any]) -> DraftShown:
        text = _first(_given(row, file, TEXT[file]))
        answers, evidence = (_texts(_given(row, file, name)) for name in (ANSWERS[file], "evidence"))
        said = row["draft"] if isinstance(row["draft"], dict) else {}
        document, span = self._place(str(said.get("from") or ""), evidence, answers)
        by = " ".join(str(said[name]) for name in ("by", "version") if said.get(name))
        return DraftShown(file, line, raw, text, answers, evidence, by, document, span)

    def _place(self, drafted_from: str, evidence: Sequence[str], answers: Sequence[str]) -> tuple[str, tuple[int, int]]:
        """The document to show, and what is to be seen in it."""
        corpus = {document.id: document.text for document in self.suite.domain.documents}
        near = sorted(corpus, key=lambda name: name not in (drafted_from, *evidence))
        for name in near:
            for sought in evidence:
                if found := _found(sought, corpus[name]):
                    return name, found
        document = next((name for name in (drafted_from, *evidence) if name in corpus), "")
        spans = (_found(answer, corpus[document]) for answer in answers if document)
        return document, next(filter(None, spans), (0, 0))

    def _bytes(self, path: Path) -> bytes:
        with errors.told("cannot read", path.parent, "check its permissions"):
            return path.read_bytes()

    def _write(self, path: Path, content: bytes) -> None:
        with errors.told("cannot write into", path.parent, "check its permissions"):
            write_atomically(path, [content])


def is_draft(row: Mapping[str, Any]) -> bool:
    """Whether a row is a draft that nobody has reviewed: as `InputRow.drafted`."""
    said = row.get("draft")
    return said is True or (isinstance(said, dict) and not said.get("accepted"))


def accepted(row: Mapping[str, Any], *, edited: bool) -> dict[str, Any]:
    """A row that is a draft no more; who drafted it, where that is said, and when it was accepted, stay in it."""
    said = row["draft"]
    if not isinstance(said, dict):
        return {name: value for name, value in row.items() if name != "draft"}
    when = {"accepted": datetime.now(UTC).date().isoformat()} | ({"edited": True} if edited else {})
    return {**row, "draft": {**said, **when}}


def edited(file: str, row: Mapping[str, Any], edit: Edit) -> dict[str, Any]:
    """A row with what a person wrote, under the names that its fields have; white space at the ends is no part of it."""
    answers: Any = [answer.strip() for answer in edit.answers if answer.strip()]
    if file == TRAINING:
        answers = answers[0] if answers else ""
    evidence = [text.strip() for text in edit.evidence if text.strip()]
    new = {TEXT[file]: edit.question.strip(), ANSWERS[file]: answers, "evidence": evidence}
    return {**row, **{_name(row, file, field): value for field, value in new.items()}}


def _known(file: str) -> str:
    if file not in FILES:
        raise InputError(f"{file}: no file of drafts; expected {' or '.join(FILES)}")
    return file


def _name(row: Mapping[str, Any], file: str, field: str) -> str:
    """What a row calls a field."""
    return next((name for name in (field, *FILES[file][field]) if name in row), field)


def _given(row: Mapping[str, Any], file: str, field: str) -> Any:
    return row.get(_name(row, file, field))


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else () if value in (None, "") else (str(value),)


def _first(value: Any) -> str:
    return next(iter(_texts(value)), "")


def _text(path: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8, and drafts are reviewed in UTF-8 alone; save it as UTF-8") from error


def _object(line: str) -> dict[str, Any] | None:
    try:
        found = parsed(line) if line.strip() else None
    except ValueError:  # the loader says so
        return None
    return found if isinstance(found, dict) else None


def _found(sought: str, text: str) -> tuple[int, int] | None:
    """Where a text stands in another, white space aside. A name of a document is no text of it."""
    pieces = values.plain(sought).split()
    found = re.search(r"\s+".join(map(re.escape, pieces)), text) if pieces else None
    return found.span() if found else None
