"""The lines of a run folder's files: one JSON object each. A last line that a kill tore is as good as not written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from operator import itemgetter
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from evals.schema import InputError, Record
from leaderboard.columns import FIELDS, Columns

IN_ORDER = itemgetter(*FIELDS)


def line(row: Mapping[str, Any]) -> bytes:
    """A row as a line."""
    text = json.dumps(row, ensure_ascii=False, allow_nan=False)
    try:
        return text.encode() + b"\n"
    except UnicodeEncodeError:  # half a surrogate pair, which only an escape can carry
        return json.dumps(row).encode() + b"\n"


def whole(file: Iterable[bytes]) -> Iterator[bytes]:
    """The lines that were written to their end."""
    return (line for line in file if line.endswith(b"\n"))


def fields(line: bytes) -> tuple[Any, ...]:
    """A line of ``records.jsonl`` as the values of `FIELDS`.

    Raises:
        ValueError, TypeError, AttributeError: it is not JSON, not an object, or has not the fields of a record.
    """
    try:
        row = orjson.loads(line)
        if len(row) == len(FIELDS) and not isinstance(row["seed"], float):
            found: tuple[Any, ...] = IN_ORDER(row)
            return found
    except (orjson.JSONDecodeError, KeyError, TypeError):
        pass
    # Half a surrogate pair, a whole number of more than 64 bits or a field left out: rare, and read; or it is said what is wrong.
    return tuple(IN_ORDER(vars(Record.from_json(json.loads(line)))))


def extend(columns: Columns, path: Path, file: BinaryIO, start: int = 0) -> int:
    """Add the records of an open ``records.jsonl`` from a place on, the start of a line; returns where the last whole line ends.

    ``columns`` holds the records of the lines before, so that a line that is none can be named.

    Raises:
        InputError: a line is no record.
    """
    end = start
    file.seek(start)

    def told() -> Iterator[tuple[Any, ...]]:
        nonlocal end
        for line in whole(file):
            yield fields(line)
            end += len(line)

    try:
        columns.extend(told())
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise InputError(f"{path}:{len(columns) + 1}: not a record: {error}") from error
    return end
