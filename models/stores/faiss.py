"""Vectors in this process, by faiss: compared one by one (flat), along a graph (HNSW), or cell by cell (IVF).

HNSW: Malkov and Yashunin 2018 (TPAMI). Neither HNSW nor IVF finds all that is near: how much of it, each index reports.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

from proctor.core.code import code_of
from proctor.models.stores.store import EarlierIndex, Matrix, Near, Nearest, StoreContent, StorePlace, StoreReport

log = logging.getLogger("proctor")

INDEX = "index.faiss"
LINKS, BUILDING, LOOKING = 32, 200, 64
"""Of HNSW: neighbours a vector keeps, and how many candidates are kept in mind while it is built and searched."""
PER_CELL, LEARNT_FROM, LEAST_PROBED, PROBED = 39, 64, 8, 8
"""Of IVF: vectors that a cell's centre is learnt from at least and at most, cells searched at least, and one in how many."""


@dataclass(frozen=True)
class Faiss:
    """One kind of index. Each is built anew from its vectors, as only the flat kind could leave any out."""

    kind: str
    make: Callable[[Matrix], Any]
    """Vectors -> an index with these in it."""
    exact: bool

    @property
    def version(self) -> list[Any]:
        """The code, the kind and the library."""
        return [code_of(__name__), self.kind, library()]

    def check(self) -> None:
        """It is there wherever the library is."""

    def warm_up(self) -> None:
        """Load the library."""
        import faiss  # noqa: F401

    def build(self, folder: Path, content: StoreContent, earlier: EarlierIndex | None) -> StoreReport:
        """Write the index."""
        import faiss

        faiss.write_index(self.make(content.vectors), str(folder / INDEX))
        had, has = set(earlier.content.names if earlier else ()), set(content.names)
        return StoreReport(added=len(has - had), removed=len(had - has))

    def vectors(self, folder: Path) -> Matrix:
        """As they were put in."""
        import faiss

        index = faiss.read_index(str(folder / INDEX))
        if hasattr(index, "make_direct_map"):
            index.make_direct_map()
        found: Matrix = index.reconstruct_n(0, index.ntotal)
        return found

    def open(self, folder: Path, names: Sequence[str]) -> Nearest:
        """A search, with the index in memory. Vectors are looked up one by one: company would change their last digits."""
        import faiss

        del names
        index = faiss.read_index(str(folder / INDEX))
        index = _on_gpu_if_it_works(index) if self.exact else index

        def nearest(vectors: Matrix, count: int) -> list[Near]:
            return [_near(index, vector, min(count, index.ntotal)) for vector in vectors]

        return nearest


def flat(_: StorePlace) -> Faiss:
    """Every vector is compared."""
    return Faiss("flat", _flat, exact=True)


def hnsw(_: StorePlace) -> Faiss:
    """Vectors are found along a graph of neighbours."""
    return Faiss("hnsw", _hnsw, exact=False)


def ivf(_: StorePlace) -> Faiss:
    """Vectors are found in the cells whose centres are nearest."""
    return Faiss("ivf", _ivf, exact=False)


def _near(index: Any, vector: Matrix, count: int) -> Near:
    (scores,), (places,) = index.search(vector[None], count)
    return [(place, score) for place, score in zip(places.tolist(), scores.tolist(), strict=True) if place >= 0]


def _flat(vectors: Matrix) -> Any:
    import faiss

    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    return index


def _hnsw(vectors: Matrix) -> Any:
    import faiss

    index = faiss.IndexHNSWFlat(vectors.shape[1], LINKS, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction, index.hnsw.efSearch = BUILDING, LOOKING
    with _one_thread():  # else the graph hangs on which thread is first
        index.add(vectors)
    return index


def _ivf(vectors: Matrix) -> Any:
    import faiss

    count, dimensions = vectors.shape
    cells = max(1, min(int(4 * math.sqrt(count)), count // PER_CELL))
    index = faiss.IndexIVFFlat(faiss.IndexFlatIP(dimensions), dimensions, cells, faiss.METRIC_INNER_PRODUCT)
    index.cp.min_points_per_centroid = 1  # of a few vectors it is one cell, about which it would warn
    index.cp.max_points_per_centroid = LEARNT_FROM  # faiss would learn from four times as many, for as many times as long
    with _one_thread():
        index.train(vectors)
        index.add(vectors)
    index.nprobe = max(min(LEAST_PROBED, cells), cells // PROBED)
    return index


@contextmanager
def _one_thread() -> Iterator[None]:
    import faiss

    several = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(several)


def library() -> str:
    """Whichever of the packages is installed that bring faiss."""
    for package in ("faiss-cpu", "faiss-gpu"):
        try:
            return f"{package} {installed(package)}"
        except PackageNotFoundError:
            continue
    return "unknown"


def backend() -> str:
    """``gpu`` if a search on a GPU really works with the installed faiss, ``cpu`` otherwise."""
    import faiss

    return "gpu" if _gpu_resources(faiss) is not None else "cpu"


def _on_gpu_if_it_works(index: Any) -> Any:
    import faiss

    resources = _gpu_resources(faiss)
    return index if resources is None else faiss.index_cpu_to_gpu(resources, 0, index)


@lru_cache(maxsize=1)
def _gpu_resources(faiss: Any) -> Any:
    """Resources of a GPU on which a trial search ran: some builds see a GPU and have no kernels for it."""
    if not hasattr(faiss, "StandardGpuResources") or faiss.get_num_gpus() == 0:
        return None
    import numpy as np

    try:
        resources = faiss.StandardGpuResources()
        trial = faiss.index_cpu_to_gpu(resources, 0, faiss.IndexFlatIP(8))
        trial.add(np.eye(8, dtype="float32"))
        trial.search(np.eye(8, dtype="float32"), 1)
    except RuntimeError as error:
        log.warning("faiss cannot search on this GPU (%s): using the CPU", str(error).splitlines()[0])
        return None
    return resources
