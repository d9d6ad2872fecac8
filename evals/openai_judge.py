"""A chat model behind an OpenAI-compatible endpoint as judge.

Keys come from the environment, go to the endpoint and nowhere else: not into the judge's name, a message or a log.
"""

from __future__ import annotations

import json
import logging
import re
import urllib.parse
import weakref
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from evals.judges import JudgeError, Schema
from evals.schema import InputError

if TYPE_CHECKING:
    import openai

log = logging.getLogger("proctor")
VERSION = "2"
SECRET = 6
"""Letters of the shortest key that is one. Local endpoints are given "x" or "none", which are in other words, too."""
PROMPTS = ("ragas", "deepeval")
"""The libraries that write the prompts: another version of them may ask in other words."""
ATTEMPTS = 3
"""Answers asked for until one is in the schema."""
RETRIES = 3
"""Calls repeated, with growing pauses, when the endpoint is busy, broken or silent. The client sees to it."""
SECONDS = 60.0
"""Silence after which a call is given up."""


def openai_judge(rest: str, environment: Mapping[str, str]) -> OpenAIJudge:
    """The judge written ``openai:MODEL`` or ``openai:MODEL@BASE_URL``; InputError without the key that it needs."""
    found = re.fullmatch(r"(?P<model>.+?)(?:@(?P<url>https?://.+))?", rest)
    if found is None:
        raise InputError(f"openai:{rest} names no model; write openai:MODEL or openai:MODEL@BASE_URL")
    url = found["url"] or environment.get("OPENAI_BASE_URL", "")
    key = environment.get("OPENAI_API_KEY", "")
    if not key and not url:
        raise InputError(f"the judge openai:{found['model']} needs OPENAI_API_KEY in the environment")
    return OpenAIJudge(found["model"], url, key)


class OpenAIJudge:
    """Completes prompts as JSON that fits a schema."""

    def __init__(self, model: str, url: str = "", key: str = "", *, seconds: float = SECONDS, retries: int = RETRIES) -> None:
        self.model, self.url = model, url
        self._key, self._seconds, self._retries = key, seconds, retries
        self._level = 0
        """How many of the wishes in `_wishes` this endpoint has been found not to understand."""

    @cached_property
    def name(self) -> str:
        """Model and endpoint, without what a URL may hold in secret, and whose prompts it is given."""
        prompts = "".join(f"+{library}-{version(library)}" for library in PROMPTS)
        return f"openai:{self.model}{_public(self.url)}-{VERSION}{prompts}"

    def __repr__(self) -> str:
        """The name: no key."""
        return f"OpenAIJudge({self.name!r})"

    def complete(self, prompt: str, schema: type[Schema]) -> Schema:
        """The endpoint's answer as an instance of the schema. What does not fit is sent back, with what was wrong."""
        messages = [{"role": "user", "content": prompt}]
        problem = ""
        for _ in range(ATTEMPTS):
            text, flaw = self._said(messages, schema)
            try:
                return schema.model_validate_json(_json_part(text))
            except ValueError as error:
                problem = flaw or str(error).splitlines()[0]
            if not text:
                continue
            messages += [
                {"role": "assistant", "content": text},
                {"role": "user", "content": f"That is not valid: {problem}. Answer with JSON only, in the form asked for."},
            ]
        raise JudgeError(f"{self.name} gave no valid {schema.__name__} in {ATTEMPTS} attempts: {problem}")

    def _said(self, messages: list[dict[str, str]], schema: type[Schema]) -> tuple[str, str]:
        """What the endpoint says, and what is wrong with it as a whole, if anything is."""
        import openai

        try:
            return self._asked(messages, schema)
        except openai.APIStatusError as error:
            moved = error.response.headers.get("location") if 300 <= error.status_code < 400 else None
            why = f"the address redirects to {_address(moved)}: name that one" if moved else f"{type(error).__name__}: {error}"
            raise JudgeError(self._without_key(f"{self.name}: {why}")) from None
        except openai.OpenAIError as error:
            raise JudgeError(self._without_key(f"{self.name}: {type(error).__name__}: {error}")) from None

    def _asked(self, messages: list[dict[str, str]], schema: type[Schema]) -> tuple[str, str]:
        """Ask for as much as the endpoint understands: few know JSON schemas, some refuse a temperature."""
        import openai

        wishes = list(_wishes(schema))
        for level in range(self._level, len(wishes)):
            try:
                reply = self._client.chat.completions.with_raw_response.create(
                    model=self.model,
                    messages=messages,  # type: ignore[arg-type] # plain dicts are what is sent
                    **wishes[level],
                )
            except (openai.BadRequestError, openai.UnprocessableEntityError):
                if level + 1 == len(wishes):
                    raise
            else:
                self._settle(level, wishes[level])
                return self._read(reply.headers.get("content-type", ""), reply.text)
        raise AssertionError("unreachable: the last level returns or raises")

    def _settle(self, level: int, wishes: Mapping[str, Any]) -> None:
        if level > self._level and "temperature" not in wishes:
            log.warning("%s takes no temperature: asked again, its verdicts may be others", self.name)
        self._level = level

    def _read(self, kind: str, body: str) -> tuple[str, str]:
        """The text of a chat completion, and its flaw; JudgeError for whatever is no chat completion."""
        try:
            return _completion(kind.partition(";")[0].strip() or "of no stated type", body)
        except ValueError as error:
            raise JudgeError(self._without_key(f"{self.name}: {error}")) from None

    @cached_property
    def _client(self) -> openai.OpenAI:
        import openai

        http = openai.DefaultHttpxClient(follow_redirects=False, timeout=self._seconds)  # a POST would arrive as a GET
        weakref.finalize(self, http.close)
        return openai.OpenAI(
            api_key=self._key or "none",
            base_url=self.url or None,
            timeout=self._seconds,
            max_retries=self._retries,
            http_client=http,
        )

    def _without_key(self, text: str) -> str:
        return (text.replace(self._key, "***") if len(self._key) >= SECRET else text)[:500]


def _wishes(schema: type[Schema]) -> Iterator[dict[str, Any]]:
    """What to ask for beyond the words, from the most to the least."""
    form = {"name": schema.__name__, "schema": schema.model_json_schema()}
    yield {"temperature": 0, "response_format": {"type": "json_schema", "json_schema": form}}
    yield {"temperature": 0, "response_format": {"type": "json_object"}}
    yield {"temperature": 0}
    yield {}


def _completion(kind: str, body: str) -> tuple[str, str]:
    """The text of a reply, and what is wrong with it, such as cut off; ValueError if it is no chat completion."""
    if kind == "text/html" or body.lstrip()[:1] == "<":
        form = "HTML" if "html" in (kind + body[:500]).lower() else "markup"
        raise ValueError(f"the address answered with {form} ({kind}), not with a chat completion")
    try:
        found = json.loads(body)
    except ValueError:
        raise ValueError(f"the address answered with text that is no JSON ({kind}), not with a chat completion") from None
    if isinstance(found, dict) and found.get("error"):
        error = found["error"]
        raise ValueError(
            f"the address answered with an error: {error.get('message', error) if isinstance(error, dict) else error}"
        )
    if not isinstance(found, dict) or not isinstance(found.get("choices"), list):
        keys = ", ".join(map(str, list(found)[:6])) if isinstance(found, dict) else type(found).__name__
        raise ValueError(f"the address answered with JSON of another kind ({keys or 'empty'}), not with a chat completion")  # noqa: TRY004
    return _message(found["choices"][0]) if found["choices"] else ("", "the reply has no choices")


def _message(choice: Any) -> tuple[str, str]:
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(message, dict):
        raise ValueError("the address answered with a choice without a message, not with a chat completion")  # noqa: TRY004 -- of a reply
    text, ended = _text(message.get("content")), choice.get("finish_reason")
    if message.get("refusal"):
        return text, f"the model refused: {message['refusal']}"
    flaws = {
        "length": "the reply was cut off: the endpoint's limit of tokens is too low",
        "content_filter": "the reply was withheld by a content filter",
    }
    return text, flaws.get(ended, "" if text.strip() else "the reply has no content")


def _text(content: Any) -> str:
    """A message's content: a text, a list of parts, or nothing."""
    parts = content if isinstance(content, list) else [content]
    return "".join(
        part if isinstance(part, str) else str(part.get("text") or "") if isinstance(part, dict) else "" for part in parts
    )


def _address(url: str) -> str:
    """A URL without what it may hold in secret."""
    return _public(url).removeprefix("@") if "://" in url else urllib.parse.urlsplit(url).path


def _json_part(text: str) -> str:
    """The outermost braces: models like to wrap JSON in fences and courtesies."""
    start, end = text.find("{"), text.rfind("}")
    return text[start : end + 1] if 0 <= start < end else text


def _public(url: str) -> str:
    if not url:
        return ""
    parts = urllib.parse.urlsplit(url)
    return f"@{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}{parts.path.rstrip('/')}"
