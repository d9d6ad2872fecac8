"""Behind a cell: each question, what was retrieved and said, and every score with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from evals.schema import Answer, Question, Record
from leaderboard.axes import rank
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
    scores: dict[System, dict[tuple[int, str], list[Record]]]
    """System -> seed and item -> its records."""

    @classmethod
    def into(cls, runs: Sequence[Run], records: Iterable[Record]) -> Drill:
        """Sort records by what they belong to."""
        scores: dict[System, dict[tuple[int, str], list[Record]]] = {}
        for record in records:
            items = scores.setdefault((record.suite, record.base_model, record.system), {})
            items.setdefault((record.seed, record.item), []).append(record)
        return cls(runs, scores)

    def asked(self, system: System) -> list[Asked]:
        """Every question of one system, in the order in which they were asked."""
        scores = self.scores.get(system, {})
        found: dict[str, Asked] = {}
        for seed in sorted({seed for run in self.runs for *name, seed in run.answer_files if tuple(name) == system}):
            for row in self._latest(system, seed):
                asked = found.setdefault(row.question.id, Asked(row.question))
                records = sorted(scores.get((seed, row.question.id), ()), key=lambda record: rank(record.measure))
                asked.attempts.append(Attempt(seed, row.answer, records))
        return list(found.values())

    def _latest(self, system: System, seed: int) -> Sequence[Row]:
        return next((rows for run in reversed(self.runs) if (rows := run.answers(*system, seed))), ())
