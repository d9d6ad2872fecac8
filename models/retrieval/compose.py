"""The search of a row of the systems table, put together of its stages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import version as installed
from pathlib import Path

from proctor.core.code import code_of
from proctor.core.schema import Document, InputError
from proctor.core.storage.cache import digest
from proctor.models import search_settings
from proctor.models.chunkers.markdown import LIBRARIES
from proctor.models.retrieval import expansion, filtering, fusion, mmr, search
from proctor.models.retrieval.passages import Comparing, Passage
from proctor.models.retrieval.search import Engines
from proctor.models.retrieval.stages import BEST, DIVERSE, EXPANDED, Stage, Stages, best
from proctor.models.systems import System


def is_plain(system: System) -> bool:
    """Whether it has one retriever, and shows what that one finds."""
    return len(system.retrievers) < 2 and system.search == search_settings.PLAIN


def check(system: System, documents: Sequence[Document]) -> None:
    """See to it that the search can find some of these documents; InputError where it cannot."""
    filtering.check(documents, system.search.filter)


def version(system: System, documents: Sequence[Document]) -> str:
    """Hash of what shapes what is found besides what each retriever finds; empty where nothing does."""
    if is_plain(system):
        return ""
    allowed = sorted(filtering.allowed(documents, system.search.filter)) if system.search.filter else None
    libraries = [installed(name) for name in LIBRARIES] if system.search.parent else []
    return digest(code_of(__name__, apart=[search, System]), vars(system.search), allowed, libraries)


def stages(system: System, engines: Engines, documents: Sequence[Document], folder: Path) -> Stages:
    """What searches an index that was built in a folder."""
    said = system.search
    finders = search.finders(engines, documents, folder)
    if said.filter:
        allowed = filtering.allowed(documents, said.filter)
        finders = {name: filtering.filtered(find, allowed) for name, find in finders.items()}
    fuse = fusion.by_weights(said.weights) if said.fusion == "weights" else fusion.by_rank
    then = list(_then(system, engines, documents, folder))
    return Stages(finders, fuse, lambda count: said.wide(count, len(engines)), then)


def _then(system: System, engines: Engines, documents: Sequence[Document], folder: Path) -> Iterator[tuple[str, Stage]]:
    """The stages after the retrievers, in their order."""
    said, known = system.search, search.passages(folder)
    # A reranker comes here: yield RERANKED, ...
    if said.mmr is not None:
        compared = _compared(engines, folder, known)
        yield DIVERSE, mmr.diverse(compared, said.mmr, cosines=len(engines) == 1 and said.rerank is None)
    yield BEST, best(system.min_score)
    if said.window or said.parent:
        yield EXPANDED, expansion.expand(documents, known, said.window, said.parent)


def _compared(engines: Engines, folder: Path, known: Sequence[Passage]) -> mmr.Compared:
    """The vectors of what is found, of the retriever that has some.

    Raises:
        InputError: none has.
    """
    for name, engine in engines.items():
        if isinstance(engine, Comparing):
            return engine.compared(search.folder_of(folder, name, engines), known)
    raise InputError(f"search.mmr: {' and '.join(engines)} keep no vectors to compare passages by; leave it out")
