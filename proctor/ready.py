"""What a run will write, looked at before any work: nothing that took hours is lost to a folder that cannot be written."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from proctor.core import extras
from proctor.core.schema import InputError, Question
from proctor.core.storage import errors
from proctor.core.storage.cache import Cache
from proctor.evals.axes.catalogue import AXES, marker
from proctor.leaderboard.compare.changes import renewed
from proctor.leaderboard.output import Site
from proctor.leaderboard.runs.saved import SAVING, open_run
from proctor.leaderboard.runs.store import Store
from proctor.models.candidates.kinds import KINDS, Examined
from proctor.models.reranking import RERANKERS
from proctor.models.stores import named
from proctor.models.stores.named import STORES
from proctor.models.systems import EMBEDDERS, RETRIEVERS, System, embedder_kind


def check(store: Store, cache: Cache, site: Path, saved: Path | None, base_models: Mapping[str, Any]) -> None:
    """Whether records, cache, page and saved run can be written, and take no other's place.

    ``base_models`` is what the run's provenance will say of them: label -> facts.

    Raises:
        InputError: with every reason why not.
    """
    checks: tuple[Callable[[], None], ...] = (
        partial(_apart, store, site),
        partial(_goes_on, store, base_models),
        cache.check,
        Site(site).check,
        partial(_free, saved, store),
    )
    if problems := [problem for each in checks for problem in _problem(each)]:
        raise InputError("\n".join(problems))


def libraries(axes: Iterable[str], systems: Sequence[System]) -> None:
    """Whether everything is installed that these axes and systems need.

    Raises:
        InputError: with all that is missing, how to install it, and how to do without.
    """
    needed = {axis: AXES.needs(axis) for axis in axes}
    lacking = [axis for axis, modules in needed.items() if extras.missing(modules)]
    without = " or ".join(dict.fromkeys(map(marker, lacking)))
    whole = [system for system in systems if not extras.missing(_libraries(system))]
    needed |= {f"the system {system.name}": _libraries(system) for system in systems}
    others = " ".join(f"--system {shlex.quote(name)}" for name in dict.fromkeys(system.name for system in whole))
    leave_out = [f'leave that out: -m "domain and not ({without})"'] if lacking else []
    leave_out += [f"take the other systems alone: {others}"] if whole and len(whole) < len(systems) else []
    extras.require(needed, "; and ".join(leave_out))


def reached(cells: Iterable[tuple[Examined, Sequence[Question]]]) -> None:
    """Whether what systems look passages up with answers, for those that have questions left to answer.

    Raises:
        InputError: with all systems whose embedder or store cannot be used, and why.
    """
    users: dict[tuple[Any, ...], tuple[Callable[[], None], dict[str, None]]] = {}
    for candidate, questions in cells:
        check = getattr(candidate, "check", None)
        if check and "retrieves" in candidate.abilities and candidate.unanswered(list(questions)):
            users.setdefault(_searched_with(candidate.system), (check, {}))[1][candidate.name] = None
    found = [(_systems(names), problem) for check, names in users.values() for problem in _problem(check)]
    if found:
        raise InputError("\n".join(f"{who}: {problem}" for who, problem in found))


def _searched_with(system: System) -> tuple[Any, ...]:
    """What is asked once, though several systems look passages up with it."""
    stored = (system.store, system.store_settings)
    return (system.retrieve, system.search, system.embedder, system.embedding, *stored, system.chunker)


def _systems(names: Iterable[str]) -> str:
    """One system, or several, by their names."""
    listed = list(names)
    return f"system{'s' * (len(listed) > 1)} {', '.join(listed)}"


def _libraries(system: System) -> tuple[str, ...]:
    """The modules that a system needs to do its work."""
    dense = "dense" in system.retrievers
    embeds = dense or (system.retrieves and system.chunker in ("tokens", "semantic"))
    embedder = EMBEDDERS.needs(embedder_kind(system.embedder)) if embeds else ()
    store = STORES.needs(named.parsed(system.store).kind) if dense else ()
    retrievers = [module for name in system.retrievers for module in RETRIEVERS.needs(name)]
    reranker = RERANKERS.needs((system.search.rerank or "").partition(":")[0])
    return (*retrievers, *reranker, *embedder, *store, *(KINDS.needs(system.kind) if system.external else ()))


def _problem(check: Callable[[], None]) -> Iterator[str]:
    try:
        check()
    except InputError as error:
        yield str(error)
    except OSError as error:
        yield f"cannot read or write {errors.sentence(error)}"


def _apart(store: Store, site: Path) -> None:
    """The run's folder and the page's are two: each would find the other's files in its way."""
    if site.resolve() == store.folder:
        raise InputError(f"--run-dir and --site are both {store.folder}; choose another folder for one of them")


def _goes_on(store: Store, base_models: Mapping[str, Any]) -> None:
    """Records can be added to what the run folder holds, and are of the same base models."""
    store.check()
    others = list(renewed("base_models", store.provenance, {"base_models": base_models}))
    if others:
        said = "; ".join(others)
        raise InputError(f"{store.folder} is a run of another base model of the same name ({said}); choose another --run-dir")


def _free(saved: Path | None, store: Store) -> None:
    """A saved run is replaced by the same run alone, which may have gone on since."""
    if saved is None:
        return
    with errors.told("--eval-save: cannot write into", saved.parent, SAVING):
        errors.probe(saved.parent)
        if not saved.exists():
            return
    if open_run(saved).provenance.get("started") != store.provenance.get("started", ""):
        raise InputError(f"--eval-save: {saved} is another saved run; choose another name, or delete it")
