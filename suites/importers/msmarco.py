"""MS MARCO question answering (1.1, 2.1): queries with ten passages, of which those that led to the answer are marked."""

from __future__ import annotations

from pathlib import Path

from proctor.suites.importers.records import Asked, Excerpt, SourceRow, at, draft, texts
from proctor.suites.importers.split import Importer, Options
from proctor.suites.writing.draft import Draft

NONE = "No Answer Present."


def msmarco(file: Path, options: Options) -> Draft:
    """Each passage a document. "No Answer Present." means that no passage holds the answer. Rows of JSON lines or Parquet."""
    return draft(file, options, _asked)


def _asked(record: SourceRow) -> Asked:
    answers = [answer for answer in texts(record.get("answers")) if answer.strip() != NONE]
    marks = at(record, "passages.is_selected") or []
    found = zip(at(record, "passages.passage_text") or [], marks, strict=False)
    passages = [Excerpt(text, "", str(mark) == "1") for text, mark in found if isinstance(text, str)]
    return Asked("".join(texts(record.get("query"))), answers, passages, "".join(texts(record.get("query_id"))))


IMPORTER = Importer(msmarco, "MS MARCO question answering, 1.1 or 2.1: rows of JSON lines or Parquet", parts=True)
