"""What ``proctor new --from-documents`` does: documents are read, questions drafted, and the suite is written, or nothing is."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from proctor.core import environment, workspace
from proctor.core.schema import Document, Domain, InputError, Suite, UnreachedError
from proctor.core.storage.cache import Cache
from proctor.drafter import Asking, drafter
from proctor.drafting import Drafting, Wanted, documents_of, estimate
from proctor.models import runtime
from proctor.models.base import base as base_models
from proctor.models.systems import Calls, OpenAI
from proctor.progress import on_standard_error
from proctor.suites.writing.draft import check_new, suite_name, write_suite
from proctor.suites_told import told

QUESTIONS = 40
SHARE = 5
"""One question in so many has no answer in the documents, beside those that have one."""


def suite(arguments: argparse.Namespace) -> Suite | None:
    """The suite of `proctor.commands.new`'s words, written; None where it is only said what drafting it would take.

    Raises:
        InputError: documents, model or folder cannot be used, or no draft passed the checks.
    """
    environment.quiet()
    environment.patient()
    os.environ.setdefault("TQDM_DISABLE", "1")
    check_new(arguments.dir)
    ours, wanted = workspace.current(), _wanted(arguments)
    documents, tally = documents_of(arguments.from_documents, arguments.dir, outside=arguments.allow_outside_files)
    asking = _asking(arguments, ours)
    if arguments.dry_run:
        print(*_costs(asking, wanted, documents), sep="\n")
        return None
    place = runtime.Runtime(Cache(ours.cache), runtime.pick_device(arguments.device or "auto"))
    place.cache.check()
    with on_standard_error():
        drafting = Drafting(documents, drafter(asking, place, Domain(tuple(documents))), wanted)
        try:
            files = drafting.files(suite_name(arguments.dir))
        except UnreachedError as error:
            said = str(error).replace("system drafting", "--model", 1)
            raise InputError(f"{said}. No suite was written; the same command goes on where this stopped") from error
    print(*told(tally), *drafting.told(), sep="\n")
    return write_suite(arguments.dir, files)


def _wanted(arguments: argparse.Namespace) -> Wanted:
    questions = QUESTIONS if arguments.questions is None else arguments.questions
    unanswerable = questions // SHARE if arguments.unanswerable is None else arguments.unanswerable
    return Wanted(questions, unanswerable, questions if arguments.examples is None else arguments.examples)


def _asking(arguments: argparse.Namespace, ours: workspace.Workspace) -> Asking:
    """Who is asked, and how; InputError where what is said of it does not fit together."""
    bases = ours.option("base_models") if "base_models" in ours.settings else [str(base_models.EMBEDDED)]
    prices = {name: getattr(arguments, name) for name in ("input_price", "output_price", "max_cost")}
    calls = Calls(**prices)
    for field, what, remedy in calls.contradictions():
        raise InputError(f"--{str(field[0]).replace('_', '-')}: {what}; {remedy.replace('_', '-')}")
    table = Path(ours.option("systems_table")) if "systems_table" in ours.settings else None
    asking = Asking(arguments.model or bases[0], table, arguments.key or OpenAI.key, calls, arguments.device or "auto")
    named = [name for name in ("key", *prices) if getattr(arguments, name) is not None]
    if named and not asking.is_spelt_out:
        flags = ", ".join(f"--{name.replace('_', '-')}" for name in named)
        raise InputError(f"{flags}: only a served model that --model spells out takes this (openai:MODEL@URL)")
    return asking


def _costs(asking: Asking, wanted: Wanted, documents: Sequence[Document]) -> Iterator[str]:
    """What drafting would take, if nothing is dropped and at most."""
    found = estimate(documents, wanted)
    questions = wanted.questions + wanted.unanswerable
    yield f"{asking.shown} would be asked for {questions} questions and {wanted.examples} training examples:"
    yield f"  {found.calls[0]:,} calls if every draft passes the checks, {found.calls[1]:,} at most"
    yield f"  about {found.read[0]:,} to {found.read[1]:,} tokens read, {found.written[0]:,} to {found.written[1]:,} written"
    calls = asking.system.calls
    if calls.input_price is not None and calls.output_price is not None:
        both = zip(found.read, found.written, strict=True)
        least, most = ((read * calls.input_price + out * calls.output_price) / 1_000_000 for read, out in both)
        yield f"  about {least:.2g} to {most:.2g}, in the currency of the prices"
    yield "tokens are estimated from letters; replies that are in the cache are not asked for again"
