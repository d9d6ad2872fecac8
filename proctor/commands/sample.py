"""Draw judged answers for people to label, who then correct the judge's figures."""

from __future__ import annotations

import argparse

from proctor.arguments import add_folder
from proctor.core.counts import counted
from proctor.core.reading.ranges import COUNT


def declare(parser: argparse.ArgumentParser) -> None:
    """A run, a metric and how many."""
    parser.add_argument("--metric", required=True, metavar="METRIC", help="a judged metric, such as faithfulness.retrieved")
    parser.add_argument(
        "-n", type=COUNT.option, default=40, metavar="N", help="answers of each system (default: 40; 20 at least)"
    )
    add_folder(parser)


def run(arguments: argparse.Namespace) -> None:
    """Write them beside the run."""
    from proctor.evals.stats.ppi import FEWEST
    from proctor.leaderboard.runs import labels, store

    added = labels.sample(store.read(arguments.folder), arguments.metric, arguments.n)
    print(
        f"{arguments.folder / labels.FILE}: {counted(added, 'answer')} to label (0 to 1 in place of null), "
        f"{FEWEST} or more of each system."
    )
    print(f"Then publish the run again: proctor publish {arguments.folder} --to DIR")
