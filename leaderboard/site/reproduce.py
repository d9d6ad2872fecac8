"""Where a run comes from, as the page tells it: what to type to run it again, and every fact of its provenance."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from proctor.leaderboard.analysis import judge_agreement

ELSEWHERE = ("command", "comparable", "run_dir")
"""Provenance that the page says in another place: in what to type, and as what to read with care."""


def again(run: Mapping[str, Any]) -> dict[str, Any]:
    """What it takes to run it again: the commit, and what to type."""
    told = run.get("git")
    git: Mapping[str, Any] = told if isinstance(told, Mapping) else {}
    commit = str(git.get("commit") or "")
    checkout = [f"git checkout {commit}"] if re.fullmatch(r"[0-9a-f]{40}", commit) else []
    return {"commit": commit, "dirty": bool(git.get("dirty")), "again": "\n".join([*checkout, str(run.get("command") or "")])}


def facts(run: Mapping[str, Any]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Provenance under headings: what is a single fact under none, each table under its name, tables in it line by line."""
    told = {name: value for name, value in run.items() if _says(value) and name not in ELSEWHERE}
    single = [(name, _line(value)) for name, value in told.items() if not isinstance(value, Mapping)]
    tables = [(name, list(_rows(name, table, run))) for name, table in told.items() if isinstance(table, Mapping)]
    return [("", single), *tables]


def _rows(name: str, table: Mapping[str, Any], run: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for part, value in table.items():
        if name == "judges":
            yield part, judge_agreement.sentence(run, part)
        elif isinstance(value, Mapping) and any(isinstance(inner, Mapping) for inner in value.values()):
            yield from ((f"{part}: {inner}", _line(found)) for inner, found in value.items() if _says(found))
        elif _says(value):
            yield part, _line(value)


def _says(value: Any) -> bool:
    """Whether there is anything to read: a name with nothing after it would look as if something were lost."""
    return value is not None and value not in ("", [], {})


def _line(value: Any) -> str:
    if isinstance(value, Mapping):
        return " \u00b7 ".join(f"{name} {_line(part)}" for name, part in value.items() if _says(part))
    if isinstance(value, list):
        return ", ".join(map(_line, value))
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else json.dumps(value)
