"""The project that Proctor works for: where it keeps what it writes, and the defaults that `[tool.proctor]` sets.

    [tool.proctor]                      # in the pyproject.toml of the project's root
    suites = ["domains/support"]        # paths are relative to the root
    seeds = 3
    site = "public/leaderboard"

The command line overrides the table. Nothing is written beside Proctor's own code, which may be installed where nobody can write.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from proctor.core.reading import strict_toml
from proctor.core.reading.ranges import COUNT, SEEDS
from proctor.core.reading.shown import short, shown
from proctor.core.reading.user_files import SETTINGS, failed, read_text
from proctor.core.schema import InputError

FILE = "pyproject.toml"
MARKS = (FILE, "pytest.ini", "tox.ini", "setup.cfg", ".git")
"""What the root of a project holds, one of them at least."""
CACHE_VARIABLE = "PROCTOR_CACHE"
FOLDERS = {
    "cache": ".proctor",
    "runs": "runs",
    "site": "site",
    "saved_runs": "baselines",
    "judge_agreement": "judge-agreement",
}
"""Setting -> the folder, from the root, where nothing else is set."""
REMEDY = "correct it, or remove it"
LONGEST_KEY = 100
"""Letters of a key that is compared with the known ones: the comparison takes the product of both lengths."""


def _text(value: object) -> str:
    return "" if _is_text(value) else f"expected a text in one line, not {shown(value)}"


def _texts(value: object) -> str:
    fine = isinstance(value, list) and value and all(map(_is_text, value))
    return "" if fine else f"expected a list of one or more texts, each in one line, not {shown(value)}"


def _flag(value: object) -> str:
    return "" if isinstance(value, bool) else f"expected true or false, not {shown(value)}"


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip()) and value.isprintable()


KEYS: Mapping[str, Callable[[object], str]] = {
    "suites": _texts,
    "systems": _texts,
    "systems_table": _text,
    "base_models": _texts,
    "judge": _text,
    "seeds": SEEDS.wrong,
    "repeats": SEEDS.wrong,
    "limit": COUNT.wrong,
    "full": _flag,
    "device": _text,
    "run_dir": _text,
    **dict.fromkeys(FOLDERS, _text),
    "policy": _text,
    "metrics": _text,
    "claims": _texts,
    "prices": _text,
}
"""Setting -> what is wrong with a value; nothing where it is right."""
OF_COMMAND_LINE = ("trust_remote_code", "trust_suite_code", "allow_outside_files", "drafts")
"""Options that lift a protection. A file of the project cannot: it comes with a checkout, and whoever runs it decides."""
PATHS = ("systems_table", "run_dir", *FOLDERS, "policy", "claims", "prices")
NAMES_OR_PATHS = ("suites", "base_models")
"""Settings whose texts are paths where something is there."""


@dataclass(frozen=True)
class Workspace:
    """A project: its root, and the checked content of its `[tool.proctor]`."""

    root: Path
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def cache(self) -> Path:
        """Where everything expensive is kept; the environment has the last word."""
        return Path(os.environ.get(CACHE_VARIABLE) or self.folder("cache"))

    @property
    def runs(self) -> Path:
        """Where run folders are made."""
        return self.folder("runs")

    @property
    def site(self) -> Path:
        """Where the page is published."""
        return self.folder("site")

    @property
    def saved_runs(self) -> Path:
        """Where runs are saved, to be compared with."""
        return self.folder("saved_runs")

    @property
    def history(self) -> list[Path]:
        """The saved runs as what a page is told of: their folder, once there is one."""
        return [self.saved_runs] if self.saved_runs.exists() else []

    @property
    def judge_agreement(self) -> Path:
        """Where it is kept how far judges agree with people."""
        return self.folder("judge_agreement")

    def folder(self, key: str) -> Path:
        """The folder of a setting in `FOLDERS`, whether it is there or not."""
        return self._below(str(self.settings.get(key, FOLDERS[key])))

    def path(self, key: str) -> Path | None:
        """The path that a setting names, if it is set."""
        return self._below(self.settings[key]) if key in self.settings else None

    def paths(self, key: str) -> list[Path]:
        """The paths that a setting lists."""
        return [self._below(text) for text in self.settings.get(key, ())]

    def option(self, key: str) -> Any:
        """The value of a setting as an option of the command line would give it in the current folder.

        Relative paths in it are relative to that folder, and not to the root.
        """
        value = self.settings[key]
        if key == "judge":
            kind, colon, model = value.partition(":")
            return f"{kind}:{self._seen(model, always=False)}" if (kind.strip(), colon) == ("nli", ":") else value
        if key in PATHS or key in NAMES_OR_PATHS:
            seen = [self._seen(text, always=key in PATHS) for text in (value if isinstance(value, list) else [value])]
            return seen if isinstance(value, list) else seen[0]
        return value

    def shown(self, key: str) -> str:
        """A folder as argparse is told it for ``--help``: from the root, with / in between."""
        folder = self.folder(key)
        told = folder.relative_to(self.root) if folder.is_relative_to(self.root) else folder
        return told.as_posix().replace("%", "%%")

    def own_folders(self) -> Iterator[str]:
        """The folders that Proctor writes to and that lie below the root, from there, with / in between."""
        for folder in (self.cache.absolute(), *map(self.folder, FOLDERS)):
            if folder.is_relative_to(self.root) and folder != self.root:
                yield folder.relative_to(self.root).as_posix()

    def _below(self, text: str) -> Path:
        return Path(os.path.normpath(self.root / _expanded(text)))

    def _seen(self, text: str, *, always: bool) -> str:
        path = _expanded(text)
        if path.is_absolute() or not (always or self._below(text).exists()):
            return str(path) if path.is_absolute() else text
        return os.path.relpath(self._below(text))


def _expanded(text: str) -> Path:
    return Path(os.path.expanduser(text))  # noqa: PTH111 # Path.expanduser raises an error where there is no such user


def at(root: Path) -> Workspace:
    """The project of a root.

    Raises:
        InputError: its pyproject.toml cannot be read, or settings in `[tool.proctor]` are unknown or wrong; names all of them.
    """
    root, file = root.resolve(), root.resolve() / FILE
    if not os.path.lexists(file):
        return Workspace(root)
    text = read_text(file, SETTINGS, remedy=REMEDY)
    try:
        tool = strict_toml.parsed(text).get("tool")
    except strict_toml.TomlError as error:
        raise failed(file, error.line, f"not TOML: {error}", error.remedy) from error
    table = tool.get("proctor", {}) if isinstance(tool, dict) else {}
    if problems := list(_problems(table)):
        raise InputError("\n".join(f"{file}{_line(text, key)}: {problem}" for key, problem in problems))
    return Workspace(root, table)


def current() -> Workspace:
    """The project of the current folder; see `at`."""
    return at(root_of(Path.cwd()))


def of_help(root: Path | None = None) -> Workspace:
    """The same, to tell the defaults in a help text, which is shown whatever is wrong with the settings."""
    try:
        return at(root) if root else current()
    except (InputError, OSError):
        return Workspace(Path())


def root_of(folder: Path) -> Path:
    """The nearest folder, from this one upwards, that looks like the root of a project; else the folder itself."""
    start = folder.resolve()
    return next((each for each in (start, *start.parents) if any(os.path.lexists(each / mark) for mark in MARKS)), start)


def _problems(table: object) -> Iterator[tuple[str, str]]:
    """Each key with what is wrong with it."""
    if not isinstance(table, dict):
        yield "", f"tool.proctor: expected a table, [tool.proctor], not {shown(table)}; {REMEDY}"
        return
    for key, value in table.items():
        if key not in KEYS:
            yield key, f"tool.proctor.{short(key)}: {_unknown(key)}"
        elif wrong := KEYS[key](value):
            yield key, f"tool.proctor.{key}: {wrong}; {REMEDY}"


def _unknown(key: str) -> str:
    name = key.replace("-", "_")
    if name in OF_COMMAND_LINE:
        option = f"--{name.replace('_', '-')}"
        return f"only the command line lifts a protection; remove it, and add {option} where you trust who wrote the files"
    near = difflib.get_close_matches(name, KEYS, n=1) if len(name) <= LONGEST_KEY else []
    return f"no such setting; did you mean {near[0]}?" if near else f"no such setting; known are {', '.join(KEYS)}"


def _line(text: str, key: str) -> str:
    """``:`` and the line of a key, as far as the table is written in the usual way; nothing where it is not found."""
    inside, wanted = False, re.compile(rf"""\s*["']?{re.escape(key)}["']?\s*=""")
    for number, line in enumerate(text.split("\n"), 1):
        if line.lstrip().startswith("["):
            inside = re.match(r"\s*\[\s*tool\s*\.\s*proctor\s*\]", line) is not None
        elif inside and key and wanted.match(line):
            return f":{number}"
    return ""
