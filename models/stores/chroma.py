"""Vectors in Chroma: in a folder, or on a server. It goes along an HNSW graph, with its own settings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from proctor.core.schema import InputError
from proctor.models.stores import servers
from proctor.models.stores.client import Client, FoundPassage
from proctor.models.stores.collections import Collections
from proctor.models.stores.named import StoreSettings
from proctor.models.stores.store import Matrix, StorePlace

KEY = "CHROMA_API_KEY"
HEADER = "x-chroma-token"


class Chroma(Client):
    """A connection."""

    def __init__(self, place: str, key: str | None) -> None:
        import chromadb

        quiet = chromadb.Settings(anonymized_telemetry=False)
        if "://" in place:
            address = servers.address(place, {"http": 8000, "https": 443})
            self.client = chromadb.HttpClient(
                address.host, address.port, ssl=address.ssl, headers={HEADER: key} if key else {}, settings=quiet
            )
        else:
            self.client = chromadb.PersistentClient(place, settings=quiet)
        self.batch = min(self.batch, self.client.get_max_batch_size())

    @classmethod
    def library(cls) -> str:
        """The client's, which is the store itself where no server is asked."""
        return servers.library("chromadb")

    @classmethod
    def is_down(cls, error: Exception) -> bool:
        """Nobody listens or answers."""
        import httpx

        said = str(error)
        return isinstance(error, httpx.TransportError) or "Could not connect" in said or "database is locked" in said

    def close(self) -> None:
        """Let go of the store."""
        parts = (self.client, self.client._admin_client)  # noqa: SLF001 -- chromadb leaves the connections of both open
        sessions = [getattr(part._server, "_session", None) for part in parts]  # noqa: SLF001
        for session in filter(None, sessions):
            session.close()
        self.client.close()

    def collections(self) -> list[str]:
        """All, page by page."""
        found: list[str] = []
        while page := self.client.list_collections(limit=PAGE, offset=len(found)):
            found += [one.name for one in page]
        return found

    def create(self, name: str, dimensions: int) -> None:
        """Compared by inner products."""
        del dimensions  # those of the first vector
        self.client.get_or_create_collection(name, embedding_function=None, configuration={"hnsw": {"space": "ip"}})

    def upsert(self, name: str, ids: Sequence[str], vectors: Matrix) -> None:
        """As they are."""
        self._collection(name).upsert(ids=list(ids), embeddings=vectors)

    def delete(self, name: str, ids: Sequence[str]) -> None:
        """By their ids."""
        self._collection(name).delete(ids=list(ids))

    def finish(self, name: str, final: str) -> None:
        """By renaming."""
        self._collection(name).modify(name=final)

    def drop(self, name: str) -> None:
        """With its vectors."""
        self.client.delete_collection(name)

    def count(self, name: str) -> int:
        """Exactly."""
        return int(self._collection(name).count())

    def search(self, name: str, vectors: Matrix, count: int) -> list[list[tuple[str, float]]]:
        """Its distance is one less the inner product."""
        found = self._collection(name).query(query_embeddings=vectors, n_results=count, include=["distances"])
        each = zip(found["ids"], found["distances"] or (), strict=True)
        return [[(one, 1 - float(apart)) for one, apart in zip(ids, distances, strict=True)] for ids, distances in each]

    def look_up(self, settings: StoreSettings, vectors: Matrix, count: int) -> list[list[FoundPassage]]:
        """From documents, as Chroma calls its texts, or a field of the metadata."""
        collection = self._collection(settings.collection or "")
        found = collection.query(query_embeddings=vectors, n_results=count, include=["distances", "documents", "metadatas"])
        score = SCORES[_space(collection)]
        parts = (found[name] or [] for name in ("ids", "documents", "metadatas", "distances"))
        return [
            [_passage(settings, one, text, about, score(apart)) for one, text, about, apart in zip(*near, strict=True)]
            for near in zip(*parts, strict=True)
        ]

    def _collection(self, name: str) -> Any:
        from chromadb.errors import NotFoundError

        try:
            return self.client.get_collection(name, embedding_function=None)
        except NotFoundError:
            raise InputError(f"chroma has no collection {name}") from None


PAGE = 1000
SCORES: dict[str, Callable[[float], float]] = {
    "ip": lambda apart: 1 - apart,
    "cosine": lambda apart: 1 - apart,
    "l2": lambda apart: 1 - apart / 2,
}
"""Chroma's distances -> inner products, of vectors of length one."""


def _space(collection: Any) -> str:
    settings = collection.configuration_json or {}
    return str((settings.get("hnsw") or settings.get("spann") or {}).get("space", "l2"))


def _passage(settings: StoreSettings, name: str, text: str | None, about: dict[str, Any] | None, score: float) -> FoundPassage:
    said = about or {}
    document = said.get(settings.document, "") if settings.document else ""
    return FoundPassage(name, str(said.get(settings.text, text or "")), str(document), float(score))


def store(where: StorePlace) -> Collections:
    """``chroma`` (in a folder of the cache), ``chroma:FOLDER`` or ``chroma:http://HOST:8000``."""

    def connect() -> Client:
        key = servers.key(where.settings.key or KEY) if where.name.remote else None
        return Chroma(where.name.place or str(where.folder), key)

    return Collections(where.name, where.settings, connect, Chroma)
