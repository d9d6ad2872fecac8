"""Check a suite: list all that is wrong, or say ok."""

from __future__ import annotations

import argparse

from proctor.core.reading.problems import OUTSIDE
from proctor.suites.loading.lint import hints
from proctor.suites.loading.load import read
from proctor.suites_told import counts, room, told


def declare(parser: argparse.ArgumentParser) -> None:
    """Which one, and what it may."""
    parser.add_argument("suite", metavar="DIR", help="a suite's folder, or the name of one that comes with Proctor")
    parser.add_argument(
        "--trust-suite-code", action="store_true", help="let its general tasks run code and fetch data (default: never)"
    )
    parser.add_argument(
        OUTSIDE, action="store_true", help="read what links and paths in it name outside of its folder (default: refuse it)"
    )


def run(arguments: argparse.Namespace) -> None:
    """Check it."""
    from proctor.suites.loading.reach import reach  # loads numpy, which the other commands do without

    suite, tally = read(arguments.suite, trust=arguments.trust_suite_code, outside=arguments.allow_outside_files)
    print(f"{arguments.suite}: {counts(suite)}", room(suite), *told(tally), *hints(suite), *reach(suite), "ok", sep="\n")
