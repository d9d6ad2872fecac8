"""TriviaQA for reading comprehension: questions with pages that were found for them, of which some hold the answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from proctor.core.language.text import holds
from proctor.suites.importers.records import Asked, Excerpt, SourceRow, at, draft, texts
from proctor.suites.importers.split import Importer, Options
from proctor.suites.writing.draft import Draft

PAGES = (("entity_pages", "wiki_context"), ("search_results", "search_context"))


def triviaqa(file: Path, options: Options) -> Draft:
    """Each page a document; those that hold the answer or another name of it, as words, are the evidence. The hub's ``rc``."""
    return draft(file, options, _asked)


def _asked(record: SourceRow) -> Asked:
    answers = [*texts(at(record, "answer.value")), *texts(at(record, "answer.aliases"))]
    pages = [Excerpt(text, title, any(holds(text, answer) for answer in answers)) for title, text in _pages(record)]
    return Asked("".join(texts(record.get("question"))), answers, pages, "".join(texts(record.get("question_id"))))


def _pages(record: SourceRow) -> Iterator[tuple[str, str]]:
    for pages, context in PAGES:
        found = at(record, f"{pages}.{context}") or []
        titles = at(record, f"{pages}.title") or [""] * len(found)
        yield from ((title or "", text) for title, text in zip(titles, found, strict=False) if isinstance(text, str))


IMPORTER = Importer(triviaqa, "TriviaQA for reading comprehension (rc): Parquet or JSON lines of the hub", parts=True)
