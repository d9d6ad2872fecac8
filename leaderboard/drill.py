"""Behind a cell: each question, what was retrieved and said, and every score with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain

from evals.schema import Answer, Question, Record
from leaderboard.axes import rank
from leaderboard.records import Records
from leaderboard.series import grouped
from leaderboard.store import Row, Run

System = tuple[str, str, str]
"""Suite, base model and system."""


@dataclass(frozen=True)
class Attempt:
    """A system's answer with one seed, and its scores."""

    seed: int
    answer: Answer
    scores: Sequence[Record]


@dataclass
class Asked:
    """A question and what the system made of it, once for each seed."""

    question: Question
    attempts: list[Attempt] = field(default_factory=list)


@dataclass(frozen=True)
class Drill:
    """The answers and scores of runs, opened system by system."""

    runs: Sequence[Run]
    records: Records

    def asked(self, system: System) -> list[Asked]:
        """Every question of one system, in the order in which they were asked."""
        found: dict[str, Asked] = {}
        for seed in sorted({seed for run in self.runs for *name, seed in run.answer_files if tuple(name) == system}):
            scores = self._scores(system, seed)
            for row in self._latest(system, seed):
                asked = found.setdefault(row.question.id, Asked(row.question))
                asked.attempts.append(Attempt(seed, row.answer, scores.get(row.question.id, ())))
        return list(found.values())

    def _scores(self, system: System, seed: int) -> dict[str, list[Record]]:
        """Item -> its records, in the order of the measures."""
        of_system = self.records.of_system(*system, seed)
        by_measure = grouped(of_system, "measure")
        scores: dict[str, list[Record]] = {}
        for record in chain.from_iterable(by_measure[key] for key in sorted(by_measure, key=lambda key: rank(*key))):
            scores.setdefault(record.item, []).append(record)
        return scores

    def _latest(self, system: System, seed: int) -> Sequence[Row]:
        return next((rows for run in reversed(self.runs) if (rows := run.answers(*system, seed))), ())
