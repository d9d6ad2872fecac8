"""Passages looked up by the nearness of their meaning: vectors of an embedder, kept and compared by a store.

A passage longer than what the embedder reads is embedded in windows, and its best window counts (MaxP: Dai and Callan 2019,
SIGIR). So is a question. Left to itself an embedder would cut them off without a word.
"""

from __future__ import annotations

import json
import logging
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

from proctor.core.code import code_of
from proctor.core.storage.cache import digest
from proctor.models.chunkers.recursive import cut
from proctor.models.embedders.protocol import Embedder
from proctor.models.retrieval.diversity import PassageVectors
from proctor.models.retrieval.passages import EngineSearch, Hits, Passage, best
from proctor.models.stores import recall
from proctor.models.stores.store import EarlierIndex, Near, StoreContent, VectorStore

log = logging.getLogger("proctor")

OVERLAP = 8
"""Neighbouring windows share one token in so many."""
LOW = 0.95
"""Less of what is near than this share is worth a warning."""
TINY = 1e-12
"""In place of a length of nought."""
WINDOWS = "windows.json"
"""Of each vector the hash of its text and the places of the passages that it is of."""


@dataclass(frozen=True)
class Vectors:
    """An index of vectors."""

    embedder: Embedder
    device: str
    store: VectorStore

    @property
    def version(self) -> list[Any]:
        """What shapes its scores. Another device rounds otherwise, and takes another time to index."""
        return [code_of(__name__, apart=[recall]), self.embedder.version, *self.store.version, self.device]

    def warm_up(self) -> None:
        """Load libraries and embedder."""
        self.store.warm_up()
        self.embedder.passages(["warm"], self.device)

    def check(self) -> None:
        """See to it that embedder and store can be used; InputError where one cannot."""
        self.embedder.check(self.device)
        self.store.check()

    def texts(self, passages: Sequence[Passage]) -> list[str]:
        """What would be embedded of passages."""
        return list(self._owners(passages)[0])

    def told(self) -> Mapping[str, Any]:
        """What a run's provenance says of the embedder."""
        return self.embedder.told()

    def build(self, passages: Sequence[Passage], folder: Path, previous_index: Path | None) -> dict[str, Any]:
        """Leave the index in ``folder``. Equal texts share a vector; those in ``previous_index`` are taken over from there.

        Returns what its report says of it: ``unpaid`` are seconds that an index costs nobody outside of the exam.
        """
        import numpy as np

        owners, long = self._owners(passages)
        earlier = self._earlier(previous_index) if previous_index else None
        known = dict(zip(earlier.content.names, earlier.content.vectors, strict=True)) if earlier else {}
        new = [text for text in owners if _name(text) not in known]
        known |= dict(zip(map(_name, new), self.embedder.passages(new, self.device), strict=True)) if new else {}
        names = [_name(text) for text in owners]
        content = StoreContent(names, np.stack([known[name] for name in names]), self._origin)
        kept = {"embedder": self.embedder.version, "windows": list(zip(names, owners.values(), strict=True))}
        (folder / WINDOWS).write_text(json.dumps(kept), encoding="utf-8")
        report = self.store.build(folder, content, earlier)
        told = {"long": long, "vectors": len(owners), "embedded": len(new), **self.embedder.account(new)}
        return told | self._said(folder, content, report._asdict())

    def open(self, folder: Path) -> EngineSearch:
        """A search, with the index in memory or its store at hand."""
        names, owners = _held(folder)
        nearest = self.store.open(folder, names)
        most = max(Counter(chain.from_iterable(owners)).values())  # so k x most vectors are of k passages or more

        def search(queries: Sequence[str], k: int) -> list[Hits]:
            windows = [in_windows(self.embedder, self.device, "", query, query=True) for query in queries]
            if not windows:
                return []
            asked = self.embedder.queries([*chain(*windows)], self.device)
            near = iter(nearest(asked, min(k * most, len(names))))
            return [best(_scores(owners, islice(near, len(parts))), k) for parts in windows]

        return search

    def of_passages(self, folder: Path, passages: Sequence[Passage]) -> PassageVectors:
        """The vectors of passages of an index: of each the mean of its windows', at unit length."""
        import numpy as np

        if not passages:  # then nothing was built
            return lambda _: np.zeros((0, 0), "float32")
        vectors = self.store.vectors(folder)
        rows = np.zeros((len(passages), vectors.shape[1]), "float32")
        for vector, places in zip(vectors, _held(folder)[1], strict=True):
            rows[places] += vector
        rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), TINY)
        places_of = {(one.document, one.text): place for place, one in reversed([*enumerate(passages)])}
        return lambda ranking: rows[[places_of[one.document, one.text] for one in ranking]]

    @property
    def _origin(self) -> tuple[str, str]:
        return (self.embedder.version, self.device)

    def _said(self, folder: Path, content: StoreContent, report: dict[str, Any]) -> dict[str, Any]:
        """What the report of an index says of its store; how much it finds, where it does not compare every vector."""
        report["sent_bytes"] = report["added"] * int(content.vectors[0].nbytes)
        if self.store.exact:
            return report
        started = time.monotonic()
        found = recall.measured(content.vectors, self.store.open(folder, content.names))
        said = "approximate search finds %.1f %% of the %d nearest vectors (tried with %d of %d)"
        asked, share = found["recall_of"], found[f"recall@{recall.NEAREST}"]
        log.log(logging.WARNING if share < LOW else logging.INFO, said, 100 * share, recall.NEAREST, asked, len(content.names))
        return report | found | {"unpaid": report["unpaid"] + time.monotonic() - started}

    def _owners(self, passages: Sequence[Passage]) -> tuple[dict[str, list[int]], int]:
        """Window -> places of the passages that it is of; and how many passages have several."""
        windows = [in_windows(self.embedder, self.device, one.head, one.body, query=False) for one in passages]
        long = sum(len(parts) > 1 for parts in windows)
        if long:
            reads = self.embedder.window(self.device)
            said = "%d of %d passages are longer than the %d tokens that the embedder %s reads: the best of their windows counts"
            log.warning(said, long, len(passages), reads, self.embedder.name)
        owners: dict[str, list[int]] = {}
        for place, parts in enumerate(windows):
            for part in dict.fromkeys(parts):
                owners.setdefault(part, []).append(place)
        return owners, long

    def _earlier(self, folder: Path) -> EarlierIndex | None:
        """What an index by the same embedder holds."""
        if not (folder / WINDOWS).exists() or _kept(folder)["embedder"] != self.embedder.version:
            return None
        names = _held(folder)[0]
        return EarlierIndex(folder, StoreContent(names, self.store.vectors(folder), self._origin))


def in_windows(embedder: Embedder, device: str, head: str, body: str, *, query: bool) -> list[str]:
    """A text in parts that the embedder reads whole, each with the title."""
    room = embedder.room(device, query=query)
    if room is None or room[1](head + body) <= room[0]:
        return [head + body]
    most, count = room
    left = most - count(head)
    if left < most // 2:  # a title that leaves no room
        return cut(head + body, most, most // OVERLAP, count)
    return [head + part for part in cut(body, left, left // OVERLAP, count)]


def _scores(owners: list[list[int]], near: Iterable[Near]) -> dict[int, float]:
    """Passage -> the best score of any of its windows with any of the question's."""
    scores: dict[int, float] = {}
    for place, value in chain.from_iterable(near):
        for owner in owners[place]:
            scores[owner] = max(value, scores.get(owner, value))
    return scores


def _held(folder: Path) -> tuple[list[str], list[list[int]]]:
    """The hashes of an index, and the places of the passages that each is of."""
    windows = _kept(folder)["windows"]
    return [name for name, _ in windows], [places for _, places in windows]


def _kept(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / WINDOWS).read_text(encoding="utf-8"))
    return found


def _name(text: str) -> str:
    return digest(text)[:32]
