"""A suite on its way to disk: what importers make, written whole or not at all."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from proctor.core.language.text import normalise
from proctor.core.reading.tally import Tally
from proctor.core.schema import Document, Example, InputError, Question, Suite
from proctor.core.slugs import below
from proctor.core.storage import errors
from proctor.suites.loading.load import load
from proctor.suites.loading.settings import FILE, NAME

LONGEST = 80
"""Bytes of a file's name; file systems take 255, and of whole paths some take as few."""


@dataclass(frozen=True)
class Draft:
    """The content of a suite, not yet in a folder."""

    documents: Sequence[Document]
    examples: Mapping[str, Example]
    """Where each is in the source -> the example."""
    questions: Sequence[Question]
    instruction: str = ""
    source: str = ""
    """The file that all this comes from."""
    tally: Tally = field(default_factory=Tally, compare=False)

    def unrepeated(self) -> Draft:
        """Without the training examples whose question is in the test, too: training gives way. They are counted."""
        asked = {normalise(question.text) for question in self.questions}
        kept = {place: example for place, example in self.examples.items() if normalise(example.prompt) not in asked}
        for place in (place for place in self.examples if place not in kept):
            self.tally.leave_out(self.source, "training examples whose question is asked in the test", place)
        self.tally.take(self.source, len(kept) + len(self.questions))
        return replace(self, examples=kept)

    def files(self, name: str, title: str, general: Sequence[str]) -> dict[str, str]:
        """The text of every file of the suite's folder."""
        head = {"name": name, "title": title, "instruction": self.instruction, "general": list(general)}
        files = {FILE: "".join(f"{key} = {_toml(value)}\n" for key, value in head.items() if value)}
        taken: set[str] = set()
        for document in self.documents:
            path = _path(document.id, taken)
            files[f"documents/{path}.md"] = _document(document, path)
        if self.examples:
            files["train.jsonl"] = json_lines(_example(example) for example in self.examples.values())
        files["questions.jsonl"] = json_lines(_question(question) for question in self.questions)
        return files


def short(text: str) -> str:
    """A text that may be part of a file's name: as it is, or its beginning and a hash of the whole."""
    bare = re.sub(r"[^\w.-]+", "_", text).strip("._") or "_"
    if bare == text and len(bare.encode()) <= LONGEST:
        return bare
    room = LONGEST - 9
    return f"{bare.encode()[:room].decode(errors='ignore')}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _path(id_: str, taken: set[str]) -> str:
    """Where a document is kept, without the suffix: its id, as far as that can be the name of a file."""
    path = "/".join(map(short, id_.split("/")))
    number = 2
    while _folded(path if number == 2 else f"{path}-{number}") in taken:
        number += 1
    path = path if number == 2 else f"{path}-{number}"
    taken.add(_folded(path))
    return path


def _folded(path: str) -> str:
    """A path as file systems see it that tell neither case nor spelling."""
    return unicodedata.normalize("NFC", path).casefold()


def _document(document: Document, path: str) -> str:
    named = "" if document.id == path else f"id: {_line(document.id)}\n"
    return f"---\n{named}title: {_line(document.title or document.id)}\n{_fields(document)}---\n{document.text}\n"


def _fields(document: Document) -> str:
    """The other lines of its front matter: a list for a field of several values."""
    values: dict[str, list[str]] = {}
    for name, value in document.fields:
        values.setdefault(name, []).append(_line(value))
    lists = {name: "".join(f"\n- {one}" for one in found) for name, found in values.items() if len(found) > 1}
    return "".join(f"{name}:{lists.get(name, f' {found[0]}')}\n" for name, found in values.items())


def suite_name(folder: Path) -> str:
    """A name for the suite in a folder: the folder's, if that is one."""
    name = folder.resolve().name
    return name if NAME.fullmatch(name) else "my-suite"


def write_suite(folder: Path, files: Mapping[str, str]) -> Suite:
    """Write a suite's files into a new folder, if they load."""
    write_folder(folder, files, check=lambda beside: load(str(beside)))
    return load(str(folder))


def write_folder(folder: Path, files: Mapping[str, str], check: Any = None) -> None:
    """Write files into a new or empty folder: all of them, or none.

    Raises:
        InputError: there is something in the folder, or it cannot be written.
    """
    check_new(folder)
    beside = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(beside, ignore_errors=True)
    try:
        for name, text in files.items():
            path = below(beside, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        if check:
            _checked(check, beside, folder)
        beside.replace(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def check_new(folder: Path) -> None:
    """Refuse a folder that a suite cannot be written into.

    Raises:
        InputError: there is something in the folder, or it cannot be written.
    """
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise InputError(f"{folder}: a new or empty folder is expected, and there is something; nothing is ever overwritten")
    with errors.told("cannot write into", folder, "name another folder"):
        errors.probe(folder)


def _checked(check: Any, beside: Path, folder: Path) -> None:
    """Problems are named where the files would have been: those beside are gone when somebody reads of them."""
    try:
        check(beside)
    except InputError as error:
        raise InputError(str(error).replace(str(beside), str(folder)).replace(beside.name, folder.name)) from error


def json_lines(rows: Iterable[Mapping[str, Any]]) -> str:
    """One JSON object a line."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _example(example: Example) -> dict[str, Any]:
    return {"prompt": example.prompt, "completion": example.completion, "evidence": example.evidence}


def _question(question: Question) -> dict[str, Any]:
    row = {"id": question.id, "question": question.text, "references": question.references, "evidence": question.evidence}
    return row | {key: value for key, value in (("tags", question.tags), ("cluster", question.cluster)) if value}


def _line(text: str) -> str:
    """One line of a front matter, which takes off the quotes around it and nothing else."""
    return f'"{" ".join(text.split())}"'


def _toml(value: str | Sequence[str]) -> str:
    """JSON's texts and lists of texts are TOML's."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
