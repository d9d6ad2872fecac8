"""The corpus: every text file under a suite's ``documents`` folder, each with optional front matter.

---
id: sensor-7
title: Sensor 7
---
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from evals.schema import Document
from suites.problems import Place, Problems, closest
from suites.reading import read_text

FENCE = "---"
HEADING = re.compile(r"^#{1,6}[ \t]+(.+?)[ \t#]*$", re.MULTILINE)
YAML_LINE = re.compile(r"\s*$|\s*#|\s+\S|-(\s|$)|[^\s:#][^:]*:(\s|$)")
"""Blank, comment, continuation, list item or key: all that a front matter may consist of."""
KEY_VALUE = re.compile(r"(\w+):\s+(.*\S)\s*$")


def read_documents(folder: Path, problems: Problems) -> tuple[Document, ...]:
    """Every document under a folder, in the order of the paths. Hidden files are left out."""
    if not folder.is_dir():
        problems.add(Place(folder), "the folder of documents is missing", "put the texts to be asked about there")
        return ()
    seen: dict[str, Path] = {}
    documents = []
    files = list(_files(folder))
    for path in files:
        if (text := read_text(path, problems)) is not None:
            document = _document(path, path.relative_to(folder), text)
            _check(document, path, seen, problems)
            documents.append(document)
    if not files:
        problems.add(Place(folder), "the corpus is empty: no documents", "put at least one text file there (.md, .txt, ...)")
    return tuple(documents)


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if not hidden and not path.is_dir():
            yield path


def _document(path: Path, relative: Path, text: str) -> Document:
    matter, body = front_matter(text)
    name = matter.get("id", relative.with_suffix("").as_posix())
    heading = HEADING.search(body) if path.suffix.lower() in (".md", ".markdown") else None
    return Document(name, body.strip(), matter.get("title") or (heading[1] if heading else name))


def front_matter(text: str) -> tuple[dict[str, str], str]:
    """The keys of a front matter and the text after it. What does not look like one belongs to the text."""
    lines = text.split("\n")
    if lines[0].rstrip() != FENCE:
        return {}, text
    end = next((number for number, line in enumerate(lines[1:], 1) if line.rstrip() == FENCE), None)
    if end is None or not all(YAML_LINE.match(line) for line in lines[1:end]):
        return {}, text
    found = (KEY_VALUE.match(line) for line in lines[1:end])
    return {pair[1].lower(): _unquoted(pair[2]) for pair in found if pair}, "\n".join(lines[end + 1 :])


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value


def _check(document: Document, path: Path, seen: dict[str, Path], problems: Problems) -> None:
    if not document.text:
        problems.add(Place(path), "the document is empty", "write its text or delete the file")
    if not document.id.strip():
        problems.add(Place(path, field="id"), "the id is empty", "give it one, or leave the line out")
    if document.id in seen:
        what = f"the id '{document.id}' is also that of {seen[document.id]}"
        problems.add(Place(path, field="id"), what, "give one of them another id in its front matter")
    seen.setdefault(document.id, path)


class Corpus:
    """Finds a document by its id or by its text."""

    def __init__(self, documents: tuple[Document, ...]) -> None:
        self.documents = documents
        self.by_id = {document.id: document for document in documents}
        self.by_text = {document.text: document.id for document in documents}

    def resolve(self, name: str, place: Place, problems: Problems) -> str:
        """The id of the document that ``name`` is the id, the text or a passage of; a problem if there is none."""
        if name in self.by_id:
            return name
        if (found := self.by_text.get(name.strip())) is not None:
            return found
        holders = [document.id for document in self.documents if name.strip() in document.text] if " " in name.strip() else []
        if len(holders) == 1:
            return holders[0]
        if self.documents:
            self._unresolved(name, len(holders), place, problems)
        return name

    def _unresolved(self, name: str, holders: int, place: Place, problems: Problems) -> None:
        shown = name if len(name) <= 60 else f"{name[:57]}..."
        if holders:
            problems.add(place, f"{holders} documents hold the text '{shown}'", "name the document that is meant by its id")
        elif len(name.split()) > 5:
            what = f"no document has or holds exactly the text '{shown}'"
            problems.add(place, what, "name documents by their ids, or copy their text unchanged")
        else:
            problems.add(place, f"'{shown}' is no document", closest(name, self.by_id))
