"""Compare a judge's verdicts with people's, and keep how far they agree for the page."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from proctor.core import workspace
from proctor.core.reading.ranges import Range
from proctor.evals.judges.protocols import FORMS, load_judge

REPEATS = Range(1, 1000, "times", whole=True)


def declare(parser: argparse.ArgumentParser) -> None:
    """A judge, and labels."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = f"judges:\n{FORMS}"
    parser.add_argument("--judge", default="lexical", metavar="SPEC", help="see below (default: lexical)")
    parser.add_argument("--labels", type=Path, required=True, action="append", metavar="FILE", help="JSON lines (repeatable)")
    parser.add_argument(
        "--repeats", type=REPEATS.option, default=1, metavar="N", help="ask N times, to see whether it agrees with itself"
    )
    what = f"where the result is kept (default: {workspace.of_help().shown('judge_agreement')}, where runs find it)"
    parser.add_argument("--to", type=Path, metavar="DIR", help=what)


def run(arguments: argparse.Namespace) -> None:
    """Ask the judge, and print the figures."""
    from proctor.core.reading.tally import Tally
    from proctor.evals.judges import agreement

    folder = arguments.to or workspace.current().judge_agreement
    judge = load_judge(arguments.judge)
    found = []
    for path in arguments.labels:
        tally = Tally()
        labels = agreement.read_labels(path, tally)
        print(*tally.summary(), *(f"note: {note}" for note in tally.notes()), sep="\n")
        source = f"{path.resolve().parent.name}/{path.name}"
        found += [agreement.calibrate(judge, labels, source, arguments.repeats, question) for question in agreement.asked(labels)]
    for name in asdict(found[0]):
        print(f"{name:18}", *(_shown(getattr(row, name)) for row in found))
    print("kept in", agreement.save(found, judge.name, folder))


def _shown(value: object) -> str:
    return f"{'-' if value is None else f'{value:.3f}' if isinstance(value, float) else value:>28}"
