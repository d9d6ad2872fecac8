"""Review what a model drafted for a suite: accept, edit or drop each draft, in a page on this machine or for all at once."""

from __future__ import annotations

import argparse
from contextlib import suppress

from proctor.commands.preview import PORT
from proctor.core.counts import counted
from proctor.core.reading.problems import OUTSIDE
from proctor.suites.drafting.review import DraftShown, Review
from proctor.suites.loading.load import find, load


def declare(parser: argparse.ArgumentParser) -> None:
    """Which suite, and whether in a page."""
    parser.add_argument("suite", metavar="DIR", help="the suite's folder")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--list", action="store_true", help="print the drafts, and open no page")
    how.add_argument("--accept-all", action="store_true", help="accept every draft as it is, for scripts: nobody reads them")
    parser.add_argument("--port", type=PORT.option, default=0, metavar="N", help="where (default: a port that is free)")
    parser.add_argument("--no-open", dest="open", action="store_false", help="print the address, and open no browser")
    parser.add_argument(
        OUTSIDE, action="store_true", help="read what links and paths in it name outside of its folder (default: refuse it)"
    )


def run(arguments: argparse.Namespace) -> None:
    """Print them, accept them, or serve the page until Ctrl-C."""
    suite = load(arguments.suite, trust=True, outside=arguments.allow_outside_files)
    review = Review(find(arguments.suite), suite)
    drafts = review.drafts()
    if arguments.list:
        print(*map(_line, drafts), *[_left(review)] * (not drafts), sep="\n")
    elif arguments.accept_all:
        for draft in drafts:
            review.accept(draft.file, draft.raw)
        print(f"{arguments.suite}: {counted(len(drafts), 'draft')} accepted")
    elif not drafts:
        print(_left(review))
    else:
        _serve(review, arguments)


def _serve(review: Review, arguments: argparse.Namespace) -> None:
    from proctor.leaderboard.hosting import preview
    from proctor.reviewing import server

    serving, path = server.server(review, arguments.port)
    with serving, suppress(KeyboardInterrupt):
        print(f"{_left(review)}; review them at {preview.address(serving)}{path}\nCtrl-C ends this.", flush=True)
        preview.serve(serving, browse=arguments.open, path=path)
    print(_left(review))


def _left(review: Review) -> str:
    count = len(review.drafts())
    return f"{review.folder}: {counted(count, 'draft') if count else 'no drafts'} to review"


def _line(draft: DraftShown) -> str:
    answers = " | ".join(draft.answers) or "(the documents do not tell)"
    return f"{draft.file}:{draft.line}: {draft.question} -> {answers}"
