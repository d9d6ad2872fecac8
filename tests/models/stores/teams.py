"""Collections as teams fill them: with texts and the names of documents beside the vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from proctor.models.stores.client import Client
from proctor.models.stores.named import StoreSettings
from proctor.models.stores.store import Matrix

NAME = "team_notes"
SETTINGS = StoreSettings(existing=True, collection=NAME, text="body", document="source", vector="embedding")


def fill(client: Client, texts: Sequence[str], documents: Sequence[str], vectors: Matrix) -> None:
    """In the way of the store's own library."""
    rows = list(zip(texts, documents, vectors, strict=True))
    FILL[type(client).__name__](client, rows)


def _qdrant(client: Any, rows: Sequence[tuple[str, str, Any]]) -> None:
    models = client.models
    size = models.VectorParams(size=len(rows[0][2]), distance=models.Distance.COSINE)
    client.client.create_collection(NAME, vectors_config=size)
    points = [
        models.PointStruct(id=place, vector=vector.tolist(), payload={"body": text, "source": document})
        for place, (text, document, vector) in enumerate(rows)
    ]
    client.client.upsert(NAME, points)


def _chroma(client: Any, rows: Sequence[tuple[str, str, Any]]) -> None:
    made = client.client.create_collection(NAME, embedding_function=None, configuration={"hnsw": {"space": "cosine"}})
    made.add(
        ids=[f"note {place}" for place in range(len(rows))],
        embeddings=[vector for *_, vector in rows],
        documents=[text for text, *_ in rows],
        metadatas=[{"source": document} for _, document, _ in rows],
    )


def _milvus(client: Any, rows: Sequence[tuple[str, str, Any]]) -> None:
    schema = client.client.create_schema(auto_id=True)
    schema.add_field("id", client.types.INT64, is_primary=True)
    schema.add_field("embedding", client.types.FLOAT_VECTOR, dim=len(rows[0][2]))
    for name in ("body", "source"):
        schema.add_field(name, client.types.VARCHAR, max_length=1000)
    index = client.client.prepare_index_params()
    index.add_index("embedding", index_type="AUTOINDEX", metric_type="COSINE")
    client.client.create_collection(NAME, schema=schema, index_params=index, consistency_level="Strong")
    client.client.insert(NAME, [{"embedding": vector, "body": text, "source": document} for text, document, vector in rows])


def _pgvector(client: Any, rows: Sequence[tuple[str, str, Any]]) -> None:
    connection = client._connection
    connection.execute(f"CREATE TABLE {NAME} (id serial, body text, source text, embedding vector({len(rows[0][2])}))")
    connection.execute(f"CREATE INDEX ON {NAME} USING hnsw (embedding vector_cosine_ops)")
    for text, document, vector in rows:
        put = f"INSERT INTO {NAME} (body, source, embedding) VALUES (%s, %s, %s)"  # noqa: S608 # a name of its own
        connection.execute(put, (text, document, vector))


def _pinecone(client: Any, rows: Sequence[tuple[str, str, Any]]) -> None:
    vectors = [
        {"id": f"note {place}", "values": vector.tolist(), "metadata": {"body": text, "source": document}}
        for place, (text, document, vector) in enumerate(rows)
    ]
    client.index.upsert(vectors=vectors, namespace=NAME)


FILL = {"Qdrant": _qdrant, "Chroma": _chroma, "Milvus": _milvus, "PgVector": _pgvector, "Pinecone": _pinecone}
