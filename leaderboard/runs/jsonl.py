"""The lines of a run folder's files: one JSON object each, with its checksum.

A last line that a kill tore is as good as not written. A line ends with a line feed, and with nothing else that Unicode knows.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple
from zlib import crc32

import msgspec
import orjson

from proctor.core import former_names
from proctor.core.schema import FORMAT, READABLE, InputError, Record, Status
from proctor.core.storage.disk import write_atomically
from proctor.core.storage.sealed import intact, opened, sealed
from proctor.leaderboard.runs.columns import FIELDS, ColumnBuilder, Row, as_row

UNSEALED = range(1, 3)
"""Formats of records whose lines have no checksum."""
EARLIER = tuple(number for number in READABLE if number != FORMAT)
BUFFER = 2**18
"""Bytes that are read at a time: a file of many lines, the ends of which Python looks for one by one."""
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


def fields(line: bytes) -> Row:
    """A line of ``records.jsonl`` as `ColumnBuilder` takes it.

    Raises:
        ValueError, TypeError, AttributeError: it is not JSON, not an object, or has not the fields of a record.
    """
    whole = intact(line)
    try:
        row = _as_now(orjson.loads(line)) if whole is not False else {}
        if len(row) == len(FIELDS) + bool(whole) and not isinstance(row["seed"], float) and (whole or row["format"] in UNSEALED):
            return as_row(row)
    except (orjson.JSONDecodeError, KeyError, TypeError):
        pass
    # Half a surrogate pair, a whole number of more than 64 bits or a field left out: rare, and read; or it is said what is wrong.
    told = opened(line, always=False)
    if whole is None and told.get("format") == FORMAT:
        opened(line)  # says that there is no checksum
    return as_row(vars(Record.from_json(told)))


ITEM = b'"item": '
"""Where a line ends that is the same for many records. Quotation marks in a text are escaped, so it is no part of one."""
SEAL = len('"crc": "00000000"}\n')


class _Own(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A line from its item on."""

    item: str
    cluster: str
    status: Status
    value: float | None
    reason: str
    judge: str
    caution: str
    format: int
    crc: str


_decode = msgspec.json.Decoder(_Own).decode


class _Head(NamedTuple):
    """How lines begin, up to their item, and what those have in common that begin so."""

    text: bytes
    checksum: int
    shared: tuple[Any, ...]
    judge: str | None
    format: int


_NO_HEAD = _Head(b"\n", 0, (), None, 0)
"""Of lines whose beginning is not known: none of them goes on as this says."""


def rows(file: BinaryIO) -> Iterator[Row]:
    """The lines of an open ``records.jsonl`` as `fields` reads them; leaves the file where its last whole line ends.

    What many lines begin with is parsed once, and their checksums are worked out from there on.
    """
    heads: dict[bytes, _Head] = {}
    text, checksum, shared, judge, number = _NO_HEAD
    for line in file:
        if not line.startswith(text):
            text, checksum, shared, judge, number = heads.get(line[: line.find(ITEM)], _NO_HEAD)
        rest = line[len(text) :]
        own = _own(rest) if rest[-SEAL:] == b'"crc": "%08x"}\n' % crc32(rest[:-SEAL], checksum) else None
        if own is not None and own.judge == judge and own.format == number:
            yield shared, own.item, own.cluster, own.status, own.value, own.reason, own.caution
        elif line.endswith(b"\n"):
            row = fields(line)
            yield row
            text, checksum, shared, judge, number = known = _head(line, row)
            heads[text] = known
        else:
            file.seek(-len(line), os.SEEK_CUR)
            return


def _own(rest: bytes) -> _Own | None:
    """A line from its item on; nothing where anything about it is out of the ordinary."""
    try:
        return _decode(b"{" + rest)
    except (ValueError, RecursionError):
        return None


def _head(line: bytes, row: Row) -> _Head:
    """How a line that was read begins, if what it has in common with others comes before its item, and all else after it."""
    text = line[: line.find(ITEM)]
    own = _own(line[len(text) :])
    return _Head(text, crc32(text), row[0], own.judge, own.format) if own else _NO_HEAD


def _as_now(row: Any) -> Any:
    """A row of an earlier format with the names of today."""
    return former_names.record(row) if isinstance(row, dict) and row.get("format") in EARLIER else row


def extend(columns: ColumnBuilder, path: Path, file: BinaryIO, start: int = 0) -> int:
    """Add the records of an open ``records.jsonl`` from a place on, the start of a line; returns where the last whole line ends.

    ``columns`` holds the records of the lines before, so that a line that is none can be named.

    Raises:
        InputError: a line is no record.
    """
    file.seek(start)
    try:
        columns.extend(rows(file))
    except NO_RECORD as error:
        raise InputError(f"{path}:{len(columns) + 1}: not a record: {error}") from error
    return file.tell()


def damaged(path: Path) -> set[int]:
    """The places of the damaged lines of a ``records.jsonl``, from 0 on. What a later version wrote is not damaged."""
    with path.open("rb", BUFFER) as file:
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
