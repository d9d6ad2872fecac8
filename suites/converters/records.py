"""CSV, TSV and JSON lines: a document for each row where one column is a text, else one document with a line for each row.

A corpus as others keep it has a row for each text, such as BEIR's ``{"_id": ..., "title": ..., "text": ...}``; a price list
is one document, whose rows say little each for itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from proctor.core.reading import strict_json
from proctor.core.reading.files import read_text
from proctor.core.reading.grid import read_grid
from proctor.core.reading.problems import Place, Problems
from proctor.suites.converters.limits import joined
from proctor.suites.converters.table_lines import lines
from proctor.suites.loading.markup import Page

TEXTS = ("text", "contents", "content", "passage", "body", "page_content")
IDS = ("id", "_id", "doc_id", "docid", "document_id", "pid")
TITLES = ("title", "heading", "name")
PlacedRow = tuple[Place, Mapping[str, str]]


def table(path: Path, problems: Problems) -> list[Page] | None:
    """The pages of a file of CSV or TSV."""
    notes: list[str] = []
    found = read_grid(path, problems, said=notes.append)
    if found is None:
        return None
    header, rows = found
    names = [name.strip() for name in header.cells]
    return _pages(names, [(row.place, dict(zip(names, row.cells, strict=True))) for row in rows], notes, problems)


def json_lines(path: Path, problems: Problems) -> list[Page] | None:
    """The pages of a file of JSON lines, each an object."""
    notes: list[str] = []
    text = read_text(path, problems, said=notes.append)
    if text is None:
        return None
    rows = list(_objects(text, path, problems))
    return _pages([*dict.fromkeys(name for _, row in rows for name in row)], rows, notes, problems)


def _objects(text: str, path: Path, problems: Problems) -> Iterator[PlacedRow]:
    for number, line in strict_json.numbered(text):
        place = Place(path, number)
        try:
            value = strict_json.parsed(line)
        except ValueError as error:
            problems.add(place, f"no JSON that can be read ({error})", "write one whole JSON object on the line")
            continue
        if isinstance(value, dict):
            yield place, {str(name): _text(inner) for name, inner in value.items()}
        else:
            problems.add(place, "a JSON object is expected", 'write {"text": "..."}')


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _pages(names: Sequence[str], rows: Sequence[PlacedRow], notes: Sequence[str], problems: Problems) -> list[Page]:
    note = "; ".join(notes)
    if (text := _named(TEXTS, names)) is None:
        return [Page(joined(lines(names, ([row.get(name, "") for name in names] for _, row in rows))), "", note=note)]
    name, title = _named(IDS, names), _named(TITLES, names)
    for place, _ in (row for row in rows if not row[1].get(text, "").strip()):
        problems.add(place._replace(field=text), "the document is empty", "write its text, or take the row out")
    return [
        Page(
            row.get(text, "").strip(),
            row.get(title or "", "").strip(),
            f"row-{place.line}",
            row.get(name or "", "").strip(),
            note,
        )
        for place, row in rows
        if row.get(text, "").strip()
    ]


def _named(known: Sequence[str], names: Sequence[str]) -> str | None:
    """The column that has one of the known names, whatever its case."""
    lower = {name.lower(): name for name in reversed(names)}
    return next((lower[name] for name in known if name in lower), None)
