"""The index of one system's documents: built once for the same passages, and brought up to date rather than built anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from proctor.core.schema import Context, Document
from proctor.core.storage.cache import digest
from proctor.models import circumstances
from proctor.models.chunkers.protocol import Chunker
from proctor.models.embedders import timing
from proctor.models.retrieval import compose, search
from proctor.models.retrieval.reranker import Reranker
from proctor.models.retrieval.search import Engines
from proctor.models.retrieval.stages import Queries, Stages, Step
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
    def engines(self) -> Engines:
        """How it is searched; InputError if there is no such embedder."""
        return search.engines(self.system, self.runtime.cache, self.runtime.device)

    @cached_property
    def chunker(self) -> Chunker:
        """How documents are split; InputError if it needs an embedder that there is not."""
        return search.chunker(self.system, self.runtime.cache, self.runtime.device)

    @cached_property
    def reranker(self) -> Reranker | None:
        """What puts what is found into order, if anything does; InputError if it cannot be used."""
        return compose.reranker(self.system, self.runtime.cache)

    def check(self) -> None:
        """See to it that what it is built and searched with can be used.

        Raises:
            InputError: something cannot be reached or loaded; says what to do.
        """
        self.refuse()
        for part in (*self.engines.values(), self.chunker):
            if check := getattr(part, "check", None):
                check()
        if self.reranker is not None:
            self.reranker.check(self.runtime.device)

    def refuse(self) -> None:
        """See to it that it can be searched as its system says, as far as that can be told without asking anything.

        Raises:
            InputError: there is no such embedder, or no document that the search may find.
        """
        _ = self.engines, self.reranker
        compose.check(self.system, self.documents)

    @cached_property
    def searched(self) -> tuple[Document, ...]:
        """The documents that are split, indexed and found."""
        return compose.searched(self.system, self.documents)

    @cached_property
    def version(self) -> str:
        """Hash of what is found with it: the same whether it was built anew or from an older one."""
        stages = compose.version(self.system, self.reranker)
        return digest(self._content, stages) if stages else self._content

    @cached_property
    def _content(self) -> str:
        """Hash of what it is built of."""
        return search.key(self.system, self.engines, self.chunker, self.searched)

    def folder(self) -> Path:
        """Where it is, built if it is not there."""
        return self.runtime.cache.build("indices", self._key, self._build)

    @property
    def _key(self) -> str:
        return digest(self._content, self.previous_index._content) if self.previous_index else self._content  # noqa: SLF001 -- of the same class

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
        for engine in self.engines.values():
            found |= getattr(engine, "facts", dict)()
        return found

    def told(self) -> Mapping[str, Any]:
        """What a run's provenance says of what it is searched with, by the names of settings."""
        found: dict[str, Any] = {}
        for engine in self.engines.values():
            told: Mapping[str, Any] = getattr(engine, "told", dict)()
            found |= told
        found |= self.reranker.told() if self.reranker is not None else {}
        return found

    def retrieve(self, texts: Sequence[str], count: int, queries: Queries | None = None) -> list[tuple[Context, ...]]:
        """The best passages for each text, best first. ``queries``: what is searched with, if not the texts themselves."""
        return self._searcher(count, queries)(texts)

    def steps(self, texts: Sequence[str], count: int, queries: Queries | None = None) -> list[tuple[Step, ...]]:
        """For each text what each stage of the search handed on; the last is what `retrieve` gives."""
        return self._stages(queries).steps(texts, count)

    def searcher(self, count: int, queries: Queries | None = None) -> search.Searcher:
        """The same with the index in memory, as it is timed: nothing is read back from an earlier search, no vector or score."""
        find = self._searcher(count, queries)

        def searched(texts: Sequence[str]) -> list[tuple[Context, ...]]:
            with timing.timed():
                return find(texts)

        return searched

    def _searcher(self, count: int, queries: Queries | None) -> search.Searcher:
        if compose.is_plain(self.system):
            (find,) = search.finders(self.engines, self.searched, self.folder()).values()
            return search.searcher(self.system, find, count)
        stages = self._stages(queries)
        return lambda texts: stages.retrieve(texts, count)

    def _stages(self, queries: Queries | None) -> Stages:
        reordered = compose.reordered(self.reranker, self.runtime.device)
        made = compose.stages(self.system, self.engines, self.searched, self.folder(), reordered)
        return replace(made, queries=queries)

    def chunks_of(self, documents: Sequence[str]) -> dict[str, tuple[Context, ...]]:
        """Document id -> the passages that it was split into; or would be, where a filter leaves it out of the index."""
        found, asked = search.chunks_of(self.folder(), {*documents}), {*documents} - {one.id for one in self.searched}
        return found | search.split_anew([one for one in self.documents if one.id in asked], self.chunker)

    def _build(self, folder: Path) -> None:
        previous_index = self.previous_index.folder() if self.previous_index else None
        with circumstances.noted(folder):
            search.build(self.engines, self.chunker, self.searched, folder, previous_index)
