"""Samples of lm-eval: ``samples_<task>_<time>.jsonl``, as ``--log_samples`` writes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from proctor.core.reading import values
from proctor.core.reading.problems import Problems
from proctor.core.schema import InputError
from proctor.models.given.rows import Entry, File, Given

REMEDY = "name samples of a task that generates"


def is_sample(row: Mapping[str, Any]) -> bool:
    """Whether an object is one of its rows."""
    return {"doc_id", "doc", "resps", "target"} <= row.keys()


def read(rows: list[tuple[Entry, Mapping[str, Any]]], path: Path, problems: Problems) -> File:
    """What the model said, before any filter of the task.

    Raises:
        InputError: its rows hold log-likelihoods, as those of multiple choice do.
    """
    filtered = any(row.get("filter", "none") != "none" for _, row in rows)
    told = ("what the model said is taken as it was before the task's filters",) if filtered else ()
    return File("samples of lm-eval", tuple(_given(entry, row, path, problems) for entry, row in rows), told)


def _given(entry: Entry, row: Mapping[str, Any], path: Path, problems: Problems) -> Given:
    said = row["resps"]
    for _ in range(2):  # of its one request, the first of its repeats
        said = said[0] if isinstance(said, list) and said else said
    if isinstance(said, list):
        raise InputError(f"{path}: {entry}: the task compares log-likelihoods and has no answers; {REMEDY}")
    if not isinstance(said, str):
        problems.add(entry.at("resps"), "there is no text that the model generated", REMEDY)
        said = None
    document = row["doc"] if isinstance(row["doc"], dict) else {}
    named = (document[name] for name in ("id", "question_id") if isinstance(document.get(name), str | int))
    return Given(entry, values.name(str(next(named, ""))), tuple(_texts(row, document)), said)


def _texts(row: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[str]:
    """Every field of the task's own row may be the question, and so may the prompt."""
    yield from (value for value in document.values() if isinstance(value, str))
    asked = row.get("arguments")
    first = asked.get("gen_args_0") if isinstance(asked, dict) else None
    prompt = first.get("arg_0") if isinstance(first, dict) else None
    yield from (prompt,) if isinstance(prompt, str) else ()
