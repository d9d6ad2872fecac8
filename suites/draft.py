"""A suite on its way to disk: what importers make, written whole or not at all."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evals.schema import Document, Example, InputError, Question, Suite
from suites.load import load
from suites.questions import words
from suites.settings import FILE, NAME


@dataclass(frozen=True)
class Draft:
    """The content of a suite, not yet in a folder. Ids of documents become their file names."""

    documents: Sequence[Document]
    examples: Sequence[Example]
    questions: Sequence[Question]
    instruction: str = ""

    def unrepeated(self) -> Draft:
        """Without the training examples whose question is in the test, too: training gives way."""
        asked = {words(question.text) for question in self.questions}
        return replace(self, examples=[example for example in self.examples if words(example.prompt) not in asked])

    def files(self, name: str, title: str, general: Sequence[str]) -> dict[str, str]:
        """The text of every file of the suite's folder."""
        head = {"name": name, "title": title, "instruction": self.instruction, "general": list(general)}
        files = {FILE: "".join(f"{key} = {_toml(value)}\n" for key, value in head.items() if value)}
        for document in self.documents:
            files[f"documents/{document.id}.md"] = f"---\ntitle: {_line(document.title or document.id)}\n---\n{document.text}\n"
        if self.examples:
            files["train.jsonl"] = json_lines(_example(example) for example in self.examples)
        files["questions.jsonl"] = json_lines(_question(question) for question in self.questions)
        return files


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
        InputError: there is something in the folder.
    """
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise InputError(f"{folder}: a new or empty folder is expected, and there is something; nothing is ever overwritten")
    beside = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(beside, ignore_errors=True)
    try:
        for name, text in files.items():
            path = beside / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        if check:
            check(beside)
        beside.replace(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def json_lines(rows: Iterable[Mapping[str, Any]]) -> str:
    """One JSON object a line."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _example(example: Example) -> dict[str, Any]:
    return {"prompt": example.prompt, "completion": example.completion, "evidence": example.evidence}


def _question(question: Question) -> dict[str, Any]:
    row = {"id": question.id, "question": question.text, "references": question.references, "evidence": question.evidence}
    return row | {key: value for key, value in (("tags", question.tags), ("cluster", question.cluster)) if value}


def _line(text: str) -> str:
    return json.dumps(" ".join(text.split()), ensure_ascii=False).replace("\\", "")


def _toml(value: str | Sequence[str]) -> str:
    """JSON's texts and lists of texts are TOML's."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
