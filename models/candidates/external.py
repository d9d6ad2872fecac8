"""A system that Proctor does not build: it is asked, and its answers are kept as they come.

One kind is one file beside this one: a class that says how it is asked and what else it can do. What it cannot do it does not
declare as an ability, and the metrics that need it are not applicable.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from proctor.core.code import code_of
from proctor.core.schema import Ability, Answer, Domain, Question, Timing
from proctor.core.storage.cache import Journal, digest
from proctor.models.candidates.asking import kept, rounds, turns
from proctor.models.generation.limits import UNKNOWN, Limits
from proctor.models.runtime import Runtime
from proctor.models.systems import System


@dataclass(frozen=True)
class Setup:
    """What a candidate is made from, beside its row of the table."""

    domain: Domain
    runtime: Runtime
    base_model: str
    """The label of the base model that it stands beside on the leaderboard."""
    limits: Limits = UNKNOWN
    """How far answers may go, as long as the system lets itself be told."""
    root: Path = field(default_factory=Path.cwd)
    """The root of the project: where its code is imported from."""
    questions: Mapping[str, str] = field(default_factory=dict)
    """Id -> text of all questions of the suite: for who has answers already and needs to know whether there are others."""
    limit: int | None = None
    """So many of them are asked, the first; ``None``: all."""


@dataclass(frozen=True)
class External(ABC):
    """One external system before one domain; ``seed`` counts how often it was asked the same before."""

    system: System
    setup: Setup
    seed: int = 0
    apart: ClassVar[tuple[Any, ...]] = ()
    """Modules whose code shapes no answer, or what has a version of its own among the fingerprint: see `core.code.code_of`."""

    @abstractmethod
    def ask(self, missing: list[kept.AskedQuestion]) -> Iterable[Sequence[tuple[kept.AskedQuestion, Answer]]]:
        """Answers in batches, as they come. A question that fails has an answer with an ``error``; none is left out."""

    @property
    @abstractmethod
    def fingerprint(self) -> list[Any]:
        """What is known to shape its answers, as JSON data, beside the declared version and the code that asks it."""

    @property
    def abilities(self) -> frozenset[Ability]:
        """What it can do besides answering: see `evals.candidate`."""
        return frozenset()

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of its figures should know and is seen before it is asked, a line each."""
        return ()

    @property
    def name(self) -> str:
        """The system's name in the table."""
        return self.system.name

    @property
    def base_model(self) -> str:
        """The label of the base model that it stands beside."""
        return self.setup.base_model

    @property
    def runtime(self) -> Runtime:
        """The cache, and the device of those beside it."""
        return self.setup.runtime

    @property
    def domain(self) -> Domain:
        """The documents and examples that it is examined on."""
        return self.setup.domain

    @property
    def limits(self) -> Limits:
        """How far answers may go."""
        return self.setup.limits

    @cached_property
    def version(self) -> str:
        """Hash of all that is known to shape its answers, and of how often it was asked for anew."""
        return self.version_of(*self.fingerprint)

    def version_of(self, *shapes: Any) -> str:
        """Hash of what shapes some of its answers, beside the declared version and the code that asks it, in this generation."""
        known = self._known(*shapes)
        return digest("asked again", known, self._generation) if self._generation else known

    def _known(self, *shapes: Any) -> str:
        code = code_of(type(self).__module__, apart=(rounds, turns, *self.apart))
        return digest(self.system.kind, self.system.version, list(shapes), code)

    @cached_property
    def origin(self) -> str:
        """What is the same however often it is asked for anew."""
        return self._known(*self.fingerprint)

    @cached_property
    def _generation(self) -> int:
        """How often it was asked for anew."""
        return len(list(self._generations.rows())) if self.system.live else 0

    @property
    def _generations(self) -> Journal:
        return self.runtime.cache.journal("generations", self.origin)

    def refresh(self, when: str) -> None:
        """Have it asked again from now on, in this run and in those to come, as it may have changed unseen.

        Before its ``version`` is first looked at, and once for all candidates of one origin.
        """
        self._generations.add([{"asked again": when}])

    @property
    def code(self) -> str:
        """Hash of the code that measures what is no answer."""
        return code_of(rounds, turns) if "times" in self.abilities else ""

    @property
    def _journal(self) -> Journal:
        return self.runtime.cache.journal("answers", digest("repeat", self.version, self.seed) if self.seed else self.version)

    def answers(self, questions: Sequence[Question]) -> list[Answer]:
        """One answer a question, in order. Those given before are read back; what failed is asked again by the next run."""
        return kept.once(self._journal, kept.asked(questions), self.ask)

    def unanswered(self, questions: Sequence[Question]) -> list[Question]:
        """The questions that it was not asked yet."""
        return kept.unanswered(self._journal, questions)

    def given_before(self, questions: Sequence[Question], moment: str) -> dict[str, Any]:
        """How many of its answers were given before a moment, and when the first was; see `kept.given_before`."""
        return kept.given_before(self._journal, questions, moment)

    def stops(self, questions: Sequence[Question]) -> dict[str, int]:
        """How many of its answers stopped for which reason, as far as it was asked."""
        return kept.stops(self._journal, questions)

    def one_by_one(self, questions: Sequence[Question]) -> list[Timing]:
        """How long each question takes, asked alone; for systems that can be timed (``times``)."""
        raise NotImplementedError

    @property
    def ways(self) -> tuple[str, ...]:
        """The name under which it is timed in turn with others."""
        return (f"{self.name}/{self.seed}",)

    def asks(self) -> Mapping[str, rounds.AskTimed]:
        """How it is timed."""
        return {self.ways[0]: self.one_by_one}

    def latencies(self, questions: Sequence[Question], beside: Sequence[Any] = ()) -> list[Timing]:
        """How long each question takes, asked alone, in turn with the systems beside it. These answers are not kept."""
        found = rounds.of(turns.taken(self, questions, beside), self.ways[0])
        return [found[question.id] for question in questions]

    def timed(self, questions: Sequence[Question], beside: Sequence[Any]) -> dict[str, Any]:
        """What a run's provenance says of its timings."""
        return turns.report(self, questions, beside)

    def describe(self) -> dict[str, Any]:
        """What the run's provenance says of it."""
        made = {"version": self.version, "training": {}, "answers": {}}
        return made | {"kind": self.system.kind, "settings": self.system.settings}
