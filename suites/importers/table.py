"""A table with a question, its answers and the text that holds them on every row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from proctor.core.reading import values
from proctor.core.reading.grid import Line, read_grid
from proctor.core.reading.problems import Place, Problems, closest
from proctor.core.schema import Document, InputError, Question
from proctor.suites.importers.split import Importer, Options, example, grouped
from proctor.suites.loading import markup
from proctor.suites.loading.columns import QUESTION, ColumnNames, meaning
from proctor.suites.loading.questions import HOP
from proctor.suites.writing.draft import Draft

COLUMNS: ColumnNames = {
    "id": QUESTION["id"],
    "question": (*QUESTION["question"], "prompt"),
    "answer": ("answers", "references", "reference", "expected_output", "ground_truth", "ground_truths", "completion"),
    "context": ("document", "text", "passage", "contexts", "reference_contexts", "evidence"),
    "title": (),
    "split": (),
}
REQUIRED = ("question", "answer", "context")
SPLITS = {"train": False, "training": False, "test": True}
BETWEEN = "|"
"""Stands between several right answers in one cell."""
DEEPEVAL = {"actual_output", "retrieval_context", "source_file"}
"""Columns of deepeval's tables, which join several contexts by the same sign."""


class _Asked(NamedTuple):
    place: Place
    id: str
    question: str
    answers: tuple[str, ...]
    documents: tuple[str, ...]
    test: bool | None


def table(file: Path, options: Options) -> Draft:
    """A row is a question. Equal contexts are one document; an empty answer means that the context does not hold it.

    Without a column ``split`` the questions about whole documents go to training or test: see `suites.importers`.
    """
    problems = Problems(f"import of {file.name}")
    found = _Found(file.name, problems)
    rows = list(_rows(file, found, problems))
    problems.check()
    groups = grouped({row.place: row.documents for row in rows})
    test = options.test_groups(groups.values(), file)
    asked = {row.place: groups[row.place] in test if row.test is None else row.test for row in rows}
    if not any(asked.values()):
        raise InputError(f"{file}: field 'split': no row is of the test, so that nothing would be asked; write test in some")
    return Draft(
        documents=list(found.documents.values()),
        examples={f"line {row.place.line}": example(_question(row, groups[row.place])) for row in rows if not asked[row.place]},
        questions=[_question(row, groups[row.place]) for row in rows if asked[row.place]],
        source=file.name,
        tally=problems.tally,
    )


def _rows(file: Path, found: _Found, problems: Problems) -> Iterator[_Asked]:
    known = len(problems.found)
    grid = read_grid(file, problems)
    if grid is None:
        return
    head, lines = grid
    columns = _header(head, problems) if head.cells or len(problems.found) == known else {}
    if set(REQUIRED) <= set(columns):
        cells = _Cells(columns, [line.cells for line in lines], {cell.strip().lower() for cell in head.cells}, problems)
        for line in lines:
            yield _row(line, cells, found)


def _header(head: Line, problems: Problems) -> Mapping[str, int]:
    """Where each of our columns is; a problem for each that is not there, or is there twice, or may mean two things."""
    ours = {alias: name for name, aliases in COLUMNS.items() for alias in (name, *aliases)}
    names = [cell.strip().lower() for cell in head.cells]
    meant = meaning(set(names), QUESTION)
    for column, (what, remedy) in meant.unclear.items():
        problems.add(head.place._replace(field=column), what, remedy)
    columns: dict[str, int] = {}
    for place, (name, cell) in enumerate(zip(names, head.cells, strict=True)):
        if name in meant.aside or name not in ours:
            why = meant.aside.get(name, "no part of an exam")
            called = f"the column '{cell.strip()}'" if cell.strip() else "a column without a name"
            problems.tally.note(head.place.file.name, f"{called} is left aside: {why}")
        elif ours[name] in columns:
            problems.add(head.place._replace(field=ours[name]), "two columns are called so", "remove or rename one of them")
        else:
            columns[ours[name]] = place
    for name in REQUIRED:
        if name not in columns:
            problems.add(head.place._replace(field=name), *_absent(name, names, meant.aside))
    return columns


def _absent(name: str, names: Sequence[str], aside: Mapping[str, str]) -> tuple[str, str]:
    """What is wrong where a column is not there, and what to do about it."""
    found = next((f"'{column}' is {aside[column]}" for column in aside if column in COLUMNS[name]), "")
    if found:
        ours = "evidence" if name == "context" else name
        return f"there is no such column: {found}", f"call it '{ours}' if that is not so, or add one"
    near = next((cell for cell in names if closest(cell, (name, *COLUMNS[name])).startswith("did")), None)
    return (
        f"there is no such column{f' (is {near!r} meant?)' if near else ''}",
        f"name one '{name}' or {', '.join(COLUMNS[name])}",
    )


@dataclass(frozen=True)
class _Cells:
    """Reads the cells of a table, those of one column all alike."""

    columns: Mapping[str, int]
    rows: Sequence[Sequence[str]]
    header: set[str]
    problems: Problems
    lists: dict[str, bool] = field(default_factory=dict)

    def one(self, line: Line, name: str) -> str:
        """A cell that is one text; empty where there is none, or no such column."""
        cell = self._cell(line, name)
        found = self._listed(line, name, cell)
        if found is None:
            return self._checked(line, name, cell)
        if len(found) != 1:
            self._problem(line, name, f"one text is expected, and this is a list of {len(found)}", "give each a row of its own")
        return found[0].strip() if found else ""

    def answers(self, line: Line) -> tuple[str, ...]:
        """The cell of right answers: a list, or several texts with a sign between them."""
        cell = self._cell(line, "answer")
        found = self._listed(line, "answer", cell)
        if found is None:
            parts = [part.strip() for part in cell.split(BETWEEN)] if cell else []
            if len(parts) > 1 and self.header & DEEPEVAL:
                what = f"'{BETWEEN}' may part several right answers, or be part of the one that deepeval's tables have"
                self._problem(line, "answer", what, 'write a list of JSON: ["...", "..."]')
            elif len(parts) > 1:
                self.problems.tally.note(line.place.file.name, f"'{BETWEEN}' parts several right answers", _where(line))
            found = tuple(self._checked(line, "answer", part) for part in parts)
        if any(not values.visible(answer) for answer in found):
            remedy = f'write ["..."] if the {BETWEEN} is part of the answer, or take it out'
            self._problem(line, "answer", "one of several answers is empty", remedy)
        return tuple(dict.fromkeys(answer.strip() for answer in found if answer.strip()))

    def contexts(self, line: Line) -> tuple[str, ...]:
        """The cell of texts that hold the answer: one, or a list."""
        cell = self._cell(line, "context")
        found = self._listed(line, "context", cell)
        if found is None and BETWEEN in cell and self.header & DEEPEVAL:
            what = f"'{BETWEEN}' may part several contexts, as deepeval writes them, or be part of the text"
            self._problem(line, "context", what, 'write a list of JSON: ["...", "..."]')
        found = (self._checked(line, "context", cell),) if found is None else found
        texts = tuple(self._context(line, text) for text in found)
        if not texts or not all(map(values.visible, texts)):
            self._problem(line, "context", "the cell is empty", "fill it in or remove the row")
        return texts

    def _context(self, line: Line, text: str) -> str:
        bare = HOP.sub("", text)
        if bare != text:
            self._changed(line, "the marks <1-hop>, <2-hop>, ... are no part of a context")
        if markup.is_html(bare):
            self._changed(line, "HTML was read as the text that is seen")
            return markup.seen(bare).text
        return bare.strip()

    def _cell(self, line: Line, name: str) -> str:
        cell = line.cells[self.columns[name]].strip() if name in self.columns else ""
        return cell if values.visible(cell) else ""

    def _listed(self, line: Line, name: str, cell: str) -> tuple[str, ...] | None:
        """The texts of a list that is written out in a cell: as JSON, or as Python prints it if the whole column is so."""
        try:
            found = values.listed(cell)
        except values.UnclearError as error:
            return self._unclear(line, name, cell, str(error))
        if found is None and values.is_object(cell):
            return self._unclear(line, name, cell, "an object with the text somewhere in it, or the text itself")
        if found is not None and not values.is_json(cell) and not self._all_lists(name):
            what = "this may be a list as Python prints it, or a text in brackets: others in the column are no lists"
            self._problem(line, name, what, 'write a list of JSON: ["...", "..."], with the whole text in it if that is meant')
        if found is not None:
            self._changed(line, f"lists in the column '{name}' were read as lists")
        return found

    def _unclear(self, line: Line, name: str, cell: str, how: str) -> tuple[str, ...]:
        remedy = 'write a list of JSON: ["...", "..."], with the whole text in it if that is meant'
        self._problem(line, name, f"this may be {how}", remedy)
        return (cell,)

    def _all_lists(self, name: str) -> bool:
        if name not in self.lists:
            cells = (row[self.columns[name]].strip() for row in self.rows)
            self.lists[name] = all(cell.startswith("[") and cell.endswith("]") for cell in cells if cell)
        return self.lists[name]

    def _checked(self, line: Line, name: str, text: str) -> str:
        if text in values.MISSING:
            what = f"'{text}' may be a text, or what a program writes where there is none"
            self._problem(line, name, what, f'write ["{text}"] if it is the text, or leave the cell empty')
        return text

    def _changed(self, line: Line, why: str) -> None:
        self.problems.tally.change(line.place.file.name, why, _where(line))

    def _problem(self, line: Line, name: str, what: str, remedy: str) -> None:
        self.problems.add(line.place._replace(field=name), what, remedy)


@dataclass
class _Found:
    """What was read so far."""

    source: str
    problems: Problems
    documents: dict[str, Document] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)

    def id(self, line: Line, given: str) -> str:
        """The row's id, its own or one made from its line."""
        name = values.name(given) or f"row-{line.place.line}"
        if name in self.ids:
            what = f"the id '{name}' is already that of line {self.ids[name]}"
            self.problems.add(line.place._replace(field="id"), what, "give it another")
        self.ids.setdefault(name, line.place.line or 0)
        return name

    def document(self, line: Line, text: str, title: str) -> str:
        """The id of the document with a text, which is a new one where the text is."""
        name = f"document-{len(self.documents) + 1:04d}"
        known = self.documents.setdefault(text, Document(name, text, title or name))
        if title and title != known.title:
            self.problems.tally.note(self.source, "one context has several titles, of which the first counts", _where(line))
        return known.id


def _row(line: Line, cells: _Cells, found: _Found) -> _Asked:
    question = cells.one(line, "question")
    if not question:
        found.problems.add(line.place._replace(field="question"), "the cell is empty", "fill it in or remove the row")
    split = cells.one(line, "split").lower()
    if "split" in cells.columns and split not in SPLITS:
        found.problems.add(line.place._replace(field="split"), f"'{split}' is no part of a split", "write train or test")
    answers, title = cells.answers(line), cells.one(line, "title")
    if not answers:
        found.problems.tally.note(found.source, "an empty answer means that the context does not hold one", _where(line))
    documents = tuple(dict.fromkeys(found.document(line, text, title) for text in cells.contexts(line) if text))
    return _Asked(line.place, found.id(line, cells.one(line, "id")), question, answers, documents, SPLITS.get(split))


def _where(line: Line) -> str:
    return f"line {line.place.line}"


def _question(row: _Asked, group: str) -> Question:
    return Question(row.id, row.question, row.answers, row.documents, cluster=group)


IMPORTER = Importer(table, "a table (CSV, TSV) with columns question, answer, context and, if you like, id, title and split")
