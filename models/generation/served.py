"""A model that is served elsewhere: what it is asked for beyond the words, and what its replies say.

It is asked as local weights are: for its likeliest tokens, as many as an answer may take, up to the same end. Servers understand
more or less of that; what one of them refuses by name is left out from then on.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from proctor.core import http
from proctor.core.chat import ChatEndpoint, ChatError, ChatReply, RefusedError, choice, content
from proctor.core.redaction import redact
from proctor.core.schema import Stop
from proctor.models.generation.endings import ended
from proctor.models.generation.limits import Ends
from proctor.models.generation.stopwatch import Stopwatch
from proctor.models.prompts import thinking
from proctor.models.systems import OpenAI

log = logging.getLogger("proctor")

NEXT = "\nQuestion:"
"""What a model without a chat template goes on with, most often, once it has answered."""
STOPS: Mapping[Ends, tuple[str, ...]] = {"line": ("\n", NEXT), "blank line": ("\n\n", NEXT), "question": (NEXT,)}
"""Where a server may stop: never later than `endings.ended`, and earlier only within blanks before an answer."""
WISHES = ("seed", "stop", "temperature")
"""What is left out in turn where a server refuses a request and does not say why."""
LIMIT, OTHER_LIMIT = "max_tokens", "max_completion_tokens"
NOTHING: Mapping[str, Any] = {}
STOPPED: Mapping[str, Stop] = {
    **dict.fromkeys(("length", "max_tokens"), "length"),
    **dict.fromkeys(("stop", "eos_token", "stop_sequence", "end_turn"), "end"),
}
"""What servers call the reasons why they stop."""
_TOO_LONG = re.compile(
    r"context[ _](?:length|window|size)|max_model_len|(?:prompt|input|request)\W* (?:is |are )?too (?:long|large)"
    r"|maximum (?:input|sequence|prompt) length|`?inputs`?\W.{0,40}(?:must be <=|must have less)|too many (?:input )?tokens",
    re.IGNORECASE,
)


class TooLongError(RuntimeError):
    """The server has no room for a prompt and its answer."""


class Heard(NamedTuple):
    """What a served model said to one prompt."""

    text: str
    stop: Stop
    tokens: int
    """New tokens; 0 where the server does not say."""
    prompt_tokens: int
    thought: int
    short: bool = False
    """Whether it was cut off before it had all the tokens that were asked for, as where the prompt left no room for them."""


class Likelihood(NamedTuple):
    """How likely a model would go on in certain words."""

    log: float
    """The sum of their tokens' log-probabilities, in nats."""
    greedy: bool
    """Whether each of these tokens was the likeliest."""


@dataclass
class Served:
    """A model behind an endpoint. It remembers what the endpoint does not understand. Its coroutines run in `core.http.loop`."""

    model: str
    endpoint: ChatEndpoint
    settings: OpenAI
    tokens: int
    """New tokens that an answer may take."""
    ends: Ends
    seed: int = 0
    refused: frozenset[str] = frozenset()
    """Of the fields of a request, those that the endpoint does not know."""
    _settled: bool = False
    _told: bool = False

    @property
    def most(self) -> int:
        """New tokens that are asked for, those of a thought included."""
        return self.tokens + self.settings.thought_tokens

    async def say(self, prompt: str) -> Heard:
        """The answer to a prompt.

        Raises:
            TooLongError: there is no room for it.
            ChatError: no answer could be had.
        """
        return await self._answered(partial(self._heard, prompt))

    async def _answered(self, ask: Callable[[tuple[str, ...]], Awaitable[Heard]]) -> Heard:
        """What is said up to one of the stops, which may also have been met in blanks before the answer."""
        stops = self._stops
        heard = await ask(stops)
        if heard.text or heard.stop in ("length", "end") or len(stops) < 2:
            return heard
        again = await ask(stops[1:])
        spent = {name: getattr(heard, name) + getattr(again, name) for name in ("tokens", "prompt_tokens", "thought")}
        return again._replace(**spent)

    async def timed(self, prompt: str, clock: Stopwatch) -> Heard:
        """The same, streamed, with the clock told of each part. It is called once and not again if that fails."""
        clock.put(None)
        return await self._answered(partial(self._streamed, prompt, clock))

    async def _streamed(self, prompt: str, clock: Stopwatch, stops: tuple[str, ...]) -> Heard:
        parts: list[Mapping[str, Any]] = []

        def hear(part: Mapping[str, Any]) -> None:
            parts.append(part)
            if any(_words(one) for one in _choices(part)):
                clock.put(None)

        await self._asked(prompt, stops, partial(self.endpoint.streamed, hear), {"stream_options": {"include_usage": True}})
        return self._read(*_joined(parts, self.settings.api), stops)

    async def likelihood(self, context: str, text: str) -> Likelihood:
        """How likely the model would go on with ``text`` after a context.

        Raises:
            ChatError: the server does not say, or counts the letters of the tokens otherwise than they were sent.
        """
        asked = {"prompt": context + text, "max_tokens": 1, "temperature": 0, "echo": True, "logprobs": 1}
        try:
            found, first = await self._complete(asked)
        except RefusedError as error:
            raise self._explained(error) from None
        return _likelihood(found, first.get("logprobs"), text)

    async def continuation(self, prompt: str, stops: Sequence[str], tokens: int) -> str:
        """How the model goes on, without a chat template and up to the first of the stops.

        Raises:
            ChatError: no answer could be had.
        """
        asked = {"prompt": prompt, "max_tokens": tokens, "temperature": 0, "stop": list(stops)[:4] or None}
        _, first = await self._complete(asked)
        text = str(first.get("text") or "")
        return text[: min((place for stop in stops if (place := text.find(stop)) >= 0), default=len(text))]

    async def _complete(self, asked: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        reply = await self.endpoint.replied("completions", **{**self._body, "model": self.model, **asked})
        return _of(reply, "a completion")

    @property
    def _body(self) -> Mapping[str, Any]:
        return self.settings.body or {}

    @property
    def _stops(self) -> tuple[str, ...]:
        """None for a model with a chat template, whose answers have an end of their own."""
        return STOPS[self.ends] if self.settings.api == "completions" else ()

    async def _heard(self, prompt: str, stops: tuple[str, ...]) -> Heard:
        reply = await self._asked(prompt, stops, self.endpoint.replied)
        heard = await http.aside(len(reply.text), self._understood, reply, stops)
        if heard.thought and not heard.text and not self._told:
            self._told = True
            log.warning(
                "%s thinks before it answers, and its thoughts leave no room for answers: switch them off with body, "
                "or give them room with thought_tokens",
                self.model,
            )
        return heard

    def _understood(self, reply: ChatReply, stops: tuple[str, ...]) -> Heard:
        return self._read(*_of(reply, "a chat completion" if self.settings.api == "chat" else "a completion"), stops)

    async def _asked(
        self, prompt: str, stops: tuple[str, ...], send: Callable[..., Awaitable[Any]], more: Mapping[str, Any] = NOTHING
    ) -> Any:
        """Ask for as much as the endpoint understands."""
        refused = self.refused
        while True:
            wished = self._wished(refused, stops) | {name: value for name, value in more.items() if name not in refused}
            try:
                reply = await send(self.settings.api, **self._request(prompt, wished))
            except RefusedError as error:
                name = "" if _TOO_LONG.search(str(error)) else self._named(str(error), wished)
                if not name:
                    raise self._explained(error) from None
                refused |= {name}
            except ChatError as error:
                raise self._explained(error) from None
            else:
                self._settle(refused)
                return reply

    def _wished(self, refused: frozenset[str], stops: tuple[str, ...]) -> dict[str, Any]:
        limit = OTHER_LIMIT if LIMIT in refused else LIMIT
        wishes = {"temperature": 0, "seed": self.seed, limit: self.most} | ({"stop": list(stops)} if stops else {})
        return {name: value for name, value in wishes.items() if name not in refused}

    def _request(self, prompt: str, wished: Mapping[str, Any]) -> dict[str, Any]:
        given = {"messages": [{"role": "user", "content": prompt}]} if self.settings.api == "chat" else {"prompt": prompt}
        return {**wished, **self._body, "model": self.model, **given}

    def _named(self, message: str, wished: Mapping[str, Any]) -> str:
        """Which wish a refusal is about; where it names none, one that may be, unless a request like this was understood."""
        for form in (r"['\"`]{}['\"`]", r"\b{}\b"):
            for name in wished:
                if re.search(form.format(name), message):
                    return name
        return "" if self._settled else next((name for name in WISHES if name in wished), "")

    def _settle(self, refused: frozenset[str]) -> None:
        new, self.refused, self._settled = refused - self.refused, self.refused | refused, True
        if lost := [name for name in ("temperature", "stop", OTHER_LIMIT) if name in new]:
            log.warning("%s does not take %s: its answers may be others each time, or longer", self.model, " or ".join(lost))

    def _explained(self, error: ChatError) -> Exception:
        """A refusal for want of room as what it is."""
        too_long = error.kind == "413" or (isinstance(error, RefusedError) and _TOO_LONG.search(str(error)))
        return TooLongError(str(error)) if too_long else error

    def _read(self, found: Mapping[str, Any], first: Mapping[str, Any], stops: tuple[str, ...]) -> Heard:
        if first.get("finish_reason") == "content_filter":
            raise ChatError("the reply was withheld by a content filter", "")
        whole, apart = _said(first)
        usage = _mapping(found.get("usage"))
        tokens, stop = _count(usage.get("completion_tokens")), _stop(first, stops)
        opened = self.settings.api == "chat" and not thinking.begins(whole) and thinking.closes(whole)
        start = thinking.answer_start(whole, opened=opened)
        text = "" if start is None else whole[start:]
        letters = len(apart) + len(whole) - len(text)
        told = _count(_mapping(usage.get("completion_tokens_details")).get("reasoning_tokens"))
        thought = told or (max(1, round(tokens * letters / (len(apart) + len(whole)))) if letters else 0)
        over = ended(text, self.ends) if self._stops else None
        if over is not None:
            text, stop = over, "line"
        short = stop == "length" and 0 < tokens < self.most and not self.refused >= {LIMIT, OTHER_LIMIT}
        return Heard(redact(text.strip()), stop, tokens, _count(usage.get("prompt_tokens")), thought, short)


def _of(reply: Any, kind: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """A reply and its first choice."""
    try:
        found, first = choice(reply, kind)
    except ValueError as error:
        raise ChatError(str(error), "no completion") from None
    if first is None:
        raise ChatError("the reply has no choices", "no choices")
    return found, first


def _said(first: Mapping[str, Any]) -> tuple[str, str]:
    """The text of a choice, and a thought that stands apart from it."""
    message = first.get("message")
    if isinstance(message, dict):
        return content(message.get("content")) or content(message.get("refusal")), _thought(message)
    if isinstance(first.get("text"), str):
        return first["text"], _thought(first)
    raise ChatError("the reply holds neither a message nor a text", "no completion")


def _thought(message: Mapping[str, Any]) -> str:
    return content(message.get("reasoning_content")) or content(message.get("reasoning"))


def _stop(first: Mapping[str, Any], stops: tuple[str, ...]) -> Stop:
    """Why the model stopped. Most servers call an end token and a stop by the same name: unknown, where one was asked for."""
    stop = STOPPED.get(str(first.get("finish_reason")), "")
    if stop != "end" or not stops:
        return stop
    if "stop_reason" in first:  # of vLLM: the stop that was met, or an end token
        return "line" if first["stop_reason"] in stops else "end"
    return "end" if first.get("finish_reason") == "eos_token" else ""


def _choices(part: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = part.get("choices")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _words(one: Mapping[str, Any]) -> str:
    """What a part of a stream adds, thought or answer."""
    delta = _mapping(one.get("delta"))
    return content(delta.get("content")) + _thought(delta) + content(one.get("text"))


def _joined(parts: Sequence[Mapping[str, Any]], api: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The parts of a stream as the reply that it would have been."""
    ones = [one for part in parts for one in _choices(part)]
    if not ones:
        raise ChatError("the stream ended without an answer", "no completion")
    deltas = [_mapping(one.get("delta")) for one in ones]
    message = {"content": "".join(content(delta.get("content")) for delta in deltas), "reasoning": "".join(map(_thought, deltas))}
    last = {name: one[name] for one in ones for name in ("finish_reason", "stop_reason") if one.get(name) is not None}
    last |= {"stop_reason": None} if "stop_reason" not in last and any("stop_reason" in one for one in ones) else {}
    said = {"message": message} if api == "chat" else {"text": "".join(content(one.get("text")) for one in ones)}
    usage: Mapping[str, Any] = next((part["usage"] for part in reversed(parts) if isinstance(part.get("usage"), dict)), {})
    return {"usage": usage}, {**said, **last}


def _likelihood(found: Mapping[str, Any], told: Any, text: str) -> Likelihood:
    names, logs, tops = (_mapping(told).get(name) for name in ("tokens", "token_logprobs", "top_logprobs"))
    if not (isinstance(names, list) and isinstance(logs, list) and isinstance(tops, list)) or not names:
        raise ChatError("the server gives no log-probabilities of a prompt's tokens", "no log-probabilities")
    read = _count(_mapping(found.get("usage")).get("prompt_tokens")) or len(names) - 1
    start, letters = read, 0
    while start > 0 and letters < len(text):
        start -= 1
        letters += len(str(names[start]))
    if not "".join(map(str, names[start:read])).endswith(text):
        raise ChatError("the tokens that the server names do not make up the text that was sent", "no log-probabilities")
    values = logs[start:read]
    if not all(isinstance(value, int | float) for value in values):
        raise ChatError("the server gives no log-probability of the text's first token", "no log-probabilities")
    best = [max((value for value in _mapping(top).values() if value is not None), default=0.0) for top in tops[start:read]]
    return Likelihood(float(sum(values)), all(value >= top for value, top in zip(values, best, strict=True)))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
