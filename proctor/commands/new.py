"""Write a commented suite to start from."""

from __future__ import annotations

import argparse
from pathlib import Path

from proctor.suites.writing.draft import suite_name, write_suite
from proctor.suites.writing.starter import starter
from proctor.suites_told import counts


def declare(parser: argparse.ArgumentParser) -> None:
    """Where to."""
    parser.add_argument("dir", type=Path, metavar="DIR", help="a folder that is new or empty")


def run(arguments: argparse.Namespace) -> None:
    """Write it."""
    suite = write_suite(arguments.dir, starter(suite_name(arguments.dir), str(arguments.dir)))
    print(f"{arguments.dir}: {counts(suite)}")
    print(f"Read {arguments.dir / 'suite.toml'}, put your own documents and questions there, and run")
    print(f"  proctor validate {arguments.dir}")
