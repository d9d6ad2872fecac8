"""Put a question to a system of a run, and print what it looked up and what it answers."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from proctor.arguments import add_rebuilt, named_run, rebuilt
from proctor.core.reading import values
from proctor.core.schema import Answer, InputError, Question
from proctor.leaderboard.formatting import WIDTH, wrapped

if TYPE_CHECKING:
    from proctor.rebuilt import Rebuilt

SHOWN = 400
"""Letters of a passage that are printed."""


def declare(parser: argparse.ArgumentParser) -> None:
    """The run, the system and the question."""
    what = (
        "a run folder, or a saved run by its file or name; "
        "- for a system of the project's settings that need not have been examined"
    )
    parser.add_argument("folder", type=named_run, metavar="RUN|-", help=what)
    parser.add_argument("question", metavar="QUESTION", help="the question, in quotes")
    add_rebuilt(parser)


def run(arguments: argparse.Namespace) -> None:
    """Print passages and answer. What the answer takes is built first, where the cache does not hold it."""
    from proctor.progress import on_standard_error

    if not arguments.question.strip():
        raise InputError("QUESTION: expected a text, not nothing; write the question in quotes")
    with on_standard_error():
        asked = rebuilt(arguments)
        print(*wrapped(f"{asked}{_made(asked)}", WIDTH), sep="\n")
        for text in asked.differences:
            print(*wrapped(f"note: {text}", WIDTH), sep="\n")
        (answer,) = asked.candidate.answers([_question(asked, arguments.question)])
    print("", *told(answer), sep="\n")


def _question(asked: Rebuilt, text: str) -> Question:
    """The question, under its id in the suite if it is one of its questions: a file of answers may know it by nothing else."""
    known = (one.id for one in asked.suite.questions if values.plain(one.text) == values.plain(text))
    return Question(next(known, "asked"), text)


def _made(asked: Rebuilt) -> str:
    """Whether a system that is trained has to be trained first."""
    if asked.candidate.system.external or not asked.candidate.system.adapts:
        return ""
    return " (its weights are in the cache)" if asked.built.trained else " (it is trained first, as the cache does not hold it)"


def told(answer: Answer) -> Iterator[str]:
    """An answer with what was looked up for it, line by line."""
    for number, context in enumerate(answer.contexts or (), 1):
        text = " ".join(context.text.split())
        short = text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}\u2026"
        score = f" (score {context.score:.3g})" if any(one.score for one in answer.contexts or ()) else ""
        yield from wrapped(f"[{number}] {context.document or 'of no document of the suite'}{score}", WIDTH)
        yield from (f"    {line}" for line in wrapped(short, WIDTH - 4))
    if answer.contexts is not None and not answer.contexts:
        yield "Nothing was retrieved."
    if answer.cut:
        yield f"({answer.cut} more did not fit into the prompt)"
    if answer.contexts is not None:
        yield ""
    yield from wrapped(f"No answer: {answer.error}" if answer.error else f"Answer: {answer.text or '(nothing)'}", WIDTH)
    if answer.citations:
        yield from wrapped(f"Cites:  {', '.join(answer.citations)}", WIDTH)
    if answer.caution:
        yield from (f"Caution: {line}" for line in answer.caution.splitlines())
