"""Vectors in Pinecone: one index, at the address that it has, with a namespace for each collection.

A namespace cannot be renamed: what is whole has a mark, a vector in a namespace that holds nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from proctor.core.schema import InputError
from proctor.models.stores import servers
from proctor.models.stores.client import Client, FoundPassage
from proctor.models.stores.collections import NAME, Collections
from proctor.models.stores.named import StoreSettings
from proctor.models.stores.store import Matrix, StorePlace

KEY = "PINECONE_API_KEY"
MARKS = "proctor-whole"
"""The namespace of marks: final name -> the namespace that is meant, in the mark's metadata."""
SECONDS = 30.0
SEEN, EVERY = 60.0, 0.2
"""Seconds to wait until what was sent is found, as an index is consistent only after a while, and between two looks."""
AT_ONCE = 100
"""Ids in an address."""


class Pinecone(Client):
    """A connection to an index."""

    batch = 100

    def __init__(self, place: str, key: str | None) -> None:
        import pinecone

        if not key:
            raise InputError(f"store pinecone needs a key: set {KEY}, or the variable that key names, in the environment")
        self.index = pinecone.Pinecone(api_key=key, timeout=SECONDS).Index(host=place)
        self._meant: dict[str, str] = {}

    @classmethod
    def library(cls) -> str:
        """The client's."""
        return servers.library("pinecone")

    @classmethod
    def is_down(cls, error: Exception) -> bool:
        """Nobody listens or answers, or it is too busy."""
        from pinecone.errors import exceptions

        status = getattr(error, "status_code", None) or getattr(error, "status", None) or 0
        return isinstance(error, exceptions.PineconeConnectionError | exceptions.PineconeTimeoutError) or (
            isinstance(status, int) and (status >= 500 or status == 429)
        )

    def close(self) -> None:
        """Let go of the store."""
        self.index.close()

    def collections(self) -> list[str]:
        """Namespaces, with those that a mark shows by its name alone."""
        there = set(self.index.describe_index_stats().namespaces or {}) - {MARKS}
        marked = self._marks(sorted({found[0][: found.end("content")] for one in there if (found := NAME.fullmatch(one))}))
        self._meant = {final: meant for final, meant in marked.items() if meant in there}
        return [*self._meant, *(there - set(self._meant.values()))]

    def _marks(self, finals: Sequence[str]) -> dict[str, str]:
        """Final name -> the namespace that is meant."""
        found: dict[str, str] = {}
        for start in range(0, len(finals), AT_ONCE):
            rows = self.index.fetch(ids=list(finals[start : start + AT_ONCE]), namespace=MARKS).vectors
            found |= {final: str((row.metadata or {}).get("namespace", "")) for final, row in rows.items()}
        return found

    def create(self, name: str, dimensions: int) -> None:
        """A namespace is there with its first vector; the index has to fit."""
        del name
        about = self.index.describe_index_stats()
        if about.dimension and about.dimension != dimensions:
            raise InputError(f"the index holds vectors of {about.dimension} numbers, and the embedder makes {dimensions}")

    def upsert(self, name: str, ids: Sequence[str], vectors: Matrix) -> None:
        """As they are."""
        rows = [{"id": one, "values": vector} for one, vector in zip(ids, vectors.tolist(), strict=True)]
        self.index.upsert(vectors=rows, namespace=name, show_progress=False)

    def delete(self, name: str, ids: Sequence[str]) -> None:
        """By their ids."""
        self.index.delete(ids=list(ids), namespace=name)

    def finish(self, name: str, final: str) -> None:
        """By a mark, and wait until that is found."""
        about = self.index.describe_index_stats()
        values = [1.0] + [0.0] * ((about.dimension or 2) - 1)
        mark = {"id": final, "values": values, "metadata": {"namespace": name}}
        self.index.upsert(vectors=[mark], namespace=MARKS, show_progress=False)
        until = time.monotonic() + SEEN
        while self._marks([final]).get(final) != name and time.monotonic() < until:
            time.sleep(EVERY)
        self._meant[final] = name

    def drop(self, name: str) -> None:
        """With its mark, which goes first."""
        meant = self._meant.pop(name, name)
        if meant != name:
            self.index.delete(ids=[name], namespace=MARKS)
        self.index.delete(delete_all=True, namespace=meant)

    def count(self, name: str) -> int:
        """As the index tells."""
        spaces = self.index.describe_index_stats().namespaces or {}
        found = spaces.get(self._meant.get(name, name))
        return int(found.vector_count) if found else 0

    def search(self, name: str, vectors: Matrix, count: int) -> list[list[tuple[str, float]]]:
        """One by one, as it has no call for several."""
        space = self._meant.get(name, name)
        return [[(str(one.id), float(one.score)) for one in self._near(space, vector, count)] for vector in vectors]

    def look_up(self, settings: StoreSettings, vectors: Matrix, count: int) -> list[list[FoundPassage]]:
        """From the metadata."""
        name = settings.collection or ""
        return [[_passage(one, settings) for one in self._near(name, vector, count, include_metadata=True)] for vector in vectors]

    def _near(self, space: str, vector: Matrix, count: int, **more: Any) -> list[Any]:
        return list(self.index.query(vector=vector.tolist(), top_k=count, namespace=space, **more).matches)


def _passage(one: Any, settings: StoreSettings) -> FoundPassage:
    said = one.metadata or {}
    document = said.get(settings.document, "") if settings.document else ""
    return FoundPassage(str(one.id), str(said.get(settings.text, "")), str(document), float(one.score))


def store(where: StorePlace) -> Collections:
    """``pinecone:https://INDEX-PROJECT.svc.REGION.pinecone.io``, the address that Pinecone shows for an index."""

    def connect() -> Client:
        return Pinecone(where.name.place, servers.key(where.settings.key or KEY))

    return Collections(where.name, where.settings, connect, Pinecone)
