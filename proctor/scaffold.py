"""What a project needs beside a suite: its settings, what git is to ignore, and the gate for its pull requests.

Nothing that is there is rewritten. Text is added to the end of a file, or a new file is made, or it is said what is left to do.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterator
from pathlib import Path

from proctor.core import workspace
from proctor.core.reading.user_files import SETTINGS, UnreadableError, failed, raw
from proctor.core.schema import InputError
from proctor.core.storage import errors
from proctor.core.storage.disk import write_atomically

WORKFLOW = ".github/workflows/proctor.yml"
GITIGNORE = ".gitignore"
IGNORED = ("cache", "runs", "site")
"""Settings of the folders that git is told to ignore; saved runs are to be committed."""
ACTION = "OWNER/proctor@REVISION"
"""Stands for where Proctor lies on GitHub, and for a commit or tag of it."""
GATE = f"""\
# Takes the exam on a pull request's base and head, and passes, fails or calls it inconclusive.
# Put in place of {ACTION} the repository that Proctor lies in, and a commit or tag of it.
name: proctor
on:
  pull_request:
permissions:
  contents: read
  pull-requests: write # for the comment that says what changed
jobs:
  gate:
    runs-on: ubuntu-latest
    timeout-minutes: 60
    steps:
      - uses: actions/checkout@v4
        with:
          fetch-depth: 0 # the base is taken from the history
          persist-credentials: false
      - uses: {ACTION}
"""


def check(root: Path, suite: Path) -> None:
    """Refuse what `add` would refuse, before the suite is written.

    Raises:
        InputError: the suite lies outside of the project, or its settings cannot be read or added to.
    """
    workspace.at(root)
    _with_settings(root / workspace.FILE, _named(root, suite))
    _text(root / GITIGNORE)


def add(root: Path, suite: Path) -> Iterator[str]:
    """Write what is missing in the project at ``root`` for the suite in ``suite``; says what was done and what is left to do.

    Raises:
        InputError: as `check`; or a file cannot be written.
    """
    with errors.told("cannot write into", root, "leave --project out"):
        yield _settings(root / workspace.FILE, _named(root, suite))
        yield _ignored(root / GITIGNORE, workspace.at(root))
        yield _gate(root)


def _named(root: Path, suite: Path) -> str:
    """The suite's folder from the root."""
    place = suite.resolve()
    if place == root or not place.is_relative_to(root):
        raise InputError(f"{suite}: no folder below the root of the project, {root}; choose one, or leave --project out")
    name = place.relative_to(root).as_posix()
    if not name.isprintable():
        raise InputError(
            f"{name!r}: a setting cannot name this folder; choose a name of printable letters, or leave --project out"
        )
    return name


def _with_settings(file: Path, suite: str) -> str:
    """What is to be added to a pyproject.toml; nothing where it has settings already."""
    before = _text(file)
    try:
        if "proctor" in tomllib.loads(before).get("tool", {}):
            return ""
        more = f"[tool.proctor]\nsuites = [{json.dumps(suite, ensure_ascii=False)}]\n"
        tomllib.loads(f"{before}\n{more}")
    except tomllib.TOMLDecodeError as error:
        what = f"a table [tool.proctor] cannot be added: {error}"
        raise failed(file, None, what, "add it by hand, without --project") from error
    return more


def _settings(file: Path, suite: str) -> str:
    more = _with_settings(file, suite)
    if not more:
        return f"{file}: has a table [tool.proctor], which is left as it is; its suites should have {json.dumps(suite)}"
    return _appended(file, more, "[tool.proctor]")


def _ignored(file: Path, ours: workspace.Workspace) -> str:
    before = _text(file)
    known = {line.strip().strip("/") for line in before.splitlines()}
    folders = [ours.folder(key) for key in IGNORED]
    names = [folder.relative_to(ours.root).as_posix() for folder in folders if folder.is_relative_to(ours.root)]
    missing = [name for name in names if name.strip("/") not in known]
    if not missing:
        return f"{file}: ignores what Proctor writes already"
    return _appended(file, "".join(f"/{name}/\n" for name in missing), ", ".join(missing))


def _gate(root: Path) -> str:
    top = next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), root)
    file = root / WORKFLOW
    if top != root:
        return f"no workflow was written: GitHub looks for it in {top / WORKFLOW} (docs/how-to/gate.md)"
    if file.exists() or file.is_symlink():
        return f"{file}: is there already, and left as it is"
    write_atomically(file, GATE)
    return f"{file}: written; put the repository that Proctor lies in, and a revision of it, in place of {ACTION}"


def _text(file: Path) -> str:
    """A file's text as it is, line ends and all; nothing where there is none."""
    if not os.path.lexists(file):
        return ""
    try:
        return raw(file, SETTINGS).decode()
    except UnreadableError as error:
        raise failed(file, error.line, str(error), error.remedy) from error
    except UnicodeDecodeError as error:
        raise failed(file, None, "not UTF-8", "save it as UTF-8") from error


def _appended(file: Path, more: str, what: str) -> str:
    """Add lines at a file's end, with line ends as it has them."""
    before = _text(file)
    end = "\r\n" if "\r\n" in before else "\n"
    gap = "" if not before else end if before.endswith("\n") else 2 * end
    with file.open("ab") as opened:
        opened.write((gap + more.replace("\n", end)).encode())
    return f"{file}: {what} added" if before else f"{file}: written"
