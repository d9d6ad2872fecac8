"""Commit a published site to a branch, beside the one that is checked out."""

from __future__ import annotations

import argparse
from pathlib import Path

from proctor.arguments import add_site, site
from proctor.core.counts import counted
from proctor.core.redaction import redact


def declare(parser: argparse.ArgumentParser) -> None:
    """A site, and the branch."""
    parser.add_argument(
        "--branch", default="gh-pages", metavar="NAME", help="which one (default: gh-pages); made where there is none"
    )
    parser.add_argument("--push", metavar="REMOTE", help="push it there, after what is there already")
    parser.add_argument("--message", default="", metavar="TEXT", help="the commit's message (default: names the run's commit)")
    parser.add_argument("--keep", action="store_true", help="keep what else is on the branch (default: the site replaces it)")
    add_site(parser)


def run(arguments: argparse.Namespace) -> None:
    """Commit it, and push it if asked to."""
    from proctor.leaderboard.hosting import gh_pages

    target = gh_pages.Target(Path.cwd(), arguments.branch, arguments.push, arguments.keep)
    done = gh_pages.commit(site(arguments.site), target, arguments.message)
    said = f"{counted(done.files, 'file')} committed" if done.new else "nothing changed"
    pushed = f", pushed to {redact(arguments.push)}" if arguments.push else ""
    print(f"{arguments.branch}: {said}, at {done.commit[:7]}{pushed}")
