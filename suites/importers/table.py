"""A table with a question, its answers and the text that holds them on every row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from evals.schema import Document, Example, InputError, Question, Suite
from suites.columns import QUESTION, Columns
from suites.draft import Draft
from suites.importers.options import Options
from suites.problems import Place, Problems, closest
from suites.reading import read_text

COLUMNS: Columns = {
    "id": QUESTION["id"],
    "question": (*QUESTION["question"], "prompt"),
    "answer": ("answers", "references", "reference", "expected_output", "ground_truth", "completion"),
    "context": ("document", "text", "passage", "contexts", "reference_contexts"),
    "title": (),
    "split": (),
}
REQUIRED = ("question", "answer", "context")
SPLITS = {"train": False, "training": False, "test": True}
BETWEEN = "|"
"""Stands between several right answers in one cell."""


@dataclass(frozen=True)
class _Line:
    place: Place
    id: str
    question: str
    answers: tuple[str, ...]
    document: str
    test: bool | None


def table(file: Path, options: Options) -> Draft:
    """A row is a question. Equal contexts are one document; an empty answer means that the context does not hold it.

    Without a column ``split`` the questions about whole documents go to training or test: see `suites.importers`.
    """
    problems = Problems(f"import of {file.name}")
    documents: dict[str, Document] = {}
    try:
        lines = list(_lines(file, documents, problems))
    except csv.Error as error:
        raise InputError(f"{file}: no table that can be read ({error}); write it as CSV, quoted where needed") from error
    problems.check()
    test = options.test_groups((line.document for line in lines), file)
    asked = {line.place: line.document in test if line.test is None else line.test for line in lines}
    return Draft(
        documents=list(documents.values()),
        examples=[_example(line) for line in lines if not asked[line.place]],
        questions=[_question(line) for line in lines if asked[line.place]],
    )


def _lines(file: Path, documents: dict[str, Document], problems: Problems) -> Iterator[_Line]:
    text = read_text(file, problems, remedy="give the path of the table to import")
    if text is None:
        return
    reader = csv.reader(io.StringIO(text), delimiter=_delimiter(text))
    header = _header(next(reader, []), file, problems)
    if problems.found:
        return
    ids: dict[str, int] = {}
    number = reader.line_num + 1
    for cells in reader:
        place, number = Place(file, number), reader.line_num + 1
        if len(cells) > len(header):
            problems.add(place, f"{len(cells)} cells under {len(header)} columns", 'put cells that hold the delimiter in "..."')
        elif any(cell.strip() for cell in cells):
            yield _line(dict(zip(header, cells, strict=False)), place, documents, ids, problems)


def _delimiter(text: str) -> str:
    head = text.partition("\n")[0]
    return max(",;\t", key=head.count)


def _header(cells: list[str], file: Path, problems: Problems) -> list[str]:
    ours = {alias: name for name, aliases in COLUMNS.items() for alias in (name, *aliases)}
    header = [ours.get(cell.strip().lower(), "") for cell in cells]
    for name in REQUIRED:
        if name not in header:
            near = next((cell for cell in cells if closest(cell.strip().lower(), (name, *COLUMNS[name])).startswith("did")), None)
            found = f" (is '{near}' meant?)" if near else ""
            remedy = f"name one '{name}' or {', '.join(COLUMNS[name])}"
            problems.add(Place(file, 1, name), f"there is no such column{found}", remedy)
        elif header.count(name) > 1:
            problems.add(Place(file, 1, name), "two columns are called so", "remove or rename one of them")
    return header


def _line(row: dict[str, str], place: Place, documents: dict[str, Document], ids: dict[str, int], problems: Problems) -> _Line:
    cells = {name: cell.strip() for name, cell in row.items()}
    for name in ("question", "context"):
        if not cells.get(name):
            problems.add(place._replace(field=name), "the cell is empty", "fill it in or remove the row")
    split = cells.get("split", "").lower()
    if "split" in cells and split not in SPLITS:
        problems.add(place._replace(field="split"), f"'{split}' is no part of a split", "write train or test")
    name = cells.get("id") or f"row-{place.line}"
    if name in ids:
        problems.add(place._replace(field="id"), f"the id '{name}' is already that of line {ids[name]}", "give it another")
    ids.setdefault(name, place.line or 0)
    answers = tuple(answer.strip() for answer in cells.get("answer", "").split(BETWEEN) if answer.strip())
    document = _document(cells.get("context", ""), cells.get("title", ""), documents)
    return _Line(place, name, cells.get("question", ""), answers, document, SPLITS.get(split))


def _document(text: str, title: str, documents: dict[str, Document]) -> str:
    name = f"document-{len(documents) + 1:04d}"
    return documents.setdefault(text, Document(name, text, title or name)).id


def _example(line: _Line) -> Example:
    return Example(line.question, line.answers[0] if line.answers else Suite.abstain[0], (line.document,))


def _question(line: _Line) -> Question:
    return Question(line.id, line.question, line.answers, (line.document,), cluster=line.document)
