"""Passages looked up by the nearness of their meaning: vectors of an embedder, compared by faiss.

A passage longer than what the embedder reads is embedded in windows, and its best window counts (MaxP: Dai and Callan 2019,
SIGIR). So is a question. Left to itself an embedder would cut them off without a word.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from itertools import chain, islice
from pathlib import Path
from typing import Any

from proctor.core.code import code_of
from proctor.core.storage.cache import digest
from proctor.models.chunkers.recursive import cut
from proctor.models.embedders.protocol import Embedder
from proctor.models.retrieval.passages import Hits, Passage, Search, best

log = logging.getLogger("proctor")

OVERLAP = 8
"""Neighbouring windows share one token in so many."""
INDEX = "index.faiss"
WINDOWS = "windows.json"
"""Of each vector the hash of its text and the places of the passages that it is of."""


@dataclass(frozen=True)
class Vectors:
    """An index of vectors."""

    embedder: Embedder
    device: str

    @property
    def version(self) -> list[Any]:
        """What shapes its scores. Another device rounds otherwise, and takes another time to index."""
        return [code_of(__name__), self.embedder.version, _faiss_version(), self.device]

    def warm_up(self) -> None:
        """Load libraries and embedder."""
        import faiss  # noqa: F401

        self.embedder.passages(["warm"], self.device)

    def check(self) -> None:
        """See to it that the embedder can be used; InputError where it cannot."""
        self.embedder.check(self.device)

    def texts(self, passages: Sequence[Passage]) -> list[str]:
        """What would be embedded of passages."""
        return list(self._owners(passages)[0])

    def told(self) -> Mapping[str, Any]:
        """What a run's provenance says of the embedder."""
        return self.embedder.told()

    def build(self, passages: Sequence[Passage], folder: Path, previous_index: Path | None) -> dict[str, Any]:
        """Leave the index in ``folder``. Equal texts share a vector; those in ``previous_index`` are taken over from there."""
        import faiss
        import numpy as np

        owners, long = self._owners(passages)
        known = self._known(previous_index) if previous_index else {}
        new = [text for text in owners if _name(text) not in known]
        known |= dict(zip(map(_name, new), self.embedder.passages(new, self.device), strict=True)) if new else {}
        vectors = np.stack([known[_name(text)] for text in owners])
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(vectors)
        faiss.write_index(index, str(folder / INDEX))
        kept = {"embedder": self.embedder.version, "windows": [[_name(text), places] for text, places in owners.items()]}
        (folder / WINDOWS).write_text(json.dumps(kept), encoding="utf-8")
        return {"long": long, "vectors": len(owners), "embedded": len(new), **self.embedder.account(new)}

    def open(self, folder: Path) -> Search:
        """A search, with the index in memory."""
        import faiss

        index = _on_gpu_if_it_works(faiss.read_index(str(folder / INDEX)))
        owners = [places for _, places in json.loads((folder / WINDOWS).read_text(encoding="utf-8"))["windows"]]
        most = max(Counter(chain.from_iterable(owners)).values())  # so k x most vectors are of k passages or more

        def search(queries: Sequence[str], k: int) -> list[Hits]:
            windows = [self._windows("", query, query=True) for query in queries]
            vectors = iter(self.embedder.queries([*chain(*windows)], self.device) if windows else ())
            near = min(k * most, index.ntotal)
            return [best(self._scores(index, owners, islice(vectors, len(parts)), near), k) for parts in windows]

        return search

    def _scores(self, index: Any, owners: list[list[int]], vectors: Iterable[Any], near: int) -> dict[int, float]:
        """Passage -> the best score of any of its windows with any of the question's, for the ``near`` best windows."""
        scores: dict[int, float] = {}
        for vector in vectors:
            (values,), (places,) = index.search(vector[None], near)
            for value, place in zip(values.tolist(), places.tolist(), strict=True):
                for owner in owners[place]:
                    scores[owner] = max(value, scores.get(owner, value))
        return scores

    def _owners(self, passages: Sequence[Passage]) -> tuple[dict[str, list[int]], int]:
        """Window -> places of the passages that it is of; and how many passages have several."""
        windows = [self._windows(one.head, one.body, query=False) for one in passages]
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

    def _windows(self, head: str, body: str, *, query: bool) -> list[str]:
        """A text in parts that the embedder reads whole, each with the title."""
        room = self.embedder.room(self.device, query=query)
        if room is None or room[1](head + body) <= room[0]:
            return [head + body]
        most, count = room
        left = most - count(head)
        if left < most // 2:  # a title that leaves no room
            return cut(head + body, most, most // OVERLAP, count)
        return [head + part for part in cut(body, left, left // OVERLAP, count)]

    def _known(self, folder: Path) -> dict[str, Any]:
        """Hash of a text -> its vector, of an index by the same embedder."""
        import faiss

        kept = json.loads((folder / WINDOWS).read_text(encoding="utf-8"))
        if kept["embedder"] != self.embedder.version:
            return {}
        index = faiss.read_index(str(folder / INDEX))
        return dict(zip((name for name, _ in kept["windows"]), index.reconstruct_n(0, index.ntotal), strict=True))


def _name(text: str) -> str:
    return digest(text)[:32]


def _faiss_version() -> str:
    """Of whichever of the packages is installed that bring faiss."""
    for package in ("faiss-cpu", "faiss-gpu"):
        try:
            return f"{package} {installed(package)}"
        except PackageNotFoundError:
            continue
    return "unknown"


def faiss_backend() -> str:
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
