"""The run folder, ``runs/<id>/``: what was measured, what was answered, and under which circumstances.

    records.jsonl                                     one `Record` a line, each measurement once
    answers/<suite>/<base model>/<system>-<seed>.jsonl  each question with its answer
    lm-eval/...                                       lm-eval's own files, as it wrote them
    retrieval/<suite>/<base model>/<system>-<seed>/   where the evidence of each question was lost (evals/axes/losses.py)
    provenance.json                                   versions, machine, settings
    contents.json                                     how many records there were at the end, so that lost ones are missed

Lines are only added, under a lock, and a line that a kill tore is as good as not written. Several processes may add
to one folder at once. Lines and files have checksums: whoever reads a run is told of damage and gets nothing, so that no figure
rests on fewer items than were asked; an exam that goes on drops what is damaged, says so, and measures it again.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

from filelock import FileLock

from proctor.core import former_names
from proctor.core.counts import counted
from proctor.core.redaction import redact, within
from proctor.core.schema import Answer, InputError, Question, Record, as_json
from proctor.core.slugs import below, file_slug, slug
from proctor.core.storage import errors, temporary
from proctor.core.storage.disk import write_atomically
from proctor.core.storage.sealed import intact, opened, sealed
from proctor.leaderboard.runs import contents, jsonl
from proctor.leaderboard.runs.columns import CellKey, ColumnBuilder, as_row
from proctor.leaderboard.runs.records import MeasuredTwiceError, Records

log = logging.getLogger("proctor")

RecordKey = tuple[str | int, ...]

RECORDS, PROVENANCE, ANSWERS = "records.jsonl", "provenance.json", "answers"
CONTENTS = "suite_contents"
"""Provenance for whoever compares runs: what the suites consisted of, as hashes (`suites.loading.identity`)."""
KEPT = ("suites", CONTENTS, "base_models", "systems", "made", "comparable", "judges", "timing")
"""Tables of the provenance with an entry for each of what was examined."""
NAMED = "an exam names its own at its end, after 'Records:'"
AGAIN = "run the exam again: it asks nothing twice, and writes its answers anew"


class Store:
    """A run folder being filled."""

    def __init__(self, folder: Path) -> None:
        """Use ``folder``, which need not exist yet."""
        self.folder = Path(os.path.realpath(folder))  # a Path's own resolve() fails at links that lead in a circle
        self._records = self.folder / RECORDS
        self._known, self._read = ColumnBuilder(), (0, 0)
        self._tidy = False
        self._held = False
        """Whether there were records."""

    def check(self) -> None:
        """Whether records can be added to what is there.

        Raises:
            InputError: the folder cannot be written to, or a file in it is damaged.
        """
        with self._writing():
            errors.probe(self.folder)
            self._catch_up()

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
                _append(self._records, b"".join(map(jsonl.line, map(vars, new))))
                self._know(new)
                self._held = True

    def add_answers(self, suite: str, base_model: str, system: str, seed: int, pairs: Iterable[tuple[Question, Answer]]) -> None:
        """Keep a system's answers with their questions, so that a page can show both without opening the suite."""
        about = {"suite": suite, "base_model": base_model, "system": system, "seed": seed}
        rows = [{**about, "question": within(as_json(question)), "answer": within(as_json(answer))} for question, answer in pairs]
        text = b"".join(jsonl.line(row | {"of": len(rows)}) for row in rows)
        path = _cell(self.folder, ANSWERS, suite, base_model, system, f"{seed}.jsonl")
        with self._writing():
            if rows and (not path.exists() or path.read_bytes() != text):
                if path.exists() and (why := _wrong_with(path)):
                    log.warning("%s; they are written anew", why)
                write_atomically(path, [text])

    def set_provenance(self, provenance: Mapping[str, Any]) -> None:
        """Say how the run came about; replaces what was said before. The records that are there now are expected from now on.

        A run that goes on keeps the time it ``started``, and what was said of suites and systems that have no part in what it
        does now; its ``command`` has a line for each that it took.
        """
        path = self.folder / PROVENANCE
        with self._writing():
            before = self._told()
            commands = [line for told in (before, provenance) for line in str(told.get("command", "")).splitlines()]
            begun = {"started": before["started"]} if "started" in before else {}
            typed = {"command": "\n".join(dict.fromkeys(commands))} if commands else {}
            kept = {name: {**before[name], **provenance.get(name, {})} for name in KEPT if isinstance(before.get(name), dict)}
            told = within({**provenance, **kept, **typed, **begun})
            write_atomically(path, [sealed(json.dumps(told, indent=1, default=str).encode()), b"\n"])
            self._expect_what_is_there()

    @property
    def provenance(self) -> dict[str, Any]:
        """What was said so far of how the run came about; nothing where that is damaged."""
        return self._told()

    def keep_files(self, suite: str, base_model: str, system: str, seed: int, kind: str, files: Mapping[str, str]) -> None:
        """Keep files about a system (name -> text) in a folder of that kind, as they are, but for names that are not plain."""
        folder = _cell(self.folder, kind, suite, base_model, system, str(seed))
        with self._writing():
            for name, text in ((name, redact(text)) for name, text in files.items()):
                path = below(folder, file_slug(name))
                if not path.exists() or path.read_text(encoding="utf-8") != text:
                    write_atomically(path, text)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with errors.told("cannot write to the run folder", self.folder, "choose another folder (--run-dir)"):
            self.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self.folder / ".lock", is_singleton=True):  # one that an interrupt left held is taken again
                if not self._tidy:
                    temporary.sweep(*(Path(folder) for folder, _, _ in os.walk(self.folder)))
                    self._tidy = True
                yield

    def _told(self) -> dict[str, Any]:
        try:
            return _provenance(self.folder)
        except InputError as error:
            log.warning("%s; what it said is replaced by what this exam says", error)
            return {}

    def _expected(self) -> dict[CellKey, int]:
        try:
            return contents.read(self.folder)
        except InputError as error:
            log.warning("%s", error)
            return {}

    def _expect_what_is_there(self) -> None:
        """What was lost stays expected until it is measured again."""
        self._catch_up()
        try:
            found = Records(self._known.table()).in_order().counts()
        except MeasuredTwiceError:
            return  # whoever reads the run is told
        expected = self._expected()
        contents.write(self.folder, {cell: max(found.get(cell, 0), expected.get(cell, 0)) for cell in found | expected})

    def _catch_up(self) -> None:
        """As `_read_on`; damaged lines are taken out of the file first, and said.

        Raises:
            InputError: somebody removed the file since it was read; said once, so that the rest of an exam is kept.
        """
        if self._held and not self._records.exists():
            self._known, self._read, self._held = ColumnBuilder(), (0, 0), False
            raise InputError(f"{self._records} was removed while the exam ran, with all that it held; {AGAIN}")
        try:
            self._read_on()
        except InputError:
            damaged = jsonl.mend(self._records)
            if not damaged:
                raise
            what = f"{counted(damaged, 'damaged line')} dropped"
            log.warning("%s: %s; run the whole exam again, if this one does not measure what was lost", self._records, what)
            self._read_on()

    def _read_on(self) -> None:
        """Read what other processes have added since, and cut off a line that one of them could not finish."""
        (known, end), self._read = self._read, (0, 0)
        if not self._records.exists():
            self._known = ColumnBuilder()
            return
        with self._records.open("r+b", jsonl.BUFFER) as file:
            about = os.fstat(file.fileno())
            if known != about.st_ino or end > about.st_size:
                self._known, end = ColumnBuilder(), 0
            end = jsonl.extend(self._known, self._records, file, end)
            file.truncate(end)
        self._read, self._held = (about.st_ino, end), self._held or end > 0

    def _replace(self, fresh: Mapping[RecordKey, Record], old: Records) -> None:
        """Write the file anew, without what these records supersede of the old ones: their keys, and other versions."""
        versions = {key[:-1]: _versions(record) for key, record in fresh.items()}
        places = zip(old.rows.tolist(), old, strict=True)  # a row of the table for each line of the file
        superseded = {place for place, r in places if r.key in fresh or versions[r.key[:-1]] != _versions(r)}
        renewed = {r.key[:-1] for r in old if versions[r.key[:-1]] != _versions(r)}
        if renewed and (expected := self._expected()):
            contents.write(self.folder, {cell: count for cell, count in expected.items() if cell not in renewed})
        with self._records.open("rb") as file:
            kept = (line for place, line in enumerate(jsonl.whole(file)) if place not in superseded)
            write_atomically(self._records, chain(kept, map(jsonl.line, map(vars, fresh.values()))))
        self._know(fresh.values(), superseded)

    def _know(self, new: Iterable[Record], superseded: Collection[int] = ()) -> None:
        """What was written just now need not be read. If this is interrupted, all is read again."""
        self._read = (0, 0)
        self._known.drop(superseded)
        self._known.extend(map(as_row, map(vars, new)))
        about = self._records.stat()
        self._read = (about.st_ino, about.st_size)


@dataclass(frozen=True)
class AnsweredQuestion:
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
        for path in sorted(path for path in (self.folder / ANSWERS).rglob("*.jsonl") if path.is_file()):
            with path.open("rb") as file:
                row = _parsed(path, 1, file.readline())
            found[row["suite"], row["base_model"], row["system"], row["seed"]] = path
        return found

    def answers(self, suite: str, base_model: str, system: str, seed: int) -> list[AnsweredQuestion]:
        """Each question and answer of one system; empty if they were not kept."""
        path = self.answer_files.get((suite, base_model, system, seed))
        return [_row(path, number, row) for number, row in enumerate(_rows(path), 1)] if path else []

    def kept_file(self, suite: str, base_model: str, system: str, seed: int, kind: str, name: str) -> Path:
        """Where a file is, or would be, that was kept about a system in a folder of that kind."""
        return below(_cell(self.folder, kind, suite, base_model, system, str(seed)), file_slug(name))


def _cell(folder: Path, kind: str, suite: str, base_model: str, system: str, last: str) -> Path:
    """Where a system's files are; ``last`` ends the name, after the system's."""
    return below(folder, kind, slug(suite), slug(base_model), f"{slug(system)}-{last}")


def read(folder: Path) -> Run:
    """Read a run folder.

    Raises:
        InputError: it is none, or a file in it is damaged; names file and line.
    """
    if not folder.exists():
        raise InputError(f"{folder}: there is no such run folder; {NAMED}")
    if not (folder / RECORDS).is_file() and not (folder / PROVENANCE).is_file():
        raise InputError(f"{folder} is not a run folder: it holds neither {RECORDS} nor {PROVENANCE}; {NAMED}")
    with errors.told("cannot read the run folder", folder, "name another"):
        records = _records(folder / RECORDS)
        contents.check(folder, records.counts())
        return Run(folder, records, _provenance(folder))


def _records(path: Path) -> Records:
    columns = ColumnBuilder()
    try:
        if path.exists():
            with path.open("rb", jsonl.BUFFER) as file:
                jsonl.extend(columns, path, file)
    except InputError as error:
        others = len(jsonl.damaged(path)) - 1
        rest = f" (and {counted(others, 'other damaged line')})" if others > 0 else ""
        again = f"run the exam again with --run-dir {path.parent}: it measures only what is missing"
        raise InputError(f"{error}{rest}; {again}") from error
    try:
        return Records(columns.table()).in_order()
    except MeasuredTwiceError as twice:
        raise InputError(f"{path}:{twice.place + 1}: {twice}") from twice


def _provenance(folder: Path) -> dict[str, Any]:
    """What a run folder says of how it came about; one with contents says it with a checksum."""
    path = folder / PROVENANCE
    always = (folder / contents.FILE).is_file()
    if not always and not path.exists():
        return {}
    try:
        return former_names.provenance(opened(path.read_bytes().replace(b"\r\n", b"\n"), always=always))
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise InputError(f"{path} is damaged: {why}; run the exam again, which writes it anew") from error


def _rows(path: Path) -> list[dict[str, Any]]:
    """The lines of a file of answers.

    Raises:
        InputError: one is none, or is missing.
    """
    with path.open("rb") as file:
        rows = [_parsed(path, number, line) for number, line in enumerate(jsonl.whole(file), 1)]
    promised = max((row["of"] for row in rows if isinstance(row["of"], int)), default=0)
    if promised and {row["of"] for row in rows} != {len(rows)}:
        raise InputError(f"{path} holds {len(rows)} of {counted(promised, 'answer')}; {AGAIN}")
    return rows


def _wrong_with(path: Path) -> str:
    """What is wrong with a file of answers; nothing where they can be read."""
    try:
        rows = _rows(path)
        for number, row in enumerate(rows, 1):
            _row(path, number, row)
    except InputError as error:
        return str(error).removesuffix(f"; {AGAIN}")
    return "" if rows else f"{path} holds no answer"


def _why(error: Exception) -> str:
    """An error of Python's in words."""
    return f"it has no field {error}" if isinstance(error, KeyError) else str(error)


def _parsed(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        row = opened(line, always=False)
        if "of" in row and intact(line) is None:
            opened(line)  # says that there is no checksum
        _check_place(row)
        return {**row, "of": row.get("of")}
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(f"{path}:{number}: not an answer: {_why(error)}; {AGAIN}") from error


def _check_place(row: Mapping[str, Any]) -> None:
    found = [row[name] for name in ("suite", "base_model", "system", "seed")]
    if [type(value) for value in found] != [str, str, str, int]:
        raise TypeError(f"expected names and the number of a seed, not {found}")


def _row(path: Path, number: int, row: Mapping[str, Any]) -> AnsweredQuestion:
    try:
        question: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in row["question"].items()
        }
        found = AnsweredQuestion(Question(**question), Answer.from_json(row["answer"]))
        _check(found)
    except (TypeError, KeyError, AttributeError) as error:
        raise InputError(f"{path}:{number}: not an answer: {_why(error)}; {AGAIN}") from error
    return found


def _check(row: AnsweredQuestion) -> None:
    """TypeError if a field holds what it cannot, which a line with a checksum does not."""
    asked, said = row.question, row.answer
    texts = [asked.id, asked.text, asked.cluster, said.question, said.text, said.prompt, said.stop, said.error or ""]
    for several in (asked.references, asked.evidence, asked.tags, asked.quotes, said.citations):
        texts += several
    numbers: list[Any] = [said.seconds, said.tokens, said.prompt_tokens, said.cut, said.thought, *said.searching.values()]
    for context in said.contexts or ():
        texts += [context.document, context.text]
        numbers.append(context.score)
    if wrong := [text for text in texts if not isinstance(text, str)] or [n for n in numbers if not isinstance(n, int | float)]:
        raise TypeError(f"a field cannot be {wrong[0]!r}")


def _versions(record: Record) -> tuple[str, ...]:
    return (record.suite_version, record.system_version, record.metric_version, record.judge)


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
