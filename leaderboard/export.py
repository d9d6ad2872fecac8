"""The board as data: ``leaderboard.json`` and ``leaderboard.csv``. The same board gives the same bytes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from leaderboard.board import Board, Cell

LISTS = ("cells", "effects", "crossings", "claims", "decision")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What makes a spreadsheet run a text as a formula."""


def as_json(board: Board) -> str:
    """The whole board, one cell, effect, crossing, claim or section's evidence a line."""
    data = board.as_json()
    run = json.dumps(data["run"], indent=1, allow_nan=False)
    lists = ",\n".join(f'"{name}": [\n{_lines(data[name])}\n]' for name in LISTS)
    return f'{{"format": {data["format"]},\n"run": {run},\n{lists}}}\n'


def _lines(rows: Sequence[Mapping[str, Any]]) -> str:
    return ",\n".join(json.dumps(row, allow_nan=False) for row in rows)


def as_csv(board: Board) -> str:
    """One row for each cell. Texts that a spreadsheet would run are quoted with an apostrophe."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    names = [field.name for field in fields(Cell)]
    writer.writerow(names)
    writer.writerows([_plain(getattr(cell, name)) for name in names] for cell in board.cells)
    return table.getvalue().encode(errors="replace").decode()


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        value = "; ".join(map(str, value))
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return value
