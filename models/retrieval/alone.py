"""A kind of retrieval without a system around it, as `evals.testing.checks.retriever_checks` tries it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from proctor.core.schema import Context, Document
from proctor.core.storage.cache import Cache
from proctor.models.chunkers.protocol import Chunker
from proctor.models.retrieval import search
from proctor.models.retrieval.passages import Engine
from proctor.models.systems import System

NAME = "alone"
ALONE = System(NAME)


@dataclass(frozen=True)
class Alone:
    """Splits, indexes and searches documents with an engine, as a system with these settings does."""

    engine: Engine
    system: System = ALONE
    """Says how long a passage is, and what a passage scores at least."""

    @property
    def version(self) -> list[object]:
        """What shapes what is found, besides the documents."""
        return [*self.engine.version, self._chunker.version, self.system.min_score]

    @property
    def _chunker(self) -> Chunker:
        return search.chunker(self.system, Cache(Path(tempfile.gettempdir()) / "proctor-alone"), "cpu")

    def build(self, documents: Sequence[Document], folder: Path, previous_index: Path | None = None) -> None:
        """Leave passages and index in a folder."""
        search.build({NAME: self.engine}, self._chunker, documents, folder, previous_index)

    def open(self, folder: Path) -> Callable[[Sequence[str], int], list[tuple[Context, ...]]]:
        """A search of what was built there."""
        (found,) = search.finders({NAME: self.engine}, (), folder).values()

        def find(queries: Sequence[str], count: int) -> list[tuple[Context, ...]]:
            return search.searcher(self.system, found, count)(queries)

        return find
