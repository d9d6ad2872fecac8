"""A system built for a domain, ready to be examined. Nothing is trained, indexed or asked before it is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from importlib.metadata import version as installed
from typing import Any

from proctor.core.code import code_of
from proctor.core.schema import Ability, Answer, Context, Domain, Example, InputError, Question, Timing
from proctor.core.storage.cache import Journal, digest
from proctor.models.base.base import BaseModel
from proctor.models.base.room import SHORTEST
from proctor.models.candidates import costs
from proctor.models.candidates.asking import kept, rounds, turns
from proctor.models.candidates.asking.kept import AskedQuestion
from proctor.models.candidates.composed import Composed
from proctor.models.candidates.rewriting import LocalWriter
from proctor.models.generation import answering, generate, habits
from proctor.models.generation.heard import Heard
from proctor.models.generation.limits import UNKNOWN, Limits
from proctor.models.prompts import prompts
from proctor.models.retrieval import dense
from proctor.models.retrieval.existing import FILLED
from proctor.models.retrieval.index import Index
from proctor.models.retrieval.stages import Queries
from proctor.models.rewriters.rewriting import Rewriting
from proctor.models.runtime import Runtime
from proctor.models.stores import faiss
from proctor.models.systems import System
from proctor.models.training import likelihood, trainer
from proctor.models.training.finished import ELSEWHERE
from proctor.models.training.weights import Weights

APART = (Weights, Index, trainer, costs, dense, faiss, likelihood, rounds, turns, LocalWriter, Rewriting)
"""What shapes answers by way of weights and passages, which have versions of their own, or measures other things than answers."""


@dataclass(frozen=True)
class LocalCandidate(Composed):
    """One system on one base model for one domain, with one seed."""

    system: System
    base: BaseModel
    domain: Domain
    runtime: Runtime
    seed: int = 0
    given_weights: Weights | None = None
    """Its weights, where they are not those trained on ``domain``."""
    previous_index: Index | None = None
    """The index that its own is brought up to date from."""
    limits: Limits = UNKNOWN
    """How far its answers may go."""

    def __post_init__(self) -> None:
        """Refuse at once what could only fail later."""
        if self.system.trains:
            trainer.check(self.system, self.base)
        elif finished := self._weights.finished:
            _ = finished.folder  # looked up for its errors
        if self.room + SHORTEST > self.context_length:
            raise InputError(
                f"system {self.name} on {self.base_model}: answers may take {self.room} tokens (the longest reference takes "
                f"{self.limits.longest}), and the model has room for {self.context_length}, prompt included; take one with more "
                "room or set a smaller max_new_tokens in a table of systems"
            )
        self._check_retrieval()
        if self._needs_examples and not self.domain.examples:
            why = "is trained" if self.system.adapts else "shows examples"
            raise InputError(
                f"system {self.name} {why}, and the suite has no train.jsonl: add one, or name with --system those that need none"
            )

    @property
    def _needs_examples(self) -> bool:
        """Whether the domain must have some: weights that are given were made of others."""
        return self.system.few_shot > 0 or (self.system.trains and self.given_weights is None)

    def _check_retrieval(self) -> None:
        try:
            if self.retrieves:
                self.index.refuse()
        except InputError as error:
            raise InputError(f"system {self.name}: {error}") from error

    @property
    def name(self) -> str:
        """The system's name in the table."""
        return self.system.name

    @property
    def base_model(self) -> str:
        """Short name of the base model."""
        return self.base.label

    @property
    def abilities(self) -> frozenset[Ability]:
        """What it can do besides answering: see `evals.candidate`."""
        always: frozenset[Ability] = frozenset({"reads", "fits", "weights", "times", "costs"})
        ours = not self.system.store_settings.existing
        more: dict[Ability, bool] = {"retrieves": self.retrieves, "trains": self.system.trains, "reindexes": ours}
        return always.union(ability for ability, has in more.items() if has)

    @property
    def lacks(self) -> Mapping[Ability, str]:
        """Why it cannot do what others of its kind can."""
        trains: dict[Ability, str] = {"trains": ELSEWHERE} if self.system.weights else {}
        return trains | ({"reindexes": FILLED} if self.system.store_settings.existing else {})

    @property
    def retrieves(self) -> bool:
        """Whether it looks passages up."""
        return self.system.retrieves

    @property
    def context_length(self) -> int:
        """Tokens that its model has room for, prompt and answer together."""
        return self.base.context_length

    @cached_property
    def _weights(self) -> Weights:
        return self.given_weights or Weights(self.system, self.base, self.domain, self.runtime, self.seed)

    @property
    def weights_version(self) -> str:
        """Hash of all that shapes its weights; the base's own where they are not trained."""
        return self._weights.version

    @cached_property
    def version(self) -> str:
        """Hash of all that shapes its answers."""
        found = self.found_with if self.retrieves else None
        return digest(self.weights_version, found, self._spoken, self.runtime.device)

    @cached_property
    def _spoken(self) -> list[Any]:
        """What shapes its answers besides weights and passages."""
        code = [code_of(__name__, apart=APART), *map(installed, habits.LIBRARIES)]
        return [code, self.room, self.limits.ends, self.domain.instruction, self._answerer.shown, self.system.adapter_when]

    @property
    def _heard(self) -> Heard:
        """What its weights said to prompts of any system."""
        code = [code_of(generate), *map(installed, habits.LIBRARIES)]
        version = digest(self.weights_version, self.runtime.device, code, self.room, self.limits.ends)
        return Heard(self.runtime.cache.journal("generations", version))

    @property
    def code(self) -> str:
        """Hash of the code that measures what is no answer: losses, times, costs."""
        return code_of(costs, likelihood, rounds, turns)

    @cached_property
    def _answerer(self) -> answering.Answerer:
        return answering.Answerer(self.system, self.domain, self.context_length, self.limits)

    @property
    def trained(self) -> bool:
        """Whether its weights need no more training."""
        return self._weights.trained

    def training(self) -> dict[str, Any]:
        """What its training measured; nothing where there was none, or none yet."""
        return self._weights.report()

    def answers(self, questions: Sequence[Question]) -> list[Answer]:
        """One answer a question, in order. Those given before are read back.

        A question that fails costs only itself, and is asked again by the next run.
        """

        def ask(missing: list[AskedQuestion]) -> Iterator[list[tuple[AskedQuestion, Answer]]]:
            if not self.retrieves:
                yield from self._answered(missing, [None] * len(missing), None)
                return
            found = dict(zip(missing, self.looked_up([one.question for one in missing]), strict=True))
            for batch in self._answered(missing, [one.passages for one in found.values()], None):
                yield [(one, found[one].counted(answer)) for one, answer in batch]

        return kept.once(self._kept(self.version), kept.asked(questions), ask)

    def answers_given_contexts(
        self, questions: Sequence[Question], passages: Sequence[tuple[Context, ...]], room: int | None = None
    ) -> list[Answer]:
        """One answer a question, with those passages in its prompt and no others; ``room``: tokens for prompt and answer."""
        given = {
            AskedQuestion(digest(question.text, [(context.document, context.text) for context in shown], room), question): shown
            for question, shown in zip(questions, passages, strict=True)
        }
        journal = self._kept(self._readings_version)
        return kept.once(journal, list(given), lambda missing: self._answered(missing, [given[one] for one in missing], room))

    @property
    def _readings_version(self) -> str:
        return digest("readings", self.weights_version, self._spoken, self.runtime.device)

    @property
    def readings_kept(self) -> int:
        """How many questions it was asked with given passages, so far."""
        return len(list(self._kept(self._readings_version).rows()))

    def _kept(self, version: str) -> Journal:
        return self.runtime.cache.journal("answers", version)

    def stops(self, questions: Sequence[Question]) -> dict[str, int]:
        """How many of its answers stopped for which reason, as far as it was asked."""
        return kept.stops(self._kept(self.version), questions)

    def unanswered(self, questions: Sequence[Question]) -> list[Question]:
        """The questions that it was not asked yet."""
        return kept.unanswered(self._kept(self.version), questions)

    @contextmanager
    def model_and_tokenizer(self) -> Iterator[tuple[Any, Any]]:
        """Its model and tokenizer in memory, as it answers a prompt without passages, while the context is open.

        Trains first, if that was not done yet.
        """
        with self._weights.loaded() as (model, tokenizer), self._answerer.speaking(model, passages=False):
            yield model, tokenizer

    def nll(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """The negative log-likelihood, in nats, of each completion after its prompt, for (prompt, completion) texts."""
        asked = [(prompts.prompt(self.domain.instruction, prompt), completion) for prompt, completion in pairs]
        rows = habits.habits(self.base, self.runtime).rows
        with self.model_and_tokenizer() as (model, tokenizer):
            return likelihood.nll(model, tokenizer, asked, self.context_length, rows)

    def latencies(self, questions: Sequence[Question], beside: Sequence[Any] = ()) -> list[Timing]:
        """How long each question takes, asked alone, in turn with the systems beside it: see `models.candidates.asking.rounds`.

        A LoRA adapter is merged into the weights, as it would be to serve it, and timed once more unmerged. One that is
        switched on and off cannot be merged. Answers are neither kept nor read back.
        """
        taken = turns.taken(self, questions, beside)
        plain, slow = (rounds.of(taken, name) for name in (self.ways[0], self.ways[-1]))
        adapted = self.system.adapt == "lora"
        found = ((plain[question.id], slow[question.id]) for question in questions)
        return [
            replace(row, unmerged=other.seconds if adapted and not other.error else None, error=row.error or other.error)
            for row, other in found
        ]

    def timed(self, questions: Sequence[Question], beside: Sequence[Any]) -> dict[str, Any]:
        """What a run's provenance says of its timings: with what they were taken in turn, and what else the machine did."""
        return turns.report(self, questions, beside)

    @property
    def ways(self) -> tuple[str, ...]:
        """The names of the ways in which it is timed: merged, or as it is, and an adapter apart as well."""
        name = f"{self.name}/{self.seed}"
        return (name, f"{name} unmerged") if self._merges else (name,)

    @property
    def _merges(self) -> bool:
        return self.system.adapt == "lora" and self.system.adapter_when == "always"

    def asks(self) -> dict[str, rounds.AskTimed]:
        """By the names of its ways. Trains and indexes first, if that was not done yet."""
        self._weights.folder()
        at_hand: list[tuple[Any, Any]] = []
        """Model and tokenizer of the way that is timed: a question is rewritten by them, too."""
        look_up = self.index.searcher(self.top_k, self._queries_of(lambda: at_hand[-1])) if self.retrieves else None

        def ask(loaded: Callable[[], AbstractContextManager[tuple[Any, Any]]], questions: Sequence[Question]) -> list[Timing]:
            with loaded() as (model, tokenizer):
                at_hand[:] = [(model, tokenizer)]
                return self._answerer.latencies(model, tokenizer, questions, look_up)

        loads = (self._weights.merged, self._weights.loaded) if self._merges else (self._weights.loaded,)
        return {name: partial(ask, loaded) for name, loaded in zip(self.ways, loads, strict=True)}

    def _queries_of(self, at_hand: Callable[[], tuple[Any, Any]]) -> Queries | None:
        """As `queries`, by a model that is in memory."""
        if self.rewriting is None:
            return None

        @contextmanager
        def loaded() -> Iterator[tuple[Any, Any]]:
            model, tokenizer = at_hand()
            with self._answerer.speaking(model, passages=False):
                yield model, tokenizer

        return replace(self.rewriting, writer=replace(self.writer, loaded=loaded)).queries(self.system.retrievers)

    @property
    def writer(self) -> LocalWriter:
        """Its model as what writes queries: as it answers a prompt without passages."""
        shapes = [self.weights_version, self.system.adapter_off(passages=False), *map(installed, habits.LIBRARIES)]
        version = digest(code_of(LocalWriter), shapes, self.runtime.device)
        rows = lambda: habits.habits(self.base, self.runtime).rows  # noqa: E731
        return LocalWriter(self.model_and_tokenizer, version, self.context_length, rows)

    def costs(self) -> dict[str, float | str]:
        """What it cost to build and takes on disk, or why that is not known. Trains and indexes first, if need be."""
        index = self.index.folder() if self.retrieves else None
        finished = self._weights.finished
        needed = finished.needed if finished else None
        base, price = None if self.system.adapt == "full" else self.base.folder, self.system.embedding.input_price
        return costs.costs(self._weights.folder(), index, base, needed, price)

    def retrained(self, domain: Domain) -> LocalCandidate:
        """The same system, trained from the base on another domain, and searching that domain's documents."""
        return replace(self, domain=domain, given_weights=None, previous_index=self.index)

    def reindexed(self, domain: Domain) -> LocalCandidate:
        """The same weights, searching another domain's documents."""
        return replace(self, domain=domain, given_weights=self._weights, previous_index=self.index)

    def continued(self, domain: Domain, examples: Sequence[Example]) -> LocalCandidate:
        """Its weights trained further on those examples alone, searching another domain's documents."""
        further = replace(domain, examples=tuple(examples))
        return replace(self.reindexed(domain), given_weights=replace(self._weights, domain=further, init_from=self._weights))

    def describe(self) -> dict[str, Any]:
        """What the run's provenance says of it: settings, and what its training measured if it was trained by now."""
        settings = self.system.settings
        settings["max_new_tokens"] = self.room
        settings |= self.index.told() if self.retrieves else {}
        if self.system.trains:
            settings |= trainer.hyperparameters(self.system, self.base)._asdict()
        said = {
            "prompt_template": prompts.template(),
            "batch_rows": generate.BATCH_ROWS,
            "batch_tokens": generate.BATCH_TOKENS,
            "adapter_merged": False if self.system.adapt == "lora" else None,
            "faiss": faiss.backend() if "dense" in self.system.retrievers and self.system.store == "faiss" else None,
        }
        looked = habits.known(self.base, self.runtime)
        said |= looked.told() if looked else {}
        training = {**trained, "weights": self._weights.version} if (trained := self.training()) else {}
        made = {"version": self.version, "device": self.runtime.device, "training": training}
        made["answers"] = {"most_tokens": self.room, "longest_reference": self.limits.longest, "line_ends": self.limits.ends}
        made |= {"index": self.index.facts()} if self.retrieves else {}
        made |= {"rewriting": self.rewriting.told()} if self.rewriting else {}
        return made | {"settings": settings, "generation": {name: value for name, value in said.items() if value is not None}}

    def _answered(
        self, asked: Sequence[AskedQuestion], passages: Sequence[answering.Passages], room: int | None
    ) -> Iterator[list[tuple[AskedQuestion, Answer]]]:
        """Answers batch by batch, as they come."""
        if not asked:
            return
        questions = [(one.question, found) for one, found in zip(asked, passages, strict=True)]
        asked_by = replace(self._answerer, rows=habits.habits(self.base, self.runtime).rows, heard=self._heard)
        with self._weights.loaded() as (model, tokenizer):
            for batch in asked_by.answers(model, tokenizer, questions, room):
                yield [(asked[place], answer) for place, answer in batch]
