"""Print the tables of a run."""

from __future__ import annotations

import argparse

from proctor.arguments import add_folder as declare
from proctor.leaderboard import summary

__all__ = ["declare", "run"]


def run(arguments: argparse.Namespace) -> None:
    """Print them."""
    print(summary(arguments.folder))
