"""Which row of a file answers which question: by its id, else by its text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from proctor.core.counts import counted
from proctor.core.reading import values
from proctor.core.reading.problems import Place, Problems
from proctor.core.schema import Question
from proctor.models.given.rows import File, Given

NAMED = 5
"""So many are named of those that are counted."""
How = Literal["id", "text"]


@dataclass(frozen=True)
class FoundRow:
    """The rows that answer a question."""

    how: How
    rows: tuple[Given, ...]


class RowIndex:
    """The rows of a file, by id and by text."""

    def __init__(self, file: File) -> None:
        self.file = file
        self._by_id: dict[str, list[Given]] = {}
        self._by_text: dict[str, list[Given]] = {}
        for row in file.rows:
            if row.id:
                self._by_id.setdefault(row.id, []).append(row)
            for text in dict.fromkeys(map(values.plain, row.texts)):
                self._by_text.setdefault(text, []).append(row)

    def find(self, id: str, text: str) -> FoundRow | None:
        """The rows of a question. One with its id and another question's text is not its."""
        plain = values.plain(text)
        named = tuple(row for row in self._by_id.get(values.name(id), ()) if _about(row, plain))
        if named:
            return FoundRow("id", named)
        same = tuple(self._by_text.get(plain, ()))
        return FoundRow("text", same) if same else None

    def other(self, id: str) -> Given | None:
        """A row with an id, whatever it is about."""
        return next(iter(self._by_id.get(values.name(id), ())), None)


def _about(row: Given, question: str) -> bool:
    """Whether a row's texts do not speak against it: a prompt holds the question and more."""
    return not row.texts or any(question in values.plain(text) for text in row.texts)


@dataclass(frozen=True)
class RowMatch:
    """A file beside all questions of a suite, by id."""

    path: Path
    index: RowIndex
    questions: Mapping[str, str]
    """Id -> text."""
    limit: int | None = None
    """So many of the questions are asked, the first; ``None``: all. The others miss no answer."""

    @cached_property
    def found(self) -> dict[str, FoundRow]:
        """Question -> its rows, as far as it has some."""
        pairs = ((name, self.index.find(name, text)) for name, text in self.questions.items())
        return {name: found for name, found in pairs if found}

    def check(self) -> None:
        """Refuse a file that answers a question twice, and not alike.

        Raises:
            InputError: with the rows of each such question.
        """
        problems = Problems()
        for name, found in self.found.items():
            if len({row.said for row in found.rows}) > 1:
                rows = [str(row.entry) for row in found.rows]
                where = f"{', '.join(rows[:-1])} and {rows[-1]}"
                problems.add(Place(self.path), f"{where} answer {name}, and not alike", "leave one of them in the file")
        problems.check()

    def answered(self, question: Question) -> Given | None:
        """The row that answers a question; ``None`` if none does."""
        found = self.found.get(question.id) if question.id in self.questions else self.index.find(question.id, question.text)
        return found.rows[0] if found else None

    def why_not(self, question: Question) -> str:
        """Why no row answers a question."""
        other = self.index.other(question.id)
        if other:
            return f"{self.path.name} has another question under this id ({other.entry})"
        return f"{self.path.name} has no answer to this question"

    def notes(self) -> Iterator[str]:
        """What became of the rows and of the questions, a line each."""
        yield f"{self.path.name} is {self.index.file.format}: {', '.join(self._counts())}"
        yield from self.index.file.notes
        for count, what, names in self._odd():
            if count:
                yield f"{what}: {', '.join(names[:NAMED])}{f' and {len(names) - NAMED} more' if len(names) > NAMED else ''}"

    def _odd(self) -> Iterator[tuple[int, str, list[str]]]:
        """How many questions and rows are not as they should be, what is said of them, and which they are."""
        silent = [name for name in list(self.questions)[: self.limit] if not self._says(name)]
        yield len(silent), f"{_are(len(silent), 'question')} without an answer in it, and unmeasured", silent
        used = {id(row) for found in self.found.values() for row in found.rows}
        unknown = [f"{row.id} ({row.entry})" if row.id else str(row.entry) for row in self.index.file.rows if id(row) not in used]
        yield len(unknown), f"{_are(len(unknown), 'row')} about no question of the suite", unknown
        several = {name: found.rows for name, found in self.found.items() if len(found.rows) > 1}
        named = [f"{name} ({', '.join(str(row.entry) for row in rows)})" for name, rows in several.items()]
        yield len(named), f"{_are(len(named), 'question')} answered more than once, and alike", named
        bare = [str(row.entry) for row in self.index.file.rows if row.passages is None and row.text is not None]
        if len(bare) < sum(row.text is not None for row in self.index.file.rows):
            yield len(bare), f"{_are(len(bare), 'answer')} without passages, which others have", bare

    def _says(self, name: str) -> bool:
        found = self.found.get(name)
        return found is not None and (found.rows[0].text is not None or found.rows[0].error is not None)

    def _counts(self) -> Iterator[str]:
        for how, said in (("id", "by id"), ("text", "by text")):
            if count := sum(found.how == how for found in self.found.values()):
                yield f"{counted(count, 'question')} found {said}"
        if not self.found:
            yield "no question of the suite is found in it"


def _are(count: int, what: str) -> str:
    return f"{counted(count, what)} {'is' if count == 1 else 'are'}"
