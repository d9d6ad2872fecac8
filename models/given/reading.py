"""A file of answers, read as what it is seen to be: its name says nothing."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from proctor.core.reading import strict_json
from proctor.core.reading.grid import read_grid
from proctor.core.reading.problems import Place, Problems
from proctor.core.reading.shown import short, shown
from proctor.core.reading.user_files import UnreadableError, decoded, failed, raw
from proctor.core.schema import InputError
from proctor.models.given import columns, inspect_log, lm_eval_samples, promptfoo
from proctor.models.given.rows import Entry, File

PARQUET, ZIP = b"PAR1", b"PK\x03\x04"
KNOWN = "JSON lines, JSON, CSV, TSV, Parquet, results of promptfoo, a log of inspect, or samples of lm-eval"
Objects = list[tuple[Entry, Mapping[str, Any]]]


def content(path: Path) -> bytes:
    """The bytes of a file of answers.

    Raises:
        InputError: there is none, or it cannot be read.
    """
    try:
        return raw(path, remedy="give the path of a file of answers, from the folder of the table of systems")
    except UnreadableError as error:
        raise failed(path, error.line, error.what, error.remedy) from error


def read(path: Path, data: bytes, provider: str | None = None) -> File:
    """What a file of these bytes holds.

    Raises:
        InputError: it is none of the kinds that are known, or holds something else than it should; every problem is said.
    """
    problems = Problems()
    found = _read(path, data, provider, problems)
    if provider is not None and found.format != "results of promptfoo":
        raise InputError(f"{path}: provider: only results of promptfoo have several, and this is {found.format}; leave it out")
    problems.check()
    if not found.rows:
        raise failed(path, None, "no answers in it", f"name a file of answers: {KNOWN}")
    return found


def _read(path: Path, data: bytes, provider: str | None, problems: Problems) -> File:
    if data.startswith(PARQUET):
        return _table("Parquet", _parquet(path, data), path, problems)
    if data.startswith(ZIP):
        return inspect_log.read(inspect_log.of_archive(path, data), path, problems)
    text = _text(path, data)
    if text.lstrip()[:1] not in ("{", "["):
        return _table("a table", _grid(path, problems), path, problems)
    value = _whole(path, text)
    a_line = isinstance(value, dict) and (columns.says(value) or lm_eval_samples.is_sample(value)) and "\n" not in text.strip()
    return _lines(path, text, provider, problems) if value is None or a_line else _of_json(value, path, provider, problems)


def _of_json(value: Any, path: Path, provider: str | None, problems: Problems) -> File:
    if inspect_log.is_log(value):
        return inspect_log.read(inspect_log.of_json(value), path, problems)
    if results := promptfoo.results(value):
        rows = [(Entry(Place(path), f"results[{number}]"), row) for number, row in enumerate(results)]
        return promptfoo.read(rows, path, provider, problems)
    return _objects("JSON", _entries(path, value, problems), path, provider, problems)


def _text(path: Path, data: bytes) -> str:
    try:
        return decoded(data)
    except UnreadableError as error:
        raise failed(path, error.line, error.what, f"name a file of answers: {KNOWN}") from error


def _whole(path: Path, text: str) -> Any:
    """The value that the whole text is the JSON of; ``None`` where it is not one value, but perhaps one a line."""
    try:
        return strict_json.parsed(text)
    except json.JSONDecodeError as error:
        first = next(line for line in text.split("\n") if line.strip())
        if not _is_json(first):
            raise failed(path, error.lineno, f"not JSON at column {error.colno}: {error.msg}", "write it anew") from error
        return None
    except ValueError as error:
        raise _unreadable(path, None, error) from error


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _unreadable(path: Path, line: int | None, error: ValueError) -> InputError:
    twice = isinstance(error, strict_json.RepeatedKeyError)
    what = (
        f"{short(str(error))}: an object has this key twice" if twice else f"JSON that cannot be read ({short(str(error), 200)})"
    )
    return failed(path, line, what, "keep one of them" if twice else "write it anew")


def _lines(path: Path, text: str, provider: str | None, problems: Problems) -> File:
    """JSON lines: one object each."""
    rows: Objects = []
    for number, line in strict_json.numbered(text):
        place = Place(path, number)
        try:
            value = strict_json.parsed(line)
        except json.JSONDecodeError as error:
            problems.add(place, f"not JSON at column {error.colno}: {error.msg}", "write one object a line")
        except ValueError as error:
            raise _unreadable(path, number, error) from error
        else:
            if isinstance(value, dict):
                rows.append((Entry(place), value))
            else:
                problems.add(place, f"an object is expected, not {shown(value)}", "write one object a line")
    return _objects("JSON lines", rows, path, provider, problems)


def _objects(format: str, rows: Objects, path: Path, provider: str | None, problems: Problems) -> File:
    """Objects, which may be samples of lm-eval or results of promptfoo."""
    if rows and all(promptfoo.is_result(row) for _, row in rows):
        return promptfoo.read(rows, path, provider, problems)
    if rows and all(lm_eval_samples.is_sample(row) for _, row in rows):
        return lm_eval_samples.read(rows, path, problems)
    return _table(format, rows, path, problems)


def _entries(path: Path, value: Any, problems: Problems) -> Objects:
    """The objects of a list, also of one that an object holds alone; an object by itself is one row."""
    if isinstance(value, dict):
        lists = [held for held in value.values() if isinstance(held, list) and any(map(_says, held))]
        value = lists[0] if len(lists) == 1 and not columns.says(value) else [value]
    rows: Objects = []
    for number, one in enumerate(value, 1):
        if isinstance(one, dict):
            rows.append((Entry(Place(path), f"entry {number}"), one))
        else:
            problems.add(Place(path, None, f"entry {number}"), f"an object is expected, not {shown(one)}", "write [{...}, ...]")
    return rows


def _says(value: Any) -> bool:
    return isinstance(value, dict) and columns.says(value)


def _grid(path: Path, problems: Problems) -> Objects:
    """CSV or TSV. An empty cell is nothing: a table has no other way to say that there is no value."""
    grid = read_grid(path, problems)
    if grid is None:
        return []
    head, lines = grid
    names = [cell.strip() for cell in head.cells]
    for name in sorted({name for name in names if names.count(name) > 1 and name}):
        problems.add(head.place._replace(field=name), "two columns are called so", "remove or rename one of them")
    return [
        (Entry(line.place), {name: cell for name, cell in zip(names, line.cells, strict=True) if cell.strip()}) for line in lines
    ]


def _parquet(path: Path, data: bytes) -> Objects:
    import pyarrow as pa
    from pyarrow import parquet

    wanted = {name for names in columns.COLUMNS.values() for name in names}
    try:
        file = parquet.ParquetFile(io.BytesIO(data))
        names = [name for name in file.schema_arrow.names if name in wanted]
        rows: list[dict[str, Any]] = file.read(columns=names).to_pylist()
        others = [name for name in file.schema_arrow.names if name not in wanted]
    except (pa.ArrowException, OSError, ValueError) as error:
        raise failed(path, None, f"Parquet that cannot be read ({short(str(error), 200)})", "write it anew") from error
    unread = dict.fromkeys(others)
    return [(Entry(Place(path), f"row {number}"), {**unread, **row}) for number, row in enumerate(rows, 1)]


def _table(format: str, rows: Objects, path: Path, problems: Problems) -> File:
    """Rows whose fields are called as `columns` says."""
    names = dict.fromkeys(name for _, row in rows for name in row)
    if not rows:
        return File(format, ())
    line = rows[0][0].place.line
    found = columns.chosen(names, path, 1 if format == "a table" else line, problems)
    return File(format, tuple(columns.given(rows, found, problems)), tuple(columns.aside(names)))
