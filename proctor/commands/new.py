"""Write a commented suite to start from, and with --project what a project needs beside it."""

from __future__ import annotations

import argparse
from pathlib import Path

from proctor.core import workspace
from proctor.suites.writing.draft import suite_name, write_suite
from proctor.suites.writing.starter import starter
from proctor.suites_told import counts


def declare(parser: argparse.ArgumentParser) -> None:
    """Where to, and whether for a project."""
    parser.add_argument("dir", type=Path, metavar="DIR", help="a folder that is new or empty")
    what = (
        "also write what the project lacks: [tool.proctor] in pyproject.toml, lines of .gitignore, and the gate as a workflow of "
        "GitHub's; what is there is added to and never rewritten"
    )
    parser.add_argument("--project", action="store_true", help=what)


def run(arguments: argparse.Namespace) -> None:
    """Write it."""
    from proctor import scaffold

    root = workspace.root_of(Path.cwd())
    if arguments.project:
        scaffold.check(root, arguments.dir)
    suite = write_suite(arguments.dir, starter(suite_name(arguments.dir), str(arguments.dir)))
    print(f"{arguments.dir}: {counts(suite)}")
    if arguments.project:
        print(*scaffold.add(root, arguments.dir), sep="\n")
    print(f"Read {arguments.dir / 'suite.toml'}, put your own documents and questions there, and run")
    print(f"  proctor validate {arguments.dir}")
    if not arguments.project and not workspace.of_help(root).settings:
        print("--project, with a new folder, also writes settings, .gitignore and a workflow that gates pull requests")
