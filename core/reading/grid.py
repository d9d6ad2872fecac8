"""CSV and TSV as rows of cells, each with its line, and whatever makes a row something else than it seems."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from proctor.core.reading.files import ToldOf, read_text
from proctor.core.reading.problems import Place, Problems

SEPARATORS = ",;\t"
MOST_COLUMNS = 1000
LONGEST_CELL = 2**31 - 1
SEP_LINE = re.compile(r"sep=(.)\n")
"""Excel's own way to say what stands between cells."""
QUOTING = 'put the whole cell in "...", and write "" for each " within it'


class Line(NamedTuple):
    """A row of a table."""

    place: Place
    cells: list[str]


class _Record(NamedTuple):
    first: int
    last: int
    cells: list[str]


def read_grid(file: Path, problems: Problems, *, said: ToldOf | None = None) -> tuple[Line, list[Line]] | None:
    """The header and the other rows, all as long as the header; ``None`` if there is no text to read.

    A row that is shorter or longer, a quote left open and text behind a quote are problems. Rows of nothing but empty
    cells are left out. ``said``: as in `read_text`.
    """
    text = read_text(file, problems, remedy="give the path of the table to import", said=said)
    if text is None:
        return None
    marked = SEP_LINE.match(text)
    separator = marked[1] if marked else max(SEPARATORS, key=text.partition("\n")[0].count)
    skipped = 1 if marked else 0
    records = list(_records(text, separator, skipped, file, problems))
    if not records:
        return Line(Place(file, 1 + skipped), []), []
    header, *rest = records
    if len(header.cells) > MOST_COLUMNS:
        what = f"a table of {len(header.cells):,} columns, and at most {MOST_COLUMNS:,} are read"
        problems.add(Place(file, header.first), what, "leave out those that are no part of a question")
        return None
    lines = text.split("\n")
    return Line(Place(file, header.first), header.cells), list(_whole(rest, header, lines, separator, file, problems))


def _records(text: str, separator: str, skipped: int, file: Path, problems: Problems) -> Iterator[_Record]:
    """What the csv module reads, strictly: it would take an open quote for a cell that holds the rest of the file."""
    lines = text.split("\n")[skipped:]
    limit = csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(io.StringIO("\n".join(lines)), delimiter=separator, strict=True, skipinitialspace=True)
    first = 1
    try:
        for cells in reader:
            yield _Record(first + skipped, reader.line_num + skipped, cells)
            first = reader.line_num + 1
    except csv.Error as error:
        opened = _opening("\n".join(lines[first - 1 :]), separator)
        if opened is None:
            problems.add(Place(file, first + skipped), f"no row of a table ({error})", QUOTING)
        else:
            what = "the quote that opens here does not close at the end of a cell"
            problems.add(Place(file, first + skipped + opened), what, QUOTING)
    finally:
        csv.field_size_limit(limit)


def _opening(text: str, separator: str) -> int | None:
    """In how many lines the first quote opens that is not closed, or is closed amid a cell; ``None`` if none is."""
    bare = re.compile(rf"[^{re.escape(separator)}\n]*")
    quoted = re.compile(r'"(?:[^"]|"")*"')
    at = 0
    while at < len(text):
        while text[at : at + 1] == " ":
            at += 1
        cell = (quoted if text[at : at + 1] == '"' else bare).match(text, at)
        if cell is None or ((end := cell.end()) < len(text) and text[end] not in (separator, "\n")):
            return text.count("\n", 0, at)
        at = end + 1
    return None


def _whole(
    records: list[_Record], header: _Record, lines: list[str], separator: str, file: Path, problems: Problems
) -> Iterator[Line]:
    width = len(header.cells)
    for record in records:
        place = Place(file, record.first)
        if not any(cell.strip() for cell in record.cells):
            if record.cells:
                problems.tally.leave_out(file.name, "rows of empty cells", f"line {record.first}")
        elif len(record.cells) > width:
            what = f"{len(record.cells)} cells under {width} columns"
            problems.add(place, what, 'put cells that hold the delimiter in "..."')
        elif len(record.cells) < width:
            what = f"{len(record.cells)} cells under {width} columns"
            problems.add(place, what, "write all of them, empty ones too, or remove the row")
        else:
            _swallowed(record, lines, separator, width, problems, place)
            yield Line(place, record.cells)


def _swallowed(record: _Record, lines: list[str], separator: str, width: int, problems: Problems, place: Place) -> None:
    """A row over several lines of which each would be a row of its own: perhaps a quote was left open by mistake."""
    inner = lines[record.first : record.last]
    if not inner or lines[record.first - 1].lstrip().startswith('"'):
        return
    rows = [next(csv.reader([line], delimiter=separator), []) for line in inner]
    if not all(len(cells) == width for cells in rows):
        return
    what = f"the row ends on line {record.last}, and each line in it could be a row of its own: is a quote left open?"
    if len(inner) > 1:
        problems.add(place, what, "close the quote, or put all cells of the row in quotes if the text is meant so")
    else:
        problems.tally.note(place.file.name, what, f"line {record.first}")
