"""What is said of rows of a suite that a model drafted and nobody has reviewed."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from proctor.core.counts import counted
from proctor.core.schema import DraftRow, Suite

SHOWN = 8
"""Ranges of lines that are named of a file."""


def note(suite: Suite) -> str:
    """How much of a suite is unreviewed, for whoever reads its figures; nothing where all of it is reviewed."""
    asked = sum(bool(row.question) for row in suite.drafts)
    learnt = len(suite.drafts) - asked
    parts = [f"{asked} of {counted(len(suite.questions), 'question')}"] * bool(asked)
    parts += [f"{learnt} of {counted(len(suite.domain.examples), 'training example')}"] * bool(learnt)
    what = "is a draft" if len(suite.drafts) == 1 else "are drafts"
    return f"{' and '.join(parts)} {what} that nobody has reviewed" if parts else ""


def refusal(folder: Path, suite: Suite) -> str:
    """Why an exam is not taken on a suite with drafts: where they are, and what to do."""
    shown = _relative(folder)
    where = "; ".join(f"{shown / file}: {lines}" for file, lines in _lines(suite.drafts))
    return (
        f"suite {suite.name}: {note(suite)} ({where}). Review them with `proctor review {shown}`, "
        "or take the exam with them: --drafts"
    )


def _relative(folder: Path) -> Path:
    """A folder as one would type it here."""
    here = Path.cwd().resolve()
    return folder.relative_to(here) if folder.is_relative_to(here) else folder


def _lines(rows: Iterable[DraftRow]) -> Iterable[tuple[str, str]]:
    """Each file with the lines of its drafts, those that follow each other as one range."""
    for file, found in groupby(rows, lambda row: row.file):
        ranges: list[list[int]] = []
        for row in found:
            if ranges and ranges[-1][1] == row.line - 1:
                ranges[-1][1] = row.line
            else:
                ranges.append([row.line, row.line])
        told = [str(first) if first == last else f"{first}-{last}" for first, last in ranges]
        more = ", ..." if len(told) > SHOWN else ""
        yield file, f"line{'s' * (len(told) > 1 or '-' in told[0])} {', '.join(told[:SHOWN])}{more}"
