"""Which answers of systems that are built elsewhere were not given in the run, but before: a reader may take them for new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from proctor.core.counts import counted
from proctor.leaderboard.formatting import joined

NAMED = 6
"""Systems that the sentence names; of more it says how many more."""


def kept_answers(run: Mapping[str, Any], suite: str, base_model: str, systems: Sequence[str]) -> str:
    """A sentence on the answers of a section that were kept from before the run; empty if there are none."""
    found = {system: told for system in systems if (told := _kept(run, f"{suite}/{base_model}/{system}"))}
    said = [f"{system} ({_said(told, str(run.get('started') or ''))})" for system, told in found.items()]
    if not said:
        return ""
    more = [f"{len(said) - NAMED} more"] if len(said) > NAMED else []
    return f"Asked before this run, and not again: {joined(said[:NAMED] + more)}; --refresh asks again."


def _kept(run: Mapping[str, Any], place: str) -> list[Mapping[str, Any]]:
    """What provenance says of each time that a system was asked."""
    made = run.get("made")
    those = made.items() if isinstance(made, Mapping) else ()
    answers = [about.get("answers") for name, about in those if name.rpartition("/")[0] == place and isinstance(about, Mapping)]
    kept = [each.get("kept") for each in answers if isinstance(each, Mapping)]
    return [each for each in kept if isinstance(each, Mapping) and isinstance(each.get("count"), int)]


def _said(told: Sequence[Mapping[str, Any]], started: str) -> str:
    count, of = (sum(int(each.get(name) or 0) for each in told) for name in ("count", "of"))
    oldest = min(filter(None, (str(each.get("oldest") or "") for each in told)), default="")
    age = _age(oldest, started)
    whole = f"all {counted(of, 'answer')}" if count == of > 1 else f"{count:,} of {counted(of, 'answer')}"
    return f"{whole}{f', up to {age} old' if age else ''}"


def _age(oldest: str, started: str) -> str:
    """How long before the run, in words; empty where that is not known."""
    try:
        hours = (datetime.fromisoformat(started) - datetime.fromisoformat(oldest)).total_seconds() / 3600
    except (ValueError, TypeError):
        return ""
    if hours < 1:
        return "an hour"
    return counted(round(hours), "hour") if hours < 48 else counted(round(hours / 24), "day")
