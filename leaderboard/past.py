"""Runs in the order in which they were taken: those being published, and those saved before them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from evals.cache import digest
from evals.schema import InputError
from leaderboard import baseline
from leaderboard.store import PROVENANCE, RECORDS, Run, read

TELLING = ("started", "git", "command", "judge", "seeds", "limit", "suites", "systems", "base_models")
"""Parts of provenance that are the same whatever a run is called and wherever it is kept."""


@dataclass(frozen=True)
class Moment:
    """A run's place in time."""

    id: str
    """Twelve letters: the same for a run folder and for what was saved of it, under any name."""
    commit: str
    """Whole hash, or nothing where the run was not taken in a checkout."""
    dirty: bool
    """Whether files differed from the commit."""
    started: str
    """In UTC: ``2026-01-02T03:04:05Z``."""

    @property
    def name(self) -> str:
        """The commit in short, with a + where files differed from it; the time where there is none."""
        return f"{self.commit[:7]}{'+' if self.dirty else ''}" if self.commit else self.started


@dataclass(frozen=True)
class Past:
    """Runs by time, each once."""

    runs: Sequence[tuple[Moment, Run]]
    undated: Sequence[str]
    """Names of those that do not say when they were started, and so have no place in it."""


def gather(published: Sequence[Run], saved: Sequence[Path], measures: Sequence[str]) -> Past:
    """The runs that are published and those found in ``saved``: baseline files, run folders, or folders that hold them.

    Of saved files only ``measures`` are read.

    Raises:
        InputError: a path does not exist, or a file is no baseline.
    """
    kept = [(place.name, _opened(place, measures)) for path in saved for place in _places(path)]
    found: dict[str, tuple[Moment, Run]] = {}
    undated = []
    for name, run in [*kept, *((run.folder.name, run) for run in published)]:
        moment = _moment(run.provenance)
        if moment is None:
            undated.append(name)
        elif moment.id not in found or len(run.records) >= len(found[moment.id][1].records):  # it may have gone on since
            found[moment.id] = moment, run
    return Past(sorted(found.values(), key=lambda pair: (pair[0].started, pair[0].id)), undated)


def _places(path: Path) -> list[Path]:
    if path.is_file() or _is_run(path):
        return [path]
    if not path.is_dir():
        raise InputError(f"{path}: no run is saved there; save one with --eval-save")
    return [place for place in sorted(path.iterdir()) if (place.suffix == ".json" and place.is_file()) or _is_run(place)]


def _opened(place: Path, measures: Sequence[str]) -> Run:
    return baseline.load(place, measures) if place.is_file() else read(place)


def _is_run(folder: Path) -> bool:
    return folder.joinpath(RECORDS).is_file() or folder.joinpath(PROVENANCE).is_file()


def _moment(provenance: Mapping[str, Any]) -> Moment | None:
    started, git = _utc(provenance.get("started")), provenance.get("git")
    known = git if isinstance(git, dict) else {}
    name = digest(*(provenance.get(name) for name in TELLING))[:12]
    return Moment(name, str(known.get("commit") or ""), bool(known.get("dirty")), started) if started else None


def _utc(started: Any) -> str:
    """A time in UTC, to the second; nothing if it is none."""
    try:
        time = datetime.fromisoformat(str(started))
        known = time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return ""
    return f"{known.replace(tzinfo=None).isoformat(timespec='seconds')}Z"
