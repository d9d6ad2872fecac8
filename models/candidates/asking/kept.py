"""Answers are kept as they come, and nothing is asked twice: not by the next axis, the next run, or after a kill.

A question that failed is not kept: it cost only itself, and the next run asks it again.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

from proctor.core.schema import Answer, Question, as_json
from proctor.core.storage.cache import Journal, digest


class AskedQuestion(NamedTuple):
    """A question, and what tells it from others that were asked before."""

    key: str
    question: Question


AskBatches = Callable[[list[AskedQuestion]], Iterable[Sequence[tuple[AskedQuestion, Answer]]]]
"""Answers questions that were not asked before, and yields the answers in batches, as they come."""


def key(question: Question) -> str:
    """What identifies a question to a system: its text alone."""
    return digest(question.text)


def asked(questions: Sequence[Question]) -> list[AskedQuestion]:
    """The questions under their keys."""
    return [AskedQuestion(key(question), question) for question in questions]


def once(journal: Journal, asked: Sequence[AskedQuestion], ask: AskBatches) -> list[Answer]:
    """One answer a question, in order: from the journal, or else given now and written there."""
    with journal.lock() as rows:
        known = {row["asked"]: Answer.from_json(row["answer"]) for row in rows}
        missing = list({one.key: one for one in asked if one.key not in known}.values())
        for batch in ask(missing) if missing else ():
            at = datetime.now(UTC).isoformat(timespec="seconds")
            given = ((one.key, as_json(answer)) for one, answer in batch if answer.error is None)
            journal.append({"asked": name, "answer": answer, "at": at} for name, answer in given)
            known |= {one.key: answer for one, answer in batch}
    return [replace(known[one.key], question=one.question.id) for one in asked]


def unanswered(journal: Journal, questions: Iterable[Question]) -> list[Question]:
    """The questions that have no answer yet."""
    known = {row["asked"] for row in journal.rows()}
    return [question for question in questions if key(question) not in known]


def stops(journal: Journal, questions: Iterable[Question]) -> dict[str, int]:
    """Why the answers stopped, as far as there are answers: reason -> how many."""
    known = {row["asked"]: row["answer"].get("stop", "") for row in journal.rows()}
    return dict(Counter(known[key(question)] for question in questions if key(question) in known))


def given_before(journal: Journal, questions: Sequence[Question], moment: str) -> dict[str, Any]:
    """How many of the answers were given before a moment, and when the first was, as far as that is known; empty if none was.

    ``moment``: in UTC, as `datetime.isoformat` writes it to the second.
    """
    known = {row["asked"]: str(row.get("at", "")) for row in journal.rows()}
    times = [known[name] for name in map(key, questions) if known.get(name, moment) < moment]
    oldest = min(filter(None, times), default="")
    return {"count": len(times), "of": len(questions), "oldest": oldest} if times else {}


def in_batches(
    pairs: Iterable[tuple[AskedQuestion, Answer]], seconds: float = 0.2
) -> Iterator[list[tuple[AskedQuestion, Answer]]]:
    """Answers that come one by one, a few at a time: at least every ``seconds``, and what there is where the work is stopped."""
    batch: list[tuple[AskedQuestion, Answer]] = []
    begun = time.monotonic()
    try:
        for pair in pairs:
            batch.append(pair)
            if time.monotonic() - begun >= seconds:
                yield batch
                batch, begun = [], time.monotonic()
    except GeneratorExit:  # nobody would take what came
        raise
    except BaseException:
        yield batch
        raise
    if batch:
        yield batch
