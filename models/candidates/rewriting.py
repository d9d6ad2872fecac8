"""A candidate's own model as what writes what is searched with: its weights, or the endpoint that it is served at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from proctor.core.chat import ChatError
from proctor.core.schema import Answer, Question, UnreachedError
from proctor.models.candidates.asking.calling import Caller, CallError
from proctor.models.candidates.asking.kept import AskedQuestion
from proctor.models.generation import generate
from proctor.models.generation.limits import Limits
from proctor.models.generation.served import Served, TooLongError
from proctor.models.prompts import prompts as templates
from proctor.models.prompts import thinking
from proctor.models.rewriters.protocol import Rewriter
from proctor.models.rewriters.rewriting import Written

ModelAndTokenizer = Callable[[], AbstractContextManager[tuple[Any, Any]]]


@dataclass(frozen=True)
class LocalWriter:
    """Weights that are here."""

    loaded: ModelAndTokenizer
    version: str
    context_length: int
    rows: Callable[[], int]
    """Prompts that may be answered together."""

    def asked_again(self) -> int:
        """Never: weights do not change unseen."""
        return 0

    def write(self, prompts: Sequence[str], rewriter: Rewriter) -> Iterator[list[tuple[int, Written]]]:
        """Places and texts in batches of like length. A prompt for which there is no room is not asked."""
        limits = Limits(rewriter.tokens, rewriter.ends)
        with self.loaded() as (model, tokenizer):
            thought = thinking.allowance(tokenizer, self.context_length)
            asked = [templates.as_tokens(tokenizer, prompt) for prompt in prompts]
            room = self.context_length - rewriter.tokens - thought
            fit = [place for place, tokens in enumerate(asked) if 0 < len(tokens) <= room]
            if len(fit) < len(asked):
                yield [(place, Written("")) for place in sorted({*range(len(asked))}.difference(fit))]
            for batch in generate.batches([len(asked[place]) for place in fit], self.rows()):
                places = [fit[index] for index in batch]
                said = generate.generate(model, tokenizer, [asked[place] for place in places], limits, thought=thought)
                yield [
                    (place, Written(one.text, one.tokens, len(asked[place]), round(one.seconds, 6)))
                    for place, one in zip(places, said, strict=True)
                ]


@dataclass(frozen=True)
class ServedWriter:
    """A model that is served elsewhere, asked within the limits of the calls for answers."""

    served: Callable[[Rewriter], Served]
    """The model with room for what is written."""
    caller: Caller
    version: str
    asked_again: Callable[[], int]

    def write(self, prompts: Sequence[str], rewriter: Rewriter) -> Iterator[list[tuple[int, Written]]]:
        """Places and texts as they come."""
        served, failed = self.served(rewriter), list[str]()
        served.endpoint.ready()

        async def ask(question: Question) -> Answer:
            try:
                heard = await served.say(prompts[int(question.id)])
            except TooLongError:
                return Answer(question.id, "")
            except ChatError as error:
                raise CallError(str(error), error.kind) from None
            return Answer(question.id, heard.text, tokens=heard.tokens, prompt_tokens=heard.prompt_tokens)

        asked = [AskedQuestion(str(place), Question(str(place), prompt)) for place, prompt in enumerate(prompts)]
        for batch in self.caller.answers(asked, ask):
            failed += [answer.error for _, answer in batch if answer.error]
            yield [(int(one.key), _written(answer)) for one, answer in batch if not answer.error]
        if failed:
            what = f"{len(failed)} of {len(prompts)} questions could not be rewritten, the first: {failed[0]}"
            raise UnreachedError(f"system {self.caller.name}: {what}; run again")


def _written(answer: Answer) -> Written:
    return Written(answer.text, answer.tokens, answer.prompt_tokens, answer.seconds)
