"""Rows of tables and lists of objects, by what their columns are called: here, in data sets of ragas and of deepeval."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from proctor.core.reading import values
from proctor.core.reading.problems import Place, Problems, closest
from proctor.models.given.rows import Entry, Fields, Given

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "question_id", "item", "qid", "sample_id"),
    "question": ("question", "user_input", "input", "query", "prompt"),
    "answer": ("response", "actual_output", "actualOutput", "prediction", "output", "completion", "answer"),
    "contexts": ("retrieved_contexts", "retrieval_context", "retrievalContext", "contexts", "source_documents", "sources"),
    "context_ids": ("retrieved_context_ids",),
    "citations": ("citations",),
    "seconds": ("seconds", "latency", "completion_time", "completionTime"),
    "tokens": ("tokens", "output_tokens", "completion_tokens", "output_token_count"),
    "prompt_tokens": ("prompt_tokens", "input_tokens", "input_token_count"),
    "error": ("error",),
}
"""What is looked for -> the names that its column may have; where a file has several, the first is meant."""
JOINED = "|"
"""Stands between passages in a cell of deepeval's tables."""


def chosen(names: Collection[str], file: Path, line: int | None, problems: Problems) -> dict[str, str]:
    """What is looked for -> the column that has it; a problem where there is no answer, or nothing names the question."""
    found = {what: next((name for name in known if name in names), "") for what, known in COLUMNS.items()}
    for what, needed in (("answer", "answer"), ("question", "id")):
        if not found[what] and not found[needed]:
            either = COLUMNS["answer"] if what == "answer" else (*COLUMNS["id"], *COLUMNS["question"])
            near = next((name for name in names if closest(name, either).startswith("did")), None)
            meant = f" (is '{near}' meant?)" if near else ""
            kind = "what the system said" if what == "answer" else "which question it was asked"
            problems.add(Place(file, line), f"no field says {kind}{meant}", f"call it {', '.join(either[:-1])} or {either[-1]}")
    return {what: name for what, name in found.items() if name}


def says(names: Collection[str]) -> bool:
    """Whether there is an answer among fields of these names."""
    return any(name in names for name in COLUMNS["answer"])


def aside(names: Collection[str]) -> list[str]:
    """A note where several columns may hold what the system said."""
    several = [name for name in COLUMNS["answer"] if name in names]
    return [f"what the system said is the field '{several[0]}', not {', '.join(several[1:])}"] if len(several) > 1 else []


def given(rows: Iterable[tuple[Entry, Mapping[str, Any]]], columns: Mapping[str, str], problems: Problems) -> list[Given]:
    """The rows as what was said."""
    return [_given(Fields(row, entry, problems), columns) for entry, row in rows]


def _given(row: Fields, columns: Mapping[str, str]) -> Given:
    def name(what: str) -> str:
        return columns.get(what, "")

    _check_joined(row, name("contexts"))
    question = row.text(name("question"))
    return Given(
        row.entry,
        values.name(row.text(name("id")) or ""),
        (question,) if question else (),
        row.text(name("answer")),
        row.passages(name("contexts"), row.texts(name("context_ids"))),
        row.texts(name("citations")),
        row.number(name("seconds")),
        int(row.number(name("tokens"), whole=True)),
        int(row.number(name("prompt_tokens"), whole=True)),
        error=row.text(name("error")) or None,
    )


def _check_joined(row: Fields, name: str) -> None:
    cell = row.values.get(name)
    if name == "retrieval_context" and isinstance(cell, str) and JOINED in cell and not cell.lstrip().startswith("["):
        what = f"'{JOINED}' may part several passages, as deepeval writes them, or be part of the text"
        row.wrong(name, what, "save the data set as JSON, or write a list of JSON")
