"""Print what changed from one run to another, question by question."""

from __future__ import annotations

import argparse

from proctor.arguments import INCOMPARABLE as REFUSED
from proctor.arguments import add_two_runs as declare
from proctor.arguments import seeded

__all__ = ["REFUSED", "declare", "run"]


def run(arguments: argparse.Namespace) -> None:
    """Print it; it decides nothing."""
    from proctor.leaderboard.compare.gate import gate
    from proctor.leaderboard.compare.policy import Policy
    from proctor.leaderboard.compare.report import as_table
    from proctor.leaderboard.runs.saved import open_run

    before, after = open_run(arguments.before), open_run(arguments.after)
    print(as_table(gate(before, after, Policy(), ignore_mismatch=arguments.ignore_mismatch, seeded=seeded(arguments.seeds))))
