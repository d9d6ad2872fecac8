"""The index of one system's documents: built once for the same passages, and brought up to date rather than built anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from proctor.core.schema import Context, Document
from proctor.core.storage.cache import digest
from proctor.models import circumstances
from proctor.models.chunkers.protocol import Chunker
from proctor.models.embedders import timing
from proctor.models.retrieval import search
from proctor.models.retrieval.existing import Existing
from proctor.models.retrieval.passages import Engine
from proctor.models.runtime import Runtime
from proctor.models.systems import System


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
    def chunker(self) -> Chunker:
        """How documents are split; InputError if it needs an embedder that there is not."""
        return search.chunker(self.system, self.runtime.cache, self.runtime.device)

    def check(self) -> None:
        """See to it that what it is built and searched with can be used.

        Raises:
            InputError: something cannot be reached or loaded; says what to do.
        """
        for part in (self.engine, self.chunker):
            if check := getattr(part, "check", None):
                check()

    @cached_property
    def version(self) -> str:
        """Hash of what is found with it: the same whether it was built anew or from an older one."""
        return search.key(self.system, self.engine, self.chunker, self.documents)

    def folder(self) -> Path:
        """Where it is, built if it is not there."""
        return self.runtime.cache.build("indices", self._key, self._build)

    @property
    def _key(self) -> str:
        return digest(self.version, self.previous_index.version) if self.previous_index else self.version

    @property
    def built(self) -> bool:
        """Whether it is there."""
        return self.runtime.cache.has("indices", self._key)

    def facts(self) -> dict[str, Any]:
        """What building it told that is no time: passages, how many the embedder does not read at once, its store.

        Nothing where it was not built yet.
        """
        report = search.report(self.runtime.cache.place("indices", self._key))
        found = {name: value for name, value in report.items() if name not in ("seconds", "machine", "kept")}
        return found | self.engine.facts() if isinstance(self.engine, Existing) else found

    def told(self) -> Mapping[str, Any]:
        """What a run's provenance says of what it is searched with, by the names of settings."""
        told = getattr(self.engine, "told", dict)
        found: Mapping[str, Any] = told()
        return found

    def retrieve(self, texts: Sequence[str], count: int) -> list[tuple[Context, ...]]:
        """The best passages for each text, best first."""
        return self._searcher(count)(texts)

    def searcher(self, count: int) -> search.Searcher:
        """The same with the index in memory, as it is timed: no text's vector is read back from an earlier search."""
        find = self._searcher(count)

        def searched(texts: Sequence[str]) -> list[tuple[Context, ...]]:
            with timing.timed():
                return find(texts)

        return searched

    def _searcher(self, count: int) -> search.Searcher:
        if isinstance(self.engine, Existing):
            return self.engine.searcher(self.documents, count, self.system.min_score)
        return search.searcher(self.system, self.engine, self.folder(), count)

    def chunks_of(self, documents: Sequence[str]) -> dict[str, tuple[Context, ...]]:
        """Document id -> the passages that it was split into."""
        return search.chunks_of(self.folder(), set(documents))

    def _build(self, folder: Path) -> None:
        previous_index = self.previous_index.folder() if self.previous_index else None
        with circumstances.noted(folder):
            search.build(self.system, self.engine, self.chunker, self.documents, folder, previous_index)
