"""HotpotQA: questions over several paragraphs of Wikipedia, of which the supporting ones are named by their titles."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from proctor.suites.importers.records import Asked, Excerpt, LeftOutError, SourceRow, draft, texts
from proctor.suites.importers.split import Importer, Options
from proctor.suites.writing.draft import Draft


def hotpotqa(file: Path, options: Options) -> Draft:
    """Each paragraph a document, those beside the supporting ones as well. Both layouts: the published JSON, and Parquet."""
    return draft(file, options, _asked)


def _asked(record: SourceRow) -> Asked:
    supporting = {title for title, _ in _pairs(record.get("supporting_facts"), "sent_id")}
    if not supporting:
        raise LeftOutError("records without supporting facts")
    context = _pairs(record.get("context"), "sentences")
    passages = [Excerpt("".join(texts(sentences)), title, title in supporting) for title, sentences in context]
    answer, name = texts(record.get("answer")), texts(record.get("_id", record.get("id")))
    return Asked("".join(texts(record.get("question"))), answer, passages, "".join(name))


def _pairs(value: Any, second: str) -> Iterator[tuple[str, Any]]:
    """``[[title, x], ...]`` as it was published, or ``{"title": [...], second: [...]}`` as the hub has it."""
    if isinstance(value, dict):
        value = list(zip(value.get("title") or [], value.get(second) or [], strict=False))
    for pair in value if isinstance(value, list) else []:
        if isinstance(pair, list | tuple) and len(pair) == 2 and isinstance(pair[0], str):
            yield pair[0], pair[1]


IMPORTER = Importer(hotpotqa, "HotpotQA, distractor setting: its JSON or Parquet", parts=True)
