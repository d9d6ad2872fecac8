"""Rows of a table as lines of text. Each says its columns, so that a passage cut anywhere between two rows can be understood."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence


def lines(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """``Bike: City; Day: 14`` for each row; empty cells are left out, and a cell without a name stands alone."""
    names = [_line(name) for name in header]
    for row in rows:
        cells = [(name, _line(cell)) for name, cell in zip(names, row, strict=False)]
        yield "; ".join(f"{name}: {cell}" if name else cell for name, cell in cells if cell)


def plain(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """``City | 14 | 70`` for each row of a table in a text, whose first row may be no header."""
    for row in rows:
        cells = [_line(cell) for cell in row]
        if any(cells):
            yield " | ".join(cells)


def _line(text: str) -> str:
    return " ".join(text.split())
