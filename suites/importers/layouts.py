"""Layouts that differ in the names of their fields alone: test sets of ragas and deepeval, and records of one's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from proctor.suites.importers.records import Asked, Excerpt, LeftOutError, SourceRow, at, draft, texts
from proctor.suites.importers.split import Importer, Options
from proctor.suites.loading.questions import HOP
from proctor.suites.writing.draft import Draft

Layout = Mapping[str, tuple[str, ...]]
"""Our name of a field -> theirs, the first that a record has."""
FIELDS = ("id", "question", "answers", "contexts", "title")
RAGAS: Layout = {
    "id": ("id",),
    "question": ("user_input", "question"),
    "answers": ("reference", "ground_truth", "ground_truths"),
    "contexts": ("reference_contexts", "contexts"),
}
"""Test sets since 0.2 have user_input, reference, reference_contexts; those of 0.1 have question, ground_truth, contexts."""
DEEPEVAL: Layout = {
    "id": ("id", "name"),
    "question": ("input",),
    "answers": ("expected_output", "expectedOutput"),
    "contexts": ("context",),
    "title": ("source_file", "sourceFile"),
}
"""Goldens as `EvaluationDataset.save_as` writes them, as JSON, JSON lines or CSV, in snake or camel case."""
RECORDS: Layout = {
    "id": ("id", "_id", "question_id", "qid"),
    "question": ("question", "query", "input", "user_input", "prompt"),
    "answers": ("answers", "answer", "references", "reference", "expected_output", "ground_truth", "output"),
    "contexts": ("contexts", "context", "documents", "document", "passages", "passage", "text", "evidence"),
    "title": ("title",),
}
JOINED = "|"
"""Stands between contexts in a cell of deepeval's CSV."""


def _import(layout: Layout, file: Path, options: Options) -> Draft:
    """Each record a question, each of its contexts a document; equal contexts are one."""
    named = options.named({"title": (), **layout})
    joined = JOINED if layout is DEEPEVAL and file.suffix.lower() in (".csv", ".tsv") else ""
    return draft(file, options, partial(_asked, named, joined))


def _asked(layout: Layout, joined: str, record: SourceRow) -> Asked:
    found = {ours: _first(record, theirs) for ours, theirs in layout.items()}
    if found["answers"] is None:
        raise LeftOutError("records without a field of answers, which is [] where the texts hold none")
    contexts = [part for text in texts(found["contexts"]) for part in (text.split(joined) if joined else [text])]
    title = " ".join(texts(found.get("title")))
    passages = [Excerpt(HOP.sub("", text), title) for text in contexts]
    return Asked(" ".join(texts(found["question"])), texts(found["answers"]), passages, "".join(texts(found.get("id"))[:1]))


def _first(record: SourceRow, names: Iterable[str]) -> Any:
    """The first field that says something, else one that is empty, which is not the same as none."""
    values = [value for name in names if (value := at(record, name)) is not None]
    return next((value for value in values if value not in ("", [])), values[0] if values else None)


def ragas(file: Path, options: Options) -> Draft:
    """A test set of ragas, of any version from 0.1 on: each reference context is a document."""
    return _import(RAGAS, file, options)


def deepeval(file: Path, options: Options) -> Draft:
    """Goldens of deepeval: each context is a document; what a system said (actual_output) is left aside."""
    return _import(DEEPEVAL, file, options)


def records(file: Path, options: Options) -> Draft:
    """Records of one's own, or a data set's files: each context is a document. ``--field`` says what fields are called."""
    return _import(RECORDS, file, options)


KINDS = "JSON, JSON lines, CSV, Parquet, XLSX or a folder of them"
RAGAS_IMPORTER = Importer(ragas, f"a test set of ragas, 0.1 to 0.4 ({KINDS})", fields=FIELDS, parts=True)
DEEPEVAL_IMPORTER = Importer(deepeval, f"goldens of deepeval ({KINDS})", fields=FIELDS, parts=True)
RECORDS_IMPORTER = Importer(records, f"records with a question, answers and contexts ({KINDS})", fields=FIELDS, parts=True)
