"""``python -m leaderboard``: publish run folders as a page, or print their tables."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from evals.schema import InputError
from leaderboard import publish, summary

USAGE_ERROR = 4
"""As pytest's."""
SITE = Path(__file__).with_name("site")


class Parser(argparse.ArgumentParser):
    """argparse ends with 2 where pytest, and so all of Proctor, ends with 4."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and how it is used."""
        self.exit(USAGE_ERROR, f"{self.format_usage()}error: {message}\n")


def main(words: Sequence[str] | None = None) -> int:
    """Do as told; returns the exit code."""
    arguments = _parser().parse_args(words)
    try:
        if arguments.command == "show":
            print(summary(arguments.run))
        else:
            print(publish(arguments.runs, arguments.to))
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return USAGE_ERROR
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python -m leaderboard", description="What the records of a run say.")
    commands = parser.add_subparsers(dest="command", required=True)
    page = commands.add_parser("publish", help="write a static site; prints the page's path")
    page.add_argument(
        "runs", nargs="+", type=Path, metavar="RUN", help="a run folder; what several measured is taken from the last"
    )
    page.add_argument("--to", type=Path, default=SITE, metavar="DIR", help="where to (default: leaderboard/site)")
    show = commands.add_parser("show", help="print the tables")
    show.add_argument("run", type=Path, metavar="RUN", help="a run folder")
    return parser


if __name__ == "__main__":
    sys.exit(main())
