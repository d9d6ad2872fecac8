"""Vectors in PostgreSQL with pgvector. Without an index of its own, as here, every vector is compared."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from proctor.models.stores import servers
from proctor.models.stores.client import Client, FoundPassage
from proctor.models.stores.collections import Collections
from proctor.models.stores.named import StoreSettings
from proctor.models.stores.store import Matrix, StorePlace

CONNECTING = 10
"""Seconds that making a connection may take."""
OPERATORS = {"vector_ip_ops": "<#>", "vector_cosine_ops": "<=>", "vector_l2_ops": "<->"}


class PgVector(Client):
    """A connection. A table is a collection; each call is a transaction."""

    batch = 5000

    def __init__(self, place: str, key: str | None) -> None:
        import psycopg
        from pgvector.psycopg import register_vector
        from psycopg import sql

        self.sql, self._register = sql, register_vector
        how: dict[str, Any] = {"password": key} if key else {}
        self._connect = partial(psycopg.connect, place, autocommit=True, connect_timeout=CONNECTING, **how)
        self._open: Any = None
        if not self._run("SELECT 1 FROM pg_extension WHERE extname = 'vector'"):
            self._run("CREATE EXTENSION vector")
        register_vector(self._connection)

    @classmethod
    def library(cls) -> str:
        """Those of the client."""
        return servers.library("pgvector", "psycopg")

    @classmethod
    def is_down(cls, error: Exception) -> bool:
        """Nobody listens or answers, or the connection is gone."""
        import psycopg

        return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError) and not _refuses(error)

    @property
    def _connection(self) -> Any:
        """One that is open: a server that was started again has closed the last one."""
        if self._open is None or self._open.closed or self._open.broken:
            self._open = self._connect()
            if self._open.execute("SELECT 1 FROM pg_type WHERE typname = 'vector'").fetchone():
                self._register(self._open)
        return self._open

    def close(self) -> None:
        """Let go of the store."""
        if self._open:
            self._open.close()

    def collections(self) -> list[str]:
        """Tables of the schema that is written to."""
        return [name for (name,) in self._run("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")]

    def create(self, name: str, dimensions: int) -> None:
        """Ids and vectors."""
        made = "CREATE TABLE IF NOT EXISTS {} (id uuid PRIMARY KEY, vector vector({}) NOT NULL)"
        self._run(made, self.sql.Identifier(name), self.sql.Literal(dimensions))

    def upsert(self, name: str, ids: Sequence[str], vectors: Matrix) -> None:
        """By a table beside, which a binary COPY fills in one go."""
        table = self.sql.Identifier(name)
        connection = self._connection
        with connection.transaction(), connection.cursor() as cursor:
            cursor.execute(self.sql.SQL("CREATE TEMPORARY TABLE sent (LIKE {}) ON COMMIT DROP").format(table))
            with cursor.copy("COPY sent (id, vector) FROM STDIN WITH (FORMAT BINARY)") as copy:
                copy.set_types(["uuid", "vector"])
                for one, vector in zip(ids, vectors, strict=True):
                    copy.write_row((UUID(one), vector))
            put = "INSERT INTO {} SELECT * FROM sent ON CONFLICT (id) DO UPDATE SET vector = EXCLUDED.vector"
            cursor.execute(self.sql.SQL(put).format(table))

    def delete(self, name: str, ids: Sequence[str]) -> None:
        """By their ids."""
        self._run("DELETE FROM {} WHERE id = ANY({})", self.sql.Identifier(name), self.sql.Literal([UUID(one) for one in ids]))

    def copy(self, name: str, to: str) -> bool:
        """Inside of the server."""
        source, target = self.sql.Identifier(name), self.sql.Identifier(to)
        with self._connection.transaction():
            self._run("CREATE TABLE {} (LIKE {} INCLUDING ALL)", target, source)
            self._run("INSERT INTO {} SELECT * FROM {}", target, source)
        return True

    def finish(self, name: str, final: str) -> None:
        """By renaming."""
        self._run("ALTER TABLE {} RENAME TO {}", self.sql.Identifier(name), self.sql.Identifier(final))

    def drop(self, name: str) -> None:
        """With its vectors."""
        self._run("DROP TABLE IF EXISTS {}", self.sql.Identifier(name))

    def count(self, name: str) -> int:
        """Exactly."""
        ((found,),) = self._run("SELECT count(*) FROM {}", self._table(name))
        return int(found)

    def search(self, name: str, vectors: Matrix, count: int) -> list[list[tuple[str, float]]]:
        """Its distance is the inner product below zero."""
        asked = "SELECT id, -(vector <#> {0}) FROM {1} ORDER BY vector <#> {0} LIMIT {2}"
        fixed = (self.sql.Identifier(name), self.sql.Literal(count))
        return [
            [(one.hex, float(score)) for one, score in self._run(asked, self.sql.Literal(vector), *fixed)] for vector in vectors
        ]

    def look_up(self, settings: StoreSettings, vectors: Matrix, count: int) -> list[list[FoundPassage]]:
        """From the columns that are named, in the order of the index that the vectors have, if they have one."""
        fields = [self.sql.Identifier(name) for name in (settings.id, settings.text)]
        document = self.sql.Identifier(settings.document) if settings.document else self.sql.Literal("")
        table, column = self._table(settings.collection or ""), self.sql.Identifier(settings.vector)
        order = self.sql.SQL(self._operator(settings))
        asked = "SELECT {0}, {1}, {2}, -({3} <#> {4}) FROM {5} ORDER BY {3} {6} {4} LIMIT {7}"

        def near(vector: Matrix) -> list[FoundPassage]:
            rows = self._run(asked, *fields, document, column, self.sql.Literal(vector), table, order, self.sql.Literal(count))
            found = [FoundPassage(str(one), str(text or ""), str(named or ""), float(score)) for one, text, named, score in rows]
            return sorted(found, key=lambda one: -one.score)

        return list(map(near, vectors))

    def _operator(self, settings: StoreSettings) -> str:
        """The one that the column's index understands."""
        asked = "SELECT indexdef FROM pg_indexes WHERE tablename = {} AND indexdef LIKE '%vector_%_ops%'"
        known = [text for (text,) in self._run(asked, self.sql.Literal((settings.collection or "").rpartition(".")[2]))]
        return next((sign for words, sign in OPERATORS.items() if any(words in text for text in known)), "<#>")

    def _table(self, name: str) -> Any:
        """A table, perhaps of a schema: SCHEMA.TABLE."""
        return self.sql.Identifier(*name.split("."))

    def _run(self, text: str, *parts: Any) -> list[Any]:
        """What a statement returns."""
        cursor = self._connection.execute(self.sql.SQL(text).format(*parts))
        return list(cursor.fetchall()) if cursor.description else []


def _refuses(error: Exception) -> bool:
    """Whether it is there, and lets nobody in: another time would change nothing."""
    return any(words in str(error) for words in ("authentication failed", "does not exist", "no password supplied"))


def store(where: StorePlace) -> Collections:
    """``pgvector:postgresql://USER@HOST/DATABASE``; ``pgvector`` alone connects as PGHOST and the like say."""

    def connect() -> Client:
        return PgVector(where.name.place, servers.key(where.settings.key) if where.settings.key else None)

    return Collections(where.name, where.settings, connect, PgVector, exact=True)
