"""``python -m suites``: start a suite, check one, or make one from a public format."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from evals.cli import Parser, begin, ended, interpreter
from evals.counts import counted
from evals.ranges import SEED, Range
from evals.schema import Suite
from evals.tally import Tally
from suites.draft import suite_name, write_folder, write_suite
from suites.hints import hints
from suites.importers import IMPORTERS
from suites.importers.choices import choices
from suites.importers.options import Options
from suites.load import read
from suites.problems import OUTSIDE
from suites.starter import starter

PART = Range(0, 1, "a share: 0.5 is half", above=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    begin()
    options = _parser().parse_args(arguments)
    return ended(lambda: options.run(options))


def _new(options: argparse.Namespace) -> None:
    suite = write_suite(options.dir, starter(suite_name(options.dir), str(options.dir)))
    print(f"{options.dir}: {_counts(suite)}")
    print(f"Read {options.dir / 'suite.toml'}, put your own documents and questions there, and run")
    print(f"  {interpreter()} -m suites validate {options.dir}")


def _validate(options: argparse.Namespace) -> None:
    from suites.reach import reach  # loads numpy, which the other commands do without

    suite, tally = read(options.suite, trust=options.trust_suite_code, outside=options.allow_outside_files)
    print(f"{options.suite}: {_counts(suite)}", _room(suite), *_told(tally), *hints(suite), *reach(suite), "ok", sep="\n")


def _import(options: argparse.Namespace) -> None:
    how = Options(options.test_share, options.seed, options.test_ids)
    draft = IMPORTERS[options.format].read(options.file, how).unrepeated()
    name = options.name or suite_name(options.dir)
    general = [_relative(entry, options.dir) for entry in options.general]
    suite = write_suite(options.dir, draft.files(name, options.title or name, general))
    print(f"{options.dir}: {_counts(suite)}", *_told(draft.tally), sep="\n")
    print(f"To see what it can show: {interpreter()} -m suites validate {options.dir}")


def _import_choices(options: argparse.Namespace) -> None:
    files, tally = choices(options.files)
    write_folder(options.dir, files)
    print(
        f"{options.dir}: {counted(len(options.files), 'task')}. Name the folder under `general` in a suite.toml",
        *_told(tally),
        sep="\n",
    )


def _told(tally: Tally) -> list[str]:
    """What was taken of each file, and what was changed, left out or found odd."""
    return [*tally.summary(), *(f"note: {note}" for note in tally.notes())]


def _relative(entry: str, folder: Path) -> str:
    """A folder of tasks as a path from the suite's folder; names of tasks as they are."""
    return os.path.relpath(Path(entry).resolve(), folder.resolve()) if Path(entry).is_dir() else entry


def _counts(suite: Suite) -> str:
    unanswerable = sum(not question.answerable for question in suite.questions)
    counts = [
        counted(len(suite.domain.documents), "document"),
        counted(len(suite.domain.examples), "training example"),
        f"{counted(len(suite.questions), 'question')} ({unanswerable} without an answer in the documents)",
        counted(len(suite.revisions), "revision"),
        f"general tasks: {', '.join(Path(entry).name for entry in suite.general) or 'none'}",
    ]
    return ", ".join(counts)


def _room(suite: Suite) -> str:
    """How long answers may be. What that is in tokens depends on the base model."""
    longest = max((*suite.references, *suite.completions), key=len, default="")
    words = len(longest.split())
    return (
        "answers may take up to one and a half times as many tokens as the longest right answer, which has "
        f"{counted(words, 'word')} ({counted(len(longest), 'character')}); --dry-run counts them for a base model"
    )


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python -m suites", description="Start, check or import a suite.", epilog="See docs/suites.md.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    new = commands.add_parser(
        "new", help="write a commented suite to start from", description="Write a commented suite to start from."
    )
    new.add_argument("dir", type=Path, metavar="DIR", help="a folder that is new or empty")
    new.set_defaults(run=_new)
    validate = commands.add_parser(
        "validate", help="check a suite", description="Check a suite: list all that is wrong, or say ok."
    )
    validate.add_argument("suite", metavar="DIR", help="a suite's folder, or the name of one that comes with Proctor")
    validate.add_argument(
        "--trust-suite-code", action="store_true", help="let its general tasks run code and fetch data (default: never)"
    )
    validate.add_argument(
        OUTSIDE, action="store_true", help="read what links and paths in it name outside of its folder (default: refuse it)"
    )
    validate.set_defaults(run=_validate)
    formats = commands.add_parser("import", help="make a suite from a public format").add_subparsers(
        required=True, metavar="FORMAT"
    )
    for name, importer in IMPORTERS.items():
        _add_import(formats.add_parser(name, help=importer.help, description=importer.read.__doc__), name)
    tasks = formats.add_parser("choices", help="JSON lines {query, choices, gold} as general tasks", description=choices.__doc__)
    tasks.add_argument("files", type=Path, nargs="+", metavar="FILE", help="becomes the task of the same name")
    tasks.add_argument("dir", type=Path, metavar="DIR", help="a folder that is new or empty")
    tasks.set_defaults(run=_import_choices)
    return parser


def _add_import(parser: argparse.ArgumentParser, name: str) -> None:
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
    parser.set_defaults(run=_import, format=name, test_ids=None)
    if IMPORTERS[name].official:
        parser.add_argument("--test-ids", type=Path, metavar="FILE", help="JSON list or object of the ids of the test")


if __name__ == "__main__":
    sys.exit(main())
