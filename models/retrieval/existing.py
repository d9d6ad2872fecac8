"""Passages found in a store that somebody else has filled: it is searched as it is, and never written to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from proctor.core.code import code_of
from proctor.core.language.sources import KnownDocuments, SourcePassage
from proctor.core.schema import Context, Document, InputError
from proctor.models.embedders.protocol import Embedder
from proctor.models.retrieval.passages import Passage, Search
from proctor.models.stores.client import FoundPassage
from proctor.models.stores.collections import Collections

FILLED = "its store was filled elsewhere, and is only read"


@dataclass(frozen=True)
class Existing:
    """A collection of the user's. Its passages are matched with the suite's documents by name, or else by what they say."""

    embedder: Embedder
    device: str
    store: Collections
    declared: str
    """The version that the row declares, as the store does not tell what has changed in it."""

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

    def open(self, folder: Path) -> Search:
        """Its passages are not those of the folder: see `searcher`."""
        raise NotImplementedError

    def searcher(
        self, documents: Sequence[Document], count: int, least: float | None
    ) -> Callable[[Sequence[str]], list[tuple[Context, ...]]]:
        """The best passages for each query, best first; a question that the embedder cannot read at once is cut off by it."""
        known = KnownDocuments(documents)

        def find(queries: Sequence[str]) -> list[tuple[Context, ...]]:
            if not queries:
                return []
            found = self.store.look_up(self.embedder.queries(queries, self.device), count)
            kept = [[one for one in near if least is None or one.score >= least] for near in found]
            return [known.contexts(map(_passage, self._with_text(near))) for near in kept]

        return find

    def _with_text(self, near: Sequence[FoundPassage]) -> Sequence[FoundPassage]:
        if near and not any(one.text for one in near):
            field, where = self.store.settings.text, self.store.name.public
            raise InputError(f"store {where}: nothing that was found has a text in the field {field}; name its field in text")
        return near


def _passage(one: FoundPassage) -> SourcePassage:
    return SourcePassage(one.text, (one.document, one.id) if one.document else (one.id,), one.score)
