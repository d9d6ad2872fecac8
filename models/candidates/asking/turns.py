"""A candidate timed in turn with those beside it, of whatever kind they are: see `models.candidates.asking.rounds`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Protocol

from proctor.core import machine
from proctor.core.code import code_of
from proctor.core.schema import Question, Timing
from proctor.core.storage.cache import digest
from proctor.models.candidates.asking import rounds
from proctor.models.runtime import Runtime


class InTurn(Protocol):
    """What can be timed in turn with others."""

    @property
    def runtime(self) -> Runtime:
        """What it stands on."""

    @property
    def version(self) -> str:
        """Hash of all that shapes its answers."""

    @property
    def ways(self) -> tuple[str, ...]:
        """The names of the ways in which it is timed."""

    def asks(self) -> Mapping[str, rounds.AskTimed]:
        """By the names of its ways. Makes it ready first."""


def taken(candidate: InTurn, questions: Sequence[Question], beside: Sequence[Any]) -> list[rounds.Round]:
    """All rounds of a candidate and of those beside it."""
    together, runtime = _together(candidate, beside), candidate.runtime
    return rounds.taken(runtime.cache, _key(questions, together), partial(_ready, runtime, together), questions, runtime.device)


def report(candidate: InTurn, questions: Sequence[Question], beside: Sequence[Any]) -> dict[str, Any]:
    """What a run's provenance says of them."""
    return rounds.report(rounds.kept(candidate.runtime.cache, _key(questions, _together(candidate, beside))))


def _together(candidate: InTurn, beside: Sequence[Any]) -> list[InTurn]:
    return list({one.ways: one for one in (*beside, candidate)}.values())


def _key(questions: Sequence[Question], together: Sequence[InTurn]) -> str:
    versions = [(one.version, name) for one in together for name in one.ways]
    asked = [(question.id, question.text) for question in questions]
    return digest("timings", code_of(rounds, Runtime), machine.facts(), versions, asked)


@contextmanager
def _ready(runtime: Runtime, together: Sequence[InTurn]) -> Iterator[dict[str, rounds.AskTimed]]:
    """All of them, ready to be timed. One that cannot be made ready fails every question, and costs the others nothing."""
    found: dict[str, rounds.AskTimed] = {}
    for one in together:
        try:
            found |= one.asks()
        except Exception as error:  # noqa: BLE001 # the boundary: whatever goes wrong is that system's failure
            found |= dict.fromkeys(one.ways, partial(_broken, f"{type(error).__name__}: {error}"))
    with runtime.several():
        yield found


def _broken(why: str, questions: Sequence[Question]) -> list[Timing]:
    return [Timing(question.id, error=why) for question in questions]
