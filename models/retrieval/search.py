"""Looking passages up: documents are split into passages, passages into an index. One function builds, one opens to search."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any, TypeAlias

from proctor.core import machine
from proctor.core.code import code_of
from proctor.core.schema import Context, Document, InputError
from proctor.core.storage.cache import Cache, digest
from proctor.models.chunkers.protocol import Chunker
from proctor.models.embedders import find
from proctor.models.retrieval.bm25 import Words
from proctor.models.retrieval.dense import Vectors
from proctor.models.retrieval.diversity import PassageVectors
from proctor.models.retrieval.existing import Existing
from proctor.models.retrieval.passages import Engine, OwnPassages, Passage, split
from proctor.models.retrieval.stages import Finder, best
from proctor.models.stores import find as stores
from proctor.models.stores.collections import Collections
from proctor.models.systems import CHUNKERS, EMBEDDERS, RETRIEVERS, System, embedder_kind

log = logging.getLogger("proctor")

PASSAGES = "passages.json"
REPORT = "index.json"

Engines: TypeAlias = Mapping[str, Engine]
"""What passages are found with, by the names of retrievers."""
Searcher: TypeAlias = Callable[[Sequence[str]], list[tuple[Context, ...]]]


def engines(system: System, cache: Cache, device: str) -> dict[str, Engine]:
    """How a system that retrieves looks passages up.

    Raises:
        InputError: there is no such embedder, or it cannot be used.
    """
    names = system.retrievers or ("dense",)  # the key of weights is asked of all that train
    return {name: RETRIEVERS[name](system, cache, device) for name in names}


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


def key(system: System, engines: Engines, chunker: Chunker, documents: Sequence[Document]) -> str:
    """Hash of all that shapes what each retriever finds."""
    corpus = [(document.id, document.title, document.text) for document in documents]
    versions = [part for engine in engines.values() for part in engine.version]
    code = [
        code_of(__name__, apart=[Words, Vectors, Existing, find, stores, Collections]),
        *versions,
        chunker.version,
        *map(RETRIEVERS.version, engines),
        CHUNKERS.version(system.chunker),
        EMBEDDERS.version(embedder_kind(system.embedder)),
    ]
    return digest(code, system.retrieve, system.chunker, corpus)


def build(
    engines: Engines,
    chunker: Chunker,
    documents: Sequence[Document],
    folder: Path,
    previous_index: Path | None = None,
) -> None:
    """Split, index, and leave both in ``folder``. What the ``previous_index`` has embedded is taken over from there."""
    found = [one for document in documents for one in split(document, chunker)]
    log.info("indexing %d passages of %d documents (%s)", len(found), len(documents), " and ".join(engines))
    (folder / PASSAGES).write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")
    for engine in engines.values():
        engine.warm_up()  # what follows is timed
    started = time.monotonic()
    told: dict[str, Any] = {}
    for name, engine in engines.items() if found else ():
        place = folder_of(folder, name, engines)
        place.mkdir(exist_ok=True)
        earlier = previous_index and folder_of(previous_index, name, engines)
        said = dict(engine.build(found, place, earlier) or {})
        told |= {**said, "unpaid": told.get("unpaid", 0.0) + said.get("unpaid", 0.0)}
    seconds = time.monotonic() - started - told.pop("unpaid", 0.0)
    report = {**told, "seconds": seconds, "passages": len(found), "machine": machine.facts()}
    (folder / REPORT).write_text(json.dumps(report, indent=1), encoding="utf-8")


def folder_of(folder: Path, name: str, engines: Engines) -> Path:
    """Where in the folder of an index that of one retriever is: in one of its own where there are several."""
    return folder / name if len(engines) > 1 else folder


def finders(engines: Engines, documents: Sequence[Document], folder: Path) -> dict[str, Finder]:
    """What finds passages, with each index in memory, by the names of retrievers."""
    known = passages(folder)
    return {name: _finder(one, documents, folder_of(folder, name, engines), known) for name, one in engines.items()}


def vectors_of(engines: Engines, folder: Path) -> PassageVectors:
    """The vectors of passages that were found, by the one of the engines that has some.

    Raises:
        InputError: none has.
    """
    for name, engine in engines.items():
        if isinstance(engine, Vectors):
            return engine.of_passages(folder_of(folder, name, engines), passages(folder))
        if isinstance(engine, Existing):
            return engine.of_passages
    raise InputError("search.mmr: how alike passages are is told by their vectors, and no retriever here has any; leave mmr out")


def searcher(system: System, find: Finder, count: int) -> Searcher:
    """The best passages for each query, best first.

    Passages that score less than the system's ``min_score`` are not found.
    """
    cut = best(system.min_score)
    return lambda queries: cut(queries, find(queries, count), count)


def _finder(engine: Engine, documents: Sequence[Document], folder: Path, known: Sequence[Passage]) -> Finder:
    if isinstance(engine, OwnPassages):
        return engine.finder(documents)
    opened = engine.open(folder) if known else None

    def find(queries: Sequence[str], count: int) -> list[tuple[Context, ...]]:
        found = opened(queries, min(count, len(known))) if opened else [[] for _ in queries]
        return [tuple(Context(known[place].document, known[place].text, score) for place, score in hits) for hits in found]

    return find


def chunks_of(folder: Path, documents: AbstractSet[str]) -> dict[str, tuple[Context, ...]]:
    """Document id -> the passages that it was split into, for those documents."""
    found: dict[str, tuple[Context, ...]] = dict.fromkeys(documents, ())
    for one in passages(folder):
        if one.document in found:
            found[one.document] += (Context(one.document, one.text),)
    return found


def split_anew(documents: Iterable[Document], chunker: Chunker) -> dict[str, tuple[Context, ...]]:
    """The same for documents that no index holds."""
    return {one.id: tuple(Context(one.id, passage.text) for passage in split(one, chunker)) for one in documents}


def report(folder: Path) -> dict[str, Any]:
    """What building an index told; nothing where there is none."""
    try:
        found: dict[str, Any] = json.loads((folder / REPORT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def passages(folder: Path) -> list[Passage]:
    """What the documents of an index were split into, in order."""
    return [Passage(*row) for row in json.loads((folder / PASSAGES).read_text(encoding="utf-8"))]
