"""Kind ``answers``: a file of answers that were given elsewhere. Nothing is asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from proctor.core.schema import Ability, Answer, Question
from proctor.models.candidates.asking import kept
from proctor.models.candidates.contexts import KnownDocuments, SourcePassage
from proctor.models.candidates.external import External
from proctor.models.given import reading
from proctor.models.given.matching import RowIndex, RowMatch
from proctor.models.given.rows import File, Given


@dataclass(frozen=True)
class Answers(External):
    """The answers of a file, matched to questions by id, else by text. What it does not answer is unmeasured, not wrong."""

    def __post_init__(self) -> None:
        """Refuse at once what cannot be read or is said twice, and not alike."""
        _ = self._file
        self._match.check()

    @property
    def path(self) -> Path:
        """The file."""
        return Path(self.system.answers or "")

    @cached_property
    def _content(self) -> bytes:
        return reading.content(self.path)

    @cached_property
    def _file(self) -> File:
        return reading.read(self.path, self._content, self.system.given.provider)

    @cached_property
    def _match(self) -> RowMatch:
        return RowMatch(self.path, RowIndex(self._file), self.setup.questions, self.setup.limit)

    @cached_property
    def _corpus(self) -> KnownDocuments:
        return KnownDocuments(self.domain.documents)

    @property
    def fingerprint(self) -> list[Any]:
        """The content of the file: where it lies and what it is called says nothing."""
        return [sha256(self._content).hexdigest(), self.system.given.provider]

    @property
    def abilities(self) -> frozenset[Ability]:
        """It has passages if the file has."""
        has = any(row.passages is not None for row in self._file.rows)
        return frozenset[Ability]({"retrieves"}) if has else frozenset()

    @property
    def notes(self) -> tuple[str, ...]:
        """What became of the rows of the file and of the questions."""
        return tuple(self._match.notes())

    def answers(self, questions: Sequence[Question]) -> list[Answer]:
        """One answer a question, in order, from the file. Nothing is kept: it is there."""
        return [self._answer(question) for question in questions]

    def ask(self, missing: list[kept.AskedQuestion]) -> Iterable[Sequence[tuple[kept.AskedQuestion, Answer]]]:
        """The same, in one batch."""
        yield [(one, self._answer(one.question)) for one in missing]

    def unanswered(self, questions: Sequence[Question]) -> list[Question]:  # noqa: ARG002 # as others have it
        """None: there is nobody to ask."""
        return []

    def stops(self, questions: Sequence[Question]) -> dict[str, int]:
        """How many answers stopped for which reason, as far as the file says it."""
        found: dict[str, int] = {}
        for row in map(self._match.answered, questions):
            if row and row.text is not None:
                found[row.stop] = found.get(row.stop, 0) + 1
        return found

    def describe(self) -> dict[str, Any]:
        """What the run's provenance says of it: what became of the rows, and how passages were matched with documents."""
        told = super().describe()
        told["answers"] = {"notes": list(self.notes)}
        if "retrieves" in self.abilities:
            told["answers"]["passages"] = self._matched()
        told["settings"] = told["settings"] | {"answers": self.path.name}
        return told

    def _matched(self) -> dict[str, int]:
        """How the passages of all answers are matched with documents."""
        corpus = KnownDocuments(self.domain.documents)
        for found in self._match.found.values():
            corpus.contexts(SourcePassage(*one) for one in found.rows[0].passages or ())
        return corpus.take_matched()

    def _answer(self, question: Question) -> Answer:
        row = self._match.answered(question)
        if row is None:
            return Answer(question.id, "", error=self._match.why_not(question), absent=True)
        if row.error is not None:
            return Answer(question.id, "", error=row.error)
        if row.text is None:
            return Answer(question.id, "", error=f"{self.path.name} has no answer in {row.entry}", absent=True)
        return self._said(question, row, row.text)

    def _said(self, question: Question, row: Given, text: str) -> Answer:
        contexts = None if row.passages is None else self._corpus.contexts(SourcePassage(*one) for one in row.passages)
        named = None if row.citations is None else self._corpus.cited(row.citations)
        citations = self._corpus.read(text, contexts or ()) if named is None else named
        counts = (row.seconds, row.tokens, row.prompt_tokens)
        return Answer(question.id, text, contexts, citations, *counts, stop=row.stop)
