"""Runs in the order in which they were taken: those being published, and those saved before them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from proctor.core import former_names
from proctor.core.schema import InputError
from proctor.core.storage.cache import digest
from proctor.core.storage.disk import file_digest
from proctor.evals.axes.catalogue import followed
from proctor.evals.headline import SAYS, of_run
from proctor.leaderboard.analysis.origins import external
from proctor.leaderboard.analysis.series import Series
from proctor.leaderboard.compare.changes import CELL
from proctor.leaderboard.runs import saved as baseline
from proctor.leaderboard.runs.records import grouped
from proctor.leaderboard.runs.store import PROVENANCE, RECORDS, Run, read

TELLING = ("started", "git", "command", "judge", "seeds", "limit", "suites", "systems", "base_models")
"""Parts of provenance that are the same whatever a run is called and wherever it is kept."""
LineKey = tuple[str, str, str, str]
"""Suite, base model, system and metric."""


@dataclass(frozen=True)
class RunInfo:
    """A run's place in time."""

    id: str
    """The same for a run folder and for what was saved of it, under any name."""
    commit: str
    """Whole hash, or nothing where the run was not taken in a checkout."""
    dirty: bool
    """Whether files differed from the commit."""
    started: str
    """In UTC: ``2026-01-02T03:04:05Z``."""
    digest: str = ""
    """Of the files that it was saved in, by which it is known again; nothing for a run that is being published."""

    @property
    def name(self) -> str:
        """The commit in short, with a + where files differed from it; the time where there is none."""
        return f"{self.commit[:7]}{'+' if self.dirty else ''}" if self.commit else self.started


@dataclass(frozen=True)
class DatedRun:
    """A run in its place, which is not read before somebody asks what is in it."""

    moment: RunInfo
    _open: Callable[[], Run]

    @cached_property
    def run(self) -> Run:
        """All of it, or what is followed alone."""
        return self._open()

    @cached_property
    def series(self) -> dict[LineKey, Series]:
        """The metrics of which there is a history, one after the other: systems then share what is resampled for them."""
        asked = external(self.run.provenance.get("systems") or {})
        rows = grouped(self.run.records, *CELL).items()
        found = {key: Series(mine, key[2] in asked) for key, mine in rows if key[3] in self._followed(key[0])}
        return {key: found[key] for key in sorted(found, key=lambda key: (place_of(key[3]), key))}

    def _followed(self, suite: str) -> Collection[str]:
        """What is always followed, and the accuracy that leads on the suite."""
        return {*followed(), of_run(self.run.provenance, suite)}


def place_of(metric: str) -> tuple[int, str]:
    """Sorts metrics: first those that are always followed, in their order."""
    known = followed()
    return (known.index(metric), "") if metric in known else (len(known), metric)


@dataclass(frozen=True)
class Past:
    """Runs by time, each once."""

    runs: Sequence[DatedRun]
    undated: Sequence[str]
    """Names of those that do not say when they were started, and so have no place in it."""


def gather(published: Sequence[Run], saved: Sequence[Path], known: Iterable[RunInfo] = ()) -> Past:
    """The runs that are published and those found in ``saved``: baseline files, run folders, or folders that hold them.

    Files that are as they were for one of the ``known`` moments are not read.

    Raises:
        InputError: a path does not exist, or a file is no baseline.
    """
    by_digest = {moment.digest: moment for moment in known if moment.digest}
    named = [(place.name, _saved(place, by_digest)) for path in saved for place in _places(path)]
    named += [(run.folder.name, _taken(run)) for run in published]
    found: dict[str, DatedRun] = {}
    for taken in [taken for _, taken in named if taken]:
        old = found.setdefault(taken.moment.id, taken)
        if old.moment != taken.moment and len(taken.run.records) >= len(
            old.run.records
        ):  # it may have gone on since it was saved
            found[taken.moment.id] = taken
    runs = sorted(found.values(), key=lambda taken: (taken.moment.started, taken.moment.id))
    return Past(runs, [name for name, taken in named if taken is None])


def _places(path: Path) -> list[Path]:
    if path.is_file() or _is_run(path):
        return [path]
    if not path.is_dir():
        raise InputError(f"{path}: no run is saved there; save one with --eval-save")
    return [place for place in sorted(path.iterdir()) if (place.suffix == ".json" and place.is_file()) or _is_run(place)]


def _is_run(folder: Path) -> bool:
    return folder.joinpath(RECORDS).is_file() or folder.joinpath(PROVENANCE).is_file()


def _saved(place: Path, known: Mapping[str, RunInfo]) -> DatedRun | None:
    files = [place] if place.is_file() else [path for path in (place / RECORDS, place / PROVENANCE) if path.is_file()]
    name = digest(*map(file_digest, files))[:16]
    return DatedRun(known[name], lambda: _opened(place)) if name in known else _taken(_opened(place), name)


def _opened(place: Path) -> Run:
    return baseline.load(place, (*followed(), *SAYS)) if place.is_file() else read(place)


def _taken(run: Run, name: str = "") -> DatedRun | None:
    """A run in its place; None if it does not say when it was started."""
    started, git = _utc(run.provenance.get("started")), run.provenance.get("git")
    about = git if isinstance(git, dict) else {}
    told = {**run.provenance, "systems": former_names.in_ids(run.provenance.get("systems"))}
    own = digest(*(told.get(part) for part in TELLING))[:12]
    moment = RunInfo(own, str(about.get("commit") or ""), bool(about.get("dirty")), started, name)
    return DatedRun(moment, lambda: run) if started else None


def _utc(started: Any) -> str:
    """A time in UTC, to the second; nothing if it is none."""
    try:
        time = datetime.fromisoformat(str(started))
        known = time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return ""
    return f"{known.replace(tzinfo=None).isoformat(timespec='seconds')}Z"
