"""``python -m leaderboard``: publish run folders and show them, print tables, claims or advice, hold one run against another."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from evals import storage
from evals.cli import USAGE_ERROR, Parser, begin, ended
from evals.counts import counted
from evals.ranges import AMOUNT, COUNT, SHARE, Range
from evals.redaction import redact
from evals.schema import InputError
from leaderboard import advised, debated, publish, summary

if TYPE_CHECKING:
    from leaderboard.store import Run

INCOMPARABLE = 3
"""A run that a gate or a comparison cannot read, or may not compare."""
PORT = Range(0, 65535, "a port; 0 takes one that is free", whole=True)
SITE = Path(__file__).with_name("site")


def main(words: Sequence[str] | None = None) -> int:
    """Do as told; returns the exit code."""
    begin()
    arguments = _parser().parse_args(words)
    return ended(lambda: int(arguments.run(arguments)), arguments.refused)


def _publish(arguments: argparse.Namespace) -> int:
    _announce(arguments.claims)
    print(publish(arguments.folders, arguments.to, arguments.claims, arguments.history))
    return 0


def _preview(arguments: argparse.Namespace) -> int:
    from leaderboard import preview

    with preview.server(arguments.site, arguments.port) as serving, suppress(KeyboardInterrupt):
        print(f"{arguments.site} is at {preview.address(serving)}\nCtrl-C ends this.", flush=True)
        preview.serve(serving, browse=arguments.open)
    return 0


def _gh_pages(arguments: argparse.Namespace) -> int:
    from leaderboard import gh_pages

    target = gh_pages.Target(Path.cwd(), arguments.branch, arguments.push, arguments.keep)
    done = gh_pages.commit(arguments.site, target, arguments.message)
    said = f"{counted(done.files, 'file')} committed" if done.new else "nothing changed"
    pushed = f", pushed to {redact(arguments.push)}" if arguments.push else ""
    print(f"{arguments.branch}: {said}, at {done.commit[:7]}{pushed}")
    return 0


def _show(arguments: argparse.Namespace) -> int:
    print(summary(arguments.folder))
    return 0


def _claims(arguments: argparse.Namespace) -> int:
    _announce(arguments.claims)
    print(debated(arguments.folder, arguments.claims))
    return 0


def _announce(files: Sequence[Path]) -> None:
    from leaderboard.claims import load, replaced

    load(files)  # what is wrong with them is said first
    for text in replaced(files):
        print(f"note: {text}", file=sys.stderr)


def _advise(arguments: argparse.Namespace) -> int:
    from leaderboard.prices import Paid, load
    from leaderboard.situation import BY_DEFAULT, Situation

    fields = Situation.__dataclass_fields__.keys() - {"prices"}
    asked = {name: value for name, value in vars(arguments).items() if name in fields}
    by_default = tuple(name for name, field in BY_DEFAULT.items() if field not in asked)
    paid = Paid(load(arguments.prices), arguments.machine, arguments.hour, dict(arguments.api))
    print(advised(arguments.folders, asked | {"by_default": by_default}, paid, as_data=arguments.json))
    return 0


def _sample(arguments: argparse.Namespace) -> int:
    from evals.prediction_powered import FEWEST
    from leaderboard import people, store

    added = people.sample(store.read(arguments.folder), arguments.measure, arguments.n)
    print(
        f"{arguments.folder / people.FILE}: {counted(added, 'answer')} to label (0 to 1 in place of null), "
        f"{FEWEST} or more of each system."
    )
    print(f"Then publish the run again: python -m leaderboard publish {arguments.folder} --to DIR")
    return 0


def _compare(arguments: argparse.Namespace) -> int:
    from leaderboard.baseline import open_run
    from leaderboard.gate import gate
    from leaderboard.policy import Policy
    from leaderboard.report import as_table

    before, after = open_run(arguments.before), open_run(arguments.after)
    print(as_table(gate(before, after, Policy(), anyway=arguments.anyway, seeded=_seeded(arguments.seeds))))
    return 0


def _gate(arguments: argparse.Namespace) -> int:
    from leaderboard import gate, policy
    from leaderboard.baseline import open_run
    from leaderboard.report import as_markdown

    rules = policy.load(arguments.policy) if arguments.policy else policy.shipped()
    before, after = open_run(arguments.before), open_run(arguments.after)
    held = gate.gate(before, after, rules, anyway=arguments.anyway, seeded=_seeded(arguments.seeds))
    text = redact(as_markdown(held, before, after, link=arguments.link))
    if arguments.to:
        _written(arguments.to, text)
    print(text)
    return gate.EXIT[held.decision]


def _seeded(paths: Sequence[Path]) -> Sequence[Run]:
    """The runs that say how much training anew changes: those named, or those saved."""
    from leaderboard.baseline import open_run, seeded

    return [open_run(path) for path in paths] or seeded()


def _written(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        remedy = storage.sentence(error, "name a file in a folder that there is", path)
        raise InputError(f"--to {path}: cannot be written: {remedy}") from error


def _ci(arguments: argparse.Namespace) -> int:
    from leaderboard import ci, gate, policy

    rules = policy.load(arguments.policy) if arguments.policy else policy.shipped()
    work = arguments.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    told = tuple(shlex.split(arguments.arguments))
    request = ci.Request(SITE.parents[1], arguments.base, told, rules, work, arguments.link, arguments.anyway)
    return gate.EXIT[ci.take(request, os.environ)]


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python -m leaderboard", description="What the records of a run say.")
    commands = parser.add_subparsers(dest="command", required=True)
    _of_page(commands)
    _of_site(commands)
    _of_run(commands)
    _of_situation(commands.add_parser("advise", help="print what to take in a situation, or what would have to be measured"))
    _of_two(commands)
    _of_commits(commands.add_parser("ci", help="take the exam on a base commit and on this one, and say what the gate says"))
    return parser


def _of_page(commands: argparse._SubParsersAction[Parser]) -> None:
    """What makes a site of runs."""
    page = commands.add_parser("publish", help="write a static site; prints the page's path")
    page.add_argument(
        "folders", nargs="+", type=Path, metavar="RUN", help="a run folder; what several measured is taken from the last"
    )
    page.add_argument("--to", type=Path, default=SITE, metavar="DIR", help="where to (default: leaderboard/site)")
    what = (
        "runs before these, in their order in time: saved files, or folders of such (default: leaderboard/baseline; repeatable)"
    )
    page.add_argument("--history", action="append", type=Path, metavar="PATH", help=what)
    _with_claims(page).set_defaults(run=_publish, refused=USAGE_ERROR)


def _of_run(commands: argparse._SubParsersAction[Parser]) -> None:
    """What is read off one run."""
    show = commands.add_parser("show", help="print the tables")
    show.set_defaults(run=_show, refused=USAGE_ERROR)
    claims = _with_claims(commands.add_parser("claims", help="print what a run says of each claim about RAG and fine-tuning"))
    claims.set_defaults(run=_claims, refused=USAGE_ERROR)
    draw = commands.add_parser("sample", help="draw judged answers for people to label, who then correct the judge's figures")
    draw.add_argument("--measure", required=True, metavar="MEASURE", help="a judged measure, such as faithfulness.retrieved")
    draw.add_argument("-n", type=COUNT.option, default=40, metavar="N", help="answers of each system (default: 40; 20 at least)")
    draw.set_defaults(run=_sample, refused=USAGE_ERROR)
    for parser in (show, claims, draw):
        parser.add_argument("folder", type=Path, metavar="RUN", help="a run folder")


def _of_two(commands: argparse._SubParsersAction[Parser]) -> None:
    """What holds one run against another."""
    compare = commands.add_parser("compare", help="print what changed from one run to another, question by question")
    compare.set_defaults(run=_compare, refused=INCOMPARABLE)
    hold = commands.add_parser("gate", help="GO (0), NO-GO (1) or INCONCLUSIVE (2); 3 for runs that cannot be compared")
    hold.add_argument("--policy", type=Path, metavar="FILE", help="what is required (default: leaderboard/policy.yaml)")
    hold.add_argument("--to", type=Path, metavar="FILE", help="write the report there too")
    hold.add_argument("--link", default="", metavar="URL", help="where the whole page is, for the report")
    hold.set_defaults(run=_gate, refused=INCOMPARABLE)
    what = (
        "a run of several seeds, which says how much training anew changes (default: those in leaderboard/baseline; repeatable)"
    )
    for parser in (compare, hold):
        parser.add_argument("before", type=Path, metavar="BASE", help="the run, or saved baseline, to compare with")
        parser.add_argument("after", type=Path, metavar="CANDIDATE", help="the run to be judged")
        parser.add_argument("--anyway", action="store_true", help="compare though data, judge, prompt or decoding differ")
        parser.add_argument("--seeds", action="append", default=[], type=Path, metavar="RUN", help=what)


def _of_commits(parser: argparse.ArgumentParser) -> None:
    """The words of a pull request: docs/gate.md explains them."""
    parser.add_argument("--base", required=True, metavar="COMMIT|RUN", help="commit to compare with, or a saved run in its place")
    parser.add_argument("--arguments", default="", metavar="WORDS", help="what else pytest is told, for both commits")
    parser.add_argument("--policy", type=Path, metavar="FILE", help="what is required (default: leaderboard/policy.yaml)")
    parser.add_argument("--work", type=Path, default=Path("build/ci"), metavar="DIR", help="where runs, pages and the report go")
    parser.add_argument("--link", default="", metavar="URL", help="where the whole page is, for the report")
    parser.add_argument("--anyway", action="store_true", help="compare though data, judge, prompt or decoding differ")
    parser.set_defaults(run=_ci, refused=INCOMPARABLE)


def _of_site(commands: argparse._SubParsersAction[Parser]) -> None:
    """What is done with a site that was published."""
    preview = commands.add_parser("preview", help="show a published site in a browser, from an address of this machine alone")
    preview.add_argument("--port", type=PORT.option, default=0, metavar="N", help="where (default: a port that is free)")
    preview.add_argument("--no-open", dest="open", action="store_false", help="print the address, and open no browser")
    preview.set_defaults(run=_preview, refused=USAGE_ERROR)
    pages = commands.add_parser("gh-pages", help="commit a published site to a branch, beside the one that is checked out")
    pages.add_argument(
        "--branch", default="gh-pages", metavar="NAME", help="which one (default: gh-pages); made where there is none"
    )
    pages.add_argument("--push", metavar="REMOTE", help="push it there, after what is there already")
    pages.add_argument("--message", default="", metavar="TEXT", help="the commit's message (default: names the run's commit)")
    pages.add_argument("--keep", action="store_true", help="keep what else is on the branch (default: the site replaces it)")
    pages.set_defaults(run=_gh_pages, refused=USAGE_ERROR)
    for parser in (preview, pages):
        parser.add_argument(
            "site", nargs="?", type=Path, default=SITE, metavar="DIR", help="its folder (default: leaderboard/site)"
        )


def _of_situation(parser: argparse.ArgumentParser) -> None:
    """The words that describe a situation: docs/advice.md explains them."""
    parser.add_argument("folders", nargs="+", type=Path, metavar="RUN", help="run folders, taken together; or a leaderboard.json")
    parser.add_argument(
        "--updates", type=AMOUNT.option, default=1.0, metavar="N", help="updates of documents a month (default: 1)"
    )
    what = "share of the knowledge that an update changes (default: as the suite's revisions do)"
    parser.add_argument("--changed", type=SHARE.option, metavar="SHARE", help=what)
    parser.add_argument("--queries", type=AMOUNT.option, default=1000.0, metavar="N", help="questions a day (default: 1000)")
    parser.add_argument("--prices", type=Path, metavar="FILE", help="list of prices (default: leaderboard/prices.toml)")
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
    parser.set_defaults(run=_advise, refused=USAGE_ERROR)


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


def _with_claims(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    what = "claims of your own, as in leaderboard/claims.toml, beside those that come with Proctor (repeatable)"
    parser.add_argument("--claims", action="append", default=[], type=Path, metavar="FILE", help=what)
    return parser


if __name__ == "__main__":
    sys.exit(main())
