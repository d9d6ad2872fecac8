"""What Proctor composes around a model, whether its weights are here or it is served: its own retrieval, and room for answers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Protocol

from proctor.core.schema import Context, Domain, Question
from proctor.models.generation.limits import Limits
from proctor.models.retrieval.index import Index
from proctor.models.retrieval.stages import Step
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
        return self.index.retrieve([question.text for question in questions], count or self.top_k)

    def steps(self: _Parts, questions: Sequence[Question]) -> list[tuple[Step, ...]]:
        """For each question what each stage of the search handed on: by the retrievers' names, and those of `stages`."""
        return self.index.steps([question.text for question in questions], self.top_k)

    def chunks_of(self: _Parts, documents: Sequence[str]) -> dict[str, tuple[Context, ...]]:
        """Document id -> the passages that it was split into."""
        return self.index.chunks_of(documents)

    def check(self: _Parts) -> None:
        """See to it that what it looks passages up with can be used; InputError where it cannot."""
        if self.system.retrieves:
            self.index.check()
