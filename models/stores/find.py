"""The store of a row of the systems table."""

from __future__ import annotations

from proctor.core.storage.cache import Cache
from proctor.models.stores import named
from proctor.models.stores.named import StoreSettings
from proctor.models.stores.store import StorePlace, VectorStore

FOLDER = "stores"
"""Folder of the cache for stores that have no place of their own."""


def find(written: str, settings: StoreSettings, cache: Cache) -> VectorStore:
    """The store of that name. Nothing is connected to before it is needed.

    Raises:
        InputError: there is no such store, or it cannot be used as its row says.
    """
    name = named.parsed(written)
    made: VectorStore = named.STORES[name.kind](StorePlace(name, settings, cache.folder / FOLDER / name.kind))
    return made
