"""The files of a folder of general tasks, looked at without lm-eval: what is broken is said before any work.

`evals.tasks.task_code` says what of them would run code or be fetched.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from proctor.core.reading import user_files
from proctor.core.reading.shown import short
from proctor.evals.tasks.task_code import LOCAL, file_names
from proctor.evals.tasks.task_yaml import BrokenError, TaskProblem, TaskSetting, files, line, plain, read

LONGEST_NAME = 1000
COLUMN = re.compile(r"(?:\{\{\s*(\w+)\s*\}\}|(\w+))")
"""A setting that is the value of a column as it is."""


def problems(folder: Path) -> Iterator[TaskProblem]:
    """What is broken in a folder of tasks, the first problem of each file."""
    for path in files(folder):
        try:
            config = read(path)
        except BrokenError as broken:
            yield broken.problem
            continue
        if "task" in config:
            yield from _of_data(config, path.parent)


def names(entry: str) -> list[str]:
    """The tasks of a folder, by their names; of a name of lm-eval's, or of a folder that cannot be read, the entry's own."""
    found = [str(name) for path in files(Path(entry)) if isinstance(name := _setting(path, "task"), str)]
    return list(dict.fromkeys(found)) or [entry.rpartition("/")[2]]


def _setting(path: Path, key: str) -> Any:
    """What a file sets, that is no group of tasks."""
    try:
        config = read(path)
    except BrokenError:
        return None
    return plain(config[key].value) if key in config and "group" not in config else None


def data_files(path: Path) -> list[Path]:
    """The data files that a task's YAML names, looked for beside it first; nothing where the YAML cannot be read."""
    try:
        kwargs = read(path).get("dataset_kwargs")
    except BrokenError:
        return []
    return [Path(placed(str(name), path.parent)) for name in _named(kwargs)]


def placed(files: Any, folder: Path) -> Any:
    """``data_files`` of a task with those that lie beside it as whole paths: lm-eval looks in the working folder."""
    if isinstance(files, Mapping):
        return {split: placed(file, folder) for split, file in files.items()}
    if isinstance(files, list):
        return [placed(file, folder) for file in files]
    return str(folder / files) if (folder / files).exists() else files


def _named(kwargs: TaskSetting | None) -> list[str]:
    table = kwargs.value if kwargs else None
    return file_names(table.get("data_files")) if isinstance(table, Mapping) else []


def _of_data(config: Mapping[str, TaskSetting], folder: Path) -> Iterator[TaskProblem]:
    kwargs, path = config.get("dataset_kwargs"), config.get("dataset_path")
    if kwargs is None or path is None or path.value not in LOCAL:
        return
    for name in _named(kwargs):
        if len(name) > LONGEST_NAME:
            yield TaskProblem(kwargs.file, kwargs.line, f"a data file called '{short(name)}' cannot be", "give it a shorter name")
            continue
        file = Path(placed(str(name), folder))
        if "://" in name or "*" in name:
            continue
        if not file.is_file():
            what, remedy = f"its data file '{name}' is not there", "give a path from the task's own folder"
            yield TaskProblem(kwargs.file, line(name, kwargs.line), what, remedy)
        elif path.value == "json":
            yield from _of_rows(file, {key: plain(setting.value) for key, setting in config.items()})


def _of_rows(file: Path, config: Mapping[str, Any]) -> Iterator[TaskProblem]:
    """The first line that is no item of the task; JSON that is one whole document is left to lm-eval."""
    try:
        held = user_files.raw(file)
        user_files.decoded(held)
    except user_files.UnreadableError as error:
        yield TaskProblem(file, error.line, error.what, error.remedy)
        return
    text = held.decode()  # with a byte order mark, which lm-eval does not expect
    if text.lstrip().startswith("[") or (text.lstrip().startswith("{") and _is_json(text)):
        return
    rows = [(number, row) for number, row in enumerate(text.split("\n"), 1) if row.strip()]
    if not rows:
        yield TaskProblem(file, None, "the data file holds no item", "write one JSON object a line into it")
    for number, row in rows:
        if what := _wrong(row, config):
            yield TaskProblem(file, number, *what)
            return


def _is_json(text: str) -> bool:
    try:
        return len(json.loads(text)) >= 0 and "\n" in text.strip()
    except (ValueError, RecursionError):
        return False


def _wrong(line: str, config: Mapping[str, Any]) -> tuple[str, str] | None:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        return f"not JSON: {error}", "write one whole JSON object on the line"
    if not isinstance(row, dict):
        return "an item is a JSON object, and this is none", 'write {"...": ...}'
    return (
        _no_such_choice(row, config) if config.get("output_type") == "multiple_choice" and "process_docs" not in config else None
    )


def _no_such_choice(row: Mapping[str, Any], config: Mapping[str, Any]) -> tuple[str, str] | None:
    """Whether the right choice is none of those that there are: such an item counts as wrong whatever a model says."""
    choices, gold = _value(row, config.get("doc_to_choice")), _value(row, config.get("doc_to_target"))
    if not isinstance(choices, list):
        return None
    if isinstance(gold, int) and not isinstance(gold, bool) and not 0 <= gold < len(choices):
        return f"choice {gold} is the right one, and there are {len(choices)}, counted from 0", "correct the item"
    return None


def _value(row: Mapping[str, Any], setting: Any) -> Any:
    found = COLUMN.fullmatch(setting.strip()) if isinstance(setting, str) else None
    return row.get(found[1] or found[2]) if found else setting if isinstance(setting, list) else None
