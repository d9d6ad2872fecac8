"""Vectors in Qdrant: in the memory of this process, in a folder, or on a server.

In memory and in a folder its client compares every vector; a server goes along an HNSW graph once there are many.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from proctor.models.stores import servers
from proctor.models.stores.client import Client, FoundPassage
from proctor.models.stores.collections import Collections
from proctor.models.stores.named import StoreSettings
from proctor.models.stores.store import Matrix, StorePlace

KEY = "QDRANT_API_KEY"
SECONDS = 60
"""That a call may take."""


class Qdrant(Client):
    """A connection, in which what is finished is an alias: a collection cannot be renamed."""

    batch = 256

    def __init__(self, place: str, key: str | None) -> None:
        import qdrant_client

        self.models = qdrant_client.models
        if "://" in place:
            self.client = qdrant_client.QdrantClient(url=place, api_key=key, timeout=SECONDS, check_compatibility=False)
        elif place:
            Path(place).mkdir(parents=True, exist_ok=True)
            self.client = qdrant_client.QdrantClient(path=place)
        else:
            self.client = qdrant_client.QdrantClient(location=":memory:")

    @classmethod
    def library(cls) -> str:
        """The client's."""
        return servers.library("qdrant-client")

    @classmethod
    def is_down(cls, error: Exception) -> bool:
        """Nobody listens or answers; or another process has the folder, which may end soon."""
        from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

        if isinstance(error, UnexpectedResponse):
            return (error.status_code or 0) >= 500 or error.status_code == 429
        return isinstance(error, ResponseHandlingException) or "already accessed" in str(error)

    def close(self) -> None:
        """Let go of the store."""
        self.client.close()

    def collections(self) -> list[str]:
        """Those that an alias shows by its name alone."""
        shown = {one.collection_name: one.alias_name for one in self.client.get_aliases().aliases}
        return [shown.get(one.name, one.name) for one in self.client.get_collections().collections]

    def create(self, name: str, dimensions: int) -> None:
        """Compared by inner products."""
        if not self.client.collection_exists(name):
            vectors = self.models.VectorParams(size=dimensions, distance=self.models.Distance.DOT)
            self.client.create_collection(name, vectors_config=vectors)

    def upsert(self, name: str, ids: Sequence[str], vectors: Matrix) -> None:
        """Wait until they are in."""
        self.client.upsert(name, self.models.Batch(ids=list(ids), vectors=vectors.tolist()), wait=True)

    def delete(self, name: str, ids: Sequence[str]) -> None:
        """Wait until they are out."""
        self.client.delete(name, self.models.PointIdsList(points=list(ids)), wait=True)

    def finish(self, name: str, final: str) -> None:
        """By an alias."""
        alias = self.models.CreateAlias(collection_name=name, alias_name=final)
        self.client.update_collection_aliases([self.models.CreateAliasOperation(create_alias=alias)])

    def drop(self, name: str) -> None:
        """With what shows it."""
        shown = {one.alias_name: one.collection_name for one in self.client.get_aliases().aliases}
        if name in shown:
            alias = self.models.DeleteAlias(alias_name=name)
            self.client.update_collection_aliases([self.models.DeleteAliasOperation(delete_alias=alias)])
        self.client.delete_collection(shown.get(name, name))

    def count(self, name: str) -> int:
        """Exactly."""
        return int(self.client.count(name, exact=True).count)

    def search(self, name: str, vectors: Matrix, count: int) -> list[list[tuple[str, float]]]:
        """Many at a time."""
        return [[(UUID(str(one.id)).hex, float(one.score)) for one in found] for found in self._query(name, vectors, count)]

    def look_up(self, settings: StoreSettings, vectors: Matrix, count: int) -> list[list[FoundPassage]]:
        """From the payload."""
        found = self._query(settings.collection or "", vectors, count, with_payload=True)
        return [[_passage(one, settings) for one in near] for near in found]

    def _query(self, name: str, vectors: Matrix, count: int, **more: Any) -> list[list[Any]]:
        asked = [self.models.QueryRequest(query=vector.tolist(), limit=count, **more) for vector in vectors]
        return [list(found.points) for found in self.client.query_batch_points(name, asked)]


def _passage(one: Any, settings: StoreSettings) -> FoundPassage:
    said = one.payload or {}
    document = said.get(settings.document, "") if settings.document else ""
    return FoundPassage(str(one.id), str(said.get(settings.text, "")), str(document), float(one.score))


def store(where: StorePlace) -> Collections:
    """``qdrant`` (in memory), ``qdrant:FOLDER`` or ``qdrant:http://HOST:6333``."""

    def connect() -> Client:
        return Qdrant(where.name.place, servers.key(where.settings.key or KEY) if where.name.remote else None)

    return Collections(where.name, where.settings, connect, Qdrant, exact=not where.name.remote)
