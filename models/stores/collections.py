"""Vectors in collections of a store of its own: a database or a service, in this process or behind an address.

A collection is named by what is in it, so that nothing is sent twice and no run is in another's way. It is filled under a
name that says who fills it, and renamed once it is whole: what a killed process leaves is known by its name and removed by
the next that fills one. To be brought up to date it is copied, and what changed is put into the copy and taken out of it.
"""

from __future__ import annotations

import atexit
import json
import logging
import re
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from proctor.core import extras
from proctor.core.code import code_of
from proctor.core.counts import counted
from proctor.core.http import RETRIES, pause
from proctor.core.redaction import redact
from proctor.core.schema import InputError, UnreachedError
from proctor.core.storage import temporary
from proctor.core.storage.cache import digest
from proctor.models.stores.client import Client, FoundPassage
from proctor.models.stores.named import STORES, StoreName, StoreSettings
from proctor.models.stores.store import EarlierIndex, Matrix, Near, Nearest, StoreContent, StoreReport

log = logging.getLogger("proctor")
T = TypeVar("T")

VECTORS = "vectors.npy"
COLLECTION = "store.json"
PREFIX = "proctor_"
NAME = re.compile(PREFIX + r"(?P<content>[0-9a-f]{20})(_(?P<owner>\w+))?")
"""Names of Proctor's own collections: of whole ones, and of those that somebody is filling."""
SEEN, AT_HAND, EVERY = 60.0, 5.0, 0.2
"""Seconds to wait until all that was sent is counted, the same where it was sent before, and between two looks."""
LETTERS = 300
"""Length of the longest reason."""
_clients: dict[tuple[Any, ...], Client] = {}
"""The connections of this process, which systems share: some stores let nobody else in."""


def forget() -> None:
    """Close the connections of this process."""
    while _clients:
        _, client = _clients.popitem()
        with suppress(Exception):
            client.close()


@dataclass(frozen=True)
class Collections:
    """A store whose vectors are reached through a client."""

    name: StoreName
    settings: StoreSettings
    connect: Callable[[], Client] = field(compare=False)
    kind: type[Client]
    exact: bool = False
    """Whether every vector is compared."""

    @property
    def version(self) -> list[Any]:
        """The code, the server and the versions of what finds. A place on this machine's disk shapes nothing."""
        where = self.name.public if self.name.remote else self.name.kind
        return [code_of(__name__, self.kind), where, self.kind.library()]

    @property
    def client(self) -> Client:
        """The connection, made if there is none."""
        key = (self.name, self.settings.key)
        if key not in _clients:
            extras.require({f"the store {self.name.kind}": STORES.needs(self.name.kind)})
            atexit.register(forget)  # some libraries cannot close while Python shuts down
            _clients[key] = self._reached(self.connect)
        return _clients[key]

    def check(self) -> None:
        """See to it that the store is reached."""
        self._ask(lambda client: client.collections())

    def warm_up(self) -> None:
        """Connect."""
        self.check()

    def collection(self, content: StoreContent) -> str:
        """The name of the collection that holds this."""
        return PREFIX + digest(self.kind.layout, list(content.origin), sorted(content.names))[:20]

    def build(self, folder: Path, content: StoreContent, earlier: EarlierIndex | None) -> StoreReport:
        """Fill a collection, or find it filled. The vectors are kept here, too, so that they need not be made again."""
        import numpy as np

        started = time.monotonic()
        np.save(folder / VECTORS, content.vectors)
        kept = time.monotonic() - started
        name = self.collection(content)
        (folder / COLLECTION).write_text(json.dumps({"store": self.name.public, "collection": name}), encoding="utf-8")
        there = self._ask(lambda client: client.collections())
        if name in there:
            return StoreReport(added=0, removed=0, unpaid=kept, found=True)
        self._sweep(there)
        report = self._filled(name, content, earlier.content if earlier else None)
        return report._replace(unpaid=report.unpaid + kept)

    def vectors(self, folder: Path) -> Matrix:
        """As they were sent."""
        import numpy as np

        found: Matrix = np.load(folder / VECTORS)
        return found

    def open(self, folder: Path, names: Sequence[str]) -> Nearest:
        """A search of the collection, which is filled again where somebody dropped it."""
        name = json.loads((folder / COLLECTION).read_text(encoding="utf-8"))["collection"]
        if name not in self._ask(lambda client: client.collections()):
            log.info("%s: filling collection %s, which is not there (any more)", self.name.public, name)
            self._filled(name, StoreContent(names, self.vectors(folder)), None)
        self._check_count(name, len(names), AT_HAND)
        places = {one: place for place, one in enumerate(names)}

        def nearest(vectors: Matrix, count: int) -> list[Near]:
            found = self._found(lambda client, some: client.search(name, some, min(count, client.deepest)), vectors)
            return [[(places[one], score) for one, score in near if one in places] for near in found]

        return nearest

    def look_up(self, vectors: Matrix, count: int) -> list[list[FoundPassage]]:
        """What is near in a collection that is filled already."""
        return self._found(lambda client, some: client.look_up(self.settings, some, min(count, client.deepest)), vectors)

    def count(self, name: str) -> int:
        """Vectors in a collection."""
        return self._ask(lambda client: client.count(name))

    def own(self) -> list[str]:
        """The names of the collections that Proctor made, whole or not."""
        return sorted(filter(NAME.fullmatch, self._ask(lambda client: client.collections())))

    def drop(self, name: str) -> None:
        """Remove one of them."""
        if not NAME.fullmatch(name):
            raise ValueError(f"{name} was not made by Proctor")
        self._ask(lambda client: client.drop(name))

    def _found(self, look: Callable[[Client, Matrix], list[list[T]]], vectors: Matrix) -> list[list[T]]:
        def some(start: int) -> list[list[T]]:
            return self._ask(lambda client: look(client, vectors[start : start + client.asked]))

        return [near for start in range(0, len(vectors), self.client.asked) for near in some(start)]

    def _filled(self, name: str, content: StoreContent, earlier: StoreContent | None) -> StoreReport:
        """Fill a collection under a name of its own, and show it whole."""
        making = f"{name}_{temporary.owner()}"
        try:
            unpaid = self._begun(making, content, earlier)
            had, has = dict.fromkeys(earlier.names if earlier else ()), dict.fromkeys(content.names)
            new = [place for place, one in enumerate(content.names) if one not in had]
            gone = [one for one in had if one not in has]
            self._upsert(making, [content.names[place] for place in new], content.vectors[new])
            self._delete(making, gone)
            self._ask(lambda client: client.settle(making))
            self._check_count(making, len(content.names), SEEN)
            self._shown(making, name)
        except BaseException:
            with suppress(Exception):
                self.client.drop(making)
            raise
        return StoreReport(added=len(new), removed=len(gone), unpaid=unpaid)

    def _check_count(self, name: str, expected: int, seconds: float) -> None:
        """See to it that a collection holds what was put in: some stores take a while until all of it is found.

        Raises:
            InputError: it still holds more or less after so many seconds.
        """
        until = time.monotonic() + seconds
        while (held := self.count(name)) != expected:
            if time.monotonic() >= until:
                what = f"collection {name} holds {counted(held, 'vector')}, and {expected:,} were put in"
                raise InputError(f"store {self.name.public}: {what}; drop it and run again, which fills it anew")
            time.sleep(EVERY)

    def _begun(self, making: str, content: StoreContent, earlier: StoreContent | None) -> float:
        """A collection that holds what it did before, as one does that is brought up to date where it is; the seconds of that."""
        started = time.monotonic()
        if earlier:
            before = self.collection(earlier)
            there = before in self._ask(lambda client: client.collections())
            if there and self._ask(lambda client: client.copy(before, making)):
                return time.monotonic() - started
        self._ask(lambda client: client.create(making, content.vectors.shape[1]))
        if earlier is None:
            return 0.0
        self._upsert(making, earlier.names, earlier.vectors)
        self._ask(lambda client: client.settle(making))
        return time.monotonic() - started

    def _upsert(self, name: str, ids: Sequence[str], vectors: Matrix) -> None:
        def some(start: int, stop: int) -> None:
            self._ask(lambda client: client.upsert(name, ids[start:stop], vectors[start:stop]))

        for start in range(0, len(ids), self.client.batch):
            some(start, start + self.client.batch)

    def _delete(self, name: str, ids: Sequence[str]) -> None:
        def some(start: int, stop: int) -> None:
            self._ask(lambda client: client.delete(name, ids[start:stop]))

        for start in range(0, len(ids), self.client.batch):
            some(start, start + self.client.batch)

    def _shown(self, making: str, name: str) -> None:
        """Under its final name; another process may have been first, which filled it with the same."""
        try:
            self._ask(lambda client: client.finish(making, name))
        except InputError:
            if name not in self._ask(lambda client: client.collections()):
                raise
            self._ask(lambda client: client.drop(making))

    def _sweep(self, there: Sequence[str]) -> None:
        """Remove what killed processes left half filled."""
        for one in there:
            found = NAME.fullmatch(one)
            if found and found["owner"] and temporary.is_ownerless(found["owner"]):
                log.info("%s: dropping %s, which was never filled", self.name.public, one)
                self.drop(one)

    def _ask(self, ask: Callable[[Client], T]) -> T:
        return self._reached(lambda: ask(self.client), self.client)

    def _reached(self, ask: Callable[[], T], client: Client | None = None) -> T:
        """What a call returns, repeated with growing pauses while the store is not reached.

        Raises:
            UnreachedError: it never is.
            InputError: it refuses.
        """
        for repeated in range(RETRIES + 1):
            try:
                return ask()
            except InputError:
                raise
            except Exception as error:  # noqa: BLE001 # each library has its own
                down = (client or self.kind).is_down(error)
                if down and repeated < RETRIES:
                    time.sleep(pause(repeated))
                    continue
                raise self._error(error, down=down) from None
        raise AssertionError

    def _error(self, error: Exception, *, down: bool) -> InputError:
        why = redact(" ".join(f"{type(error).__name__}: {error}".split()))[:LETTERS]
        if down:
            return UnreachedError(
                f"store {self.name.public}: not reached, asked {RETRIES + 1} times ({why}); see that it runs at that address"
            )
        return InputError(f"store {self.name.public}: {why}")
