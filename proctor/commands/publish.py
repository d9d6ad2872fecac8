"""Write a static site of one or several runs; prints the page's path."""

from __future__ import annotations

import argparse
from pathlib import Path

from leaderboard import publish
from proctor.arguments import SITE, add_claims, announce


def declare(parser: argparse.ArgumentParser) -> None:
    """The runs, and what is published with them."""
    parser.add_argument(
        "folders", nargs="+", type=Path, metavar="RUN", help="a run folder; what several measured is taken from the last"
    )
    parser.add_argument("--to", type=Path, default=SITE, metavar="DIR", help="where to (default: leaderboard/site)")
    what = (
        "runs before these, in their order in time: saved files, or folders of such (default: leaderboard/baseline; repeatable)"
    )
    parser.add_argument("--history", action="append", type=Path, metavar="PATH", help=what)
    add_claims(parser)


def run(arguments: argparse.Namespace) -> None:
    """Publish."""
    announce(arguments.claims)
    print(publish(arguments.folders, arguments.to, arguments.claims, arguments.history))
