"""What one kind of store adds to `proctor.models.stores.collections`: the calls of its client, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from proctor.models.stores.named import StoreSettings
from proctor.models.stores.store import Matrix


class FoundPassage(NamedTuple):
    """What a store that is filled already holds beside a vector that is near."""

    id: str
    text: str
    document: str
    """Empty where nothing says which."""
    score: float


class Client:
    """A connection. Ids are 32 hexadecimal digits, as a UUID has. Scores are inner products: more is nearer."""

    layout = "1"
    """Changed where a collection is made otherwise than before."""
    batch = 1000
    """Vectors that are sent at a time."""
    asked = 100
    """Vectors that are looked up at a time."""
    deepest = 10_000
    """The most that is found for one vector."""

    @classmethod
    def library(cls) -> str:
        """Name and version of the library."""
        raise NotImplementedError

    @classmethod
    def is_down(cls, error: Exception) -> bool:
        """Whether an exception means that the store is not reached, so that the call may be repeated."""
        raise NotImplementedError

    def close(self) -> None:
        """Let go of the store."""

    def collections(self) -> list[str]:
        """The names of all collections, whoever made them."""
        raise NotImplementedError

    def create(self, name: str, dimensions: int) -> None:
        """A collection without vectors."""
        raise NotImplementedError

    def upsert(self, name: str, ids: Sequence[str], vectors: Matrix) -> None:
        """Put vectors into a collection, in place of those with the same ids."""
        raise NotImplementedError

    def delete(self, name: str, ids: Sequence[str]) -> None:
        """Take vectors out of a collection."""
        raise NotImplementedError

    def copy(self, name: str, to: str) -> bool:
        """Make a copy of a collection without its vectors being sent; False where the store cannot."""
        del name, to
        return False

    def settle(self, name: str) -> None:
        """Index what was put in, where the store would otherwise do so later, while it is asked."""

    def finish(self, name: str, final: str) -> None:
        """Show a collection under its final name, at once and whole."""
        raise NotImplementedError

    def drop(self, name: str) -> None:
        """Remove a collection."""
        raise NotImplementedError

    def count(self, name: str) -> int:
        """Vectors in a collection."""
        raise NotImplementedError

    def search(self, name: str, vectors: Matrix, count: int) -> list[list[tuple[str, float]]]:
        """For each vector, (id, score) of so many that are near, best first."""
        raise NotImplementedError

    def look_up(self, settings: StoreSettings, vectors: Matrix, count: int) -> list[list[FoundPassage]]:
        """For each vector, what is near in a collection that somebody else has filled."""
        raise NotImplementedError
