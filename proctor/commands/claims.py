"""Print what a run says of each claim about RAG and fine-tuning."""

from __future__ import annotations

import argparse

from proctor.arguments import add_claims, add_folder, claims
from proctor.leaderboard import debated


def declare(parser: argparse.ArgumentParser) -> None:
    """A run, and claims."""
    add_folder(parser)
    add_claims(parser)


def run(arguments: argparse.Namespace) -> None:
    """Print it."""
    files = claims(arguments.claims)
    print(debated(arguments.folder, files))
