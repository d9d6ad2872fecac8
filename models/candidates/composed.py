"""What Proctor composes around a model, whether its weights are here or it is served: its own retrieval, and room for answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, NamedTuple, Protocol

from proctor.core.schema import Answer, Context, Domain, Question
from proctor.models.generation.limits import Limits
from proctor.models.retrieval import reranker
from proctor.models.retrieval.index import Index
from proctor.models.retrieval.stages import Queries, Step
from proctor.models.rewriters.rewriting import Rewriting, Writer
from proctor.models.rewriting import REWRITERS
from proctor.models.runtime import Runtime
from proctor.models.systems import System


class _Parts(Protocol):
    """What it is composed of."""

    @property
    def system(self) -> System: ...
    @property
    def domain(self) -> Domain: ...
    @property
    def runtime(self) -> Runtime: ...
    @property
    def limits(self) -> Limits: ...
    @property
    def previous_index(self) -> Index | None: ...
    @property
    def top_k(self) -> int: ...
    @property
    def index(self) -> Index: ...
    @property
    def rewriting(self) -> Rewriting | None: ...
    @property
    def queries(self) -> Queries | None: ...
    @property
    def writer(self) -> Writer: ...


class LookedUp(NamedTuple):
    """What was found for one question."""

    passages: tuple[Context, ...]
    took: dict[str, float]
    """As `core.schema.Answer.searching` has it."""

    def counted(self, answer: Answer) -> Answer:
        """An answer with what was searched with for it."""
        seconds = round(answer.seconds + self.took.get("rewrite_seconds", 0.0), 6)
        return replace(answer, searching=self.took, seconds=seconds) if self.took else answer


class Composed:
    """Looks passages up in an index of its own, and says how far its answers may go."""

    @property
    def top_k(self: _Parts) -> int:
        """Passages that it looks up for a question."""
        return self.system.top_k

    @property
    def room(self: _Parts) -> int:
        """New tokens that an answer may take."""
        return self.system.max_new_tokens or self.limits.tokens

    @cached_property
    def index(self: _Parts) -> Index:
        """What it searches, if it looks passages up."""
        return Index(self.system, self.domain.documents, self.runtime, self.previous_index)

    def retrieve(self: _Parts, questions: Sequence[Question], count: int | None = None) -> list[tuple[Context, ...]]:
        """The best passages for each question, best first: as many as the system shows, or ``count``."""
        return self.index.retrieve([question.text for question in questions], count or self.top_k, self.queries)

    def steps(self: _Parts, questions: Sequence[Question]) -> list[tuple[Step, ...]]:
        """For each question what each stage of the search handed on: by the retrievers' names, and those of `stages`."""
        return self.index.steps([question.text for question in questions], self.top_k, self.queries)

    @cached_property
    def rewriting(self: _Parts) -> Rewriting | None:
        """What its own model makes of questions before they are looked up, if anything."""
        name = self.system.search.rewrite
        return Rewriting(REWRITERS[name](), self.writer, self.runtime.cache, REWRITERS.version(name)) if name else None

    @property
    def queries(self: _Parts) -> Queries | None:
        """What its retrievers search with, where it is not the questions themselves."""
        return self.rewriting.queries(self.system.retrievers) if self.rewriting else None

    @property
    def found_with(self: _Parts) -> list[Any]:
        """What shapes its passages."""
        more = [self.rewriting.version] if self.rewriting else []
        return [self.index.version, self.top_k, self.system.min_score, *more]

    def looked_up(self: _Parts, questions: Sequence[Question]) -> list[LookedUp]:
        """For each question the passages that are shown, and what it took to find them."""
        texts = [question.text for question in questions]
        if not self.rewriting and self.index.reranker is None:
            return [LookedUp(found, {}) for found in self.index.retrieve(texts, self.top_k)]
        steps = self.index.steps(texts, self.top_k, self.queries)
        written = [one.took for one in self.rewriting.rewritten(texts)] if self.rewriting else [{} for _ in texts]
        again = self.index.reranker
        taken = [reranker.took(again, text, its) if again else {} for text, its in zip(texts, steps, strict=True)]
        return [LookedUp(its[-1].passages, one | other) for its, one, other in zip(steps, written, taken, strict=True)]

    def chunks_of(self: _Parts, documents: Sequence[str]) -> dict[str, tuple[Context, ...]]:
        """Document id -> the passages that it was split into."""
        return self.index.chunks_of(documents)

    def check(self: _Parts) -> None:
        """See to it that what it looks passages up with can be used; InputError where it cannot."""
        if self.system.retrieves:
            self.index.check()
