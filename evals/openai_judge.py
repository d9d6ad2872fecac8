"""A chat model behind an OpenAI-compatible endpoint as judge.

Keys come from the environment, go to the endpoint and nowhere else: not into the judge's name, a message or a log.
"""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from evals.judges import JudgeError, Schema
from evals.schema import InputError

if TYPE_CHECKING:
    import openai

VERSION = "1"
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

    @property
    def name(self) -> str:
        """Model and endpoint, without what a URL may hold in secret."""
        return f"openai:{self.model}{_public(self.url)}-{VERSION}"

    def __repr__(self) -> str:
        """The name: no key."""
        return f"OpenAIJudge({self.name!r})"

    def complete(self, prompt: str, schema: type[Schema]) -> Schema:
        """The endpoint's answer as an instance of the schema. What does not fit is sent back, with what was wrong."""
        messages = [{"role": "user", "content": prompt}]
        problem = ""
        for _ in range(ATTEMPTS):
            text = self._said(messages, schema)
            try:
                return schema.model_validate_json(_json_part(text))
            except ValueError as error:
                problem = str(error).splitlines()[0]
            messages += [
                {"role": "assistant", "content": text},
                {"role": "user", "content": f"That is not valid: {problem}. Answer with JSON only, in the form asked for."},
            ]
        raise JudgeError(f"{self.name} gave no valid {schema.__name__} in {ATTEMPTS} attempts: {problem}")

    def _said(self, messages: list[dict[str, str]], schema: type[Schema]) -> str:
        import openai

        try:
            return self._asked(messages, schema)
        except openai.OpenAIError as error:
            raise JudgeError(self._without_key(f"{self.name}: {type(error).__name__}: {error}")) from None

    def _asked(self, messages: list[dict[str, str]], schema: type[Schema]) -> str:
        """Ask for as much as the endpoint understands: few know JSON schemas, some refuse a temperature."""
        import openai

        wishes = list(_wishes(schema))
        for level in range(self._level, len(wishes)):
            try:
                reply = self._client.chat.completions.create(model=self.model, messages=messages, **wishes[level])  # type: ignore[arg-type] # plain dicts are what is sent
            except (openai.BadRequestError, openai.UnprocessableEntityError):
                if level + 1 == len(wishes):
                    raise
            else:
                self._level = level
                return (reply.choices[0].message.content if reply.choices else None) or ""
        raise AssertionError("unreachable: the last level returns or raises")

    @cached_property
    def _client(self) -> openai.OpenAI:
        import openai

        return openai.OpenAI(
            api_key=self._key or "none", base_url=self.url or None, timeout=self._seconds, max_retries=self._retries
        )

    def _without_key(self, text: str) -> str:
        return (text.replace(self._key, "***") if self._key else text)[:500]


def _wishes(schema: type[Schema]) -> Iterator[dict[str, Any]]:
    """What to ask for beyond the words, from the most to the least."""
    form = {"name": schema.__name__, "schema": schema.model_json_schema()}
    yield {"temperature": 0, "response_format": {"type": "json_schema", "json_schema": form}}
    yield {"temperature": 0, "response_format": {"type": "json_object"}}
    yield {"temperature": 0}
    yield {}


def _json_part(text: str) -> str:
    """The outermost braces: models like to wrap JSON in fences and courtesies."""
    start, end = text.find("{"), text.rfind("}")
    return text[start : end + 1] if 0 <= start < end else text


def _public(url: str) -> str:
    if not url:
        return ""
    parts = urllib.parse.urlsplit(url)
    return f"@{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}{parts.path.rstrip('/')}"
