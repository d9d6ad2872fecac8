"""Write a static site of one or several runs; prints the page's path."""

from __future__ import annotations

import argparse
from pathlib import Path

from proctor.arguments import add_claims, claims, named_run, site
from proctor.core import workspace
from proctor.leaderboard import publish


def declare(parser: argparse.ArgumentParser) -> None:
    """The runs, and what is published with them."""
    what = "a run folder, or a saved run by its file or name; what several measured is taken from the last"
    parser.add_argument("folders", nargs="+", type=named_run, metavar="RUN", help=what)
    ours = workspace.of_help()
    parser.add_argument("--to", type=Path, metavar="DIR", help=f"where to (default: {ours.shown('site')})")
    what = f"runs before these: saved files, or folders of such (default: {ours.shown('saved_runs')}; repeatable)"
    parser.add_argument("--history", action="append", type=Path, metavar="PATH", help=what)
    add_claims(parser)


def run(arguments: argparse.Namespace) -> None:
    """Publish."""
    files = claims(arguments.claims)
    saved = workspace.current().history if arguments.history is None else arguments.history
    print(publish(arguments.folders, site(arguments.to), files, saved))
