"""What is examined: something that answers, and what else it may be able to do.

A `Candidate` is no more than its name and its answers. What it can do besides are abilities, which it declares. Axes and metrics
name those that they need (`evals.exam.Axis.needs`) and are not applicable to a system without them. Most have a protocol here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from proctor.core.schema import Ability, Answer, Context, Domain, Example, Question, Timing

LACKS: Mapping[Ability, str] = {
    "trains": "the system is not trained",
    "retrieves": "the system does not retrieve",
    "reads": "the system cannot be shown other passages than its own",
    "fits": "the tokens of the system's prompts cannot be counted",
    "reindexes": "the system cannot be given other documents",
    "weights": "the system's weights cannot be had",
    "likelihoods": "the system does not say how likely a text is",
    "times": "the system cannot be timed",
    "costs": "the costs of the system are not known",
}
"""Ability -> what to say of a system without it. Where several are missing, the first is said."""


NO_PASSAGES = "the answer came without the passages that it was made from"
"""What to say of an answer without contexts of a system that ``retrieves``."""


class Candidate(Protocol):
    """A system built for a suite. Of a question's answer, the contexts are ``None`` unless it ``retrieves`` and says them."""

    @property
    def name(self) -> str:
        """The system's name in the table of systems."""

    @property
    def base_model(self) -> str:
        """Short name of the base model."""

    @property
    def seed(self) -> int:
        """Seed of its training."""

    @property
    def version(self) -> str:
        """Hash of all that shapes its answers."""

    @property
    def code(self) -> str:
        """Hash of the code that measures what is no answer: losses, times, costs; empty where it can do nothing but answer."""

    @property
    def abilities(self) -> frozenset[Ability]:
        """What it can do besides. ``retrieves``: its answers have the passages that it looked up. The others are below."""

    def answers(self, questions: Sequence[Question]) -> list[Answer]:
        """One answer a question, in order."""


class Reads(Candidate, Protocol):
    """``reads``: it can be shown passages of another's choice, or none."""

    def answers_given_contexts(
        self, questions: Sequence[Question], passages: Sequence[tuple[Context, ...]], room: int | None = None
    ) -> list[Answer]:
        """One answer a question, with those passages in its prompt and no others.

        ``room``: tokens for prompt and answer; None, as much as there is, unless it ``fits``.
        """


class Fits(Reads, Protocol):
    """``fits``: it counts the tokens of its prompts, so that they can be held to a room."""

    @property
    def context_length(self) -> int:
        """Tokens that its model has room for, prompt and answer together."""


class Searches(Reads, Protocol):
    """``retrieves`` and ``reads``: what it may be shown are passages of its own documents."""

    @property
    def top_k(self) -> int:
        """Passages that it looks up for a question."""

    def retrieve(self, questions: Sequence[Question], count: int) -> list[tuple[Context, ...]]:
        """The best ``count`` passages for each question, best first."""

    def chunks_of(self, documents: Sequence[str]) -> Mapping[str, tuple[Context, ...]]:
        """Document id -> the passages that it was split into."""


class Reindexes(Candidate, Protocol):
    """``reindexes``: its documents can be exchanged. So can those of a system that looks nothing up, to no effect."""

    def reindexed(self, domain: Domain) -> Candidate:
        """The same weights, searching another domain's documents."""


class Trains(Candidate, Protocol):
    """``trains``: its weights come of training on the domain's examples, and can be trained again."""

    def retrained(self, domain: Domain) -> Candidate:
        """The same system, trained from the base on another domain, and searching that domain's documents."""

    def continued(self, domain: Domain, examples: Sequence[Example]) -> Candidate:
        """Its weights trained further on those examples alone, searching another domain's documents."""


class HasWeights(Candidate, Protocol):
    """``weights``: its model can be had in memory."""

    @property
    def weights_version(self) -> str:
        """Hash of its weights alone; equal to the base's where it uses the base's weights."""

    def model_and_tokenizer(self) -> AbstractContextManager[tuple[Any, Any]]:
        """Its model and tokenizer in memory, while the context is open."""

    def nll(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """The negative log-likelihood, in nats, of each completion after its prompt, for (prompt, completion) texts."""


class Likelihoods(Candidate, Protocol):
    """``likelihoods``: it says how likely it would go on in given words, though its weights cannot be had."""

    @property
    def weights_version(self) -> str:
        """Hash of what is known of its weights."""

    def likelihoods(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[float, bool]]:
        """For (context, continuation) texts: the log-likelihood in nats, and whether each token was the likeliest.

        Raises:
            OSError: it does not say, or cannot be reached.
        """

    def continuations(self, asked: Sequence[tuple[str, Sequence[str], int]]) -> list[str]:
        """How it goes on, greedily, for (text, texts that end it, most new tokens); OSError if it cannot be reached."""


class Times(Candidate, Protocol):
    """``times``: it can be timed question by question."""

    def latencies(self, questions: Sequence[Question], beside: Sequence[Any]) -> list[Timing]:
        """How long each question takes, asked alone, in turn with the candidates beside it; in the questions' order."""


class Costs(Candidate, Protocol):
    """``costs``: what it took to build, or what it takes to ask it, is known, as far as it can be."""

    def costs(self) -> Mapping[str, float | str]:
        """What it cost to build and takes on disk, by the names of `evals.axes.cost`, or why that is not known.

        What is left out was not built here. ``input_price`` and ``output_price``: of a million tokens that it reads and writes.
        """


def lacking(candidate: Candidate, needs: frozenset[Ability], either: frozenset[Ability] = frozenset()) -> str:
    """Why what has these needs, and one of ``either``, cannot be measured of a candidate; empty if it can.

    A candidate that knows better than `LACKS` why it cannot do something has a mapping of that kind as ``lacks``.
    """
    own: Mapping[Ability, str] = getattr(candidate, "lacks", {})
    return why_not(candidate.abilities, needs, either, {**LACKS, **own})


def why_not(
    abilities: frozenset[Ability],
    needs: frozenset[Ability],
    either: frozenset[Ability] = frozenset(),
    lacks: Mapping[Ability, str] = LACKS,
) -> str:
    """The same of what has these abilities."""
    if missing := next((why for ability, why in lacks.items() if ability in needs - abilities), ""):
        return missing
    none = either and abilities.isdisjoint(either)
    return ", and ".join(why for ability, why in lacks.items() if ability in either) if none else ""
