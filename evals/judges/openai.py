"""A chat model behind an OpenAI-compatible endpoint as judge.

Keys come from the environment, go to the endpoint and nowhere else: not into the judge's name, a message or a log. What the
endpoint sends is searched for them, too, before anybody sees it.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from functools import cached_property, partial
from importlib.metadata import version
from typing import Any, NamedTuple

from proctor.core.chat import ChatEndpoint, ChatError, ChatReply, RefusedError, choice, content, named
from proctor.core.http import LETTERS
from proctor.core.reading.shown import short
from proctor.core.redaction import hide, hide_address, public, redact, within
from proctor.core.schema import InputError
from proctor.evals.judges.breaker import Breaker
from proctor.evals.judges.protocols import EndpointError, JudgeError, Schema

log = logging.getLogger("proctor")
VERSION = "3"
"""To be raised when a prompt is put in another way, or a reply read in another: verdicts that are kept are asked for again."""
PROMPTS = ("ragas", "deepeval")
"""The libraries that write the prompts: another version of them may ask in other words."""
ATTEMPTS = 3
"""Answers asked for until one is in the schema."""
QUOTED = 20_000
"""Letters of an answer that is sent back because it is not in the schema."""
SHOWN = 80
"""Letters of a reply that does not fit, in the message."""
UNFIT = "; choose a model or an endpoint that keeps to a JSON schema"
WHOLE = 100
"""Letters of the shortest prompt that a reply repeats not by chance."""


class Vendor(NamedTuple):
    """Whose models are behind an OpenAI-compatible route, and what of the environment leads there."""

    name: str
    keys: tuple[str, ...]
    """Variables that may hold the key, the first that does is taken."""
    url: str = ""
    """The address where none is named; empty: the client's own."""
    address: str = ""
    """The variable that may name another one."""


OPENAI = Vendor("openai", ("OPENAI_API_KEY",), address="OPENAI_BASE_URL")
ANTHROPIC = Vendor("anthropic", ("ANTHROPIC_API_KEY",), "https://api.anthropic.com/v1/")
GOOGLE = Vendor("google", ("GEMINI_API_KEY", "GOOGLE_API_KEY"), "https://generativelanguage.googleapis.com/v1beta/openai/")


def openai_judge(rest: str, environment: Mapping[str, str] = os.environ) -> OpenAIJudge:
    """The judge written ``openai:MODEL`` or ``openai:MODEL@BASE_URL``; InputError without the key that it needs."""
    return _judge(OPENAI, rest, environment)


def anthropic_judge(rest: str, environment: Mapping[str, str] = os.environ) -> OpenAIJudge:
    """The judge written ``anthropic:MODEL``, or ``anthropic:MODEL@BASE_URL`` for a gateway; InputError without its key."""
    return _judge(ANTHROPIC, rest, environment)


def google_judge(rest: str, environment: Mapping[str, str] = os.environ) -> OpenAIJudge:
    """The judge written ``google:MODEL``, or ``google:MODEL@BASE_URL`` for a gateway; InputError without its key."""
    return _judge(GOOGLE, rest, environment)


def _judge(vendor: Vendor, rest: str, environment: Mapping[str, str]) -> OpenAIJudge:
    found, kind = named(rest), vendor.name
    write = f"write {kind}:MODEL or {kind}:MODEL@BASE_URL"
    if found is None:
        raise InputError(f"--judge {kind}:... names no model, or an address without http:// or https:// before it; {write}")
    url = found.url or environment.get(vendor.address, "")
    variable = next((name for name in vendor.keys if environment.get(name)), vendor.keys[0])
    key = environment.get(variable, "")
    if not key and not url:
        raise InputError(f"the judge {kind}:{found.model} needs {' or '.join(vendor.keys)} in the environment")
    if key and "@" in url.partition("://")[2].partition("/")[0]:
        log.warning("the address of the judge holds a user and a password: these are sent to it, and %s is not", variable)
    try:
        return OpenAIJudge(found.model, ChatEndpoint(url or vendor.url, key), kind, named=bool(url))
    except ValueError:  # its words may hold a part of a password
        raise InputError(
            f"the address of the judge {kind}:{found.model} cannot be read; {write}, "
            "with / @ : of a password as %2F %40 %3A, and a number as port"
        ) from None


class OpenAIJudge:
    """Completes prompts as JSON that fits a schema."""

    def __init__(self, model: str, endpoint: ChatEndpoint, vendor: str = OPENAI.name, *, named: bool = True) -> None:
        """From now on the endpoint's credentials are hidden; ValueError, if its address is none.

        ``named``: whether the endpoint's address was named, and is not the vendor's own.
        """
        self.model, self.endpoint = model, endpoint
        hide_address(endpoint.url)
        self._public = f"{vendor}:{model}" + (f"@{public(endpoint.url)}" if endpoint.url and named else "")
        self._breaker = Breaker(self._public)
        if endpoint.key not in self._breaker.name:  # as "ollama" may be, which is no secret then
            hide(endpoint.key)
        self._level = 0
        """How many of the wishes in `_wishes` this endpoint has been found not to understand."""

    @cached_property
    def name(self) -> str:
        """Model and endpoint, without what a URL may hold in secret, and whose prompts it is given."""
        return self.version + "".join(f"+{library}-{version(library)}" for library in PROMPTS)

    @property
    def version(self) -> str:
        """Model, endpoint and number of the way of asking: other code changes no verdict, and each is paid for."""
        return f"{self._public}-{VERSION}"

    def __repr__(self) -> str:
        """The name: no key."""
        return f"OpenAIJudge({self.name!r})"

    def complete(self, prompt: str, schema: type[Schema]) -> Schema:
        """The endpoint's answer as an instance of the schema, without secrets. A dead endpoint is not asked for ever."""
        return self._breaker.ask(partial(self._completed, prompt, schema))

    def _completed(self, prompt: str, schema: type[Schema]) -> Schema:
        """What does not fit is sent back, with what was wrong."""
        messages = [{"role": "user", "content": prompt}]
        problem = told = ""
        for _ in range(ATTEMPTS):
            text, flaw = self._said(messages, schema)
            if len(prompt) >= WHOLE and prompt.strip() in text:  # whose example of a verdict is none
                text, flaw = "", "the reply repeats the prompt"
            try:
                found = schema.model_validate_json(_json_part(text))
                return schema.model_validate(within(found.model_dump(mode="json")))
            except ValueError as error:
                problem = redact(flaw or str(error).splitlines()[0])
                told = redact(flaw or _misfit(error, text))
            if not text:
                continue
            messages += [
                {"role": "assistant", "content": text[:QUOTED]},
                {"role": "user", "content": f"That is not valid: {problem}. Answer with JSON only, in the form asked for."},
            ]
        what = f"{self.name} gave no valid {schema.__name__} in {ATTEMPTS} attempts: {told}"[: LETTERS - len(UNFIT)]
        raise JudgeError(what + UNFIT)

    def _said(self, messages: list[dict[str, str]], schema: type[Schema]) -> tuple[str, str]:
        """What the endpoint says, and what is wrong with it as a whole, if anything is."""
        try:
            return _completion(self._asked(messages, schema))
        except RefusedError as error:
            raise JudgeError(f"{self.name}: {error}") from None
        except ChatError as error:
            raise EndpointError(f"{self.name}: {error}", error.kind) from None
        except ValueError as error:
            raise EndpointError(f"{self.name}: {redact(str(error))}"[:LETTERS], "no chat completion") from None

    def _asked(self, messages: list[dict[str, str]], schema: type[Schema]) -> ChatReply:
        """Ask for as much as the endpoint understands: few know JSON schemas, some refuse a temperature."""
        wishes = list(_wishes(schema))
        for level in range(self._level, len(wishes)):
            try:
                reply = self.endpoint.reply(model=self.model, messages=messages, **wishes[level])
            except RefusedError:
                if level + 1 == len(wishes):
                    raise
            else:
                self._settle(level, wishes[level])
                return reply
        raise AssertionError("unreachable: the last level returns or raises")

    def _settle(self, level: int, wishes: Mapping[str, Any]) -> None:
        if level > self._level and "temperature" not in wishes:
            log.warning("%s takes no temperature: asked again, its verdicts may be others", self.name)
        self._level = level


def _misfit(error: ValueError, text: str) -> str:
    """Which field of a reply is wrong, and how it begins."""
    import pydantic

    if isinstance(error, pydantic.ValidationError):
        first = error.errors(include_url=False)[0]
        field = ".".join(map(str, first["loc"]))
        what = f"{f'field {field}: ' if field else ''}{first['msg']}"
    else:
        what = str(error).splitlines()[0]
    return f"{short(what, 150)}; it said {short(redact(text), SHOWN)!r}"


def _wishes(schema: type[Schema]) -> Iterator[dict[str, Any]]:
    """What to ask for beyond the words, from the most to the least."""
    form = {"name": schema.__name__, "schema": schema.model_json_schema()}
    yield {"temperature": 0, "response_format": {"type": "json_schema", "json_schema": form}}
    yield {"temperature": 0, "response_format": {"type": "json_object"}}
    yield {"temperature": 0}
    yield {}


def _completion(reply: ChatReply) -> tuple[str, str]:
    """The text of a reply, and what is wrong with it, such as cut off; ValueError if it is no chat completion."""
    _, first = choice(reply)
    return ("", "the reply has no choices") if first is None else _message(first)


def _message(first: Mapping[str, Any]) -> tuple[str, str]:
    message = first.get("message")
    if not isinstance(message, dict):
        raise ValueError("the address answered with a choice without a message, not with a chat completion")  # noqa: TRY004 -- of a reply
    text, ended = content(message.get("content")), str(first.get("finish_reason"))
    if message.get("refusal"):
        return text, f"the model refused: {message['refusal']}"
    flaws = {
        "length": "the reply was cut off: the endpoint's limit of tokens is too low",
        "content_filter": "the reply was withheld by a content filter",
    }
    return text, flaws.get(ended, "" if text.strip() else "the reply has no content")


def _json_part(text: str) -> str:
    """The outermost braces: models like to wrap JSON in fences and courtesies."""
    start, end = text.find("{"), text.rfind("}")
    return text[start : end + 1] if 0 <= start < end else text
