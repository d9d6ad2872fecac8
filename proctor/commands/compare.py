"""Print what changed from one run to another, question by question."""

from __future__ import annotations

import argparse

from proctor.arguments import INCOMPARABLE as REFUSED
from proctor.arguments import add_two_runs as declare
from proctor.arguments import seeded

__all__ = ["REFUSED", "declare", "run"]


def run(arguments: argparse.Namespace) -> None:
    """Print it; it decides nothing."""
    from leaderboard.baseline import open_run
    from leaderboard.gate import gate
    from leaderboard.policy import Policy
    from leaderboard.report import as_table

    before, after = open_run(arguments.before), open_run(arguments.after)
    print(as_table(gate(before, after, Policy(), anyway=arguments.anyway, seeded=seeded(arguments.seeds))))
