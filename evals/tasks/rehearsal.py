"""Templates of a folder of tasks, rendered for the first items of their data before any work, without lm-eval.

A misspelt column, or a template that would make too much, then has a file and a line; in an exam it would end it.
"""

from __future__ import annotations

import ast
import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import TemplateError

from proctor.core.reading import user_files
from proctor.core.reading.problems import closest
from proctor.core.reading.shown import short
from proctor.evals.tasks.task_code import TEMPLATES, file_names
from proctor.evals.tasks.task_files import placed
from proctor.evals.tasks.task_yaml import BrokenError, TaskProblem, TaskSetting, files, line, plain, read
from proctor.evals.tasks.templates import Sandbox

ITEMS = 2
"""So many of a file are tried."""
SPLITS = ("test_split", "validation_split", "training_split", "fewshot_split")
WORD = re.compile(r"\w+")
UNDEFINED = re.compile(r"'(\w+)' is undefined")
NUMBER = re.compile(r"-?\d+(\.\d+)?")


class _Items(NamedTuple):
    """The first items of a file, and the columns of all."""

    file: Path
    first: Sequence[Mapping[str, Any]]
    columns: Sequence[str]


def problems(folder: Path) -> Iterator[TaskProblem]:
    """The first fault of each template. What else is wrong with a folder is said by `task_files` and `task_code`."""
    told: set[tuple[Path, int | None]] = set()
    for path in files(folder):
        try:
            config = read(path, folder)
        except BrokenError:
            continue
        for problem in _of_task(config, path.parent) if "task" in config and "group" not in config else ():
            if problem[:2] not in told:  # what many tasks include is said once
                told.add(problem[:2])
                yield problem


def where(folder: Path, template: str) -> str:
    """The task of a folder, with its file and line, that a template is of; nothing where it is of none."""
    for path in files(folder):
        try:
            config = read(path, folder)
        except BrokenError:
            continue
        for key, value, setting in _templates(config):
            if value == template and "task" in config:
                return f"{_place(setting.file, line(value, setting.line))}: {_named(key, config)}"
    return ""


def _of_task(config: Mapping[str, TaskSetting], beside: Path) -> Iterator[TaskProblem]:
    data = _items(config, beside)
    for key, value, setting in _templates(config):
        for items in data:
            if found := _wrong(key, str(value), items):
                yield TaskProblem(setting.file, line(value, setting.line), f"{_named(key, config)} {found[0]}", found[1])
                break


def _named(key: str, config: Mapping[str, TaskSetting]) -> str:
    return f"`{key}` of the task '{short(str(config['task'].value))}'"


def _place(file: Path, number: int | None) -> str:
    return f"{file}{'' if number is None else f':{number}'}"


def _templates(config: Mapping[str, TaskSetting]) -> Iterator[tuple[str, str, TaskSetting]]:
    """Each template of a task: its key, its text and the setting that it is in."""
    table = config.get("fewshot_config")
    inner = table.value if table and isinstance(table.value, Mapping) else {}
    pairs = [(key, setting.value, setting) for key, setting in config.items()]
    pairs += [(str(key), value, table) for key, value in inner.items() if table]
    decontaminates = "should_decontaminate" in config and bool(config["should_decontaminate"].value)
    for key, value, setting in pairs:
        if key in TEMPLATES and isinstance(value, str) and (decontaminates or "decontamination" not in key):
            yield key, value, setting


def _wrong(key: str, template: str, items: _Items) -> tuple[str, str] | None:
    """What is wrong with a template, and what to do about it."""
    if template in items.columns:
        return None
    if key == "doc_to_text" and WORD.fullmatch(template):
        what = f"is '{template}' for every item, as no column of {items.file.name} is called so"
        return what, closest(template, items.columns)
    for number, item in enumerate(items.first, 1):
        row = {**dict.fromkeys(items.columns), **item}
        try:
            text = Sandbox().from_string(template).render(**row)
        except TemplateError as error:
            undefined = UNDEFINED.search(str(error))
            remedy = closest(undefined[1], items.columns) if undefined else "write it with the columns of the item alone"
            return f"cannot be rendered for item {number} of {items.file.name}: {short(str(error), 300)}", remedy
        if key == "doc_to_choice" and not _is_list(text):
            what = f"gives no list of choices for item {number} of {items.file.name}: {short(text)!r}"
            return what, 'name a column that holds a list, or write one: ["yes", "no"]'
    return None


def _is_list(text: str) -> bool:
    """As lm-eval reads it."""
    try:
        return isinstance(ast.literal_eval(text), list | tuple | dict)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return False


def _items(config: Mapping[str, TaskSetting], beside: Path) -> list[_Items]:
    """What of a task's data files can be read here; such as cannot are left to lm-eval."""
    kind = config["dataset_path"].value if "dataset_path" in config else None
    options = plain(config["dataset_kwargs"].value) if "dataset_kwargs" in config else None
    if not isinstance(options, Mapping) or kind not in _READERS:
        return []
    paths = (Path(placed(name, beside)) for name in _used(options.get("data_files"), config))
    return [found for path in paths if path.is_file() and (found := _read(str(kind), path, options))]


def _used(named: Any, config: Mapping[str, TaskSetting]) -> list[str]:
    """The data files of the splits that a task uses."""
    if isinstance(named, Mapping):
        splits = {str(config[key].value).partition("[")[0] for key in SPLITS if key in config}
        named = {split: files for split, files in named.items() if split in splits} or named
    return file_names(named)


def _read(kind: str, path: Path, options: Mapping[str, Any]) -> _Items | None:
    try:
        found = _READERS[kind](path, {key: value for key, value in options.items() if key != "data_files"})
    except (user_files.UnreadableError, ValueError, TypeError, KeyError, RecursionError, csv.Error, OSError):
        return None
    rows = [row for row in found or () if isinstance(row, Mapping)]
    return _Items(path, rows[:ITEMS], list(dict.fromkeys(name for row in rows for name in row))) if rows else None


def _json(path: Path, options: Mapping[str, Any]) -> Any:
    text = user_files.decoded(user_files.raw(path))
    if "field" in options:
        return json.loads(text)[options["field"]]
    if text.lstrip().startswith("["):
        return json.loads(text)
    return [json.loads(row) for row in text.split("\n") if row.strip()]


def _csv(path: Path, options: Mapping[str, Any]) -> Any:
    if not options.keys() <= {"delimiter", "sep"}:
        return None
    text = user_files.decoded(user_files.raw(path))
    sign = options.get("sep") or options.get("delimiter") or ","
    rows = csv.DictReader(text.splitlines(keepends=True), delimiter=sign)
    return [{name: _typed(value) for name, value in row.items()} for row in rows]


def _typed(value: Any) -> Any:
    """A cell as a reader of tables takes it."""
    if not isinstance(value, str) or not NUMBER.fullmatch(value):
        return value or None
    return float(value) if "." in value else int(value)


def _text(path: Path, options: Mapping[str, Any]) -> Any:
    return None if options else [{"text": row} for row in user_files.decoded(user_files.raw(path)).splitlines()]


def _parquet(path: Path, options: Mapping[str, Any]) -> Any:
    import pyarrow as pa
    from pyarrow import parquet

    if options:
        return None
    try:
        return next(parquet.ParquetFile(path).iter_batches(ITEMS)).to_pylist()
    except (pa.ArrowException, StopIteration):
        return None


_READERS = {"json": _json, "csv": _csv, "text": _text, "parquet": _parquet}
"""``dataset_path`` -> reads the items of a file; nothing where they may look otherwise to lm-eval."""
