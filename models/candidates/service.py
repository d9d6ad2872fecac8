"""A whole application behind an address of HTTP: it looks up and prompts for itself, and replies with JSON.

Its table says what is sent for a question and where in the reply is what (`models.services`). Keys are taken from the environment
and go to the address alone.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from proctor.core import extras, http
from proctor.core.http import HttpClient, HttpError
from proctor.core.redaction import hide, hide_address, redact
from proctor.core.schema import Ability, Answer, InputError, Question, Timing, as_json
from proctor.core.storage.cache import digest
from proctor.models.candidates import contexts, replies
from proctor.models.candidates.application import Application
from proctor.models.candidates.asking import calling
from proctor.models.candidates.asking.calling import CallError
from proctor.models.candidates.asking.kept import AskedQuestion
from proctor.models.candidates.contexts import SourcedAnswer
from proctor.models.candidates.replies import ReplyError
from proctor.models.services import variables


@dataclass(frozen=True)
class HttpService(Application):
    """What answers at the address that ``service`` names."""

    apart = (calling, http)
    """How a service is called shapes none of its answers, and each may be paid for."""

    def __post_init__(self) -> None:
        """Refuse at once what could only fail later, and hide what is secret."""
        extras.require({"a service": ["httpx2"]})
        request = self.system.request
        for key, what, remedy in request.lacking(os.environ):
            raise InputError(f"request.{'.'.join(map(str, key))}: {what}; {remedy}")
        hide_address(self._address)
        for text in request.headers.values():
            for variable in variables(text):
                hide(os.environ[variable])

    @property
    def _address(self) -> str:
        return self.system.service or ""

    @property
    def fingerprint(self) -> list[Any]:
        """Where and how it is asked, how its reply is read, and the documents that its passages are matched with."""
        asked, documents = as_json(self.system.request), [document.shown for document in self.domain.documents]
        return [redact(self._address), asked, as_json(self.system.reply), digest(documents)]

    @property
    def abilities(self) -> frozenset[Ability]:
        """It retrieves if its replies say what they were made from; its costs are known if they say tokens that have prices."""
        always: frozenset[Ability] = frozenset({"times"})
        reply, calls = self.system.reply, self.system.calls
        priced = None not in (reply.tokens, reply.prompt_tokens, calls.input_price, calls.output_price)
        more: dict[Ability, bool] = {"retrieves": reply.contexts is not None, "costs": priced}
        return always.union(ability for ability, has in more.items() if has)

    def ask(self, missing: list[AskedQuestion]) -> Iterable[Sequence[tuple[AskedQuestion, Answer]]]:
        """Answers in batches, as they come."""
        self._client.ready()
        return self._counting(self._caller.answers(missing, self._answer))

    async def _answer(self, question: Question) -> Answer:
        said = await self._said(question, self._client)
        return await asyncio.to_thread(self._read, question, said)  # to match passages with many documents takes its time

    async def _said(self, question: Question, client: HttpClient) -> SourcedAnswer:
        request = self.system.request
        try:
            reply = await client.call(request.method, request.filled(question.text))
        except HttpError as error:
            raise CallError(str(error), error.kind) from None
        try:
            said = replies.read(self.system.reply, reply)
        except ReplyError as error:  # the table's fault, unless it fitted another reply
            raise CallError(str(error), "" if self._fitted else "another form") from None
        self._fitted.append(question.id)
        return said

    @cached_property
    def _fitted(self) -> list[str]:
        """The questions whose replies were as the table says."""
        return []

    @cached_property
    def _client(self) -> HttpClient:
        return self._client_with(http.RETRIES)

    @cached_property
    def _unrepeated(self) -> HttpClient:
        """A client that repeats no call: the pauses between would be counted as the service's time."""
        return self._client_with(0)

    def _client_with(self, retries: int) -> HttpClient:
        headers = self.system.request.sent_headers(os.environ)
        return HttpClient(self._address, headers, longest=self.system.calls.timeout, retries=retries)

    async def _bare(self, question: Question) -> Answer:
        said = await self._said(question, self._unrepeated)
        return Answer(question.id, said.text, tokens=said.tokens, prompt_tokens=said.prompt_tokens)

    def _timing(self, question: Question) -> Timing:
        self._unrepeated.ready()
        answer = http.run(self._caller.alone(question, self._bare))
        return Timing(question.id, answer.seconds, tokens=answer.tokens, prompt_tokens=answer.prompt_tokens, error=answer.error)

    def costs(self) -> dict[str, float | str]:
        """What a million tokens cost; for a system of which that is known (``costs``)."""
        prices = {"input_price": self.system.calls.input_price, "output_price": self.system.calls.output_price}
        return {name: price for name, price in prices.items() if price is not None}

    def describe(self) -> dict[str, Any]:
        """What the run's provenance says of it: its address without secrets, and how its passages were matched with documents."""
        told = super().describe()
        told["settings"] = told["settings"] | {"service": redact(self._address)}
        told["answers"] = {"passages": contexts.matched(self._matched)} if "retrieves" in self.abilities else {}
        return told
