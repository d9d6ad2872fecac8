"""The search of a row of the systems table, put together of its stages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from proctor.core.code import code_of
from proctor.core.schema import Document
from proctor.core.storage.cache import digest
from proctor.models import search_settings
from proctor.models.chunkers.protocol import Chunker
from proctor.models.retrieval import fusion, search
from proctor.models.retrieval.search import Engines
from proctor.models.retrieval.stages import BEST, Stages, best
from proctor.models.systems import System


def is_plain(system: System) -> bool:
    """Whether it has one retriever, and shows what that one finds."""
    return len(system.retrievers) < 2 and system.search == search_settings.PLAIN


def check(system: System, documents: Sequence[Document]) -> None:
    """See to it that the search can find some of these documents; InputError where it cannot."""
    del system, documents


def version(system: System, documents: Sequence[Document], chunker: Chunker) -> str:
    """Hash of what shapes what is found besides what each retriever finds; empty where nothing does."""
    if is_plain(system):
        return ""
    del documents, chunker
    shaping: list[Any] = [code_of(__name__, apart=[search]), vars(system.search)]
    return digest(*shaping)


def stages(system: System, engines: Engines, chunker: Chunker, documents: Sequence[Document], folder: Path) -> Stages:
    """What searches an index that was built in a folder."""
    del chunker
    said = system.search
    fuse = fusion.by_weights(said.weights) if said.fusion == "weights" else fusion.by_rank
    # To come, in this order: (RERANKED, ...), (DIVERSE, ...), (BEST, ...), (EXPANDED, ...)
    return Stages(
        search.finders(engines, documents, folder),
        fuse,
        lambda count: said.wide(count, len(engines)),
        [(BEST, best(system.min_score))],
    )
