"""``python -m evals calibrate``: how far a judge agrees with people."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from evals.cli import Parser, begin, ended
from evals.judges import FORMS, load_judge
from evals.ranges import Range

REPEATS = Range(1, 1000, "times", whole=True)


def main(words: Sequence[str] | None = None) -> int:
    """Do as told; returns the exit code."""
    begin()
    arguments = _parser().parse_args(words)
    return ended(lambda: _calibrate(arguments))


def _calibrate(arguments: argparse.Namespace) -> int:
    from evals import calibration
    from evals.tally import Tally

    judge = load_judge(arguments.judge)
    found = []
    for path in arguments.labels:
        tally = Tally()
        labels = calibration.read_labels(path, tally)
        print(*tally.summary(), *(f"note: {note}" for note in tally.notes()), sep="\n")
        source = f"{path.resolve().parent.name}/{path.name}"
        found += [
            calibration.calibrate(judge, labels, source, arguments.repeats, question) for question in calibration.asked(labels)
        ]
    for name in asdict(found[0]):
        print(f"{name:18}", *(_shown(getattr(row, name)) for row in found))
    print("kept in", calibration.save(found, judge.name, arguments.to))
    return 0


def _shown(value: object) -> str:
    return f"{'-' if value is None else f'{value:.3f}' if isinstance(value, float) else value:>28}"


def _parser() -> argparse.ArgumentParser:
    from evals.calibration import AGREEMENT

    parser = Parser(prog="python -m evals", description="Judges, and what they are worth.")
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser(
        "calibrate",
        help="compare a judge's verdicts with people's",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"judges:\n{FORMS}",
    )
    check.add_argument("--judge", default="lexical", metavar="SPEC", help="see below (default: lexical)")
    check.add_argument("--labels", type=Path, required=True, action="append", metavar="FILE", help="JSON lines (repeatable)")
    check.add_argument(
        "--repeats", type=REPEATS.option, default=1, metavar="N", help="ask N times, to see whether it agrees with itself"
    )
    check.add_argument(
        "--to",
        type=Path,
        default=AGREEMENT,
        metavar="DIR",
        help="where the result is kept (default: evals/agreement, where runs find it)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
