"""The files of a folder of general tasks, looked at without lm-eval: what is broken is said before any work."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

LOCAL = ("json", "csv", "text", "parquet")
"""Values of ``dataset_path`` that stand for files of one's own."""
COLUMN = re.compile(r"(?:\{\{\s*(\w+)\s*\}\}|(\w+))")
"""A setting that is the value of a column as it is."""


class Problem(NamedTuple):
    """What is wrong with a file."""

    file: Path
    line: int | None
    what: str
    remedy: str


def problems(folder: Path) -> Iterator[Problem]:
    """What is broken in a folder of tasks, the first problem of each file."""
    for path in sorted(folder.rglob("*.yaml")):
        try:
            config = _whole(path)
        except _BrokenError as broken:
            yield broken.problem
            continue
        if "task" in config:
            yield from _of_data(path, config)


def data_files(path: Path) -> list[Path]:
    """The data files that a task's YAML names, looked for beside it first; nothing where the YAML cannot be read."""
    try:
        return [Path(file) for file in _named(_whole(path), path.parent)]
    except _BrokenError:
        return []


def placed(files: Any, folder: Path) -> Any:
    """``data_files`` of a task with those that lie beside it as whole paths: lm-eval looks in the working folder."""
    if isinstance(files, Mapping):
        return {split: placed(file, folder) for split, file in files.items()}
    if isinstance(files, list):
        return [placed(file, folder) for file in files]
    return str(folder / files) if (folder / files).exists() else files


class _BrokenError(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.what)
        self.problem = problem


def _whole(path: Path) -> dict[str, Any]:
    """A YAML file with what it includes; its own settings go before those."""
    config = _parsed(path)
    included = config.pop("include", [])
    whole: dict[str, Any] = {}
    for name in included if isinstance(included, list) else [included]:
        beside = path.parent / str(name)
        if not beside.is_file():
            raise _BrokenError(
                Problem(path, None, f"it includes '{name}', which is not there", "add that file, or leave the line out")
            )
        whole |= _whole(beside) if beside != path else {}
    return whole | config


def _parsed(path: Path) -> dict[str, Any]:
    import yaml

    class Loader(yaml.SafeLoader):
        """Takes lm-eval's `!function` for text."""

    Loader.add_constructor("!function", lambda _, node: str(node.value))
    try:
        config = yaml.load(path.read_text(encoding="utf-8"), Loader)  # noqa: S506 -- a subclass of the safe loader
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise _BrokenError(Problem(path, mark and mark.line + 1, f"not YAML: {what}", "correct it")) from error
    if not isinstance(config, dict):
        raise _BrokenError(
            Problem(path, None, "a task is a table of settings, and this is none", "write `task: NAME` and its settings")
        )
    return config


def _named(config: Mapping[str, Any], folder: Path) -> list[str]:
    kwargs = config.get("dataset_kwargs")
    return list(_flat(placed(kwargs["data_files"], folder))) if isinstance(kwargs, dict) and "data_files" in kwargs else []


def _flat(files: Any) -> Iterable[str]:
    if isinstance(files, Mapping):
        return [name for file in files.values() for name in _flat(file)]
    return [name for file in files for name in _flat(file)] if isinstance(files, list) else [str(files)]


def _of_data(path: Path, config: Mapping[str, Any]) -> Iterator[Problem]:
    if config.get("dataset_path") not in LOCAL:
        return
    for name in _named(config, path.parent):
        file = Path(name)
        if "://" in name or "*" in name:
            continue
        if not file.is_file():
            yield Problem(path, None, f"its data file '{name}' is not there", "give a path from the task's own folder")
        elif config["dataset_path"] == "json":
            yield from _of_rows(file, config)


def _of_rows(file: Path, config: Mapping[str, Any]) -> Iterator[Problem]:
    """The first line that is no item of the task; JSON that is one whole document is left to lm-eval."""
    text = file.read_text(encoding="utf-8", errors="replace")
    if text.lstrip().startswith("[") or (text.lstrip().startswith("{") and _is_json(text)):
        return
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    if not lines:
        yield Problem(file, None, "the data file holds no item", "write one JSON object a line into it")
    for number, line in lines:
        if what := _wrong(line, config):
            yield Problem(file, number, *what)
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
