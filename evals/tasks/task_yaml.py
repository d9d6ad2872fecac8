"""YAML of lm-eval tasks as data: every text and key knows its line, and `!function` is named, never called."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from proctor.core.reading import strict_yaml, user_files

AT_ONCE = ("__pycache__", ".ipynb_checkpoints")
"""Folders that lm-eval does not look into."""


class Problem(NamedTuple):
    """What is wrong with a file."""

    file: Path
    line: int | None
    what: str
    remedy: str


class BrokenError(Exception):
    """A file that cannot be read as the settings of a task."""

    def __init__(self, file: Path, line: int | None, what: str, remedy: str) -> None:
        super().__init__(what)
        self.problem = Problem(file, line, what, remedy)


class Text(str):
    """A text of a file, with its line."""

    __slots__ = ("line",)
    line: int | None

    @classmethod
    def at(cls, node: Any) -> Text:
        """The text of a node of YAML."""
        text = cls(node.value)
        text.line = node.start_mark.line + 1
        return text


class Function(Text):
    """What stands behind `!function`."""

    __slots__ = ()


class Setting(NamedTuple):
    """The value of a key, and where it is set."""

    value: Any
    file: Path
    line: int | None


def files(folder: Path) -> list[Path]:
    """The files of a folder that lm-eval would look for tasks in."""
    return [path for path in sorted(folder.rglob("*.yaml")) if not {*path.parts} & {*AT_ONCE}]


def read(path: Path, folder: Path | None = None, *, above: tuple[Path, ...] = ()) -> dict[str, Setting]:
    """The settings of a file and of what it includes, which lies in ``folder``, if given; its own go before those.

    Raises:
        BrokenError: one of the files is missing, lies elsewhere, includes itself or cannot be read.
    """
    own = _parsed(path)
    included = own.pop("include", None)
    whole: dict[str, Setting] = {}
    for name in _listed(included.value if included else []):
        where = (path, included.line if included else None)
        beside = path.parent / str(name)
        if not beside.is_file():
            raise BrokenError(*where, f"it includes '{name}', which is not there", "add that file, or leave the line out")
        if folder and not inside(beside, folder):
            what = f"it includes '{name}', which lies outside the folder of tasks"
            raise BrokenError(*where, what, "put that file into the folder")
        if beside.resolve() in (path.resolve(), *above):
            raise BrokenError(*where, f"it includes '{name}', which includes it", "leave one of the lines out")
        whole |= read(beside, folder, above=(*above, path.resolve()))
        whole.pop("task_list", None)  # as lm-eval does
    return whole | own


def plain(value: Any) -> Any:
    """A value without lines, as other readers of YAML would give it."""
    if isinstance(value, Mapping):
        return {plain(key): plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [plain(part) for part in value]
    return str(value) if isinstance(value, Text) else value


def within(value: Any) -> Iterator[Any]:
    """A value, and all values in it."""
    todo = [value]
    while todo:
        one = todo.pop()
        yield one
        todo += [*one.keys(), *one.values()] if isinstance(one, Mapping) else one if isinstance(one, list) else []


def line(value: Any, otherwise: int | None) -> int | None:
    """The line of a value, or of the first text in it."""
    lines = [one.line for one in within(value) if isinstance(one, Text) and one.line is not None]
    return min(lines, default=otherwise)


def inside(path: Path, folder: Path) -> bool:
    """Whether a file, links followed, lies in a folder."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))  # which goes in no circle


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _parsed(path: Path) -> dict[str, Setting]:
    import yaml

    class Loader(yaml.SafeLoader):
        """Takes `!function` for a text."""

    def text(_: Any, node: Any) -> Text:
        return Text.at(node)

    def function(_: Any, node: Any) -> Text:
        return Function.at(node)

    Loader.add_constructor("tag:yaml.org,2002:str", text)
    Loader.add_constructor("!function", function)
    try:
        config = strict_yaml.parsed(user_files.decoded(user_files.raw(path, user_files.YAML)), Loader)
    except user_files.UnreadableError as error:
        raise BrokenError(path, error.line, error.what, error.remedy) from error
    except strict_yaml.YamlError as error:
        raise BrokenError(path, error.line, f"not YAML: {error}", error.remedy) from error
    if not isinstance(config, dict):
        raise BrokenError(path, None, "a task is a table of settings, and this is none", "write `task: NAME` and its settings")
    return {str(key): Setting(value, path, getattr(key, "line", None)) for key, value in config.items()}
