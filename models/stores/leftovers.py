"""Collections that Proctor made in stores, and those among them that nothing uses any more."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from proctor.core.storage import temporary
from proctor.core.storage.cache import Cache
from proctor.models.stores.collections import COLLECTION, NAME, Collections
from proctor.models.stores.find import find
from proctor.models.stores.named import StoreName, StoreSettings

State = Literal["used", "not used by this cache", "being filled", "half filled"]
LEFT: tuple[State, ...] = ("not used by this cache", "half filled")
"""What can be dropped: who needs it after all fills it again."""


class OwnCollection(NamedTuple):
    """A collection that Proctor made."""

    name: str
    vectors: int
    state: State


def stores(named: Iterable[tuple[str, StoreSettings]], cache: Cache) -> Iterator[Collections]:
    """The stores in which something may be left, each once: neither the memory of a process nor what a team has filled."""
    for written, settings in dict.fromkeys(named):
        found = find(written, settings, cache)
        if isinstance(found, Collections) and not settings.existing and found.name != StoreName("qdrant"):
            yield found


def of(store: Collections, cache: Cache) -> list[OwnCollection]:
    """Proctor's collections in a store, by name."""
    used = set(_used(cache))
    return [OwnCollection(name, store.count(name), _state(name, used)) for name in store.own()]


def _used(cache: Cache) -> Iterator[str]:
    """The collections that indices of the cache refer to."""
    indices = cache.folder / "indices"
    for path in (*indices.glob(f"*/{COLLECTION}"), *indices.glob(f"*/*/{COLLECTION}")):  # of one retriever, and of several
        yield json.loads(path.read_text(encoding="utf-8"))["collection"]


def _state(name: str, used: set[str]) -> State:
    found = NAME.fullmatch(name)
    owner = found["owner"] if found else None
    if owner:
        return "half filled" if temporary.is_ownerless(owner) else "being filled"
    return "used" if name in used else "not used by this cache"
