"""Logs of inspect: ``.eval``, which are archives of JSON, and JSON."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from proctor.core.counts import counted
from proctor.core.reading import strict_json, values
from proctor.core.reading.problems import Place, Problems
from proctor.core.reading.user_files import DATA, failed
from proctor.core.schema import Stop
from proctor.models.given.rows import Entry, Fields, File, Given

HEADER = ("header.json", "_journal/start.json")
"""Files in such an archive, of which there is at least one."""
SAMPLES = "samples/"
ZSTANDARD = 93
HEAD = 30
"""Bytes before the name of a file in an archive, the lengths of name and extra field last."""
AS_JSON = "convert it: inspect log convert --to json"
STOPS: Mapping[str, Stop] = {"stop": "end", "max_tokens": "length"}


def is_log(value: Any) -> bool:
    """Whether a value of JSON is a log."""
    return isinstance(value, dict) and isinstance(value.get("samples"), list) and isinstance(value.get("eval"), dict)


def read(samples: list[tuple[str, Any]], path: Path, problems: Problems) -> File:
    """The answers to samples, (where, value) each: those of the first epoch."""
    rows = [(Entry(Place(path), where), sample) for where, sample in samples if isinstance(sample, dict)]
    first = min((_epoch(sample) for _, sample in rows), default=1)
    mine = [(entry, sample) for entry, sample in rows if _epoch(sample) == first]
    left = len(rows) - len(mine)
    notes = [f"{counted(left, 'answer')} of later epochs left aside"] if left else []
    return File("a log of inspect", tuple(_given(Fields(sample, entry, problems)) for entry, sample in mine), tuple(notes))


def of_json(value: Any) -> list[tuple[str, Any]]:
    """The samples of a log in JSON."""
    return [(f"samples[{number}]", sample) for number, sample in enumerate(value["samples"])]


def of_archive(path: Path, raw: bytes) -> list[tuple[str, Any]]:
    """The samples of an archive.

    Raises:
        InputError: it is none of inspect's, or cannot be read.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            return list(_samples(path, archive))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        raise failed(path, None, f"an archive that cannot be read ({error})", AS_JSON) from error


def _samples(path: Path, archive: zipfile.ZipFile) -> Iterator[tuple[str, Any]]:
    names = archive.namelist()
    if not set(HEADER) & set(names):
        raise failed(path, None, "an archive that is no log of inspect", "unpack it, and name the file of answers")
    inner = [one for one in archive.infolist() if one.filename.startswith(SAMPLES) and one.filename.endswith(".json")]
    if sum(one.file_size for one in inner) > DATA:
        raise failed(path, None, "it holds more than 1 GiB of samples", "divide it")
    for one in inner:
        try:
            yield one.filename, strict_json.parsed(_inner(archive, one, path))
        except (json.JSONDecodeError, ValueError) as error:
            raise failed(path, None, f"{one.filename} in it is no JSON ({error})", AS_JSON) from error


def _inner(archive: zipfile.ZipFile, one: zipfile.ZipInfo, path: Path) -> bytes:
    """The bytes of a file in an archive. Inspect packs with Zstandard, which the zipfile of Python knows from 3.14 on."""
    if one.compress_type != ZSTANDARD:
        return archive.read(one)
    import pyarrow as pa

    file: Any = archive.fp
    file.seek(one.header_offset + HEAD - 4)
    names = sum(int.from_bytes(file.read(2), "little") for _ in range(2))
    file.seek(names, io.SEEK_CUR)
    try:
        packed = pa.BufferReader(file.read(one.compress_size))
        found: bytes = pa.CompressedInputStream(packed, "zstd").read(one.file_size + 1)
    except (pa.ArrowException, OSError) as error:
        raise failed(path, None, f"{one.filename} in it cannot be unpacked ({error})", AS_JSON) from error
    if len(found) != one.file_size or zlib.crc32(found) != one.CRC:
        raise failed(path, None, f"{one.filename} in it is damaged", AS_JSON)
    return found


def _epoch(sample: Mapping[str, Any]) -> int:
    found = sample.get("epoch", 1)
    return found if isinstance(found, int) else 1


def _given(row: Fields) -> Given:
    sample = row.values
    output = sample.get("output") if isinstance(sample.get("output"), dict) else {}
    choices = (output or {}).get("choices") or []
    choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
    message = choice.get("message")
    usage = (output or {}).get("usage") or {}
    counts = Fields(usage, row.entry._replace(label=f"{row.entry.label}.output.usage"), row.problems)
    why = sample.get("error") or (output or {}).get("error")
    error = str(why.get("message", why) if isinstance(why, dict) else why) if why else None
    held = sample.get("metadata") if isinstance(sample.get("metadata"), dict) else {}
    return Given(
        row.entry,
        values.name(row.text("id") or ""),
        tuple(filter(None, [_text(sample.get("input")), *(text for text in (held or {}).values() if isinstance(text, str))])),
        None if error or not choice else _text([message]),
        seconds=row.number("working_time") or row.number("total_time"),
        tokens=int(counts.number("output_tokens", whole=True)),
        prompt_tokens=int(counts.number("input_tokens", whole=True)),
        stop=STOPS.get(str(choice.get("stop_reason")), ""),
        error=error,
    )


def _text(content: Any) -> str:
    """A text, or the texts of messages and of their parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, dict):
        return _text(content.get("content", content.get("text", "")))
    if not isinstance(content, list):
        return ""
    shown = (part for part in content if not (isinstance(part, dict) and part.get("type") == "reasoning"))
    return "\n".join(filter(None, map(_text, shown)))
