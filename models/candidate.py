"""A system built for a domain, ready to be examined. Nothing is trained, indexed or asked before it is needed."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

from evals.cache import digest, source
from evals.schema import Answer, Context, Domain, InputError, Question, Timing, as_json
from models import adaptation, batching, costs, distractors, generation, prompts, retrieval, timing, training_cost
from models.base import BaseModel
from models.bench import Bench
from models.systems import System

log = logging.getLogger("proctor")


@dataclass(frozen=True)
class Candidate:
    """One system on one base model for one domain, with one seed."""

    system: System
    base: BaseModel
    domain: Domain
    bench: Bench
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse at once what could only fail later."""
        adaptation.check(self.system, self.base)
        if self.system.adapts and not self.domain.examples:
            raise InputError(f"system {self.name} is trained, and the suite has no train.jsonl: add one, or leave the system out")

    @property
    def name(self) -> str:
        """The system's name in the table."""
        return self.system.name

    @property
    def base_model(self) -> str:
        """Short name of the base model."""
        return self.base.label

    @property
    def retrieves(self) -> bool:
        """Whether it looks passages up."""
        return self.system.retrieves

    @cached_property
    def weights_version(self) -> str:
        """Hash of all that shapes its weights; the base's own where they are not trained."""
        system = self.system
        if not system.adapts:
            return self.base.version
        examples = [vars(example) for example in self.domain.examples]
        chosen = [system.adapt, *adaptation.hyperparameters(system, self.base), system.batch_size]
        if system.adapt == "lora":
            chosen += [system.rank, system.alpha]
        shown = [self.index_version, system.top_k, system.gold_share] if system.trains_with_passages else None
        modules = [adaptation, batching, prompts, training_cost, *([distractors] if system.trains_with_passages else [])]
        code = [
            source(*(module.__file__ for module in modules)),
            *(installed(name) for name in ("torch", "transformers", "peft")),
        ]
        return digest(self.base.version, self.domain.instruction, examples, chosen, shown, self.seed, self.bench.device, code)

    @cached_property
    def index_version(self) -> str:
        """Hash of all that shapes its index."""
        return retrieval.key(self.system, self.domain.documents)

    @cached_property
    def version(self) -> str:
        """Hash of all that shapes its answers."""
        system = self.system
        found = [self.index_version, system.top_k] if system.retrieves else None
        code = source(__file__, prompts.__file__, generation.__file__, timing.__file__)
        spoken = [code, system.max_new_tokens, self.domain.instruction]
        return digest(self.weights_version, found, spoken, self.bench.device)

    def answers(self, questions: Sequence[Question]) -> list[Answer]:
        """One answer a question, in order. Those given before are read back.

        A question that fails costs only itself, and is asked again by the next run.
        """
        journal = self.bench.cache.journal("answers", self.version)
        with journal.lock():
            known = {row["asked"]: Answer.from_json(row["answer"]) for row in journal.rows()}
            missing = [question for question in questions if _asked(question) not in known]
            for batch in self._answered(missing):
                journal.append({"asked": _asked(q), "answer": as_json(answer)} for q, answer in batch if answer.error is None)
                known |= {_asked(question): answer for question, answer in batch}
        return [replace(known[_asked(question)], question=question.id) for question in questions]

    def unanswered(self, questions: Sequence[Question]) -> list[Question]:
        """The questions that it was not asked yet."""
        known = {row["asked"] for row in self.bench.cache.journal("answers", self.version).rows()}
        return [question for question in questions if _asked(question) not in known]

    def weights(self) -> AbstractContextManager[tuple[Any, Any]]:
        """Its model and tokenizer in memory, while the context is open. Trains first, if that was not done yet."""
        return self.bench.weights(self.base, self.system.adapt, self.adapted())

    def timings(self, questions: Sequence[Question]) -> list[Timing]:
        """How long each question takes, asked alone, after a warm-up. Answers are neither kept nor read back.

        A LoRA adapter is merged into the weights, as it would be to serve it, and timed once more unmerged.
        """
        look_up = retrieval.searcher(self.system, self.index(), self.bench.device) if self.system.retrieves else None
        timed = self._timed(self.bench.merged(self.base, self.system.adapt, self.adapted()), questions, look_up)
        if self.system.adapt != "lora":
            return timed
        unmerged = self._timed(self.weights(), questions, look_up)
        return [
            replace(row, unmerged=None if slow.error else slow.seconds, error=row.error or slow.error)
            for row, slow in zip(timed, unmerged, strict=True)
        ]

    def costs(self) -> dict[str, float | str]:
        """What it cost to build and takes on disk, or why that is not known. Trains and indexes first, if need be."""
        return costs.costs(self.adapted(), self.index() if self.system.retrieves else None)

    def adapted(self) -> Path | None:
        """The folder of its trained weights, built if it is not there; ``None`` for a system that is not trained."""
        if not self.system.adapts:
            return None
        return self.bench.cache.build("adapted", self.weights_version, self._train)

    def index(self) -> Path:
        """The folder of its index, built if it is not there."""
        device = self.bench.device
        return self.bench.cache.build(
            "indices", self.index_version, lambda folder: retrieval.build(self.system, self.domain.documents, folder, device)
        )

    def facts(self) -> dict[str, Any]:
        """What the run's provenance says of it: settings, and what its training measured if it was trained by now."""
        settings = {name: value for name, value in vars(self.system).items() if name != "name"}
        if self.system.adapts:
            settings |= adaptation.hyperparameters(self.system, self.base)._asdict()
        said = {
            "prompt_template": prompts.template(),
            "batch_rows": generation.BATCH_ROWS,
            "batch_tokens": generation.BATCH_TOKENS,
            "adapter_merged": False if self.system.adapt == "lora" else None,
            "faiss": retrieval.faiss_backend() if self.system.retrieve == "dense" else None,
        }
        made = {"version": self.version, "device": self.bench.device, "training": self._training_report()}
        return made | {"settings": settings, "generation": {name: value for name, value in said.items() if value is not None}}

    def _training_report(self) -> dict[str, Any]:
        cache = self.bench.cache
        if not self.system.adapts or not cache.has("adapted", self.weights_version):
            return {}
        report = cache.build("adapted", self.weights_version, self._train) / adaptation.REPORT
        parsed: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
        return parsed

    def _retrieved(self, texts: Sequence[str]) -> list[tuple[Context, ...]]:
        return retrieval.search(self.system, self.index(), texts, self.bench.device)

    def _train(self, folder: Path) -> None:
        log.info("training %s (seed %d) on %d examples", self.name, self.seed, len(self.domain.examples))
        pairs = [
            (prompts.prompt(self.domain.instruction, example.prompt, contexts), example.completion)
            for example, contexts in zip(self.domain.examples, self._training_passages(), strict=True)
        ]
        self.bench.clear()
        adaptation.train(self.system, self.base, pairs, self.seed, folder, self.bench.device)

    def _training_passages(self) -> list[tuple[Context, ...]]:
        """For each example the passages to train with; none for a system that is trained without."""
        if not self.system.trains_with_passages:
            return [()] * len(self.domain.examples)
        found = self._retrieved([example.prompt for example in self.domain.examples])
        return distractors.mixed(self.domain, found, self.system, self.seed)

    def _answered(self, questions: list[Question]) -> Iterator[list[tuple[Question, Answer]]]:
        """Answers batch by batch, as they come."""
        if not questions:
            return
        found: Sequence[tuple[Context, ...] | None] = [None] * len(questions)
        if self.system.retrieves:
            found = self._retrieved([question.text for question in questions])
        with self.weights() as (model, tokenizer):
            fitted = [self._fitted(tokenizer, question, contexts) for question, contexts in zip(questions, found, strict=True)]
            done = 0
            for batch in generation.batches([len(tokens) for tokens, _ in fitted]):
                yield self._ask(model, tokenizer, [(questions[index], *fitted[index]) for index in batch])
                done += len(batch)
                log.info("%s: answered %d of %d", self.name, done, len(questions))

    def _fitted(self, tokenizer: Any, question: Question, contexts: tuple[Context, ...] | None) -> tuple[list[int], Answer]:
        """The prompt's tokens and an answer to fill in. Passages that do not fit are cut whole, the worst first."""
        kept = list(contexts or ())
        room = self.base.context - self.system.max_new_tokens
        while True:
            tokens = prompts.as_tokens(tokenizer, prompts.prompt(self.domain.instruction, question.text, kept))
            if len(tokens) <= room or not kept:
                break
            kept.pop()
        cut = len(contexts or ()) - len(kept)
        error = None if len(tokens) <= room else f"the question takes {len(tokens)} tokens and the model has room for {room}"
        passages = None if contexts is None else tuple(kept)
        return tokens, Answer(question.id, "", passages, prompt_tokens=len(tokens), cut=cut, error=error)

    def _ask(self, model: Any, tokenizer: Any, batch: list[tuple[Question, list[int], Answer]]) -> list[tuple[Question, Answer]]:
        """One batch; if it fails, each of its questions alone, so that only the one that cannot be answered is lost."""
        asked = [row for row in batch if row[2].error is None]
        try:
            said = (
                generation.generate(model, tokenizer, [tokens for _, tokens, _ in asked], self.system.max_new_tokens)
                if asked
                else []
            )
        except Exception as error:  # noqa: BLE001 # the boundary: whatever a model raises is that question's failure
            if len(batch) > 1:
                return [pair for row in batch for pair in self._ask(model, tokenizer, [row])]
            return [(batch[0][0], replace(batch[0][2], error=f"{type(error).__name__}: {error}"))]
        spoken = {question.id: heard for (question, _, _), heard in zip(asked, said, strict=True)}
        return [(question, self._filled(answer, spoken.get(question.id))) for question, _, answer in batch]

    def _filled(self, answer: Answer, heard: generation.Generated | None) -> Answer:
        if heard is None:
            return answer
        return replace(
            answer, text=heard.text, tokens=heard.tokens, seconds=round(heard.seconds, 6), citations=self._cited(heard.text)
        )

    def _timed(
        self, loaded: AbstractContextManager[tuple[Any, Any]], questions: Sequence[Question], look_up: retrieval.Searcher | None
    ) -> list[Timing]:
        with loaded as (model, tokenizer):

            def ask(question: Question, clock: timing.Clock) -> Timing:
                contexts = look_up([question.text])[0] if look_up else None
                clock.found()
                tokens, answer = self._fitted(tokenizer, question, contexts)
                if answer.error:
                    return Timing(question.id, error=answer.error)
                (said,) = generation.generate(model, tokenizer, [tokens], self.system.max_new_tokens, clock)
                return clock.timing(question.id, said.tokens)

            return timing.timings(questions, ask)

    def _cited(self, text: str) -> tuple[str, ...]:
        """Documents named in square brackets, in order, once each."""
        known = self._document_ids
        return tuple(dict.fromkeys(name for name in re.findall(r"\[([^\[\]]+)\]", text) if name in known))

    @cached_property
    def _document_ids(self) -> frozenset[str]:
        return frozenset(document.id for document in self.domain.documents)


def _asked(question: Question) -> str:
    """What identifies a question to a system: its text alone."""
    return digest(question.text)
