"""What commands say of a suite."""

from __future__ import annotations

from pathlib import Path

from proctor.core.counts import counted
from proctor.core.reading.tally import Tally
from proctor.core.schema import Suite


def told(tally: Tally) -> list[str]:
    """What was taken of each file, and what was changed, left out or found odd."""
    return [*tally.summary(), *(f"note: {note}" for note in tally.notes())]


def counts(suite: Suite) -> str:
    """How much there is of everything."""
    unanswerable = sum(not question.answerable for question in suite.questions)
    found = [
        counted(len(suite.domain.documents), "document"),
        counted(len(suite.domain.examples), "training example"),
        f"{counted(len(suite.questions), 'question')} ({unanswerable} without an answer in the documents)",
        counted(len(suite.revisions), "revision"),
        f"general tasks: {', '.join(Path(entry).name for entry in suite.general) or 'none'}",
    ]
    return ", ".join(found)


def room(suite: Suite) -> str:
    """How long answers may be. What that is in tokens depends on the base model."""
    longest = max((*suite.references, *suite.completions), key=len, default="")
    words = len(longest.split())
    return (
        "answers may take up to one and a half times as many tokens as the longest right answer, which has "
        f"{counted(words, 'word')} ({counted(len(longest), 'character')}); --dry-run counts them for a base model"
    )
