"""The board as data: ``leaderboard.json``, ``.csv`` and ``.parquet``. The same board gives the same bytes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any, get_type_hints

from proctor.core.redaction import redact
from proctor.leaderboard.board.board import LISTS, Board
from proctor.leaderboard.board.cells import Result
from proctor.leaderboard.board.spreadsheet import defused
from proctor.leaderboard.history import feeds
from proctor.leaderboard.history.history import History


def as_json(board: Board) -> str:
    """The whole board, one row of each list a line."""
    data = board.as_json()
    run = json.dumps(data["run"], indent=1, allow_nan=False)
    lists = ",\n".join(f'"{name}": [\n{_lines(data[name])}\n]' for name in (*LISTS, "decision"))
    return f'{{"format": {data["format"]},\n"run": {run},\n{lists}}}\n'


def _lines(rows: Sequence[Mapping[str, Any]]) -> str:
    return ",\n".join(json.dumps(row, allow_nan=False) for row in rows)


def as_csv(board: Board) -> str:
    """One row for each cell. Texts that a spreadsheet would run have an apostrophe before what it would run."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    names = [field.name for field in fields(Result)]
    writer.writerow(names)
    writer.writerows([_plain(getattr(cell, name)) for name in names] for cell in board.cells)
    return table.getvalue().encode(errors="replace").decode()


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        value = "; ".join(map(str, value))
    return defused(value) if isinstance(value, str) else value


def as_parquet(board: Board) -> bytes:
    """One row for each cell, with types: texts as they are, and null where there is no value.

    ``comparable`` is a truth value, or null where nobody looked; ``cautions`` are the reasons where it is false and those of the
    value.
    The rows go through JSON: from objects of Python pyarrow makes a table with the help of pandas, which takes long to load.
    """
    import pyarrow as pa
    import pyarrow.json

    kinds: dict[Any, Any] = {
        int: pa.int64(),
        bool: pa.bool_(),
        float: pa.float64(),
        float | None: pa.float64(),
        int | None: pa.int64(),
    }
    types = {name: kinds.get(hint, pa.string()) for name, hint in get_type_hints(Result).items()}
    types |= {"comparable": pa.bool_(), "cautions": pa.list_(pa.string())}
    lines = "\n".join(json.dumps(row) for row in rows(board)).encode()
    if not lines:
        return _written(pa.schema(types).empty_table())
    parsed = pyarrow.json.ParseOptions(explicit_schema=pa.schema(types), unexpected_field_behavior="error")
    whole = pyarrow.json.ReadOptions(block_size=len(lines) + 1)
    return _written(pyarrow.json.read_json(io.BytesIO(lines), whole, parsed))


def _written(table: Any) -> bytes:
    import pyarrow.parquet as pq

    file = io.BytesIO()
    pq.write_table(table, file)
    return file.getvalue()


def rows(board: Board) -> Iterator[dict[str, Any]]:
    """Each cell as `as_parquet` and a table of pandas hold it: values as they are, ``comparable`` and ``cautions`` as there."""
    return map(_row, board.cells)


def _row(cell: Result) -> dict[str, Any]:
    comparable = cell.comparable
    cautions = [*(comparable if isinstance(comparable, list) else []), *map(str, cell.cautions)]
    row = vars(cell) | {"comparable": None if comparable is None else comparable is True, "cautions": cautions}
    return {name: _whole(value) for name, value in row.items()}


def _whole(value: Any) -> Any:
    """A text without secrets, and without half surrogate pairs, which UTF-8 cannot hold."""
    if isinstance(value, list):
        return [_whole(part) for part in value]
    return redact(value).encode(errors="replace").decode() if isinstance(value, str) else value


def files(board: Board, told: History) -> dict[str, str | bytes]:
    """All that is published as data: name -> content."""
    return {
        "leaderboard.json": as_json(board),
        "leaderboard.csv": as_csv(board),
        "leaderboard.parquet": as_parquet(board),
        "history.json": feeds.history_json(told),
        "regressions.json": feeds.regressions_json(told),
        "feed.xml": feeds.feed_xml(told),
    }
