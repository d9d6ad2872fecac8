"""A served model in place of local weights: ``endpoint = "openai:MODEL@URL"``, beside Proctor's own retrieval and prompts.

What local weights are given it is given, too: the same prompt, the same passages, the same end of an answer. What hangs on its
tokenizer cannot be known here: prompts are not counted, and passages are left out only once the server has no room for them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

from proctor.core import chat
from proctor.core.chat import ChatError, NamedModel, RefusedError
from proctor.core.language.citing import Citing
from proctor.core.redaction import hide, hide_address, public
from proctor.core.sampling import spread
from proctor.core.schema import Ability, Answer, Context, Domain, InputError, Question, Timing
from proctor.core.storage.cache import Journal, digest
from proctor.models.candidates import calling, costs, kept
from proctor.models.candidates.calling import Caller, CallError
from proctor.models.candidates.external import External
from proctor.models.candidates.kept import AskedQuestion
from proctor.models.generation import stopwatch
from proctor.models.generation.served import Heard, Served, TooLongError
from proctor.models.generation.stopwatch import Stopwatch
from proctor.models.prompts import prompts
from proctor.models.retrieval import index
from proctor.models.retrieval.index import Index

RETRIES = 5
"""Calls repeated when the server is busy, broken or silent, as long as an answer may take."""
WRITE = "write openai:MODEL or openai:MODEL@URL, with a URL such as http://127.0.0.1:8000/v1"
ShownPassages = tuple[Context, ...] | None
"""What stands in a prompt; None where the system looks nothing up."""
Say = Callable[[tuple[Context, ...]], Heard]
"""Asks with those passages in the prompt."""


@dataclass(frozen=True)
class Endpoint(External):
    """One served model, with or without retrieval, before one domain."""

    previous_index: Index | None = None
    """The index that its own is brought up to date from."""
    like: Endpoint | None = None
    """The system that it was before its documents changed: calls are counted together."""
    apart = (chat, calling, costs, index, stopwatch)

    def __post_init__(self) -> None:
        """Refuse at once what could only fail later."""
        _ = self._named, self._key
        hide_address(self._named.url)
        if self._key not in self._name:  # as "ollama" may be, which is no secret then
            hide(self._key)
        if self.system.retrieves:
            _ = self._index.engine
        if self.system.few_shot and not self.domain.examples:
            raise InputError("it shows examples, and the suite has no train.jsonl: add one, or leave shots out")

    @cached_property
    def _named(self) -> NamedModel:
        protocol, _, rest = (self.system.endpoint or "").partition(":")
        found = chat.named(rest)
        if protocol != "openai" or found is None:
            raise InputError(f"endpoint: it names no model, or an address without http:// or https://; {WRITE}")
        url = found.url or os.environ.get("OPENAI_BASE_URL", "")
        try:
            _ = public(url) if url else ""
        except ValueError:  # its words may hold a part of a password
            raise InputError(f"endpoint: the address of openai:{found.model} cannot be read; {WRITE}") from None
        return NamedModel(found.model, url)

    @property
    def _key(self) -> str:
        name = self.system.openai.key
        key = os.environ.get(name, "")
        if not key and (not self._named.url or name != type(self.system.openai).key):
            raise InputError(f"openai:{self._named.model} needs a key: set {name} in the environment")
        return key

    @property
    def _name(self) -> str:
        """Model and address, without what an address may hold in secret."""
        model, url = self._named
        return f"openai:{model}" + (f"@{public(url)}" if url else "")

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

    @property
    def top_k(self) -> int:
        """Passages that it looks up for a question."""
        return self.system.top_k

    @property
    def room(self) -> int:
        """New tokens that an answer may take."""
        return self.system.max_new_tokens or self.limits.tokens

    @cached_property
    def _index(self) -> Index:
        return Index(self.system, self.domain.documents, self.runtime, self.previous_index)

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
        (model, url), seconds = self._named, self.system.calls.timeout
        endpoint = chat.ChatEndpoint(url, self._key, seconds=seconds, longest=seconds, retries=RETRIES)
        return Served(model, endpoint, self.system.openai, self.room, self.limits.ends, self.seed)

    @property
    def fingerprint(self) -> list[Any]:
        """Model, public address, all of a request but the question, and what is looked up."""
        found = [self._index.version, self.top_k, self.system.min_score] if self.system.retrieves else None
        return [self._spoken, found]

    @property
    def _spoken(self) -> list[Any]:
        asked, ends = self.system.openai, self.limits.ends if self.system.openai.api == "completions" else None
        request = [asked.api, self.room, asked.thought_tokens, ends, asked.body]
        return [self._name, request, self.domain.instruction, self._shown]

    @property
    def weights_version(self) -> str:
        """What is known of the weights behind it."""
        return digest("served", self._name, self.system.version, self.system.openai.body)

    def ask(self, missing: list[AskedQuestion]) -> Iterator[Sequence[tuple[AskedQuestion, Answer]]]:
        """Answers in batches, as they come."""
        found = self.retrieve([one.question for one in missing]) if self.system.retrieves else [None] * len(missing)
        return self._answered(missing, found)

    def retrieve(self, questions: Sequence[Question], count: int | None = None) -> list[tuple[Context, ...]]:
        """The best passages for each question, best first: as many as the system shows, or ``count``."""
        return self._index.retrieve([question.text for question in questions], count or self.top_k)

    def chunks_of(self, documents: Sequence[str]) -> dict[str, tuple[Context, ...]]:
        """Document id -> the passages that it was split into."""
        return self._index.chunks_of(documents)

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
        return replace(self, setup=replace(self.setup, domain=domain), previous_index=self._index, like=self)

    def likelihoods(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[float, bool]]:
        """For (context, continuation) texts: the log-likelihood in nats, and whether the model would go on so by itself."""
        return [(found.log, found.greedy) for found in self._several(self._served.likelihood, pairs)]

    def continuations(self, asked: Sequence[tuple[str, Sequence[str], int]]) -> list[str]:
        """How the model goes on, for (text, texts that end it, most new tokens)."""
        return self._several(self._served.continuation, asked)

    def _several(self, ask: Any, things: Sequence[tuple[Any, ...]]) -> list[Any]:
        def one(thing: tuple[Any, ...]) -> Any:
            self._caller.wait_for_turn()
            return ask(*thing)

        with ThreadPoolExecutor(self.system.calls.max_concurrency, "proctor-calls") as pool:
            try:
                return list(pool.map(one, things))
            except (ChatError, TooLongError) as error:
                pool.shutdown(wait=False, cancel_futures=True)
                raise OSError(str(error)) from None

    def one_by_one(self, questions: Sequence[Question]) -> list[Timing]:
        """How long each question takes, asked alone: looked up, streamed until its first token, and to its end."""
        look_up = self._index.searcher(self.top_k) if self.system.retrieves else None
        self._served.endpoint.ready()

        def ask(question: Question, clock: Stopwatch) -> Timing:
            found = look_up([question.text])[0] if look_up else None
            clock.found()
            heard = self._fitted(found, partial(self._timed, question, clock))[0]
            timing = clock.timing(question.id, heard.tokens, heard.prompt_tokens)
            return replace(timing, passes=max(0, heard.tokens - 1)) if heard.tokens else timing

        return stopwatch.latencies(questions, ask)

    def _timed(self, question: Question, clock: Stopwatch, passages: Sequence[Context]) -> Heard:
        with self._caller.beside() as paid:
            heard = self._served.timed(self._prompt(question, passages), clock)
            paid(heard.prompt_tokens, heard.tokens)
            return heard

    def costs(self) -> dict[str, float | str]:
        """What its index took, and what its tokens cost. Of the model behind it nothing is known."""
        calls = self.system.calls
        found = costs.of_index(self._index.folder() if self.system.retrieves else None)
        prices = {"input_price": calls.input_price, "output_price": calls.output_price}
        return found | {name: price for name, price in prices.items() if price is not None}

    def describe(self) -> dict[str, Any]:
        """What the run's provenance says of it."""
        told, refused = super().describe(), sorted(self._served.refused)
        told["settings"] |= {"endpoint": self._name, "max_new_tokens": self.room}
        told["answers"] = {"most_tokens": self.room, "longest_reference": self.limits.longest}
        if looked_at := self._index.report() if self.system.retrieves else {}:
            told["index"] = looked_at
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

    def _answer(self, question: Question, found: ShownPassages) -> Answer:
        heard, read = self._fitted(found, lambda passages: self._served.say(self._prompt(question, passages)))
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

    def _fitted(self, found: ShownPassages, say: Say) -> tuple[Heard, tuple[Context, ...]]:
        """What is said, and the passages that were read. Those for which there is no room are cut whole, the worst first.

        Some servers refuse a prompt that leaves no room for an answer, and some cut the answer off.
        """
        read = tuple(found or ())
        short: list[tuple[Heard, tuple[Context, ...]]] = []
        while True:
            try:
                heard = say(read)
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
