"""How a system is asked: prompts that fit into its model's room, batches of one kind, and answers made of what was said."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeAlias

from proctor.core.language.citing import Citing
from proctor.core.sampling import spread
from proctor.core.schema import Answer, Context, Domain, Question, Timing
from proctor.models.generation import generate, heard, stopwatch
from proctor.models.generation.heard import Heard
from proctor.models.generation.limits import UNKNOWN, Limits
from proctor.models.prompts import prompts, thinking
from proctor.models.retrieval.search import Searcher
from proctor.models.systems import System

log = logging.getLogger("proctor")

Passages: TypeAlias = tuple[Context, ...] | None
"""What stands in a prompt; None where the system looks nothing up."""
FittedPrompt: TypeAlias = tuple[Question, list[int], Answer]
"""A question, its prompt's tokens, and an answer to fill in."""


@dataclass(frozen=True)
class Answerer:
    """One system's manner of being asked about one domain."""

    system: System
    domain: Domain
    context_length: int
    """Tokens that the model has room for, prompt and answer together."""
    limits: Limits = UNKNOWN
    rows: int = generate.BATCH_ROWS
    """Questions that may be asked together."""
    heard: Heard | None = None
    """What the weights said before: no prompt is asked again that stands there."""

    @property
    def tokens(self) -> int:
        """New tokens that an answer may take."""
        return self.system.max_new_tokens or self.limits.tokens

    @cached_property
    def shown(self) -> str:
        """What a prompted system reads before every question: the house format in words, and examples from all over."""
        found = spread(self.domain.examples, self.system.few_shot)
        return prompts.shots(self.domain.guide, found) if found else ""

    def speaking(self, model: Any, *, passages: bool) -> AbstractContextManager[Any]:
        """The model as it answers a prompt with passages in it, or one without: its adapter is off where the base answers."""
        return model.disable_adapter() if self.system.adapter_off(passages=passages) else nullcontext()

    def answers(
        self, model: Any, tokenizer: Any, asked: Sequence[tuple[Question, Passages]], room: int | None = None
    ) -> Iterator[list[tuple[int, Answer]]]:
        """Places and answers batch by batch, as they come. ``room``: tokens for prompt and answer, if less than the model has."""
        fitted = [self._tried(tokenizer, question, passages, room) for question, passages in asked]
        if room is None:  # a smaller one is an axis' own, and what is cut there is cut on purpose
            self._tell(fitted)
        before = self._heard_before(fitted)
        if before:
            log.info("%s: %d of %d prompts were asked before, with the same weights", self.system.name, len(before), len(asked))
            yield before
        done, known = len(before), {place for place, _ in before}
        for places in self._batches(fitted, known):
            batch = [fitted[place] for place in places]
            with self.speaking(model, passages=bool(batch[0][2].contexts)):
                said = self._ask(model, tokenizer, batch)
            yield list(zip(places, said, strict=True))
            done += len(batch)
            log.info("%s: answered %d of %d", self.system.name, done, len(asked))

    def latencies(self, model: Any, tokenizer: Any, questions: Sequence[Question], look_up: Searcher | None) -> list[Timing]:
        """How long each question takes, asked alone."""

        def ask(question: Question, clock: stopwatch.Stopwatch) -> Timing:
            passages = look_up([question.text])[0] if look_up else None
            clock.found()
            _, tokens, answer = self._fitted(tokenizer, question, passages)
            if answer.error:
                return Timing(question.id, error=answer.error)
            with self.speaking(model, passages=bool(answer.contexts)):
                (said,) = self._said(model, tokenizer, [tokens], clock)
            return clock.timing(question.id, said.tokens, len(tokens))

        return stopwatch.latencies(questions, ask)

    def _said(self, model: Any, tokenizer: Any, asked: list[list[int]], clock: Any = None) -> list[generate.Generated]:
        thought = thinking.allowance(tokenizer, self.context_length)
        return generate.generate(model, tokenizer, asked, replace(self.limits, tokens=self.tokens), clock, thought)

    def _tell(self, fitted: Sequence[FittedPrompt]) -> None:
        """What had to be left out or cannot be asked, once for all questions."""
        cut, failed = (sum(bool(part) for part in parts) for parts in zip(*((a.cut, a.error) for _, _, a in fitted), strict=True))
        if self.limits.longest > self.tokens:
            log.warning(
                "%s: answers may take %d tokens; longest reference %d", self.system.name, self.tokens, self.limits.longest
            )
        shots = f", after the {self.system.few_shot} examples that it shows" if self.shown else ""
        for count, what in ((cut, "do not leave room for all their passages"), (failed, "take more than the model has room for")):
            if count:
                log.info("%s: %d of %d questions %s%s", self.system.name, count, len(fitted), what, shots)

    def _tried(self, tokenizer: Any, question: Question, passages: Passages, most: int | None) -> FittedPrompt:
        """As `_fitted`; a prompt that cannot be made is that question's failure."""
        try:
            return self._fitted(tokenizer, question, passages, most)
        except Exception as error:  # noqa: BLE001 # the boundary: whatever a chat template raises
            return question, [], Answer(question.id, "", passages, error=f"{type(error).__name__}: {error}")

    def _fitted(self, tokenizer: Any, question: Question, passages: Passages, most: int | None = None) -> FittedPrompt:
        """Passages that do not fit are cut whole, the worst first."""
        kept = list(passages or ())
        whole = self.context_length - thinking.allowance(tokenizer, self.context_length)
        room = min(most or whole, whole) - self.tokens
        while True:
            text = prompts.prompt(self.domain.instruction, question.text, kept, self.shown)
            tokens = prompts.as_tokens(tokenizer, text)
            if len(tokens) <= room or not kept:
                break
            kept.pop()
        cut = len(passages or ()) - len(kept)
        error = None if len(tokens) <= room else self._too_long(len(tokens), room)
        error = error if tokens else "the chat template makes nothing of a question"
        read = prompts.without_passages(prompts.rendered(tokenizer, text), kept)
        contexts = None if passages is None else tuple(kept)
        return question, tokens, Answer(question.id, "", contexts, prompt_tokens=len(tokens), cut=cut, error=error, prompt=read)

    def _too_long(self, tokens: int, room: int) -> str:
        """Why a question is not asked; the same for all questions where it is the examples before them that are too long."""
        if self.shown:
            shown = f"the question and the {self.system.few_shot} examples before it"
            return f"{shown} take more than the {room} tokens left for a prompt"
        return f"the question takes {tokens} tokens and the model has room for {room}"

    def _heard_before(self, fitted: Sequence[FittedPrompt]) -> list[tuple[int, Answer]]:
        """Places and answers of prompts that the weights were asked before."""
        known = self.heard.known if self.heard else {}
        keys = [self._key(prompt) if known and prompt[2].error is None else "" for prompt in fitted]
        return [(place, self._filled(fitted[place][2], known[one])) for place, one in enumerate(keys) if one in known]

    def _key(self, prompt: FittedPrompt) -> str:
        _, tokens, answer = prompt
        return heard.key(tokens, adapter_off=self.system.adapter_off(passages=bool(answer.contexts)))

    def _batches(self, fitted: Sequence[FittedPrompt], known: AbstractSet[int]) -> Iterator[list[int]]:
        """Places of prompts to be answered together: by the same weights, and of like length. Without those that are known."""
        reading = [self.system.adapter_when != "always" and bool(answer.contexts) for _, _, answer in fitted]
        for kind in (True, False):
            places = [place for place, reads in enumerate(reading) if reads == kind and place not in known]
            for batch in generate.batches([len(fitted[place][1]) for place in places], self.rows):
                yield [places[index] for index in batch]

    def _ask(self, model: Any, tokenizer: Any, batch: Sequence[FittedPrompt]) -> list[Answer]:
        """One batch; if it fails, each of its questions alone, so that only the one that cannot be answered is lost."""
        asked = [prompt for prompt in batch if prompt[2].error is None]
        try:
            said = self._said(model, tokenizer, [tokens for _, tokens, _ in asked]) if asked else []
        except Exception as error:  # noqa: BLE001 # the boundary: whatever a model raises is that question's failure
            if len(batch) > 1:
                return [answer for row in batch for answer in self._ask(model, tokenizer, [row])]
            return [replace(batch[0][2], error=f"{type(error).__name__}: {error}")]
        if self.heard and said:
            self.heard.keep(zip(map(self._key, asked), said, strict=True))
        given = iter(said)
        return [answer if answer.error else self._filled(answer, next(given)) for _, _, answer in batch]

    def _filled(self, answer: Answer, said: generate.Generated) -> Answer:
        seconds, cited = round(said.seconds, 6), self._citing.read(said.text, answer.contexts or ()).documents
        filled = replace(answer, text=said.text, tokens=said.tokens, seconds=seconds, citations=cited)
        return replace(filled, stop=said.stop, thought=said.thought)

    @cached_property
    def _citing(self) -> Citing:
        return Citing(self.domain.documents)
