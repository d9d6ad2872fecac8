"""Questions put otherwise by a system's own model, many at a time, and each once: what was written is kept by its content."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from proctor.core.code import code_of
from proctor.core.storage.cache import Cache, Journal, digest
from proctor.core.storage.once import Row, once
from proctor.models.embedders.timing import read_back
from proctor.models.rewriters.protocol import Rewriter
from proctor.models.rewriting import BY_WORDS

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
        """Hash of all that is known to shape what it writes to a prompt."""

    def asked_again(self) -> int:
        """How often it was to be asked for anew what it wrote before, as it may have changed unseen."""

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

    @property
    def took(self) -> dict[str, float]:
        """By the names of `core.schema.Answer.searching`."""
        about = ("tokens", "prompt_tokens", "seconds")
        return {f"rewrite_{name}": getattr(self, name) for name in about}


@dataclass(frozen=True)
class Rewriting:
    """One way to rewrite, by one model."""

    rewriter: Rewriter
    writer: Writer
    cache: Cache
    package: str = ""
    """Name and version of the package that brings the rewriter, where it is not Proctor's own."""

    @property
    def version(self) -> str:
        """Hash of all that shapes what is searched with."""
        return digest(code_of(__name__), self.rewriter.version, self.package, self.writer.version)

    @property
    def _journal(self) -> Journal:
        return self.cache.journal(KEPT, digest(self.version, self.writer.asked_again()))

    def rewritten(self, questions: Sequence[str]) -> list[Rewritten]:
        """For each question what is searched with. Where the time is taken that a question takes, it is written anew."""
        names = [digest(question)[:32] for question in questions]
        wanted = dict(zip(names, questions, strict=True))
        found = once(self._journal, wanted, self._missing, anew=not read_back())
        return [Rewritten(**found[name]) for name in names]

    def queries(self, retrievers: Sequence[str]) -> Callable[[Sequence[str]], Mapping[str, Sequence[str]]]:
        """From questions to what each of some retrievers searches with, by their names."""

        def asked(questions: Sequence[str]) -> dict[str, Sequence[str]]:
            found = [one.text for one in self.rewritten(questions)]
            return {name: questions if self.rewriter.meaning and name in BY_WORDS else found for name in retrievers}

        return asked

    def told(self) -> dict[str, Any]:
        """How many questions were rewritten by now, and how many in vain."""
        rows = list(self._journal.rows())
        return {"questions": len(rows), "unread": sum(row["unread"] for row in rows)}

    def _missing(self, wanted: Mapping[str, str]) -> Iterator[dict[str, Row]]:
        names, questions, unread = list(wanted), list(wanted.values()), 0
        log.info("rewriting %d questions", len(questions))
        for batch in self.writer.write([self.rewriter.prompt(question) for question in questions], self.rewriter):
            rows = {names[place]: self._row(questions[place], written) for place, written in batch}
            unread += sum(row["unread"] for row in rows.values())
            yield rows
        if unread:
            log.warning("%d of %d questions are searched with as they are: the model wrote nothing of use", unread, len(names))

    def _row(self, question: str, written: Written) -> Row:
        text = self.rewriter.read(written.text)
        return {**written._asdict(), "text": text or question, "unread": not text}
