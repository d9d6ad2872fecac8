"""Make a suite, or general tasks, from a public format."""

from __future__ import annotations

import argparse
import os
import re
from pathlib import Path

from proctor.core.counts import counted
from proctor.core.hub import fetched
from proctor.core.reading.ranges import SEED, Range
from proctor.core.schema import InputError
from proctor.core.slugs import below
from proctor.suites.importers import IMPORTERS
from proctor.suites.importers.choices import choices
from proctor.suites.importers.records import READERS
from proctor.suites.importers.split import Options
from proctor.suites.writing.draft import suite_name, write_folder, write_suite
from proctor.suites_told import counts, told

HUB = "hf:"
ON_HUB = re.compile(r"hf:(?P<name>[\w.-]+/[\w.-]+)@(?P<revision>[\w./-]+)(:(?P<folder>[\w.-]+(/[\w.-]+)*))?")
"""A data set of the hub. A revision has to be said: what is asked would change with the data set else."""
PART = Range(0, 1, "a share: 0.5 is half", above=True)


def declare(parser: argparse.ArgumentParser) -> None:
    """A parser for each format."""
    formats = parser.add_subparsers(required=True, metavar="FORMAT")
    for name, importer in IMPORTERS.items():
        _add(formats.add_parser(name, help=importer.help, description=importer.read.__doc__), name)
    tasks = formats.add_parser("choices", help="JSON lines {query, choices, gold} as general tasks", description=choices.__doc__)
    tasks.add_argument("files", type=Path, nargs="+", metavar="FILE", help="becomes the task of the same name")
    tasks.add_argument("dir", type=Path, metavar="DIR", help="a folder that is new or empty")
    tasks.set_defaults(make=_choices)


def run(arguments: argparse.Namespace) -> None:
    """Read the format, write the folder."""
    arguments.make(arguments)


def _add(parser: argparse.ArgumentParser, name: str) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="what to import")
    parser.add_argument("dir", type=Path, metavar="DIR", help="a folder that is new or empty")
    parser.add_argument("--name", help="short name of the suite (default: the folder's)")
    parser.add_argument("--title", help="title of the suite (default: its name)")
    parser.add_argument(
        "--general", action="append", default=[], metavar="TASKS", help="folder or name of general tasks; repeatable"
    )
    parser.add_argument(
        "--test-share", type=PART.option, default=0.5, metavar="SHARE", help="share of the groups for the test (0.5)"
    )
    parser.add_argument("--seed", type=SEED.option, default=0, help="seed of the split (0)")
    parser.set_defaults(make=_suite, format=name, test_ids=None, field=[])
    if IMPORTERS[name].fields:
        what = f"what the file calls a field ({', '.join(IMPORTERS[name].fields)}); repeatable, x.y for a field in a field"
        parser.add_argument("--field", action="append", default=[], type=_pair, metavar="OURS=THEIRS", help=what)
    if IMPORTERS[name].official:
        parser.add_argument("--test-ids", type=Path, metavar="FILE", help="JSON list or object of the ids of the test")


def _source(file: Path, name: str) -> Path:
    """The file or folder to import; a data set of the hub, ``hf:OWNER/NAME@REVISION:FOLDER``, is fetched."""
    if not (str(file).startswith(HUB) and IMPORTERS[name].parts):
        return file
    found = ON_HUB.fullmatch(str(file))
    if not found:
        raise InputError(f"{file}: expected hf:OWNER/NAME@REVISION, and :FOLDER after it where only that is meant")
    folder = found["folder"] or ""
    files = [f"{folder}{'/' * bool(folder)}*{suffix}" for suffix in READERS]
    kept = fetched("the data set", found["name"], files, revision=found["revision"], kind="dataset")
    return below(kept, folder) if folder else kept


def _pair(text: str) -> tuple[str, str]:
    """OURS=THEIRS as two names."""
    ours, found, theirs = text.partition("=")
    if not (ours and found and theirs):
        raise argparse.ArgumentTypeError(f"expected OURS=THEIRS, not {text!r}: question=Frage")
    return ours, theirs


def _suite(arguments: argparse.Namespace) -> None:
    how = Options(arguments.test_share, arguments.seed, arguments.test_ids, dict(arguments.field))
    draft = IMPORTERS[arguments.format].read(_source(arguments.file, arguments.format), how).unrepeated()
    name = arguments.name or suite_name(arguments.dir)
    general = [_relative(entry, arguments.dir) for entry in arguments.general]
    suite = write_suite(arguments.dir, draft.files(name, arguments.title or name, general))
    print(f"{arguments.dir}: {counts(suite)}", *told(draft.tally), sep="\n")
    print(f"To see what it can show: proctor validate {arguments.dir}")


def _choices(arguments: argparse.Namespace) -> None:
    files, tally = choices(arguments.files)
    write_folder(arguments.dir, files)
    tasks = counted(len(arguments.files), "task")
    print(f"{arguments.dir}: {tasks}. Name the folder under `general` in a suite.toml", *told(tally), sep="\n")


def _relative(entry: str, folder: Path) -> str:
    """A folder of tasks as a path from the suite's folder; names of tasks as they are."""
    return os.path.relpath(Path(entry).resolve(), folder.resolve()) if Path(entry).is_dir() else entry
