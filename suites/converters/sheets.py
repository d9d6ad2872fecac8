"""Spreadsheets (.xlsx, .xlsm) as text, with openpyxl: a document for each sheet, a line for each row.

A formula counts as the value that was last computed, and macros are never looked at.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from proctor.core.reading.problems import Problems
from proctor.core.reading.user_files import UnreadableError
from proctor.suites.converters.limits import check_office, joined
from proctor.suites.converters.table_lines import lines
from proctor.suites.loading.markup import Page

COLUMNS = 1000
"""Columns that are looked at: formats may reach to the last of 16,384."""
CURRENCY = re.compile("[$\u20ac\u00a3\u00a5]")
LOCALE = re.compile(r"\[\$([^-\]]*)(-[^\]]*)?\]")
"""In the format of a number it holds a currency or none, and whose digits and names of months to use: ``[$\u20ac-407]``."""


def read(path: Path, _: Problems) -> list[Page]:
    """A page for each sheet that holds something; where it is the only one, it is the file.

    Raises:
        UnreadableError: it is damaged, too large, or holds nothing.
    """
    check_office(path)
    with _opened(path, computed=True) as values, _opened(path, computed=False) as written:
        pages = [_page(sheet, formulas) for sheet, formulas in zip(values.worksheets, written.worksheets, strict=True)]
    pages = [page for page in pages if page.text]
    if not pages:
        raise UnreadableError("no sheet of it holds a value", "save it in a spreadsheet program, or take it away")
    return pages if len(pages) > 1 else [pages[0]._replace(part="")]


@contextmanager
def _opened(path: Path, *, computed: bool) -> Iterator[Any]:
    """A file with the values of its formulas, or with the formulas themselves."""
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True, data_only=computed, keep_links=False)
    try:
        yield book
    finally:
        book.close()


def _page(sheet: Any, formulas: Any) -> Page:
    rows = (row for row in _rows(sheet) if any(row))
    header = next(rows, [])
    text = joined(lines(header, rows)) or "; ".join(filter(None, header))
    unknown = sum(_unknown(*row) for row in zip(_rows(sheet), _rows(formulas), strict=False))
    note = f"formulas without a value ({unknown} on the sheet {sheet.title}): save the file in a spreadsheet program"
    return Page(text, sheet.title, part=sheet.title, note=note if unknown else "")


def _unknown(values: Sequence[str], written: Sequence[str]) -> int:
    """How many formulas of a row nobody has computed: a program wrote the file, and no spreadsheet program opened it since."""
    return sum(cell.startswith("=") and not value for value, cell in zip(values, written, strict=False))


def rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The rows of the first sheet that hold something, with their numbers.

    Raises:
        UnreadableError: the file is damaged or too large.
    """
    check_office(path)
    with _opened(path, computed=True) as book:
        yield from ((number, row) for number, row in enumerate(_rows(book.worksheets[0]), 1) if any(row))


def _rows(sheet: Any) -> Iterator[list[str]]:
    sheet.reset_dimensions()  # what a file says of its size may be wrong
    return (
        [_cell(cell.value, getattr(cell, "number_format", None) or "") for cell in row]
        for row in sheet.iter_rows(max_col=COLUMNS)
    )


def _cell(value: Any, form: str) -> str:
    """A value as the sheet shows it, but with all its digits: 14 for 14.0, 15% for 0.15 as a percentage, no time for a day."""
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        if "%" in form:
            return f"{100 * value:.12g}%"
        currency = CURRENCY.search(LOCALE.sub(r"\1", form))
        return f"{currency[0] if currency else ''}{repr(value).removesuffix('.0')}"
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ", "minutes")
    return str(value)
