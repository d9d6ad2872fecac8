"""Natural Questions, simplified: a page of Wikipedia as tokens for each question, and where in it annotators saw the answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from proctor.suites.importers.records import Asked, Excerpt, LeftOutError, SourceRow, draft, texts
from proctor.suites.importers.split import Importer, Options
from proctor.suites.writing.draft import Draft

TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9]*>")
GLUED = re.compile(r" (?=[.,;:!?%)\]])|(?<=[(\[]) ")
"""White space that tokens stand between and people do not."""


def natural_questions(file: Path, options: Options) -> Draft:
    """Each paragraph, table or list of a page that could hold the answer is a document; short answers are the references.

    A question without any annotated passage is one that the page does not answer; one whose answer is a whole paragraph is
    left out, and so is one whose answer is yes or no, as nothing in the text could be compared with it.
    """
    return draft(file, options, _asked)


def _asked(record: SourceRow) -> Asked:
    tokens = "".join(texts(record.get("document_text"))).split(" ")
    if tokens == [""]:
        raise LeftOutError("records without document_text, the simplified layout's tokens of the page")
    annotations = _objects(record.get("annotations"))
    right = {span for one in annotations if (span := _span(one.get("long_answer")))}
    short = [_text(tokens, span) for one in annotations for part in _objects(one.get("short_answers")) if (span := _span(part))]
    if right and not short:
        raise LeftOutError("records whose answer is a whole passage, or yes or no")
    candidates = {_span(one) for one in _objects(record.get("long_answer_candidates")) if one.get("top_level", True)} | right
    title = str(record.get("document_title") or "")
    excerpts = [Excerpt(_text(tokens, span), title, span in right) for span in sorted(filter(None, candidates))]
    return Asked("".join(texts(record.get("question_text"))), short, excerpts, "".join(texts(record.get("example_id"))))


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _span(value: Any) -> tuple[int, int] | None:
    """The tokens from the first to the one behind the last; ``None`` where there are none, which is written as -1."""
    found = (value.get("start_token"), value.get("end_token")) if isinstance(value, dict) else (None, None)
    start, end = found
    return (start, end) if isinstance(start, int) and isinstance(end, int) and 0 <= start < end else None


def _text(tokens: Sequence[str], span: tuple[int, int]) -> str:
    return GLUED.sub("", " ".join(_words(tokens[slice(*span)])))


def _words(tokens: Sequence[str]) -> Iterator[str]:
    return (token for token in tokens if not TAG.fullmatch(token))


IMPORTER = Importer(natural_questions, "Natural Questions, simplified: JSON lines with document_text")
