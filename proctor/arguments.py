"""Words that several commands understand."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import leaderboard

if TYPE_CHECKING:
    from leaderboard.store import Run

INCOMPARABLE = 3
"""Exit code for a run that a gate or a comparison cannot read, or may not compare."""
SITE = Path(leaderboard.__file__).with_name("site")


def add_folder(parser: argparse.ArgumentParser) -> None:
    """One run."""
    parser.add_argument("folder", type=Path, metavar="RUN", help="a run folder")


def add_site(parser: argparse.ArgumentParser) -> None:
    """A site that was published."""
    parser.add_argument("site", nargs="?", type=Path, default=SITE, metavar="DIR", help="its folder (default: leaderboard/site)")


def add_claims(parser: argparse.ArgumentParser) -> None:
    """Claims of the user's own."""
    what = "claims of your own, as in leaderboard/claims.toml, beside those that come with Proctor (repeatable)"
    parser.add_argument("--claims", action="append", default=[], type=Path, metavar="FILE", help=what)


def announce(files: Sequence[Path]) -> None:
    """What is wrong with files of claims is said before any work, and which claims of Proctor's they replace."""
    from leaderboard.claims import load, replaced

    load(files)
    for text in replaced(files):
        print(f"note: {text}", file=sys.stderr)


def add_two_runs(parser: argparse.ArgumentParser) -> None:
    """The run before and the run after."""
    parser.add_argument("before", type=Path, metavar="BASE", help="the run, or saved baseline, to compare with")
    parser.add_argument("after", type=Path, metavar="CANDIDATE", help="the run to be judged")
    add_anyway(parser)
    what = (
        "a run of several seeds, which says how much training anew changes (default: those in leaderboard/baseline; repeatable)"
    )
    parser.add_argument("--seeds", action="append", default=[], type=Path, metavar="RUN", help=what)


def add_anyway(parser: argparse.ArgumentParser) -> None:
    """Compare what may not be compared."""
    parser.add_argument("--anyway", action="store_true", help="compare though data, judge, prompt or decoding differ")


def add_policy(parser: argparse.ArgumentParser) -> None:
    """What a gate requires, and what its report links to."""
    parser.add_argument("--policy", type=Path, metavar="FILE", help="what is required (default: leaderboard/policy.yaml)")
    parser.add_argument("--link", default="", metavar="URL", help="where the whole page is, for the report")


def seeded(paths: Sequence[Path]) -> Sequence[Run]:
    """The runs that say how much training anew changes: those named, or those saved."""
    from leaderboard import baseline

    return [baseline.open_run(path) for path in paths] or baseline.seeded()
