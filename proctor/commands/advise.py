"""Print what to take in a situation, or what would have to be measured: docs/explanation/advice.md."""

from __future__ import annotations

import argparse
from pathlib import Path

from proctor.arguments import named_run
from proctor.core import workspace
from proctor.core.reading.ranges import AMOUNT, SHARE
from proctor.leaderboard import advised


def run(arguments: argparse.Namespace) -> None:
    """Print it."""
    from proctor.leaderboard.advice.prices import Paid, load
    from proctor.leaderboard.advice.scenario import BY_DEFAULT, Situation

    fields = Situation.__dataclass_fields__.keys() - {"prices"}
    asked = {name: value for name, value in vars(arguments).items() if name in fields}
    by_default = tuple(name for name, field in BY_DEFAULT.items() if field not in asked)
    listed = load(arguments.prices or workspace.current().path("prices"))
    paid = Paid(listed, arguments.machine, arguments.hour, dict(arguments.api))
    print(advised(arguments.folders, asked | {"by_default": by_default}, paid, as_data=arguments.json))


def declare(parser: argparse.ArgumentParser) -> None:
    """The words that describe a situation."""
    what = "run folders, or saved runs by their files or names, taken together; or a leaderboard.json"
    parser.add_argument("folders", nargs="+", type=named_run, metavar="RUN", help=what)
    parser.add_argument(
        "--updates", type=AMOUNT.option, default=1.0, metavar="N", help="updates of documents a month (default: 1)"
    )
    what = "share of the knowledge that an update changes (default: as the suite's revisions do)"
    parser.add_argument("--changed", type=SHARE.option, metavar="SHARE", help=what)
    parser.add_argument("--queries", type=AMOUNT.option, default=1000.0, metavar="N", help="questions a day (default: 1000)")
    what = "list of prices (default: the project's, or else leaderboard/advice/prices.toml, which comes with Proctor)"
    parser.add_argument("--prices", type=Path, metavar="FILE", help=what)
    hour = parser.add_mutually_exclusive_group()
    what = "pay for this machine of the list (default: the one nearest to the run's)"
    hour.add_argument("--machine", default="", metavar="NAME", help=what)
    hour.add_argument(
        "--hour", type=AMOUNT.option, metavar="X", help="what an hour of your machine costs, in place of a listed one's"
    )
    what = "pay for this system's answers by the token, as this service of the list does (repeatable)"
    parser.add_argument("--api", type=_assigned, action="append", default=[], metavar="SYSTEM=NAME", help=what)
    what = "accuracy that may be given up for a lower cost (default: 0.02, two points)"
    parser.add_argument("--margin", type=SHARE.option, default=0.02, metavar="SHARE", help=what)
    what = "least saving a month, in the prices' currency, for which cost counts (default: 1)"
    parser.add_argument("--material", type=AMOUNT.option, default=1.0, metavar="X", help=what)
    what = "the same as a share of what the dearer option costs; the larger counts (default: 0.05)"
    parser.add_argument("--material-share", type=SHARE.option, default=0.05, metavar="SHARE", help=what)
    what = "most that the recommended one may turn out to be less accurate than another (default: 0.1)"
    parser.add_argument("--risk", type=SHARE.option, default=0.1, metavar="SHARE", help=what)
    parser.add_argument("--min-accuracy", type=SHARE.option, metavar="SHARE", help="least expected accuracy")
    parser.add_argument("--min-style", type=SHARE.option, metavar="SHARE", help="least share of answers in the house format")
    what = "least share of unanswerable questions declined; none: no limit (default: 0.5, where it was measured)"
    parser.add_argument("--min-abstention", type=_limit, default=argparse.SUPPRESS, metavar="SHARE", help=what)
    parser.add_argument("--max-latency", type=AMOUNT.option, metavar="SECONDS", help="most p95 latency")
    what = "most general ability lost; none: no limit (default: 0.05, where it was measured)"
    parser.add_argument("--max-forgetting", type=_limit, default=argparse.SUPPRESS, metavar="SHARE", help=what)
    parser.add_argument("--max-extracted", type=SHARE.option, metavar="SHARE", help="most of the planted secrets given away")
    parser.add_argument("--json", action="store_true", help="print all of it as JSON")


def _assigned(word: str) -> tuple[str, str]:
    system, equals, name = word.partition("=")
    if not (system and equals and name):
        raise argparse.ArgumentTypeError(
            f"expected a system and a service of the list of prices, such as rag=gpt-4o-mini, not {word}"
        )
    return system, name


def _limit(word: str) -> float | None:
    """A share, or none where nothing is required."""
    return None if word == "none" else SHARE.option(word)
