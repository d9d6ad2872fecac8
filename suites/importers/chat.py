"""Conversations of one question and one answer, as files for training chat models have them, with the texts they were given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

from proctor.suites.importers.layouts import Layout
from proctor.suites.importers.records import Asked, Excerpt, LeftOutError, SourceRow, at, draft, texts
from proctor.suites.importers.split import Importer, Options
from proctor.suites.writing.draft import Draft

LAYOUT: Layout = {"messages": ("messages", "conversations"), "contexts": ("contexts", "context", "documents"), "id": ("id",)}
ROLES = {
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "model": "assistant",
    **dict.fromkeys(("system", "developer", "tool", "function"), "given"),
}
"""Their name of a role, OpenAI's or ShareGPT's -> what it says here."""


class _Message(NamedTuple):
    role: str
    text: str


def chat(file: Path, options: Options) -> Draft:
    """The user's message is the question, the assistant's the answer; what system and tools say, and contexts, are documents.

    Conversations of several turns are left out: a later question means nothing without the earlier ones.
    """
    return draft(file, options, partial(_asked, options.named(LAYOUT)))


def _asked(layout: Layout, record: SourceRow) -> Asked:
    found = {ours: next((value for name in names if (value := at(record, name))), None) for ours, names in layout.items()}
    messages = list(_messages(found["messages"]))
    questions, answers = ([one.text for one in messages if one.role == role] for role in ("user", "assistant"))
    if len(questions) > 1:
        raise LeftOutError("conversations of several turns")
    if not any(answers):
        raise LeftOutError("conversations without an answer")
    given = [one.text for one in messages if one.role == "given"]
    passages = [Excerpt(text) for text in texts(found["contexts"]) or given]
    return Asked("".join(questions), [answer for answer in answers if answer][-1:], passages, "".join(texts(found["id"])[:1]))


def _messages(value: object) -> Iterator[_Message]:
    """Messages as OpenAI writes them, ``role`` and ``content``, or ShareGPT, ``from`` and ``value``."""
    for message in value if isinstance(value, list) else ():
        if not isinstance(message, Mapping):
            continue
        role = ROLES.get(str(message.get("role", message.get("from"))))
        if role is None:
            raise LeftOutError("conversations with a role that is neither user, assistant, system nor tool")
        yield _Message(role, "\n".join(_content(message.get("content", message.get("value")))))


def _content(value: object) -> Iterator[str]:
    """A message's text, or those of its parts that are texts."""
    if isinstance(value, str):
        yield value.strip()
    for part in value if isinstance(value, list) else ():
        if isinstance(part, Mapping) and isinstance(part.get("text"), str):
            yield part["text"].strip()


IMPORTER = Importer(chat, "conversations of one turn (messages, ShareGPT)", fields=(*LAYOUT,), parts=True)
