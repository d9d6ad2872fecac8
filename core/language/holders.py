"""What holds a piece of evidence: its document, and whatever else says the same.

The same text may stand in several documents, and one document may hold another whole: texts are compared up to white space
and how their characters are composed. A document that is nearly the same as that of the evidence is as good where a reference
answer stands in both and no word of it is rarer there: what they differ in is then something else.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, cast

from proctor.core.language.alike import NEARLY, jaccard, shingles, words_of
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
        self._runs: dict[str, frozenset[tuple[str, ...]]] = {}
        self._first: dict[str, str] = {}
        for name, text in self._texts.items():
            self._first.setdefault(text, name)

    def same(self, name: str) -> str:
        """The first document that says what this one says; its own name where that is no document."""
        return self._first[self._text(name)] if name in self._documents else name

    def pieces(self, evidence: Iterable[str]) -> tuple[str, ...]:
        """The evidence, each text once."""
        return tuple(dict.fromkeys(map(self.same, evidence)))

    def cited(self, evidence: Iterable[str], name: str, parts: EvidenceParts, references: Sequence[str] = ()) -> tuple[str, ...]:
        """The pieces of the evidence that the document of that name holds whole, or a passage that was given for one.

        ``references``: answers of which one must stand in a document that is nearly the same as a piece.
        """
        text = self._text(name)
        return tuple(
            piece
            for piece in self.pieces(evidence)
            if self.same(name) == piece
            or any(stands_in(one, text) for one in (self._text(piece), *parts.get(piece, ())))
            or self._nearly(name, piece, references)
        )

    def shown(
        self, evidence: Iterable[str], passage: Context, parts: EvidenceParts, references: Sequence[str] = ()
    ) -> tuple[str, ...]:
        """The pieces of the evidence that a passage is of, or says word for word. ``references``: as of `cited`."""
        said = bare(self._body(passage))
        return tuple(
            piece
            for piece in self.pieces(evidence)
            if self._says(passage.document, said, piece, parts) or self._nearly(passage.document, piece, references)
        )

    def _nearly(self, name: str, piece: str, references: Sequence[str]) -> bool:
        """Whether a document is nearly the same as a piece, and has a reference wherever the piece has it."""
        if not references or name not in self._documents or piece not in self._documents:
            return False
        alike = jaccard(self._runs_of(name), self._runs_of(piece)) >= NEARLY
        return alike and any(self._kept(name, piece, one) for one in references)

    def _kept(self, name: str, piece: str, reference: str) -> bool:
        """Whether a reference stands in both, and none of its words is rarer in the document than in the piece.

        A short one ("5") may stand elsewhere in both though the place that answers the question differs.
        """
        text, evidence = self._text(name), self._text(piece)
        if not (holds(text, reference) and holds(evidence, reference)):
            return False
        return (Counter(words_of(evidence)) - Counter(words_of(text))).keys().isdisjoint(words_of(reference))

    def _runs_of(self, name: str) -> frozenset[tuple[str, ...]]:
        if name not in self._runs:
            self._runs[name] = shingles(self._text(name))
        return self._runs[name]

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
        """The pieces of the question's evidence that a passage is of, or says word for word, or nearly."""
        return self.holders.shown(question.evidence, passage, self._parts[question.id], question.references)

    def cited(self, question: Question, name: str) -> tuple[str, ...]:
        """The pieces of the question's evidence that a document holds whole, or in a passage that was given for it."""
        return self.holders.cited(question.evidence, name, self._parts[question.id], question.references)
