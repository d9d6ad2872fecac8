"""What holds a piece of evidence: its document, and whatever else says the same word for word.

The same text may stand in several documents, and one document may hold another whole. Texts are compared up to white space
and how their characters are composed.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, cast

from proctor.core.language.text import holds
from proctor.core.schema import Context, Document, Question

if TYPE_CHECKING:
    from proctor.evals.candidate import Searches
    from proctor.evals.exam import EvalContext

SHORTEST = 20
"""Characters that a text must have for its standing inside another one to be no chance."""

EvidenceParts = Mapping[str, Sequence[str]]
"""Document -> texts of which each by itself is that piece of evidence."""


class Holders:
    """The documents of one corpus, by what they say."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self._documents = {document.id: document for document in documents}
        self._texts = {name: bare(document.text) for name, document in self._documents.items()}
        self._first: dict[str, str] = {}
        for name, text in self._texts.items():
            self._first.setdefault(text, name)

    def same(self, name: str) -> str:
        """The first document that says what this one says; its own name where that is no document."""
        return self._first[self._text(name)] if name in self._documents else name

    def pieces(self, evidence: Iterable[str]) -> tuple[str, ...]:
        """The evidence, each text once."""
        return tuple(dict.fromkeys(map(self.same, evidence)))

    def cited(self, evidence: Iterable[str], name: str, parts: EvidenceParts) -> tuple[str, ...]:
        """The pieces of the evidence that the document of that name holds whole, or a passage that was given for one."""
        text = self._text(name)
        return tuple(
            piece
            for piece in self.pieces(evidence)
            if self.same(name) == piece or any(stands_in(one, text) for one in (self._text(piece), *parts.get(piece, ())))
        )

    def shown(self, evidence: Iterable[str], passage: Context, parts: EvidenceParts) -> tuple[str, ...]:
        """The pieces of the evidence that a passage is of, or says word for word."""
        said = bare(self._body(passage))
        return tuple(piece for piece in self.pieces(evidence) if self._says(passage.document, said, piece, parts))

    def _says(self, name: str, said: str, piece: str, parts: EvidenceParts) -> bool:
        if self.same(name) == piece or any(stands_in(one, said) for one in (self._text(piece), *parts.get(piece, ()))):
            return True
        return stands_in(self._text(piece), self._text(name)) and stands_in(said, self._text(piece))

    def _text(self, name: str) -> str:
        return self._texts.get(name, "")

    def _body(self, passage: Context) -> str:
        """A passage without the title that is put before it."""
        document = self._documents.get(passage.document)
        head = f"{document.title}. " if document and not document.text.startswith(document.title) else ""
        return passage.text.removeprefix(head)

    def parts(self, question: Question, pieces: Mapping[str, Sequence[Context]]) -> EvidenceParts:
        """Of each document of a question's evidence the passages that hold a reference, or all of them where none does.

        With them come the texts by which the suite names its evidence.
        """
        found: dict[str, list[str]] = {}
        for name in question.evidence:
            bodies = [text for text in (bare(self._body(one)) for one in pieces.get(name, ())) if len(text) >= SHORTEST]
            quoted = [text for text in map(bare, question.quotes) if text in self._text(name)]
            found.setdefault(self.same(name), []).extend(quoted + (holding(bodies, question.references) or bodies))
        return found


def holding(texts: Sequence[str], references: Sequence[str]) -> list[str]:
    """The texts in which one of the references stands."""
    return [text for text in texts if any(holds(text, reference) for reference in references)]


def bare(text: str) -> str:
    """A text with single spaces, its characters composed."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def stands_in(text: str, other: str) -> bool:
    """Whether a bare text is all of another one, or stands in it and is too long for that to be chance."""
    return bool(text) and (text == other or (len(text) >= SHORTEST and text in other))


class Held:
    """Of some questions of an evaluation: which pieces of their evidence a document or passage holds."""

    def __init__(self, evaluation: EvalContext, questions: Sequence[Question]) -> None:
        self.holders = Holders(evaluation.suite.domain.documents)
        names = list(dict.fromkeys(name for question in questions for name in question.evidence))
        searches = {"retrieves", "reads"} <= evaluation.candidate.abilities
        pieces = cast("Searches", evaluation.candidate).chunks_of(names) if names and searches else {}
        self._parts = {question.id: self.holders.parts(question, pieces) for question in questions}

    def shown(self, question: Question, passage: Context) -> tuple[str, ...]:
        """The pieces of the question's evidence that a passage is of, or says word for word."""
        return self.holders.shown(question.evidence, passage, self._parts[question.id])

    def cited(self, question: Question, name: str) -> tuple[str, ...]:
        """The pieces of the question's evidence that a document holds whole, or in a passage that was given for it."""
        return self.holders.cited(question.evidence, name, self._parts[question.id])
