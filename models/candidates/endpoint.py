"""A served model in place of local weights: ``endpoint = "openai:MODEL@URL"``, beside Proctor's own retrieval and prompts.

What local weights are given it is given, too: the same prompt, the same passages, the same end of an answer. What hangs on its
tokenizer cannot be known here: prompts are not counted, and passages are left out only once the server has no room for them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, TypeVar

from proctor.core import chat, http
from proctor.core.chat import ChatError, RefusedError
from proctor.core.code import code_of
from proctor.core.language.citing import Citing
from proctor.core.sampling import spread
from proctor.core.schema import Ability, Answer, Context, Domain, InputError, Question, Timing
from proctor.core.storage.cache import Journal, digest
from proctor.models import served_model
from proctor.models.candidates import costs
from proctor.models.candidates.asking import calling, kept
from proctor.models.candidates.asking.calling import Caller, CallError
from proctor.models.candidates.asking.kept import AskedQuestion
from proctor.models.candidates.composed import Composed
from proctor.models.candidates.external import External
from proctor.models.candidates.rewriting import ServedWriter
from proctor.models.generation import stopwatch
from proctor.models.generation.served import Heard, Served, TooLongError
from proctor.models.generation.stopwatch import Stopwatch
from proctor.models.prompts import prompts
from proctor.models.retrieval import index
from proctor.models.retrieval.index import Index
from proctor.models.rewriters.protocol import Rewriter
from proctor.models.served_model import ServedModel

RETRIES = 5
"""Calls repeated when the server is busy, broken or silent, as long as an answer may take."""
EXAMPLE = "http://127.0.0.1:8000/v1"
ShownPassages = tuple[Context, ...] | None
"""What stands in a prompt; None where the system looks nothing up."""
_Came = TypeVar("_Came")
Say = Callable[[tuple[Context, ...]], Awaitable[Heard]]
"""Asks with those passages in the prompt."""


@dataclass(frozen=True)
class Endpoint(Composed, External):
    """One served model, with or without retrieval, before one domain."""

    previous_index: Index | None = None
    """The index that its own is brought up to date from."""
    like: Endpoint | None = None
    """The system that it was before its documents changed: calls are counted together."""
    apart = (chat, http, served_model, calling, costs, index, stopwatch)

    def __post_init__(self) -> None:
        """Refuse at once what could only fail later."""
        _ = self._model
        if self.system.retrieves:
            self.index.refuse()
        if self.system.few_shot and not self.domain.examples:
            raise InputError("it shows examples, and the suite has no train.jsonl: add one, or leave few_shot out")

    @cached_property
    def _model(self) -> ServedModel:
        protocol, _, rest = (self.system.endpoint or "").partition(":")
        return served_model.find("endpoint", rest if protocol == "openai" else "", self.system.openai.key, EXAMPLE)

    @property
    def abilities(self) -> frozenset[Ability]:
        """What it can do besides answering."""
        always: frozenset[Ability] = frozenset({"reads", "times", "costs"})
        ours = not self.system.store_settings.existing
        more: dict[Ability, bool] = {
            "retrieves": self.system.retrieves,
            "likelihoods": self.system.openai.logprobs,
            "reindexes": ours,
        }
        return always.union(ability for ability, has in more.items() if has)

    @cached_property
    def _shown(self) -> str:
        """What a prompted system reads before every question."""
        found = spread(self.domain.examples, self.system.few_shot)
        return prompts.shots(self.domain.guide, found) if found else ""

    @cached_property
    def _citing(self) -> Citing:
        return Citing(self.domain.documents)

    @cached_property
    def _caller(self) -> Caller:
        return self.like._caller if self.like else Caller(self.name, self.system.calls)  # noqa: SLF001 -- of the same class

    @cached_property
    def _served(self) -> Served:
        if self.like:
            return self.like._served  # noqa: SLF001 -- of the same class
        served, seconds = self._model, self.system.calls.timeout
        endpoint = chat.ChatEndpoint(served.url, served.key, seconds=seconds, longest=seconds, retries=RETRIES)
        return Served(served.model, endpoint, self.system.openai, self.room, self.limits.ends, self.seed)

    @property
    def fingerprint(self) -> list[Any]:
        """Model, public address, all of a request but the question, and what is looked up."""
        found = self.found_with if self.system.retrieves else None
        return [self._spoken, found]

    @property
    def _spoken(self) -> list[Any]:
        asked, ends = self.system.openai, self.limits.ends if self.system.openai.api == "completions" else None
        request = [asked.api, self.room, asked.thought_tokens, ends, asked.body]
        return [self._model.name, request, self.domain.instruction, self._shown]

    @property
    def weights_version(self) -> str:
        """What is known of the weights behind it."""
        return digest("served", self._model.name, self.system.version, self.system.openai.body)

    def ask(self, missing: list[AskedQuestion]) -> Iterator[Sequence[tuple[AskedQuestion, Answer]]]:
        """Answers in batches, as they come."""
        if not self.system.retrieves:
            yield from self._answered(missing, [None] * len(missing))
            return
        found = {one.key: its for one, its in zip(missing, self.looked_up([one.question for one in missing]), strict=True)}
        for batch in self._answered(missing, [its.passages for its in found.values()]):
            yield [(one, found[one.key].counted(answer)) for one, answer in batch]

    @property
    def writer(self) -> ServedWriter:
        """Its model as what writes queries."""
        code, body = code_of(ServedWriter, apart=self.apart), self.system.openai.body
        asked = [self._model.name, self.system.openai.api, body, self.system.openai.thought_tokens, self.seed]
        return ServedWriter(self._served_for, self._caller, self._known("rewriting", code, asked), lambda: self._generation)

    def _served_for(self, rewriter: Rewriter) -> Served:
        """The model with room for what a rewriter wants of it; what the server does not understand is known already."""
        return replace(self._served, tokens=rewriter.tokens, ends=rewriter.ends)

    def answers_given_contexts(
        self, questions: Sequence[Question], passages: Sequence[tuple[Context, ...]], room: int | None = None
    ) -> list[Answer]:
        """One answer a question, with those passages in its prompt and no others. How many tokens they take is not known."""
        if room is not None:
            raise ValueError("the tokens of a served model's prompts cannot be counted")
        given = {
            AskedQuestion(digest(question.text, [(context.document, context.text) for context in shown]), question): shown
            for question, shown in zip(questions, passages, strict=True)
        }
        return kept.once(self._readings, list(given), lambda missing: self._answered(missing, [given[one] for one in missing]))

    @property
    def _readings(self) -> Journal:
        code = self.version_of("readings", self._spoken)
        return self.runtime.cache.journal("answers", digest(code, self.seed) if self.seed else code)

    def reindexed(self, domain: Domain) -> Endpoint:
        """The same model, searching another domain's documents."""
        return replace(self, setup=replace(self.setup, domain=domain), previous_index=self.index, like=self)

    def likelihoods(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[float, bool]]:
        """For (context, continuation) texts: the log-likelihood in nats, and whether the model would go on so by itself."""
        return [(found.log, found.greedy) for found in self._several(self._served.likelihood, pairs)]

    def continuations(self, asked: Sequence[tuple[str, Sequence[str], int]]) -> list[str]:
        """How the model goes on, for (text, texts that end it, most new tokens)."""
        return self._several(self._served.continuation, asked)

    def _several(self, ask: Callable[..., Awaitable[_Came]], things: Sequence[tuple[Any, ...]]) -> list[_Came]:
        self._served.endpoint.ready()
        try:
            return http.run(self._caller.several(things, lambda thing: ask(*thing)))
        except (ChatError, TooLongError) as error:
            raise OSError(str(error)) from None

    def one_by_one(self, questions: Sequence[Question]) -> list[Timing]:
        """How long each question takes, asked alone: looked up, streamed until its first token, and to its end."""
        look_up = self.index.searcher(self.top_k, self.queries) if self.system.retrieves else None
        self._served.endpoint.ready()

        def ask(question: Question, clock: Stopwatch) -> Timing:
            found = look_up([question.text])[0] if look_up else None
            clock.found()
            heard, _ = http.run(self._fitted(found, partial(self._timed, question, clock)))
            timing = clock.timing(question.id, heard.tokens, heard.prompt_tokens)
            return replace(timing, passes=max(0, heard.tokens - 1)) if heard.tokens else timing

        return stopwatch.latencies(questions, ask)

    async def _timed(self, question: Question, clock: Stopwatch, passages: Sequence[Context]) -> Heard:
        async with self._caller.beside() as paid:
            heard = await self._served.timed(self._prompt(question, passages), clock)
            paid(heard.prompt_tokens, heard.tokens)
            return heard

    def costs(self) -> dict[str, float | str]:
        """What its index took, and what its tokens cost. Of the model behind it nothing is known."""
        calls = self.system.calls
        found = costs.of_index(self.index.folder() if self.system.retrieves else None, self.system.embedding.input_price)
        prices = {"input_price": calls.input_price, "output_price": calls.output_price}
        return found | {name: price for name, price in prices.items() if price is not None}

    def describe(self) -> dict[str, Any]:
        """What the run's provenance says of it."""
        told, refused = super().describe(), sorted(self._served.refused)
        told["settings"] |= {"endpoint": self._model.name, "max_new_tokens": self.room}
        if self.system.retrieves:
            told["settings"] |= self.index.told()
            told["index"] = self.index.facts()
        if self.rewriting:
            told["rewriting"] = self.rewriting.told()
        told["answers"] = {"most_tokens": self.room, "longest_reference": self.limits.longest}
        if self.system.openai.api == "completions":
            told["answers"]["line_ends"] = self.limits.ends
        asked = {"prompt_template": prompts.template(), "temperature": 0, "seed": self.seed}
        return told | {"generation": asked | ({"refused by the server": refused} if refused else {})}

    def _answered(
        self, missing: Sequence[AskedQuestion], found: Sequence[ShownPassages]
    ) -> Iterator[list[tuple[AskedQuestion, Answer]]]:
        shown = {one.key: (one.question, passages) for one, passages in zip(missing, found, strict=True)}
        given = {one.key: one for one in missing}
        self._served.endpoint.ready()
        by_key = [AskedQuestion(key, replace(question, id=key)) for key, (question, _) in shown.items()]  # one may come twice
        for batch in self._caller.answers(by_key, lambda question: self._answer(*shown[question.id])):
            yield [(given[one.key], answer) for one, answer in batch]

    async def _answer(self, question: Question, found: ShownPassages) -> Answer:
        heard, read = await self._fitted(found, lambda passages: self._served.say(self._prompt(question, passages)))
        return await http.aside(len(heard.text), self._made, question, found, heard, read)

    def _made(self, question: Question, found: ShownPassages, heard: Heard, read: tuple[Context, ...]) -> Answer:
        said = prompts.without_passages(self._prompt(question, read), read)
        return Answer(
            question.id,
            heard.text,
            None if found is None else read,
            citations=self._citing.read(heard.text, read).documents,
            tokens=heard.tokens,
            prompt_tokens=heard.prompt_tokens,
            cut=len(found or ()) - len(read),
            prompt=said,
            stop=heard.stop,
            thought=heard.thought,
        )

    def _prompt(self, question: Question, passages: Sequence[Context]) -> str:
        return prompts.prompt(self.domain.instruction, question.text, passages, self._shown)

    async def _fitted(self, found: ShownPassages, say: Say) -> tuple[Heard, tuple[Context, ...]]:
        """What is said, and the passages that were read. Those for which there is no room are cut whole, the worst first.

        Some servers refuse a prompt that leaves no room for an answer, and some cut the answer off.
        """
        read = tuple(found or ())
        short: list[tuple[Heard, tuple[Context, ...]]] = []
        while True:
            try:
                heard = await say(read)
            except TooLongError as error:
                if not read:
                    raise CallError(f"the question takes more than the server has room for: {error}") from None
            except RefusedError as error:
                raise CallError(f"{error}{_hint(str(error))}", f"refused: {error}") from None
            except ChatError as error:
                raise CallError(str(error), error.kind) from None
            else:
                if not (heard.short and read):
                    return heard, read
                if short and heard.tokens <= short[-1][0].tokens:  # a limit of the server's own, whatever the prompt
                    return short[0]
                short.append((heard, read))
            read = read[:-1]


def _hint(refusal: str) -> str:
    """What to do about a refusal, where that is known."""
    return '; a model without a chat template is asked with openai = {api = "completions"}' if "chat template" in refusal else ""
