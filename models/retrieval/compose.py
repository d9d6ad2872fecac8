"""The search of a row of the systems table, put together of its stages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from proctor.core.code import code_of
from proctor.core.schema import Document, InputError
from proctor.core.storage.cache import Cache, digest
from proctor.models import search_settings
from proctor.models.reranking import RERANKERS
from proctor.models.retrieval import diversity, expansion, filtering, fusion, search
from proctor.models.retrieval.reranker import Reranker, stage
from proctor.models.retrieval.search import Engines
from proctor.models.retrieval.stages import BEST, DIVERSE, EXPANDED, RERANKED, Stage, Stages, best
from proctor.models.systems import System


def is_plain(system: System) -> bool:
    """Whether it has one retriever, and shows what that one finds."""
    return len(system.retrievers) < 2 and replace(system.search, filter=()) == search_settings.PLAIN


def check(system: System, documents: Sequence[Document]) -> None:
    """See to it that the search can find some of these documents; InputError where it cannot."""
    said = system.search
    if system.store_settings.existing and (said.filter or said.window or said.parent):
        field = "filter" if said.filter else "expand"
        what = "the passages of a store that was filled elsewhere are not cut from the suite's documents"
        raise InputError(f"search.{field}: {what}; leave it out, or leave existing out of store_settings")
    filtering.check(documents, said.filter)


def searched(system: System, documents: Sequence[Document]) -> tuple[Document, ...]:
    """The documents that it searches."""
    return filtering.kept(documents, system.search.filter)


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


def version(system: System, reranker: Reranker | None) -> str:
    """Hash of what shapes what is found besides what each retriever finds; empty where nothing does."""
    if is_plain(replace(system, search=replace(system.search, rewrite=None))):
        return ""  # what a rewriting shapes is not in training, where the question itself is looked up
    shaping: list[Any] = [code_of(__name__, apart=[search]), system.search.shaping]
    if reranker is not None:
        shaping += [reranker.version, RERANKERS.version((system.search.rerank or "").partition(":")[0])]
    return digest(*shaping)


def stages(
    system: System,
    engines: Engines,
    documents: Sequence[Document],
    folder: Path,
    reordered: Stage | None = None,
) -> Stages:
    """What searches an index that was built in a folder; ``reordered``: by its reranker, if it has one."""
    said = system.search
    fuse = fusion.by_weights(said.weights) if said.fusion == "weights" else fusion.by_rank
    then = [
        (RERANKED, reordered),
        (DIVERSE, _diverse(system, engines, folder)),
        (BEST, best(system.min_score)),
        (EXPANDED, _expanded(system, documents, folder)),
    ]
    return Stages(
        search.finders(engines, documents, folder),
        fuse,
        lambda count: said.wide(count, len(engines)),
        [(name, stage) for name, stage in then if stage],
    )


def _diverse(system: System, engines: Engines, folder: Path) -> Stage | None:
    weight = system.search.mmr
    if weight is None:
        return None
    vectors = search.vectors_of(engines, folder)
    own = len(engines) == 1 and system.search.rerank is None and not system.store_settings.existing
    return diversity.stage(weight, vectors, cosines=own)


def _expanded(system: System, documents: Sequence[Document], folder: Path) -> Stage | None:
    said = system.search
    if not (said.window or said.parent):
        return None
    widen = expansion.window(said.window) if said.window else expansion.parent(said.parent)
    return expansion.stage(widen, documents, search.passages(folder))
