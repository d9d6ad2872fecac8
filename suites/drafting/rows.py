"""The files that may hold drafts, and whether a row could stand in one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from proctor.core.reading.problems import Place, Problems
from proctor.suites.loading.columns import EXAMPLE, QUESTION, ColumnNames
from proctor.suites.loading.documents import Corpus
from proctor.suites.loading.questions import QuestionReader
from proctor.suites.loading.rows import InputRow

QUESTIONS, TRAINING = "questions.jsonl", "train.jsonl"
FILES: Mapping[str, ColumnNames] = {QUESTIONS: QUESTION, TRAINING: EXAMPLE}
"""File -> what its columns are called."""


def check(file: str, row: Mapping[str, Any], corpus: Corpus) -> None:
    """Read a row as the exam would.

    Raises:
        InputError: it cannot be used; says why.
    """
    problems = Problems()
    reader = QuestionReader(Path(), corpus, problems)
    given = InputRow(row, FILES[file], Place(Path(file)), problems)
    _ = reader.question(given) if file == QUESTIONS else reader.example(given)
    problems.check()
