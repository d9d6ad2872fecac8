"""Questions put otherwise by a system's own model, many at a time, and each once: what was written is kept by its content."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from proctor.core.code import code_of
from proctor.core.storage.cache import Cache, digest
from proctor.core.storage.once import Row, once
from proctor.models.embedders.timing import read_back
from proctor.models.rewriters.protocol import Rewriter

log = logging.getLogger("proctor")

KEPT = "rewritten"


class Written(NamedTuple):
    """What a model wrote to one prompt; nothing where it could not be asked."""

    text: str
    tokens: int = 0
    prompt_tokens: int = 0
    seconds: float = 0.0


class Writer(Protocol):
    """A system's own model."""

    @property
    def version(self) -> str:
        """Hash of all that shapes what it writes to a prompt."""

    def write(self, prompts: Sequence[str], rewriter: Rewriter) -> Iterator[list[tuple[int, Written]]]:
        """Places of prompts and what it writes to them, greedily, in batches, as they come.

        Raises:
            InputError: it is not reached (`UnreachedError`).
        """


class Rewritten(NamedTuple):
    """What is searched with in place of a question, and what that took."""

    text: str
    tokens: int
    prompt_tokens: int
    seconds: float
    unread: bool
    """Whether the model wrote nothing of use, so that it is the question itself."""


@dataclass(frozen=True)
class Rewriting:
    """One way to rewrite, by one model."""

    rewriter: Rewriter
    writer: Writer
    cache: Cache

    @property
    def version(self) -> str:
        """Hash of all that shapes what is searched with."""
        return digest(code_of(__name__), self.rewriter.version, self.writer.version)

    @property
    def meaning(self) -> bool:
        """Whether only retrievers that embed search with it."""
        return self.rewriter.meaning

    def rewritten(self, questions: Sequence[str]) -> list[Rewritten]:
        """For each question what is searched with. Where the time is taken that a question takes, it is written anew."""
        names = [digest(question)[:32] for question in questions]
        wanted = dict(zip(names, questions, strict=True))
        found = once(self.cache.journal(KEPT, self.version), wanted, self._missing, anew=not read_back())
        if unread := sum(row["unread"] for row in found.values()):
            log.warning("%d of %d questions are searched with as they are: the model wrote nothing of use", unread, len(found))
        return [Rewritten(**found[name]) for name in names]

    def told(self, questions: Sequence[str]) -> dict[str, Any]:
        """How many of these questions were rewritten, as far as they were by now, and how many in vain."""
        asked = {digest(question)[:32] for question in questions}
        rows = [row for row in self.cache.journal(KEPT, self.version).rows() if row["asked"] in asked]
        return {"rewritten": len(rows), "unread": sum(row["unread"] for row in rows)}

    def _missing(self, wanted: Mapping[str, str]) -> Iterator[dict[str, Row]]:
        names, questions = list(wanted), list(wanted.values())
        log.info("rewriting %d questions", len(questions))
        for batch in self.writer.write([self.rewriter.prompt(question) for question in questions], self.rewriter):
            yield {names[place]: self._row(questions[place], written) for place, written in batch}

    def _row(self, question: str, written: Written) -> Row:
        text = self.rewriter.read(written.text)
        return {**written._asdict(), "text": text or question, "unread": not text}
