"""The stores of vectors by their names, and how a table of systems names one: ``kind`` or ``kind:place``."""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from proctor.core.reading.problems import closest
from proctor.core.reading.shown import shown
from proctor.core.reading.tables import Contradiction, TextSetting, either
from proctor.core.redaction import public
from proctor.core.registry import Registry

STORES: Registry[Callable[..., Any]] = Registry(
    "proctor.stores",
    {
        "faiss": "proctor.models.stores.faiss:flat [faiss]",
        "faiss-hnsw": "proctor.models.stores.faiss:hnsw [faiss]",
        "faiss-ivf": "proctor.models.stores.faiss:ivf [faiss]",
        "chroma": "proctor.models.stores.chroma:store [chromadb]",
        "qdrant": "proctor.models.stores.qdrant:store [qdrant_client]",
        "milvus": "proctor.models.stores.milvus:store [pymilvus]",
        "pinecone": "proctor.models.stores.pinecone:store [pinecone]",
        "pgvector": "proctor.models.stores.pgvector:store [psycopg,pgvector]",
    },
)
"""Kind -> what makes a `VectorStore` (models/stores/store.py) of a `StorePlace`."""

LONGEST = 4095
IN_PROCESS = ("faiss", "faiss-hnsw", "faiss-ivf")
"""Kinds that keep their vectors in the folder of the index, and have no place of their own."""
SERVERS_ONLY = ("pinecone",)
"""Kinds that are asked at an address and nowhere else."""
DATABASES = ("pgvector",)
"""Kinds whose place says how to connect; without one the environment does."""
_SECRET = re.compile(r"pass|pwd|key|token|secret", re.IGNORECASE)
_KEY_ELSEWHERE = "it holds a key, which does not belong in a table of systems; set an environment variable, and name it in key"

_variable = TextSetting("the name of an environment variable", 200, like=str.isidentifier)
_field = TextSetting("the name of a field", 200)


class StoreName(NamedTuple):
    """What a table calls a store."""

    kind: str
    place: str = ""
    """A folder or a file, an address, or words that say how to connect; empty where the kind's own place is meant."""

    @property
    def remote(self) -> bool:
        """Whether a server is asked."""
        return "://" in self.place or self.kind in DATABASES

    @property
    def public(self) -> str:
        """The name without what may be secret in it."""
        return f"{self.kind}:{_public(self.place)}" if self.place else self.kind


@dataclass(frozen=True)
class StoreSettings:
    """How a store is asked, and what is where in one that is filled already."""

    key: Annotated[str | None, _variable] = None
    existing: bool = False
    collection: Annotated[str | None, TextSetting("the name of a collection, table or namespace", 500)] = None
    id: Annotated[str, _field] = "id"
    text: Annotated[str, _field] = "text"
    document: Annotated[str | None, _field] = None
    vector: Annotated[str, _field] = "vector"

    def contradictions(self) -> Iterator[Contradiction]:
        """What cannot be meant, though each field by itself could."""
        if self.existing and self.collection is None:
            yield ("existing",), "nothing says which collection", 'add collection = "..."'
        if not self.existing:
            for name in ("collection", "id", "text", "document", "vector"):
                if getattr(self, name) != getattr(UNSET, name):
                    what = "Proctor names collections and their fields itself, unless the store is filled already"
                    yield (name,), what, "leave it out, or add existing = true"


UNSET = StoreSettings()


class StoreSetting:
    """What ``store`` may be. A key in it is refused, and not repeated."""

    def wrong(self, value: object) -> str:
        """What is wrong with a value."""
        if not isinstance(value, str) or len(value) > LONGEST:
            return f"expected {either([*STORES])}, some with a place such as chroma:FOLDER or qdrant:http://HOST:6333"
        kind, place = name = parsed(value)
        if kind not in STORES:
            return f"there is no store {shown(kind[:100])}; {closest(kind, STORES)}"
        return _wrong_place(name) if place or kind in SERVERS_ONLY else ""


def parsed(written: str) -> StoreName:
    """A name taken apart."""
    kind, _, place = written.partition(":")
    return StoreName(kind, place)


def beside(written: str, folder: Path) -> str:
    """The name of a store whose files lie where a table in ``folder`` says, if it names files by a relative path."""
    name = parsed(written)
    return written if name.remote or not name.place else f"{name.kind}:{folder / Path(name.place).expanduser()}"


def _wrong_place(name: StoreName) -> str:
    if name.kind in IN_PROCESS:
        return f"{name.kind} has no place of its own; write {name.kind} alone"
    if name.kind in SERVERS_ONLY and not name.remote:
        return f"{name.kind} needs the address of an index: write {name.kind}:https://..."
    if _holds_key(name.place):
        return _KEY_ELSEWHERE
    if "://" in name.place:
        try:
            public(_as_address(name.place))
        except ValueError:
            return "the address in it cannot be read; write http://HOST:PORT"
    return ""


def _as_address(place: str) -> str:
    """An address that names a host: those of databases may leave it to what follows the question mark."""
    scheme, _, rest = place.partition("://")
    host = re.split("[/?#]", rest)[0].rpartition("@")[2]
    return place if host else f"{scheme}://localhost/{rest.rpartition('@')[2].lstrip('/')}"


def _holds_key(place: str) -> bool:
    if "://" not in place:
        return bool(re.search(r"(pass\w*|key|token)\s*=", place, re.IGNORECASE))
    parts = urllib.parse.urlsplit(place)
    return bool(parts.password) or any(_SECRET.search(key) for key, _ in urllib.parse.parse_qsl(parts.query))


def _public(place: str) -> str:
    return public(_as_address(place)) if "://" in place else place
