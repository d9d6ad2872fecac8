"""Results of promptfoo: ``results.json``, as ``promptfoo eval --output`` and ``promptfoo export`` write it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from proctor.core.reading import values
from proctor.core.reading.problems import Problems
from proctor.core.schema import InputError
from proctor.models.given.rows import Entry, Fields, File, Given

CRASHED = 2
"""Why a result failed: the provider was in error, and no assertion."""


def is_result(row: Any) -> bool:
    """Whether a value of JSON is one of its results."""
    return isinstance(row, dict) and "vars" in row and "provider" in row and ("response" in row or "error" in row)


def results(value: Any) -> list[Any]:
    """The results in a file: ``results.results`` from version 3 on, ``results`` before; nothing where it is no such file."""
    held = value.get("results") if isinstance(value, dict) else None
    held = held.get("results") if isinstance(held, dict) else held
    return held if isinstance(held, list) and all(map(is_result, held)) else []


def read(rows: Sequence[tuple[Entry, Mapping[str, Any]]], path: Path, provider: str | None, problems: Problems) -> File:
    """What one provider said; ``provider`` names it where there are several.

    Raises:
        InputError: nothing says which of several is meant, or the one that is named is not there.
    """
    several = list(dict.fromkeys(name for name in map(_name, (row for _, row in rows))))
    if provider is None and len(several) > 1:
        raise InputError(f'{path}: answers of {", ".join(several)}; add provider = "..." to its row, with one of them')
    if provider is not None and provider not in several:
        raise InputError(f"{path}: no provider is called {provider}; it has {', '.join(several)}")
    mine = [(entry, row) for entry, row in rows if provider in (None, _name(row))]
    prompts = list(dict.fromkeys(_prompt(row) for _, row in mine))
    if len(prompts) > 1:
        raise InputError(f"{path}: answers to {len(prompts)} prompts ({', '.join(prompts)}); leave one of them in the file")
    notes = [f"the answers of {several[0] if provider is None else provider}"]
    return File("results of promptfoo", tuple(_given(Fields(row, entry, problems)) for entry, row in mine), tuple(notes))


def _name(row: Mapping[str, Any]) -> str:
    provider = row.get("provider") or {}
    return str(provider.get("label") or provider.get("id") or "") if isinstance(provider, dict) else str(provider)


def _prompt(row: Mapping[str, Any]) -> str:
    """What tells a prompt from others: its place, or its template."""
    prompt = row.get("prompt") or {}
    return str(row.get("promptId") or row.get("promptIdx") or (prompt.get("label") if isinstance(prompt, dict) else ""))


def _given(row: Fields) -> Given:
    told = row.values
    response = told.get("response") if isinstance(told.get("response"), dict) else {}
    said = Fields(response or {}, row.entry._replace(label=f"{row.entry.label}.response"), row.problems)
    usage = response.get("tokenUsage") if isinstance(response, dict) else None
    counts = Fields(usage or {}, row.entry._replace(label=f"{said.entry.label}.tokenUsage"), row.problems)
    failed = told.get("failureReason") == CRASHED or (response or {}).get("error") or "output" not in (response or {})
    error = str((response or {}).get("error") or told.get("error") or "promptfoo kept no output") if failed else None
    return Given(
        row.entry,
        _id(told),
        tuple(_texts(told)),
        None if error else _text(said),
        seconds=row.number("latencyMs") / 1000,
        tokens=int(counts.number("completion", whole=True)),
        prompt_tokens=int(counts.number("prompt", whole=True)),
        error=error,
    )


def _text(said: Fields) -> str | None:
    """The output as a text; one that was parsed as JSON is written so again."""
    output = said.values.get("output")
    return json.dumps(output, ensure_ascii=False) if isinstance(output, dict | list) else said.text("output")


def _id(row: Mapping[str, Any]) -> str:
    case = row.get("testCase") if isinstance(row.get("testCase"), dict) else {}
    held = case.get("metadata") if isinstance(case, dict) and isinstance(case.get("metadata"), dict) else {}
    for where in (row.get("vars"), held, row.get("metadata")):
        for name in ("id", "question_id"):
            if isinstance(where, dict) and isinstance(where.get(name), str | int):
                return values.name(str(where[name]))
    return ""


def _texts(row: Mapping[str, Any]) -> Iterator[str]:
    """Every variable may be the question."""
    held = row.get("vars")
    yield from (value for value in held.values() if isinstance(value, str)) if isinstance(held, dict) else ()
