"""A kind of retrieval without a system around it, as `evals.testing.checks.retriever_checks` tries it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from proctor.core.schema import Context, Document
from proctor.models.retrieval import search
from proctor.models.retrieval.passages import Engine
from proctor.models.systems import System

ALONE = System("alone")


@dataclass(frozen=True)
class Alone:
    """Splits, indexes and searches documents with an engine, as a system with these settings does."""

    engine: Engine
    system: System = ALONE
    """Says how long a passage is, and what a passage scores at least."""

    @property
    def version(self) -> list[object]:
        """What shapes what is found, besides the documents."""
        return [*self.engine.version, self.system.chunk_chars, self.system.chunk_overlap, self.system.min_score]

    def build(self, documents: Sequence[Document], folder: Path, previous_index: Path | None = None) -> None:
        """Leave passages and index in a folder."""
        search.build(self.system, self.engine, documents, folder, previous_index)

    def open(self, folder: Path) -> Callable[[Sequence[str], int], list[tuple[Context, ...]]]:
        """A search of what was built there."""

        def find(queries: Sequence[str], count: int) -> list[tuple[Context, ...]]:
            return search.searcher(self.system, self.engine, folder, count)(queries)

        return find
