"""Hold a run against another: GO (0), NO-GO (1) or INCONCLUSIVE (2); 3 for runs that cannot be compared."""

from __future__ import annotations

import argparse
from pathlib import Path

from proctor.arguments import INCOMPARABLE as REFUSED
from proctor.arguments import add_policy, add_two_runs, policy, seeded
from proctor.core.redaction import redact
from proctor.core.schema import InputError
from proctor.core.storage import errors

__all__ = ["REFUSED", "declare", "run"]


def declare(parser: argparse.ArgumentParser) -> None:
    """Two runs, and what is required."""
    add_policy(parser)
    parser.add_argument("--to", type=Path, metavar="FILE", help="write the report there too")
    add_two_runs(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the report; the decision's exit code."""
    from proctor.leaderboard.compare import gate
    from proctor.leaderboard.compare.report import as_markdown
    from proctor.leaderboard.runs.saved import open_run

    rules = policy(arguments.policy)
    before, after = open_run(arguments.before), open_run(arguments.after)
    held = gate.gate(before, after, rules, ignore_mismatch=arguments.ignore_mismatch, seeded=seeded(arguments.seeds))
    text = redact(as_markdown(held, before, after, link=arguments.link))
    if arguments.to:
        _write(arguments.to, text)
    print(text)
    return gate.EXIT[held.decision]


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        remedy = errors.sentence(error, "name a file in a folder that there is", path)
        raise InputError(f"--to {path}: cannot be written: {remedy}") from error
