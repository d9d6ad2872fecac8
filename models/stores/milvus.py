"""Vectors in Milvus: in a file (Milvus Lite), or on a server. The index is the one that the server chooses (AUTOINDEX)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from proctor.core.schema import InputError
from proctor.models.stores import servers
from proctor.models.stores.client import Client, FoundPassage
from proctor.models.stores.collections import NAME, Collections
from proctor.models.stores.named import StoreSettings
from proctor.models.stores.store import Matrix, StorePlace

KEY = "MILVUS_TOKEN"
FILE = "milvus.db"
SECONDS = 30.0


class Milvus(Client):
    """A connection, in which what is finished is an alias: Lite takes as long to rename a collection as to fill it."""

    deepest = 16_384

    def __init__(self, place: str, key: str | None) -> None:
        logging.getLogger("pymilvus").setLevel(logging.CRITICAL)  # it prints what it raises as well
        import pymilvus

        self.types = pymilvus.DataType
        if "://" not in place:
            Path(place).parent.mkdir(parents=True, exist_ok=True)
        self.client = pymilvus.MilvusClient(place, token=key or "", timeout=SECONDS)
        self._loaded: set[str] = set()

    @classmethod
    def library(cls) -> str:
        """The client's, and that of the store itself where no server is asked."""
        return servers.library("pymilvus")

    @classmethod
    def is_down(cls, error: Exception) -> bool:
        """Nobody listens or answers."""
        from pymilvus.exceptions import MilvusException, MilvusUnavailableException

        said = str(error).lower()
        return isinstance(error, MilvusUnavailableException) or (
            isinstance(error, MilvusException)
            and any(words in said for words in ("connect", "unavailable", "timeout", "deadline"))
        )

    def close(self) -> None:
        """Let go of the store."""
        self.client.close()

    def collections(self) -> list[str]:
        """Those that an alias shows by its name alone."""
        there = list(self.client.list_collections())
        aliases = {name: self.client.list_aliases(name)["aliases"] for name in there if NAME.fullmatch(name)}
        return [one for name in there for one in aliases.get(name) or [name]]

    def create(self, name: str, dimensions: int) -> None:
        """Compared by inner products, and read as last written."""
        if self.client.has_collection(name):
            return
        schema = self.client.create_schema(auto_id=False)
        schema.add_field("id", self.types.VARCHAR, is_primary=True, max_length=64)
        schema.add_field("vector", self.types.FLOAT_VECTOR, dim=dimensions)
        index = self.client.prepare_index_params()
        index.add_index("vector", index_type="AUTOINDEX", metric_type="IP")
        self.client.create_collection(name, schema=schema, index_params=index, consistency_level="Strong")

    def upsert(self, name: str, ids: Sequence[str], vectors: Matrix) -> None:
        """As rows."""
        self.client.upsert(name, [{"id": one, "vector": vector} for one, vector in zip(ids, vectors, strict=True)])

    def delete(self, name: str, ids: Sequence[str]) -> None:
        """By their ids."""
        self.client.delete(name, ids=list(ids))

    def settle(self, name: str) -> None:
        """Lite looks at what is not written out row by row: a second for a question."""
        self.client.flush(name)

    def finish(self, name: str, final: str) -> None:
        """By an alias."""
        self.client.create_alias(name, final)

    def drop(self, name: str) -> None:
        """With what shows it."""
        self._loaded.discard(name)
        meant = self.client.describe_collection(name)["collection_name"]
        for alias in self.client.list_aliases(meant)["aliases"]:
            self.client.drop_alias(alias)
        self.client.drop_collection(meant)

    def count(self, name: str) -> int:
        """As a query tells, which knows of what was deleted."""
        self._load(name)
        (row,) = self.client.query(name, filter="", output_fields=["count(*)"], consistency_level="Strong")
        return int(row["count(*)"])

    def search(self, name: str, vectors: Matrix, count: int) -> list[list[tuple[str, float]]]:
        """Its distance is the inner product."""
        self._load(name)
        found = self.client.search(name, data=list(vectors), limit=count, anns_field="vector", consistency_level="Strong")
        return [[(str(one["id"]), float(one["distance"])) for one in near] for near in found]

    def look_up(self, settings: StoreSettings, vectors: Matrix, count: int) -> list[list[FoundPassage]]:
        """From the fields that are named."""
        name = settings.collection or ""
        if not self.client.has_collection(name):
            raise InputError(f"milvus has no collection {name}")
        self._load(name)
        fields = [one for one in (settings.id, settings.text, settings.document) if one]
        found = self.client.search(name, data=list(vectors), limit=count, anns_field=settings.vector, output_fields=fields)
        score = self._score(name, settings.vector)
        return [[_passage(one, settings, score(float(one["distance"]))) for one in near] for near in found]

    def _score(self, name: str, field: str) -> Any:
        """Its distances -> inner products, of vectors of length one."""
        known = [self.client.describe_index(name, index) for index in self.client.list_indexes(name)]
        metric = next((one["metric_type"] for one in known if one and one.get("field_name") == field), "IP")
        return (lambda apart: 1 - apart / 2) if metric == "L2" else float

    def _load(self, name: str) -> None:
        if name not in self._loaded:
            self.client.load_collection(name)
            self._loaded.add(name)


def _passage(one: Any, settings: StoreSettings, score: float) -> FoundPassage:
    said = one["entity"]
    document = said.get(settings.document) or "" if settings.document else ""
    return FoundPassage(str(said.get(settings.id, "")), str(said.get(settings.text, "")), str(document), score)


def store(where: StorePlace) -> Collections:
    """``milvus`` (in a file of the cache), ``milvus:FILE.db`` or ``milvus:http://HOST:19530``."""

    def connect() -> Client:
        key = servers.key(where.settings.key or KEY) if where.name.remote else None
        return Milvus(where.name.place or str(where.folder / FILE), key)

    return Collections(where.name, where.settings, connect, Milvus)
