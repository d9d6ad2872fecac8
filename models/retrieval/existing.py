"""Passages found in a store that somebody else has filled: it is searched as it is, and never written to."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from pathlib import Path
from typing import Any

from proctor.core.code import code_of
from proctor.core.language.sources import KnownDocuments, SourcePassage
from proctor.core.schema import Context, Document, InputError
from proctor.core.storage.cache import Cache, digest
from proctor.models.embedders.protocol import Embedder
from proctor.models.retrieval.dense import TINY, in_windows
from proctor.models.retrieval.passages import EngineSearch, Passage
from proctor.models.stores.client import FoundPassage
from proctor.models.stores.collections import Collections

log = logging.getLogger("proctor")

TRIED, APART, SLACK = 5, 0.2, 0.01
"""Passages whose scores are compared with those of their texts, how far apart these may be, and how far a cosine from 1."""
FAR = "apart"
"""The kind of entry of the cache that says of a store that its scores are too far apart."""
FILLED = "its store was filled elsewhere, and is only read"


@dataclass(frozen=True)
class Existing:
    """A collection of the user's. Its passages are matched with the suite's documents by name, or else by what they say."""

    embedder: Embedder
    device: str
    store: Collections
    declared: str
    """The version that the row declares, as the store does not tell what has changed in it."""
    cache: Cache

    @cached_property
    def version(self) -> list[Any]:
        """What is known to shape what is found: the collection, how much is in it, and what the row says of it."""
        settings = self.store.settings
        read = [settings.collection, settings.id, settings.text, settings.document, settings.vector]
        code = code_of(__name__, apart=[Collections])
        count = self.store.count(settings.collection or "")
        return [code, self.embedder.version, *self.store.version, self.device, read, count, self.declared]

    def warm_up(self) -> None:
        """Load the embedder and connect."""
        self.store.warm_up()
        self.embedder.queries(["warm"], self.device)

    def check(self) -> None:
        """See to it that embedder and store can be used; InputError where one cannot."""
        self.embedder.check(self.device)
        self.store.check()

    def told(self) -> Mapping[str, Any]:
        """What a run's provenance says of the embedder."""
        return self.embedder.told()

    def build(self, passages: Sequence[Passage], folder: Path, previous_index: Path | None) -> dict[str, Any]:
        """There is nothing to build."""
        del passages, folder, previous_index
        return {"existing": True}

    def open(self, folder: Path) -> EngineSearch:
        """Its passages are not those of the folder: see `finder`."""
        raise NotImplementedError

    def finder(self, documents: Sequence[Document]) -> Callable[[Sequence[str], int], list[tuple[Context, ...]]]:
        """The best passages for each query, best first. A query that the embedder cannot read at once is looked up in windows."""
        known = KnownDocuments(documents)
        checked = threading.Event()

        def find(queries: Sequence[str], count: int) -> list[tuple[Context, ...]]:
            if not queries:
                return []
            windows = [in_windows(self.embedder, self.device, "", query, query=True) for query in queries]
            asked = self.embedder.queries([*chain(*windows)], self.device)
            near = self.store.look_up(asked, count)
            if not checked.is_set():
                checked.set()
                self._check_embedder(asked[0], near[0])
            found = iter(near)
            merged = [_best(chain(*map(_nearness, islice(found, len(parts)))), count) for parts in windows]
            return [known.contexts(map(_passage, self._with_text(near))) for near in merged]

        return find

    def of_passages(self, ranking: Sequence[Context]) -> Any:
        """The vectors of passages that were found, which the store does not hand out: they are embedded here. See `Vectors`."""
        import numpy as np

        windows = [in_windows(self.embedder, self.device, "", one.text, query=False) for one in ranking]
        vectors = iter(self.embedder.passages([*chain(*windows)], self.device))
        rows = np.stack([np.sum([*islice(vectors, len(parts))], axis=0) for parts in windows])
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), TINY)

    def _check_embedder(self, query: Any, near: Sequence[FoundPassage]) -> None:
        """Warn where passages have other scores than their texts would have: another embedder may have made their vectors."""
        some = [one for one in near if one.text][:TRIED]
        if not some or any(abs(one.score) > 1 + SLACK for one in some):  # no cosines, of which nothing can be told
            return
        own = self.embedder.passages([one.text for one in some], self.device) @ query
        apart = sum(abs(one.score - score) for one, score in zip(some, own.tolist(), strict=True)) / len(some)
        if apart > APART:
            said = (
                "store %s: embedder %s gives the passages found other scores (%.2f apart): see that it made the store's vectors"
            )
            log.warning(said, self.store.name.public, self.embedder.name, apart)
            self.cache.json(FAR, digest(self.version), lambda: round(apart, 4))

    def facts(self) -> dict[str, float]:
        """How far scores were ``apart`` when it was searched, now or in an earlier run, where that is too far."""
        key = digest(self.version)
        return {"apart": self.cache.json(FAR, key, float)} if self.cache.has(FAR, key) else {}

    def _with_text(self, near: Sequence[FoundPassage]) -> Sequence[FoundPassage]:
        if near and not any(one.text for one in near):
            field, where = self.store.settings.text, self.store.name.public
            raise InputError(f"store {where}: nothing that was found has a text in the field {field}; name its field in text")
        return near


def _nearness(near: Sequence[FoundPassage]) -> Sequence[FoundPassage]:
    """What was found, best first, with scores of which more is nearer: some stores give distances."""
    if near and near[0].score < near[-1].score:
        return [one._replace(score=-one.score) for one in near]
    return near


def _best(found: Iterable[FoundPassage], count: int) -> list[FoundPassage]:
    """Of what was found for the windows of a query, each passage with its best score, best first."""
    best: dict[tuple[str, str], FoundPassage] = {}
    for one in found:
        key = one.id, one.text
        if key not in best or one.score > best[key].score:
            best[key] = one
    return sorted(best.values(), key=lambda one: -one.score)[:count]


def _passage(one: FoundPassage) -> SourcePassage:
    return SourcePassage(one.text, (one.document, one.id) if one.document else (one.id,), one.score)
