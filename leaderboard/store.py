"""The run folder, ``runs/<id>/``: what was measured, what was answered, and under which circumstances.

    records.jsonl                                     one `Record` a line, each measurement once
    answers/<suite>/<base model>/<system>-<seed>.jsonl  each question with its answer
    lm-eval/...                                       lm-eval's own files, as it wrote them
    provenance.json                                   versions, machine, settings

Lines are only added, under a lock, and a line that a kill tore is as good as not written. Several processes may add
to one folder at once.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from filelock import FileLock

from evals.cache import write_atomically
from evals.schema import Answer, InputError, Question, Record, Score, as_json
from leaderboard.names import slug

Key = tuple[str | int, ...]

RECORDS, PROVENANCE, ANSWERS, LM_EVAL = "records.jsonl", "provenance.json", "answers", "lm-eval"


class Store:
    """A run folder being filled."""

    def __init__(self, folder: Path) -> None:
        """Use ``folder``, which need not exist yet."""
        self.folder = folder.resolve()
        self._records = self.folder / RECORDS
        self._lines: dict[Key, int] = {}
        self._read = (0, 0, 0)

    def add(self, records: Iterable[Record]) -> None:
        """Add records all at once, or none of them. What is there already is not written again.

        A measurement that comes out differently now, or was taken by another version, takes the old one's place.
        """
        with self._writing():
            self._catch_up()
            lines = {record.key: _line(vars(record)) for record in records}
            new = {key: line for key, line in lines.items() if self._lines.get(key) != hash(line)}
            if any(key in self._lines for key in new):
                self._replace(lines)
            elif new:
                _append(self._records, b"".join(new.values()))

    def add_answers(self, suite: str, base_model: str, system: str, seed: int, pairs: Iterable[tuple[Question, Answer]]) -> None:
        """Keep a system's answers with their questions, so that a page can show both without opening the suite."""
        about = {"suite": suite, "base_model": base_model, "system": system, "seed": seed}
        rows = [{**about, "question": as_json(question), "answer": as_json(answer)} for question, answer in pairs]
        text = b"".join(map(_line, rows)).decode()
        path = self._cell(ANSWERS, suite, base_model, system, seed)
        path = path.with_name(f"{path.name}.jsonl")
        with self._writing():
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                write_atomically(path, text)

    def set_provenance(self, provenance: Mapping[str, Any]) -> None:
        """Say how the run came about; replaces what was said before. A run that goes on keeps the time it ``started``."""
        path = self.folder / PROVENANCE
        with self._writing():
            begun = {name: value for name, value in _provenance(path).items() if name == "started"}
            write_atomically(path, json.dumps({**provenance, **begun}, indent=1, default=str) + "\n")

    def keep_lm_eval(self, suite: str, base_model: str, system: str, seed: int, files: Mapping[str, str]) -> None:
        """Keep the files that lm-eval leaves of a system (name -> text), as they are."""
        folder = self._cell(LM_EVAL, suite, base_model, system, seed)
        with self._writing():
            for name, text in files.items():
                if not (folder / name).exists() or (folder / name).read_text(encoding="utf-8") != text:
                    write_atomically(folder / name, text)

    def _cell(self, kind: str, suite: str, base_model: str, system: str, seed: int) -> Path:
        return self.folder / kind / slug(suite) / slug(base_model) / f"{slug(system)}-{seed}"

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self.folder / ".lock"):
                yield
        except OSError as error:
            why = error.strerror or str(error)
            raise InputError(
                f"cannot write to the run folder {self.folder}: {why}; make room or choose another folder"
            ) from error

    def _catch_up(self) -> None:
        """Read what other processes have added since, and cut off a line that one of them could not finish."""
        if not self._records.exists():
            self._lines, self._read = {}, (0, 0, 0)
            return
        with self._records.open("r+b") as file:
            inode = os.fstat(file.fileno()).st_ino
            known, start, count = self._read
            if known != inode or start > os.fstat(file.fileno()).st_size:
                self._lines, start, count = {}, 0, 0
            whole, end = _whole_lines(file, start)
            file.truncate(end)
        for number, line in enumerate(whole, count + 1):
            self._lines[_record(self._records, number, line).key] = hash(line)
        self._read = (inode, end, count + len(whole))

    def _replace(self, lines: Mapping[Key, bytes]) -> None:
        """Write the file anew, without what these lines supersede: their own keys, and their cells' other versions."""
        fresh = [_record(self._records, 0, line) for line in lines.values()]
        versions = {record.key[:-1]: _versions(record) for record in fresh}
        old = _records(self._records)
        kept = [_line(vars(r)) for r in old if r.key not in lines and versions.get(r.key[:-1], _versions(r)) == _versions(r)]
        write_atomically(self._records, b"".join([*kept, *lines.values()]).decode())


@dataclass(frozen=True)
class Row:
    """One question and what one system said to it."""

    question: Question
    answer: Answer


@dataclass(frozen=True)
class Run:
    """A run folder as read. Records are in the order of their keys, however they were written."""

    folder: Path
    records: tuple[Record, ...]
    provenance: dict[str, Any]

    @cached_property
    def answer_files(self) -> dict[tuple[str, str, str, int], Path]:
        """Where the answers of (suite, base model, system, seed) are; nothing but the first line of each is read."""
        found: dict[tuple[str, str, str, int], Path] = {}
        for path in sorted((self.folder / ANSWERS).rglob("*.jsonl")):
            with path.open("rb") as file:
                for row in _parsed(path, 1, file.readline()):
                    found[row["suite"], row["base_model"], row["system"], row["seed"]] = path
        return found

    def answers(self, suite: str, base_model: str, system: str, seed: int) -> list[Row]:
        """Each question and answer of one system; empty if they were not kept."""
        path = self.answer_files.get((suite, base_model, system, seed))
        return [_row(path, number, row) for number, row in enumerate(_rows(path), 1)] if path else []


def read(folder: Path) -> Run:
    """Read a run folder.

    Raises:
        InputError: it is none, or a file in it is damaged; names file and line.
    """
    if not (folder / RECORDS).is_file() and not (folder / PROVENANCE).is_file():
        raise InputError(f"{folder} is not a run folder: it holds neither {RECORDS} nor {PROVENANCE}")
    unique: dict[Key, Record] = {}
    for number, record in enumerate(_records(folder / RECORDS), 1):
        if unique.setdefault(record.key, record) != record:
            raise InputError(f"{folder / RECORDS}:{number}: measured twice, with different results: {record.key}")
    return Run(folder, tuple(unique[key] for key in sorted(unique)), _provenance(folder / PROVENANCE))


def _provenance(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        provenance = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path}: not JSON: {error}") from error
    if not isinstance(provenance, dict):
        raise InputError(f"{path}: expected a JSON object")
    return provenance


def _records(path: Path) -> Iterator[Record]:
    if path.exists():
        with path.open("rb") as file:
            for number, line in enumerate(_whole_lines(file, 0)[0], 1):
                yield _record(path, number, line)


def _record(path: Path, number: int, line: bytes) -> Record:
    try:
        record = Record.from_json(json.loads(line))
        Score(record.value, record.reason, record.status)
    except (ValueError, TypeError, AttributeError) as error:
        raise InputError(f"{path}:{number}: not a record: {error}") from error
    return record


def _rows(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    with path.open("rb") as file:
        return [row for number, line in enumerate(_whole_lines(file, 0)[0], 1) for row in _parsed(path, number, line)]


def _parsed(path: Path, number: int, line: bytes) -> Iterator[dict[str, Any]]:
    if line.endswith(b"\n"):
        try:
            row = json.loads(line)
            yield {**row, "suite": row["suite"], "base_model": row["base_model"], "system": row["system"], "seed": row["seed"]}
        except (ValueError, TypeError, KeyError) as error:
            raise InputError(f"{path}:{number}: not an answer: {error!r}") from error


def _row(path: Path, number: int, row: Mapping[str, Any]) -> Row:
    try:
        question: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in row["question"].items()
        }
        return Row(Question(**question), Answer.from_json(row["answer"]))
    except (TypeError, KeyError, AttributeError) as error:
        raise InputError(f"{path}:{number}: not an answer: {error!r}") from error


def _versions(record: Record) -> tuple[str, ...]:
    return (record.suite_version, record.system_version, record.measure_version, record.judge)


def _line(row: Mapping[str, Any]) -> bytes:
    text = json.dumps(row, ensure_ascii=False, allow_nan=False)
    try:
        return text.encode() + b"\n"
    except UnicodeEncodeError:  # half a surrogate pair, which only an escape can carry
        return json.dumps(row).encode() + b"\n"


def _whole_lines(file: Any, start: int) -> tuple[list[bytes], int]:
    """The lines from ``start`` on that were written to their end, and where the last of them ends."""
    file.seek(start)
    data = file.read()
    end = data.rfind(b"\n") + 1
    return data[:end].splitlines(keepends=True), start + end


def _append(path: Path, data: bytes) -> None:
    """Add to a file all of ``data``, on the disk when this returns, or nothing."""
    with path.open("ab", buffering=0) as file:
        size = file.seek(0, os.SEEK_END)
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[file.write(rest) :]
            os.fsync(file.fileno())
        except BaseException:
            file.truncate(size)
            raise
