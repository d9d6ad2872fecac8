"""Write a commented suite to start from, or one with drafted questions, and with --project what a project needs beside it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from proctor.core import workspace
from proctor.core.counts import counted
from proctor.core.reading.problems import OUTSIDE
from proctor.core.reading.ranges import Range
from proctor.core.schema import InputError
from proctor.suites.writing.draft import suite_name, write_suite
from proctor.suites.writing.starter import starter
from proctor.suites_told import counts

if TYPE_CHECKING:
    from proctor.core.schema import Suite

QUESTIONS = Range(1, 100_000, "questions to draft", whole=True)
NUMBER = Range(0, 100_000, "drafts; 0 for none", whole=True)
MONEY = Range(0, 1_000_000, "money, in the currency of the prices")
DRAFTS = (
    "model",
    "questions",
    "unanswerable",
    "examples",
    "key",
    "input_price",
    "output_price",
    "max_cost",
    "device",
    "allow_outside_files",
    "dry_run",
)
"""Words that say how questions are drafted."""


def declare(parser: argparse.ArgumentParser) -> None:
    """Where to, whether for a project, and what questions are drafted from."""
    parser.add_argument("dir", type=Path, metavar="DIR", help="a folder that is new or empty")
    what = (
        "also write what the project lacks: [tool.proctor] in pyproject.toml, lines of .gitignore, and the gate as a workflow of "
        "GitHub's; what is there is added to and never rewritten"
    )
    parser.add_argument("--project", action="store_true", help=what)
    what = "draft questions from the documents in a folder with a model; they are to be reviewed (proctor review)"
    group = parser.add_argument_group("drafting", what)
    add = group.add_argument
    add("--from-documents", type=Path, metavar="DOCUMENTS", help="the folder: any format that documents of a suite may have")
    what = (
        "who drafts: openai:MODEL@URL, a served system of the project's table by its name, or a base model by its folder or name "
        "on the hub (default: the project's base model)"
    )
    add("--model", metavar="MODEL", help=what)
    add("--questions", type=QUESTIONS.option, metavar="N", help="questions that the documents answer (default: 40)")
    what = "questions that the documents do not answer (default: a fifth as many)"
    add("--unanswerable", type=NUMBER.option, metavar="N", help=what)
    what = "training examples, from other passages than the questions (default: as many as questions)"
    add("--examples", type=NUMBER.option, metavar="N", help=what)
    add("--key", metavar="VARIABLE", help="the variable that holds the key of a served model (default: OPENAI_API_KEY)")
    for name, of in (("--input-price", "read"), ("--output-price", "written")):
        add(name, type=MONEY.option, metavar="PRICE", help=f"of a served model, for a million tokens {of}")
    add("--max-cost", type=MONEY.option, metavar="MONEY", help="what the calls may cost; with both prices")
    add("--device", metavar="NAME", help="of a base model: cpu, cuda, cuda:1, mps or auto (default: auto)")
    add(OUTSIDE, action="store_true", default=None, help="read what links in DOCUMENTS lead to elsewhere (default: refuse it)")
    add("--dry-run", action="store_true", default=None, help="print how many calls and tokens it would take, and stop")


def run(arguments: argparse.Namespace) -> None:
    """Write it."""
    from proctor import scaffold

    root = workspace.root_of(Path.cwd())
    if arguments.project:
        scaffold.check(root, arguments.dir)
    suite = _suite(arguments)
    if suite is None:
        return
    print(f"{arguments.dir}: {counts(suite)}")
    if arguments.project:
        print(*scaffold.add(root, arguments.dir), sep="\n")
    _say_next(arguments, suite)


def _suite(arguments: argparse.Namespace) -> Suite | None:
    """The suite, written; None where only is told what drafting one would take."""
    if arguments.from_documents:
        from proctor import drafted

        return drafted.suite(arguments)
    for name in DRAFTS:
        if getattr(arguments, name) is not None:
            raise InputError(f"--{name.replace('_', '-')}: only drafting needs it; add --from-documents DOCUMENTS")
    return write_suite(arguments.dir, starter(suite_name(arguments.dir), str(arguments.dir)))


def _say_next(arguments: argparse.Namespace, suite: Suite) -> None:
    if suite.drafts:
        print(f"{counted(len(suite.drafts), 'row is a draft', 'rows are drafts')}. To accept, edit or drop what was drafted, run")
        print(f"  proctor review {arguments.dir}")
        return
    print(f"Read {arguments.dir / 'suite.toml'}, put your own documents and questions there, and run")
    print(f"  proctor validate {arguments.dir}")
    if not arguments.project and not workspace.of_help().settings:
        print("--project, with a new folder, also writes settings, .gitignore and a workflow that gates pull requests")
