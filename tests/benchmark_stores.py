"""Every store on the same vectors: `python -m tests.benchmark stores`, or `python -m tests.benchmark_stores [VECTORS] [KIND …]`.

Seconds to fill one, the share of that for taking 1 % out and putting 1 % in, milliseconds for a question alone (half and
nineteen in twenty take less), and the share of the ten nearest that is found. Vectors are random, which is the hardest case
for approximate search.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from proctor.core.storage.cache import Cache
from proctor.models.stores import named, recall
from proctor.models.stores.find import find
from proctor.models.stores.store import EarlierIndex, StoreContent, VectorStore
from tests.models.stores import places

VECTORS, DIMENSIONS, ASKED = 10_000, 384, 100
SLOW = ("qdrant folder",)
"""Takes minutes for what others do in seconds: measured where it is named."""


def stores() -> str:
    """All but the slow ones."""
    return table(VECTORS, [*named.IN_PROCESS, *(kind for kind in places.MODULES if kind not in SLOW)])


def table(count: int, kinds: Sequence[str]) -> str:
    """A line for each kind."""
    head = f"{count:,} vectors of {DIMENSIONS}\n{'':14} fill s  1 % / fill  p50 ms  p95 ms  recall@10"
    return "\n".join([head, *(_line(kind, count) for kind in kinds)])


def _content(count: int) -> StoreContent:
    vectors = np.random.default_rng(3).normal(size=(count, DIMENSIONS)).astype("float32")
    return StoreContent([f"{place:032x}" for place in range(count)], vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def _changed(before: StoreContent) -> StoreContent:
    """One in a hundred taken out, as many put in."""
    share = max(1, len(before.names) // 100)
    new = np.roll(before.vectors[:share], 7, axis=1)
    names = [*before.names[share:], *(f"f{place:031x}" for place in range(share))]
    return StoreContent(names, np.concatenate([before.vectors[share:], new]))


@contextmanager
def _store(kind: str, folder: Path) -> Iterator[VectorStore]:
    if kind in named.IN_PROCESS:
        yield find(kind, named.UNSET, Cache(folder))
        return
    with places.having(kind, folder) as written:
        yield find(written, named.UNSET, Cache(folder))


def _line(kind: str, count: int) -> str:
    with tempfile.TemporaryDirectory() as name:
        try:
            with _store(kind, Path(name)) as store:
                return f"{kind:14} {_measured(store, count)}"
        except pytest.skip.Exception as error:
            return f"{kind:14} left out: {error}"


def _measured(store: VectorStore, count: int) -> str:
    before = _content(count)
    after = _changed(before)
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        store.warm_up()
        store.build(Path(one), _content(10), None)  # what is done once in a process
        fill = _paid(store, Path(one), before, None)
        update = _paid(store, Path(other), after, EarlierIndex(Path(one), before))
        nearest = store.open(Path(other), after.names)
        found = recall.measured(after.vectors, nearest)["recall@10"]
        asked = []
        for vector in after.vectors[:ASKED]:
            started = time.perf_counter()
            nearest(vector[None], 10)
            asked.append(1000 * (time.perf_counter() - started))
    half, most = np.percentile(asked, [50, 95])
    return f"{fill:6.2f} {100 * update / fill:9.1f} % {half:7.1f} {most:7.1f} {found:10.3f}"


def _paid(store: VectorStore, folder: Path, content: StoreContent, earlier: EarlierIndex | None) -> float:
    """Seconds that filling took, without those of copying what is brought up to date."""
    started = time.perf_counter()
    report = store.build(folder, content, earlier)
    return time.perf_counter() - started - report.unpaid


if __name__ == "__main__":
    count = int(sys.argv[1]) if sys.argv[1:] else VECTORS
    print(table(count, []))
    for one in sys.argv[2:] or [*named.IN_PROCESS, *places.MODULES]:
        print(_line(one, count), flush=True)
