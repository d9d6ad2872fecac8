"""Files of records, whatever their format, and a suite made of what each asks: what all importers of such files share."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from proctor.core import extras
from proctor.core.reading import strict_json, values
from proctor.core.reading.files import read_text
from proctor.core.reading.grid import read_grid
from proctor.core.reading.problems import Place, Problems, closest
from proctor.core.schema import Document, InputError, Question
from proctor.suites.importers.split import Options, example, grouped
from proctor.suites.writing.draft import Draft

SourceRow = Mapping[str, Any]
Numbered = tuple[str, SourceRow]
"""Where a record is in its file, and the record."""


class Excerpt(NamedTuple):
    """A text that a record comes with."""

    text: str
    title: str = ""
    evidence: bool = True
    """Whether it holds the answer, and does not only stand beside it."""


class Asked(NamedTuple):
    """What a record asks."""

    question: str
    answers: Sequence[str]
    passages: Sequence[Excerpt]
    id: str = ""


class LeftOutError(Exception):
    """A record cannot be a question; the message says why, as a reason that others may share."""


@dataclass
class _Found:
    source: str
    problems: Problems
    documents: dict[str, Document] = field(default_factory=dict)
    questions: dict[str, Question] = field(default_factory=dict)

    def take(self, where: str, asked: Asked) -> None:
        """Take a question with its passages, of which equal texts are one document."""
        if not asked.question.strip():
            raise LeftOutError("records without a question")
        passages = [one for one in asked.passages if values.visible(one.text)]
        if not passages:
            raise LeftOutError("records without a text that could hold the answer")
        ids = {self._document(one): one.evidence for one in sorted(passages, key=lambda one: one.evidence)}
        evidence = tuple(dict.fromkeys(self._document(one) for one in passages if ids[self._document(one)]))
        if asked.answers and not evidence:
            raise LeftOutError("records none of whose texts is marked as holding the answer")
        name = values.name(asked.id) or where.replace(" ", "-")
        if name in self.questions:
            raise LeftOutError("records with an id that an earlier one has")
        answers = tuple(dict.fromkeys(answer for answer in asked.answers if values.visible(answer)))
        if not answers:
            self.problems.tally.note(self.source, "no answer means that the texts do not hold one", where)
        self.questions[name] = Question(name, asked.question.strip(), answers, evidence)

    def _document(self, passage: Excerpt) -> str:
        text = passage.text.strip()
        name = f"document-{len(self.documents) + 1:04d}"
        return self.documents.setdefault(text, Document(name, text, passage.title.strip() or name)).id


def draft(file: Path, options: Options, asked: Callable[[SourceRow], Asked], records: Iterator[Numbered] | None = None) -> Draft:
    """A suite of a file's records, each read by ``asked``. What is left out is counted by reason."""
    problems = Problems(f"import of {file.name}")
    found = _Found(file.name, problems)
    for where, record in read(file, problems) if records is None else records:
        try:
            found.take(where, asked(record))
        except LeftOutError as error:
            problems.tally.leave_out(file.name, str(error), where)
    problems.check()
    if not found.questions:
        raise InputError(f"{file}: no record of it can be a question ({'; '.join(problems.tally.notes())})")
    groups = grouped({question.id: question.evidence or (f"question {question.id}",) for question in found.questions.values()})
    test = options.test_groups(groups.values(), file)
    questions = [question for question in found.questions.values() if groups[question.id] in test]
    learnt = [question for question in found.questions.values() if groups[question.id] not in test]
    return Draft(
        documents=list(found.documents.values()),
        examples={f"id {one.id}": example(one) for one in learnt},
        questions=[_clustered(one, groups[one.id]) for one in questions],
        source=file.name,
        tally=problems.tally,
    )


def _clustered(question: Question, group: str) -> Question:
    return replace(question, cluster=group)


def read(file: Path, problems: Problems) -> Iterator[Numbered]:
    """The records of a file, by its suffix: JSON lines, a list of JSON, CSV, TSV, Parquet or a spreadsheet's first sheet.

    Of a folder the files of one kind are read, in the order of their names: data sets are kept in parts, and what stands beside
    them in JSON only describes them.
    """
    if file.is_dir():
        kinds = {kind: sorted(path for path in file.rglob(f"*{kind}") if path.is_file()) for kind in READERS}
        parts = next(filter(None, kinds.values()), [])
        if not parts:
            problems.add(Place(file), "no file of records in the folder", f"put some there ({', '.join(READERS)})")
        return chain.from_iterable(
            ((f"{path.relative_to(file).as_posix()} {where}", record) for where, record in _read(path, problems))
            for path in parts
        )
    return _read(file, problems)


def _read(file: Path, problems: Problems) -> Iterator[Numbered]:
    kind = file.suffix.lower()
    if kind in READERS:
        return READERS[kind](file, problems)
    problems.add(Place(file), f"a file of records is expected, not {kind or 'one without a suffix'}", closest(kind, READERS))
    return iter(())


def _json_lines(file: Path, problems: Problems) -> Iterator[Numbered]:
    for number, line in strict_json.numbered(read_text(file, problems) or ""):
        yield from _object(f"line {number}", line, Place(file, number), problems)


def _object(where: str, text: str, place: Place, problems: Problems) -> Iterator[Numbered]:
    try:
        value = strict_json.parsed(text)
    except ValueError as error:
        problems.add(place, f"no JSON that can be read ({error})", "write one whole JSON object on the line")
        return
    if isinstance(value, dict):
        yield where, value
    else:
        problems.add(place, "a JSON object is expected", "write {...}")


def _json(file: Path, problems: Problems) -> Iterator[Numbered]:
    """A list of objects, or an object with one such list in it (``data``, ``goldens``, ``examples``, ...)."""
    text = read_text(file, problems)
    if text is None:
        return
    try:
        found = strict_json.parsed(text)
    except ValueError as error:
        problems.add(Place(file), f"no JSON that can be read ({error})", "export it anew, or write JSON lines as .jsonl")
        return
    lists = [one for one in found.values() if isinstance(one, list)] if isinstance(found, dict) else [found]
    if len(lists) != 1 or not isinstance(lists[0], list):
        problems.add(Place(file), "a list of objects is expected", "write [{...}, ...]")
        return
    for number, record in enumerate(lists[0], 1):
        if isinstance(record, dict):
            yield f"record {number}", record
        else:
            problems.add(Place(file), f"record {number} is no object", "write {...}")


def _table(file: Path, problems: Problems) -> Iterator[Numbered]:
    if (grid := read_grid(file, problems)) is not None:
        names = [name.strip() for name in grid[0].cells]
        yield from ((f"line {row.place.line}", dict(zip(names, row.cells, strict=True))) for row in grid[1])


def _parquet(file: Path, problems: Problems) -> Iterator[Numbered]:
    from pyarrow import ArrowException, parquet

    try:
        with parquet.ParquetFile(file) as opened:
            number = 0
            for batch in opened.iter_batches(1000):
                for record in batch.to_pylist():
                    number += 1
                    yield f"row {number}", record
    except (ArrowException, OSError) as error:
        problems.add(Place(file), f"no Parquet file that can be read ({error})", "export it anew")


def _arrow(file: Path, problems: Problems) -> Iterator[Numbered]:
    """A part of a data set as `datasets.Dataset.save_to_disk` writes it."""
    from pyarrow import ArrowException, ipc

    try:
        with file.open("rb") as opened, ipc.open_stream(opened) as stream:
            records = chain.from_iterable(batch.to_pylist() for batch in stream)
            yield from ((f"row {number}", record) for number, record in enumerate(records, 1))
    except (ArrowException, OSError) as error:
        problems.add(Place(file), f"no Arrow file that can be read ({error})", "save the data set anew")


def _sheet(file: Path, problems: Problems) -> Iterator[Numbered]:
    from proctor.core.reading.user_files import UnreadableError
    from proctor.suites.converters.sheets import rows

    extras.require({f"{file.suffix} files": ["openpyxl"]})
    try:
        found = list(rows(file))
    except UnreadableError as error:
        problems.add(Place(file), error.what, error.remedy)
        return
    header = next(iter(found), (0, []))[1]
    yield from ((f"row {number}", dict(zip(header, row, strict=False))) for number, row in found[1:])


READERS: Mapping[str, Callable[[Path, Problems], Iterator[Numbered]]] = {
    ".parquet": _parquet,
    ".arrow": _arrow,
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".json": _json,
    ".csv": _table,
    ".tsv": _table,
    ".xlsx": _sheet,
}


def texts(value: Any) -> list[str]:
    """A field that is a text, a number or a list of such as texts; a list written as JSON is one, and nothing else is."""
    if isinstance(value, str):
        bare = value.strip()
        if bare.startswith("[") and bare.endswith("]"):
            try:
                return texts(json.loads(bare))
            except ValueError:
                return [value]
        return [value] if bare else []
    if isinstance(value, int | float) and not isinstance(value, bool):
        return [str(value)]
    return [text for one in value for text in texts(one)] if isinstance(value, list | tuple) else []


def at(record: SourceRow, path: str) -> Any:
    """A field of a record, or of an object in it: ``answer.value``; None where there is none."""
    if path in record:
        return record[path]
    found: Any = record
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found
