"""Looking passages up: documents are split into passages, passages into an index. One function builds, one opens to search."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

from proctor.core import machine
from proctor.core.code import code_of
from proctor.core.schema import Context, Document
from proctor.core.storage.cache import Cache, digest
from proctor.models.chunkers.protocol import Chunker
from proctor.models.embedders import find
from proctor.models.retrieval.bm25 import Words
from proctor.models.retrieval.dense import Vectors
from proctor.models.retrieval.existing import Existing
from proctor.models.retrieval.passages import Engine, Passage, split
from proctor.models.stores import find as stores
from proctor.models.stores.collections import Collections
from proctor.models.systems import CHUNKERS, EMBEDDERS, RETRIEVERS, System, embedder_kind

log = logging.getLogger("proctor")

PASSAGES = "passages.json"
REPORT = "index.json"

Searcher = Callable[[Sequence[str]], list[tuple[Context, ...]]]


def engine(system: System, cache: Cache, device: str) -> Engine:
    """How a system that retrieves looks passages up.

    Raises:
        InputError: there is no such embedder, or it cannot be used.
    """
    name = "dense" if system.retrieve == "none" else system.retrieve  # the key of weights is asked of all that train
    made: Engine = RETRIEVERS[name](system, cache, device)
    return made


def words(system: System, cache: Cache, device: str) -> Engine:
    """Of the words that question and passage share."""
    del cache, device
    return Words(system.bm25.stem)


def vectors(system: System, cache: Cache, device: str) -> Vectors | Existing:
    """Of the nearness of their meaning, as the system's embedder has it."""
    found, store = find.embedder(system, cache), stores.find(system.store, system.store_settings, cache)
    if system.store_settings.existing and isinstance(store, Collections):
        return Existing(found, device, store, system.version, cache)
    return Vectors(found, device, store)


def chunker(system: System, cache: Cache, device: str) -> Chunker:
    """How a system splits its documents.

    Raises:
        InputError: it needs an embedder, and there is none of that name, or it cannot be used.
    """
    made: Chunker = CHUNKERS[system.chunker](system, cache, device)
    return made


def key(system: System, engine: Engine, chunker: Chunker, documents: Sequence[Document]) -> str:
    """Hash of all that shapes what is found."""
    corpus = [(document.id, document.title, document.text) for document in documents]
    code = [
        code_of(__name__, apart=[Words, Vectors, Existing, find, stores, Collections]),
        *engine.version,
        chunker.version,
        RETRIEVERS.version(system.retrieve),
        CHUNKERS.version(system.chunker),
        EMBEDDERS.version(embedder_kind(system.embedder)),
    ]
    return digest(code, system.retrieve, system.chunker, corpus)


def build(
    system: System,
    engine: Engine,
    chunker: Chunker,
    documents: Sequence[Document],
    folder: Path,
    previous_index: Path | None = None,
) -> None:
    """Split, index, and leave both in ``folder``. What the ``previous_index`` has embedded is taken over from there."""
    found = [one for document in documents for one in split(document, chunker)]
    log.info("indexing %d passages of %d documents (%s)", len(found), len(documents), system.retrieve)
    (folder / PASSAGES).write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")
    engine.warm_up()  # what follows is timed
    started = time.monotonic()
    told = dict((engine.build(found, folder, previous_index) if found else None) or {})
    seconds = time.monotonic() - started - told.pop("unpaid", 0.0)
    report = {**told, "seconds": seconds, "passages": len(found), "machine": machine.facts()}
    (folder / REPORT).write_text(json.dumps(report, indent=1), encoding="utf-8")


def searcher(system: System, engine: Engine, folder: Path, count: int) -> Searcher:
    """The best passages for each query, best first, with the index in memory.

    Passages that score less than the system's ``min_score`` are not found.
    """
    known = _passages(folder)
    opened, k = engine.open(folder) if known else None, min(count, len(known))
    least = -float("inf") if system.min_score is None else system.min_score

    def find(queries: Sequence[str]) -> list[tuple[Context, ...]]:
        found = opened(queries, k) if opened else [[] for _ in queries]
        kept = [[(known[place], score) for place, score in hits if score >= least] for hits in found]
        return [tuple(Context(one.document, one.text, score) for one, score in hits) for hits in kept]

    return find


def chunks_of(folder: Path, documents: AbstractSet[str]) -> dict[str, tuple[Context, ...]]:
    """Document id -> the passages that it was split into, for those documents."""
    found: dict[str, tuple[Context, ...]] = dict.fromkeys(documents, ())
    for one in _passages(folder):
        if one.document in found:
            found[one.document] += (Context(one.document, one.text),)
    return found


def report(folder: Path) -> dict[str, Any]:
    """What building an index told; nothing where there is none."""
    try:
        found: dict[str, Any] = json.loads((folder / REPORT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def _passages(folder: Path) -> list[Passage]:
    return [Passage(*row) for row in json.loads((folder / PASSAGES).read_text(encoding="utf-8"))]
