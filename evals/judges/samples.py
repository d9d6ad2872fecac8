"""What faithfulness and hallucination put before a judge, and how what a judge says becomes a score."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from proctor.core.schema import Score, unmeasured
from proctor.evals.judges.protocols import EntailingJudge, EntailmentInput, JudgeError, each

PARALLEL = 8
"""Calls to a chat judge under way at once."""


class Sample(NamedTuple):
    """An answer and the passages to hold it against."""

    question: str
    answer: str
    passages: tuple[str, ...]


class Verdicts(NamedTuple):
    """An entailing judge's claims of one sample, and whether each has support."""

    claims: list[str]
    supported: list[bool]

    @property
    def borne_out(self) -> bool:
        """Whether there are claims, and all have support."""
        return bool(self.claims) and all(self.supported)


def failure(error: Exception) -> Score:
    """The score of a sample that could not be judged."""
    return unmeasured(str(error) if isinstance(error, JudgeError) else f"{type(error).__name__}: {error}"[:500])


def verdicts(judge: EntailingJudge, samples: Sequence[Sample]) -> list[Verdicts | JudgeError]:
    """Every claim of every sample, judged in one batch."""
    split = each(lambda some: [judge.claims(sample.question, sample.answer) for sample in some], samples)
    pairs = [
        EntailmentInput(sample.passages, sample.question, claim, len(claims))
        for sample, claims in zip(samples, split, strict=True)
        if not isinstance(claims, JudgeError)
        for claim in claims
    ]
    outcomes = iter(each(judge.supports, pairs))
    return [claims if isinstance(claims, JudgeError) else _verdicts(claims, outcomes) for claims in split]


def _verdicts(claims: list[str], outcomes: Iterator[bool | JudgeError]) -> Verdicts | JudgeError:
    mine: list[bool | JudgeError] = [next(outcomes) for _ in claims]
    errors = [outcome for outcome in mine if isinstance(outcome, JudgeError)]
    return errors[0] if errors else Verdicts(claims, [outcome is True for outcome in mine])
