"""Which of a suite's documents a passage comes from that somebody else has found.

A passage names its document, by an id, a file or a title, or else stands word for word in one. What does neither is still
what was shown, and is kept as a passage of no document of the suite.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from proctor.core.language.citing import Citing
from proctor.core.language.holders import bare, stands_in
from proctor.core.schema import Context, Document

UNKNOWN = ""
"""The document of a passage that is of none of the suite's."""

PassageMatch = Literal["by name", "by text", "of no document of the suite"]


class SourcePassage(NamedTuple):
    """A passage as it came."""

    text: str
    names: tuple[str, ...] = ()
    """What may name its document, the surest first."""
    score: float = 0.0


class KnownDocuments:
    """The documents of a suite, to be recognised by their names and by what they say."""

    def __init__(self, documents: Iterable[Document]) -> None:
        known = tuple(documents)
        self._citing = Citing(known)
        self._texts = {document.id: bare(document.text) for document in known}
        self._heads = {document.id: bare(f"{document.title}. ") for document in known if document.title}
        self._find = lru_cache(4096)(self._holding)
        self._matched: Counter[PassageMatch] = Counter()
        self._lock = threading.Lock()

    def contexts(self, passages: Iterable[SourcePassage]) -> tuple[Context, ...]:
        """The passages with the documents that they come from, in their order."""
        return tuple(map(self._context, passages))

    def cited(self, names: Iterable[str]) -> tuple[str, ...]:
        """The documents that these names name for certain, once each; what names none is left out."""
        return tuple(dict.fromkeys(filter(None, map(self.named, names))))

    def read(self, text: str, contexts: Sequence[Context]) -> tuple[str, ...]:
        """The documents that the marks in an answer cite, as they are read from answers of Proctor's own systems."""
        return self._citing.read(text, contexts).documents

    def named(self, name: str) -> str:
        """The document that a name names for certain, also as a path to it; empty where it names none."""
        return self._citing.document(name) or self._citing.document(name.replace("\\", "/").rstrip("/").rpartition("/")[2])

    def take_matched(self) -> dict[str, int]:
        """How passages were matched since this was asked last: how -> how many."""
        with self._lock:
            taken, self._matched = self._matched, Counter()
        return {how: taken[how] for how in taken}

    def _context(self, passage: SourcePassage) -> Context:
        document, how = self._match(passage)
        with self._lock:
            self._matched[how] += 1
        return Context(document, passage.text, passage.score)

    def _match(self, passage: SourcePassage) -> tuple[str, PassageMatch]:
        """A name is believed, unless the passage stands word for word in other documents and not in the named one."""
        named = next(filter(None, map(self.named, passage.names)), UNKNOWN)
        said = bare(passage.text)
        if named and self._holds(named, said):
            return named, "by name"
        if held := self._find(said):
            return held, "by text"
        return (named, "by name") if named else (UNKNOWN, "of no document of the suite")

    def _holding(self, said: str) -> str:
        return next((name for name in self._texts if self._holds(name, said)), UNKNOWN)

    def _holds(self, name: str, said: str) -> bool:
        """Whether a passage is of a document word for word, or the whole document stands in it."""
        text = self._texts[name]
        body = said.removeprefix(self._heads.get(name, "")).strip()
        return stands_in(body, text) or stands_in(text, said)
