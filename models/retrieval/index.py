"""The index of one system's documents: built once for the same passages, and brought up to date rather than built anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from proctor.core.schema import Context, Document
from proctor.core.storage.cache import digest
from proctor.models import circumstances
from proctor.models.retrieval import search
from proctor.models.retrieval.existing import Existing
from proctor.models.retrieval.passages import Engine
from proctor.models.runtime import Runtime
from proctor.models.systems import DEFAULT, System


@dataclass(frozen=True)
class Index:
    """What a retrieving system searches. Nothing is built before it is needed."""

    system: System
    documents: tuple[Document, ...]
    runtime: Runtime
    previous_index: Index | None = None
    """The index that it takes over whatever has not changed from."""

    @cached_property
    def engine(self) -> Engine:
        """How it is searched; InputError if there is no such embedder."""
        return search.engine(self.system, self.runtime.cache, self.runtime.device)

    @cached_property
    def version(self) -> str:
        """Hash of what is found with it: the same whether it was built anew or from an older one."""
        return search.key(self.system, self.engine, self.documents)

    def folder(self) -> Path:
        """Where it is, built if it is not there."""
        return self.runtime.cache.build("indices", self._key, self._build)

    def retrieve(self, texts: Sequence[str], count: int) -> list[tuple[Context, ...]]:
        """The best passages for each text, best first."""
        return self.searcher(count)(texts)

    def searcher(self, count: int) -> search.Searcher:
        """`passages` with the index in memory."""
        if isinstance(self.engine, Existing):
            return self.engine.searcher(self.documents, count, self.system.min_score)
        return search.searcher(self.system, self.engine, self.folder(), count)

    def chunks_of(self, documents: Sequence[str]) -> dict[str, tuple[Context, ...]]:
        """Document id -> the passages that it was split into."""
        return search.chunks_of(self.folder(), set(documents))

    def report(self) -> dict[str, Any]:
        """What building it told of its store, if it was built by now and has one of its own."""
        if self.system.store == DEFAULT.store:
            return {}
        folder = self.runtime.cache.folder_of("indices", self._key)
        return search.report(folder) if folder else {}

    @property
    def _key(self) -> str:
        return digest(self.version, self.previous_index.version) if self.previous_index else self.version

    def _build(self, folder: Path) -> None:
        previous_index = self.previous_index.folder() if self.previous_index else None
        with circumstances.noted(folder):
            search.build(self.system, self.engine, self.documents, folder, previous_index)
