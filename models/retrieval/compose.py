"""The search of a row of the systems table, put together of its stages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from proctor.core.code import code_of
from proctor.core.schema import Document
from proctor.core.storage.cache import Cache, digest
from proctor.models import search_settings
from proctor.models.chunkers.protocol import Chunker
from proctor.models.reranking import RERANKERS
from proctor.models.retrieval import fusion, search
from proctor.models.retrieval.reranker import Reranker, stage
from proctor.models.retrieval.search import Engines
from proctor.models.retrieval.stages import BEST, RERANKED, Stage, Stages, best
from proctor.models.systems import System


def is_plain(system: System) -> bool:
    """Whether it has one retriever, and shows what that one finds."""
    return len(system.retrievers) < 2 and system.search == search_settings.PLAIN


def check(system: System, documents: Sequence[Document]) -> None:
    """See to it that the search can find some of these documents; InputError where it cannot."""
    del system, documents


def reranker(system: System, cache: Cache) -> Reranker | None:
    """What puts the passages of a system's search into order, if anything does; InputError where it cannot be used."""
    if system.search.rerank is None:
        return None
    kind, _, rest = system.search.rerank.partition(":")
    made: Reranker = RERANKERS[kind](rest, system.search.reranking, cache)
    return made


def reordered(reranker: Reranker | None, device: str) -> Stage | None:
    """The stage in which it does so."""
    return None if reranker is None else stage(reranker, device)


def version(system: System, documents: Sequence[Document], chunker: Chunker, reranker: Reranker | None) -> str:
    """Hash of what shapes what is found besides what each retriever finds; empty where nothing does."""
    if len(system.retrievers) < 2 and replace(system.search, rewrite=None) == search_settings.PLAIN:
        return ""  # what a rewriting shapes is not in training, where the question itself is looked up
    del documents, chunker
    shaping: list[Any] = [code_of(__name__, apart=[search]), system.search.shaping]
    if reranker is not None:
        shaping += [reranker.version, RERANKERS.version((system.search.rerank or "").partition(":")[0])]
    return digest(*shaping)


def stages(
    system: System,
    engines: Engines,
    chunker: Chunker,
    documents: Sequence[Document],
    folder: Path,
    reordered: Stage | None = None,
) -> Stages:
    """What searches an index that was built in a folder; ``reordered``: by its reranker, if it has one."""
    del chunker
    said = system.search
    fuse = fusion.by_weights(said.weights) if said.fusion == "weights" else fusion.by_rank
    # To come, in this order: (DIVERSE, ...), (BEST, ...), (EXPANDED, ...)
    return Stages(
        search.finders(engines, documents, folder),
        fuse,
        lambda count: said.wide(count, len(engines)),
        [*([(RERANKED, reordered)] if reordered else ()), (BEST, best(system.min_score))],
    )
