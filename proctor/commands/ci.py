"""Take the exam on a base commit and on this one, and say what the gate says: docs/how-to/gate.md."""

from __future__ import annotations

import argparse
import os
import shlex
from pathlib import Path

from proctor.arguments import INCOMPARABLE as REFUSED
from proctor.arguments import add_ignore_mismatch, add_policy, policy
from proctor.core import workspace
from proctor.core.schema import InputError

__all__ = ["REFUSED", "declare", "run"]


def declare(parser: argparse.ArgumentParser) -> None:
    """The words of a pull request."""
    parser.add_argument("--base", required=True, metavar="COMMIT|RUN", help="commit to compare with, or a saved run in its place")
    what = "a suite to examine on, by name or folder (repeatable; default: as for pytest)"
    parser.add_argument("--suite", action="append", default=[], metavar="NAME|PATH", help=what)
    parser.add_argument("--arguments", default="", metavar="WORDS", help="what else pytest is told, for both commits")
    parser.add_argument("--work", type=Path, default=Path("build/ci"), metavar="DIR", help="where runs, pages and the report go")
    add_policy(parser)
    add_ignore_mismatch(parser)


def run(arguments: argparse.Namespace) -> int:
    """Take both; the decision's exit code."""
    from proctor import ci
    from proctor.leaderboard.compare import gate

    rules = policy(arguments.policy)
    work = arguments.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    told = (*(f"--suite={suite}" for suite in arguments.suite), *_words(arguments.arguments))
    request = ci.Request(workspace.current().root, arguments.base, told, rules, work, arguments.link, arguments.ignore_mismatch)
    return gate.EXIT[ci.take(request, os.environ)]


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise InputError(f"--arguments {text!r}: {error}; write them as on a command line") from error
