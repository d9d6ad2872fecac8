"""The lines of a run folder's files: one JSON object each, with its checksum.

A last line that a kill tore is as good as not written. A line ends with a line feed, and with nothing else that Unicode knows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from operator import itemgetter
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from proctor.core import former_names
from proctor.core.schema import FORMAT, READABLE, InputError, Record
from proctor.core.storage.disk import write_atomically
from proctor.core.storage.sealed import intact, opened, sealed
from proctor.leaderboard.runs.columns import FIELDS, ColumnBuilder

IN_ORDER = itemgetter(*FIELDS)


UNSEALED = range(1, 3)
"""Formats of records whose lines have no checksum."""
EARLIER = tuple(number for number in READABLE if number != FORMAT)
NO_RECORD = (ValueError, TypeError, AttributeError, OverflowError)
"""What comes of reading a line that is none."""


def line(row: Mapping[str, Any]) -> bytes:
    """A row as a line."""
    text = json.dumps(row, ensure_ascii=False, allow_nan=False)
    try:
        return sealed(text.encode()) + b"\n"
    except UnicodeEncodeError:  # half a surrogate pair, which only an escape can carry
        return sealed(json.dumps(row).encode()) + b"\n"


def whole(file: Iterable[bytes]) -> Iterator[bytes]:
    """The lines that were written to their end."""
    return (line for line in file if line.endswith(b"\n"))


def fields(line: bytes) -> tuple[Any, ...]:
    """A line of ``records.jsonl`` as the values of `FIELDS`.

    Raises:
        ValueError, TypeError, AttributeError: it is not JSON, not an object, or has not the fields of a record.
    """
    whole = intact(line)
    try:
        row = _as_now(orjson.loads(line)) if whole is not False else {}
        if len(row) == len(FIELDS) + bool(whole) and not isinstance(row["seed"], float) and (whole or row["format"] in UNSEALED):
            found: tuple[Any, ...] = IN_ORDER(row)
            return found
    except (orjson.JSONDecodeError, KeyError, TypeError):
        pass
    # Half a surrogate pair, a whole number of more than 64 bits or a field left out: rare, and read; or it is said what is wrong.
    told = opened(line, always=False)
    if whole is None and told.get("format") == FORMAT:
        opened(line)  # says that there is no checksum
    return tuple(IN_ORDER(vars(Record.from_json(told))))


def _as_now(row: Any) -> Any:
    """A row of an earlier format with the names of today."""
    return former_names.record(row) if isinstance(row, dict) and row.get("format") in EARLIER else row


def extend(columns: ColumnBuilder, path: Path, file: BinaryIO, start: int = 0) -> int:
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
    except NO_RECORD as error:
        raise InputError(f"{path}:{len(columns) + 1}: not a record: {error}") from error
    return end


def damaged(path: Path) -> set[int]:
    """The places of the damaged lines of a ``records.jsonl``, from 0 on. What a later version wrote is not damaged."""
    with path.open("rb") as file:
        return {place for place, line in enumerate(whole(file)) if _damaged(line)}


def mend(path: Path) -> int:
    """Write a ``records.jsonl`` anew without its damaged lines, if there are any; returns how many there were."""
    lost = damaged(path)
    if lost:
        with path.open("rb") as file:
            write_atomically(path, (line for place, line in enumerate(whole(file)) if place not in lost))
    return len(lost)


def _damaged(line: bytes) -> bool:
    try:
        ColumnBuilder().extend([fields(line)])
    except NO_RECORD:
        return not _from_later(line)
    return False


def _from_later(line: bytes) -> bool:
    try:
        number = opened(line, always=False).get("format")
    except ValueError:
        return False
    return isinstance(number, int) and number > FORMAT
