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
from itertools import chain
from pathlib import Path
from typing import Any

from filelock import FileLock

from evals.cache import write_atomically
from evals.redaction import redact, within
from evals.schema import Answer, InputError, Question, Record, as_json
from leaderboard import lines
from leaderboard.columns import Columns
from leaderboard.names import slug
from leaderboard.records import MeasuredTwiceError, Records

Key = tuple[str | int, ...]

RECORDS, PROVENANCE, ANSWERS, LM_EVAL = "records.jsonl", "provenance.json", "answers", "lm-eval"
KEPT = ("suites", "base_models", "systems", "made", "fair", "judges", "timing")
"""Tables of the provenance with an entry for each of what was examined."""


class Store:
    """A run folder being filled."""

    def __init__(self, folder: Path) -> None:
        """Use ``folder``, which need not exist yet."""
        self.folder = folder.resolve()
        self._records = self.folder / RECORDS
        self._known, self._read = Columns(), (0, 0)

    def add(self, records: Iterable[Record]) -> None:
        """Add records all at once, or none of them. What is there already is not written again.

        A measurement that comes out differently now, or was taken by another version, takes the old one's place.
        """
        fresh = {record.key: record for record in Records.of(records)}
        cells, items = {key[:-1] for key in fresh}, {record.item for record in fresh.values()}
        with self._writing():
            self._catch_up()
            old = Records(self._known.table()).where(lambda about: about.cell in cells)
            known = {record.key: record for record in old.of_items(items)}
            new = [record for key, record in fresh.items() if known.get(key) != record]
            if any(record.key in known for record in new):
                self._replace(fresh, old)
            elif new:
                _append(self._records, b"".join(map(lines.line, map(vars, new))))

    def add_answers(self, suite: str, base_model: str, system: str, seed: int, pairs: Iterable[tuple[Question, Answer]]) -> None:
        """Keep a system's answers with their questions, so that a page can show both without opening the suite."""
        about = {"suite": suite, "base_model": base_model, "system": system, "seed": seed}
        rows = [{**about, "question": within(as_json(question)), "answer": within(as_json(answer))} for question, answer in pairs]
        text = b"".join(map(lines.line, rows)).decode()
        path = self._cell(ANSWERS, suite, base_model, system, seed)
        path = path.with_name(f"{path.name}.jsonl")
        with self._writing():
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                write_atomically(path, text)

    def set_provenance(self, provenance: Mapping[str, Any]) -> None:
        """Say how the run came about; replaces what was said before.

        A run that goes on keeps the time it ``started``, and what was said of suites and systems that have no part in what it
        does now; its ``command`` has a line for each that it took.
        """
        path = self.folder / PROVENANCE
        with self._writing():
            before = _provenance(path)
            commands = [line for told in (before, provenance) for line in str(told.get("command", "")).splitlines()]
            begun = {"started": before["started"]} if "started" in before else {}
            typed = {"command": "\n".join(dict.fromkeys(commands))} if commands else {}
            kept = {name: {**before[name], **provenance.get(name, {})} for name in KEPT if isinstance(before.get(name), dict)}
            told = within({**provenance, **kept, **typed, **begun})
            write_atomically(path, json.dumps(told, indent=1, default=str) + "\n")

    @property
    def provenance(self) -> dict[str, Any]:
        """What was said so far of how the run came about."""
        return _provenance(self.folder / PROVENANCE)

    def keep_lm_eval(self, suite: str, base_model: str, system: str, seed: int, files: Mapping[str, str]) -> None:
        """Keep the files that lm-eval leaves of a system (name -> text), as they are."""
        folder = self._cell(LM_EVAL, suite, base_model, system, seed)
        with self._writing():
            for name, text in ((name, redact(text)) for name, text in files.items()):
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
        (known, end), self._read = self._read, (0, 0)
        if not self._records.exists():
            self._known = Columns()
            return
        with self._records.open("r+b") as file:
            about = os.fstat(file.fileno())
            if known != about.st_ino or end > about.st_size:
                self._known, end = Columns(), 0
            end = lines.extend(self._known, self._records, file, end)
            file.truncate(end)
        self._read = (about.st_ino, end)

    def _replace(self, fresh: Mapping[Key, Record], old: Records) -> None:
        """Write the file anew, without what these records supersede of the old ones: their keys, and other versions."""
        versions = {key[:-1]: _versions(record) for key, record in fresh.items()}
        places = zip(old.rows.tolist(), old, strict=True)  # a row of the table for each line of the file
        superseded = {place for place, r in places if r.key in fresh or versions[r.key[:-1]] != _versions(r)}
        with self._records.open("rb") as file:
            kept = (line for place, line in enumerate(lines.whole(file)) if place not in superseded)
            write_atomically(self._records, chain(kept, map(lines.line, map(vars, fresh.values()))))


@dataclass(frozen=True)
class Row:
    """One question and what one system said to it."""

    question: Question
    answer: Answer


@dataclass(frozen=True)
class Run:
    """A run folder as read. Records are in the order of their keys, however they were written."""

    folder: Path
    records: Records
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
    if not folder.exists():
        raise InputError(f"{folder}: there is no such run folder; an exam names its own at its end, after 'Records:'")
    if not (folder / RECORDS).is_file() and not (folder / PROVENANCE).is_file():
        raise InputError(f"{folder} is not a run folder: it holds neither {RECORDS} nor {PROVENANCE}")
    return Run(folder, _records(folder / RECORDS), _provenance(folder / PROVENANCE))


def _records(path: Path) -> Records:
    columns = Columns()
    if path.exists():
        with path.open("rb") as file:
            lines.extend(columns, path, file)
    try:
        return Records(columns.table()).in_order()
    except MeasuredTwiceError as twice:
        raise InputError(f"{path}:{twice.place + 1}: {twice}") from twice


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


def _rows(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    with path.open("rb") as file:
        return [row for number, line in enumerate(lines.whole(file), 1) for row in _parsed(path, number, line)]


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
