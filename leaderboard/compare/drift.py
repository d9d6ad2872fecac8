"""What a machine did to times from one run to the next: read off the systems that are the same in both.

A system with the same weights, index and settings that gives the same answers has not changed. If it takes longer all the same,
something else does: the machine or, where that is not the same, the code that all systems share. As much may have happened to any
other system, so times are called better or worse only where they moved beyond that, and those of the same systems never are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from statistics import median
from typing import Any, TypeAlias

from proctor.evals.axes.catalogue import axis
from proctor.leaderboard.compare.changes import CELL, Change, Drift, retrained, timed
from proctor.leaderboard.formatting import joined
from proctor.leaderboard.runs.records import grouped
from proctor.leaderboard.runs.store import Run

SystemKey: TypeAlias = tuple[str, str, str]
"""Suite, base model and system."""
ANSWERS = ("accuracy", "retrieval")
"""Axes that tell whether answers, and the passages behind them, are the same."""
NOTABLE = 0.05
"""Share of a time by which it has to change to be spoken of."""
WHOLE = "latency.seconds"
"""The time of an answer, of which others are parts."""


def with_drift(found: Sequence[Change], before: Run, after: Run) -> list[Change]:
    """Each time with what the systems that are the same changed by in the same metric, or else in any."""
    same = unchanged(found, before, after)
    moved = [change for change in found if _place(change) in same and _tells(change)]
    told = {id(change): _drift(change, moved, same) for change in found if timed(change) and change.found}
    return [replace(change, drift=told.get(id(change))) for change in found]


def unchanged(found: Sequence[Change], before: Run, after: Run) -> dict[SystemKey, bool]:
    """The systems that are the same in both runs, and whether their code is the same, too."""
    anew, revised = retrained(before, after), _revised(before, after)
    answered = {
        place: [change for change in rows if axis(change.metric) in ANSWERS and change.found]
        for place, rows in grouped(found, *CELL[:3]).items()
    }
    return {
        (place[0], place[1], place[2]): _versions(place, before) == _versions(place, after)
        for place, rows in answered.items()
        if place not in anew and rows and all(change.same for change in rows) and _set_alike(place, before, after)
        if (place[0] not in revised or _versions(place, before) == _versions(place, after))
    }


def _revised(before: Run, after: Run) -> set[str]:
    """Suites of another version: whatever reads their documents reads others, though its answers may be the same."""
    old, new = ({*grouped(run.records, "suite", "suite_version")} for run in (before, after))
    return {suite for suite, _ in old ^ new}


def _set_alike(place: Sequence[str], before: Run, after: Run) -> bool:
    """Whether both runs tell of the system, and of the same base model and settings, as far as both have them.

    The room for answers is no cause of anything where the answers are the same.
    """
    told = [_told(place, run) for run in (before, after)]
    if not all(told):
        return False
    old, new = told
    return all(old[name] == new[name] for name in old.keys() & new.keys() - {"max_new_tokens"})


def _told(place: Sequence[str], run: Run) -> dict[str, Any]:
    """A system's settings and base model; empty where the run does not tell of all."""
    _, base_model, system = place
    settings = (run.provenance.get("systems") or {}).get(system, {}).get("settings")
    model = (run.provenance.get("base_models") or {}).get(base_model, {}).get("version")
    return {**settings, "base model": model} if settings and model and _versions(place, run) else {}


def _versions(place: Sequence[str], run: Run) -> set[str]:
    """Of all that shapes a system's answers, over its seeds."""
    made: Mapping[str, Any] = run.provenance.get("made") or {}
    name = "/".join(place)
    return {str(about.get("version")) for key, about in made.items() if key.rpartition("/")[0] == name}


def _place(change: Change) -> SystemKey:
    return change.suite, change.base_model, change.system


def _tells(change: Change) -> bool:
    """Whether it is a time of many answers: a single reading tells little of the machine."""
    return timed(change) and change.found is not None and change.found.n > 1 and change.found.theirs != 0


def _drift(change: Change, moved: Sequence[Change], same: Mapping[SystemKey, bool]) -> Drift | None:
    """None where no system is the same."""
    near = [other for other in moved if (other.suite, other.base_model, _kind(other)) == (*_place(change)[:2], _kind(change))]
    told = [other for other in near if other.metric == change.metric] or near
    if not told or not change.found:
        return None
    shifts = [_shift(other) * (1.0 if _kind(change) == "share" else change.found.theirs) for other in told]
    return Drift(min(0.0, *shifts), max(0.0, *shifts), all(same[_place(other)] for other in told))


def _kind(change: Change) -> str:
    """Times are compared as ratios, and shares of a time by their difference."""
    return "share" if change.unit in ("share", "difference") else change.better


def _shift(change: Change) -> float:
    """A change as a share of what was, or as it is."""
    assert change.found  # noqa: S101 # see `_tells`
    moved = change.found.difference.value
    return moved if _kind(change) == "share" else moved / change.found.theirs


def said(found: Sequence[Change], before: Run, after: Run) -> Iterator[str]:
    """A sentence for each suite and base model in which systems that are the same became slower or faster."""
    same = unchanged(found, before, after)
    whole = [change for change in found if change.metric == WHOLE and _place(change) in same and _tells(change)]
    for (suite, base_model), rows in grouped(whole, "suite", "base_model").items():
        moved = median(map(_shift, rows))
        if abs(moved) >= NOTABLE:
            code = all(same[_place(change)] for change in rows)
            yield _sentence([change.system for change in rows], f"{suite}/{base_model}", moved, same_code=code)


def _sentence(systems: Collection[str], where: str, moved: float, *, same_code: bool) -> str:
    cause = "the machine" if same_code else "the machine, or code that all systems share"
    way, mark = ("slowed down", "worse") if moved > 0 else ("sped up", "better")
    those = "Systems that are" if len(systems) > 1 else "A system that is"
    return (
        f"{those} the same in both runs ({joined(list(systems))}) {way} by {100 * abs(moved):.0f} % on {where}: "
        f"{cause}, not the systems. A time is marked {mark} only beyond that."
    )
