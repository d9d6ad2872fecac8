"""A million vectors in each kind of faiss: `python -m tests.benchmark_million [VECTORS] [KIND …]`.

Seconds and CPU seconds to build the index, gigabytes of it, memory of the process that builds it (the vectors included) and
of one that only searches, milliseconds for a question alone (half and nineteen in twenty take less), and the share of the ten
nearest that is found. The vectors lie near 32 of 384 dimensions, as those of texts lie near a few; no question is one of them.

It takes 8 GB of memory, 4 GB of disk and, for HNSW, more than half an hour. Each step runs in a process of its own on two cores.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from proctor.core.storage.cache import Cache
from proctor.models.stores import named
from proctor.models.stores.find import find
from proctor.models.stores.store import Matrix, StoreContent, VectorStore

VECTORS, DIMENSIONS, MEANT, ASKED, NEAREST = 1_000_000, 384, 32, 200, 10
NOISE = 0.1
AT_ONCE = 50_000
CORES = 2
LONGEST = 4 * 3600
RIGHT = "right.json"
HEAD = "build s  CPU s  index GB  building GB  searching GB  p50 ms  p95 ms  recall@10"


def main(count: int, kinds: list[str]) -> None:
    """A line for each kind."""
    print(f"{count:,} vectors of {DIMENSIONS}\n{'':11} {HEAD}")
    for kind in kinds:
        with tempfile.TemporaryDirectory() as folder:
            built = _apart("build", kind, folder, str(count))
            asked = _apart("search", kind, folder)
        took = f"{built['seconds']:7.0f} {built['cpu']:6.0f}"
        size = f"{built['bytes'] / 1e9:9.1f} {built['memory']:12.1f} {asked['memory']:13.1f}"
        print(f"{kind:11} {took} {size} {asked['p50']:7.1f} {asked['p95']:7.1f} {asked['recall']:10.3f}", flush=True)


def _apart(*words: str) -> dict[str, Any]:
    """What a step says that runs in a process of its own."""
    run = [sys.executable, "-m", "tests.benchmark_million", "step", *words]
    settings = os.environ | {"OMP_NUM_THREADS": str(CORES)}
    said = subprocess.run(run, env=settings, stdout=subprocess.PIPE, text=True, check=True, timeout=LONGEST).stdout
    found: dict[str, Any] = json.loads(said.splitlines()[-1])
    return found


def build(kind: str, folder: Path, count: int) -> dict[str, float]:
    """Fill a store."""
    content = StoreContent([f"{place:032x}" for place in range(count)], _vectors(count, seed=1))
    store = _store(kind, folder)
    store.warm_up()
    started, before = time.perf_counter(), time.process_time()
    store.build(folder, content, None)
    took = {"seconds": time.perf_counter() - started, "cpu": time.process_time() - before, "memory": _memory()}
    nearest = (_questions() @ content.vectors.T).argpartition(-NEAREST, axis=1)[:, -NEAREST:]
    (folder / RIGHT).write_text(json.dumps(nearest.tolist()), encoding="utf-8")
    return took | {"bytes": sum(path.stat().st_size for path in folder.iterdir() if path.name != RIGHT)}


def search(kind: str, folder: Path) -> dict[str, float]:
    """Ask it one question after the other."""
    right = json.loads((folder / RIGHT).read_text(encoding="utf-8"))
    nearest = _store(kind, folder).open(folder, ())
    nearest(_questions()[:1], NEAREST)  # what is done once in a process
    took, hits = [], 0
    for question, wanted in zip(_questions(), right, strict=True):
        started = time.perf_counter()
        (near,) = nearest(question[None], NEAREST)
        took.append(1000 * (time.perf_counter() - started))
        hits += len({place for place, _ in near}.intersection(wanted))
    half, most = np.percentile(took, [50, 95]).tolist()
    return {"p50": half, "p95": most, "recall": hits / (NEAREST * ASKED), "memory": _memory()}


def _store(kind: str, folder: Path) -> VectorStore:
    return find(kind, named.UNSET, Cache(folder / "cache"))


def _questions() -> Matrix:
    return _vectors(ASKED, seed=2)


def _vectors(count: int, seed: int) -> Matrix:
    """Of length one; a part at a time, so that no more memory is taken than they need."""
    meant = np.random.default_rng(0).normal(size=(MEANT, DIMENSIONS)).astype("float32")
    draw = np.random.default_rng(seed)
    vectors = np.empty((count, DIMENSIONS), "float32")
    for start in range(0, count, AT_ONCE):
        part = vectors[start : start + AT_ONCE]
        part[:] = draw.standard_normal((len(part), MEANT), "float32") @ meant / MEANT**0.5
        part += NOISE * draw.standard_normal(part.shape, "float32")
        part /= np.linalg.norm(part, axis=1, keepdims=True)
    return vectors


def _memory() -> float:
    """Gigabytes that this process has had at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


if __name__ == "__main__":
    if sys.argv[1:2] == ["step"]:
        step, kind, folder, *count = sys.argv[2:]
        print(json.dumps(build(kind, Path(folder), int(count[0])) if step == "build" else search(kind, Path(folder))))
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else VECTORS, sys.argv[2:] or [*named.IN_PROCESS])
