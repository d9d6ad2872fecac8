"""Take the exam on a base commit and on this one, and say what the gate says: docs/how-to/gate.md."""

from __future__ import annotations

import argparse
import os
import shlex
from pathlib import Path

from proctor.arguments import INCOMPARABLE as REFUSED
from proctor.arguments import add_anyway, add_policy, policy
from proctor.core import workspace

__all__ = ["REFUSED", "declare", "run"]


def declare(parser: argparse.ArgumentParser) -> None:
    """The words of a pull request."""
    parser.add_argument("--base", required=True, metavar="COMMIT|RUN", help="commit to compare with, or a saved run in its place")
    parser.add_argument("--arguments", default="", metavar="WORDS", help="what else pytest is told, for both commits")
    parser.add_argument("--work", type=Path, default=Path("build/ci"), metavar="DIR", help="where runs, pages and the report go")
    add_policy(parser)
    add_anyway(parser)


def run(arguments: argparse.Namespace) -> int:
    """Take both; the decision's exit code."""
    from proctor import ci
    from proctor.leaderboard.compare import gate

    rules = policy(arguments.policy)
    work = arguments.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    told = tuple(shlex.split(arguments.arguments))
    request = ci.Request(workspace.current().root, arguments.base, told, rules, work, arguments.link, arguments.anyway)
    return gate.EXIT[ci.take(request, os.environ)]
