"""Which answers of systems that are built elsewhere were not given in the run, but before: a reader may take them for new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from proctor.core.counts import counted
from proctor.leaderboard.formatting import joined

NAMED = 6
"""Systems named at a time; of more it says how many more."""


def kept_answers(run: Mapping[str, Any], suite: str, base_model: str, systems: Sequence[str]) -> str:
    """A sentence on the answers of a section that were kept from before the run; empty if there are none."""
    alike: dict[tuple[str, str], list[str]] = {}
    for system in systems:
        if told := _kept(run, f"{suite}/{base_model}/{system}"):
            alike.setdefault(_said(told, str(run.get("started") or "")), []).append(system)
    said = [f"{_named(names)} ({count}{' each' if len(names) > 1 else ''}{age})" for (count, age), names in alike.items()]
    return f"Asked before this run, and not again: {'; '.join(said)}. --refresh asks again." if said else ""


def _named(systems: Sequence[str]) -> str:
    more = [f"{len(systems) - NAMED} more"] if len(systems) > NAMED else []
    return joined([*systems[:NAMED], *more])


def _kept(run: Mapping[str, Any], place: str) -> list[Mapping[str, Any]]:
    """What provenance says of each time that a system was asked."""
    made = run.get("made")
    those = made.items() if isinstance(made, Mapping) else ()
    answers = [about.get("answers") for name, about in those if name.rpartition("/")[0] == place and isinstance(about, Mapping)]
    kept = [each.get("kept") for each in answers if isinstance(each, Mapping)]
    return [each for each in kept if isinstance(each, Mapping) and isinstance(each.get("count"), int)]


def _said(told: Sequence[Mapping[str, Any]], started: str) -> tuple[str, str]:
    """How many answers, and how old they are."""
    count, of = (sum(int(each.get(name) or 0) for each in told) for name in ("count", "of"))
    oldest = min(filter(None, (str(each.get("oldest") or "") for each in told)), default="")
    age = _age(oldest, started)
    whole = f"all {counted(of, 'answer')}" if count == of > 1 else f"{count:,} of {counted(of, 'answer')}"
    return whole, f", up to {age} old" if age else ""


def _age(oldest: str, started: str) -> str:
    """How long before the run, in words; empty where that is not known."""
    try:
        hours = (datetime.fromisoformat(started) - datetime.fromisoformat(oldest)).total_seconds() / 3600
    except (ValueError, TypeError):
        return ""
    if hours < 1:
        return "an hour"
    return counted(round(hours), "hour") if hours < 48 else counted(round(hours / 24), "day")
