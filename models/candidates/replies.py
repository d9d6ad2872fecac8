"""What a service's reply says: the answer, the passages that it was made from, what it cites, and its tokens."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

from proctor.core.reading.pointers import find
from proctor.core.reading.shown import short
from proctor.core.redaction import redact
from proctor.models.candidates.contexts import SourcedAnswer, SourcePassage
from proctor.models.services import ServiceReply

KEYS = 12
"""Names of fields that a reason tells."""


class ReplyError(ValueError):
    """A reply lacks what it should hold, or holds it in another form."""


def read(settings: ServiceReply, reply: Any) -> SourcedAnswer:
    """What a reply says, as its settings point to it.

    Raises:
        ReplyError: there is no answer in it, or something is of another kind than expected.
    """
    return SourcedAnswer(
        _answer(settings.answer, reply),
        _passages(settings, reply),
        _citations(settings, reply),
        _count(settings.tokens, reply),
        _count(settings.prompt_tokens, reply),
    )


def _answer(pointer: str, reply: Any) -> str:
    try:
        found = find(reply, pointer)
    except LookupError:
        raise ReplyError(f"the reply has no {pointer or 'answer'}; {_has(reply)}") from None
    text = _text(found)
    if text is None:
        raise ReplyError(f"the reply's {pointer or 'whole'} is no text, but {_kind(found)}")
    return text


def _passages(settings: ServiceReply, reply: Any) -> tuple[SourcePassage, ...] | None:
    if settings.contexts is None:
        return None
    found = _at(settings.contexts, reply, missing=...)
    if found is ...:
        return None
    return tuple(_passage(settings, one) for one in _list(settings.contexts, found))


def _passage(settings: ServiceReply, item: Any) -> SourcePassage:
    plain = item if settings.text is None and settings.document is None else _at(settings.text, item)
    text, name = _text(plain), _text(_at(settings.document, item))
    if text is None and name is None:
        raise ReplyError(
            f"a passage has neither {settings.text or 'a text'} nor {settings.document or 'a document'}; {_has(item)}"
        )
    score = _at(settings.score, item)
    known = isinstance(score, int | float) and math.isfinite(score)
    return SourcePassage(text or "", (name,) if name else (), float(score) if known else 0.0)


def _citations(settings: ServiceReply, reply: Any) -> tuple[str, ...] | None:
    """Names, or passages that name their documents."""
    found = _at(settings.citations, reply)
    if found is None:
        return None
    names = (_at(settings.document, one) if isinstance(one, dict) else one for one in _list(settings.citations, found))
    return tuple(filter(None, map(_text, names)))


def _list(pointer: str | None, found: Any) -> Iterator[Any]:
    if found is not None and not isinstance(found, list):
        raise ReplyError(f"the reply's {pointer} is no list, but {_kind(found)}")
    yield from found or ()


def _count(pointer: str | None, reply: Any) -> int:
    found = _at(pointer, reply)
    return found if type(found) is int and found >= 0 else 0


def _at(pointer: str | None, data: Any, missing: Any = None) -> Any:
    try:
        return missing if pointer is None else find(data, pointer)
    except LookupError:
        return missing


def _text(found: Any) -> str | None:
    """Numbers and truth values are answers, too."""
    return found if isinstance(found, str) else json.dumps(found) if isinstance(found, int | float) else None


def _kind(found: Any) -> str:
    return {dict: "an object", list: "a list", type(None): "null"}.get(type(found), "a text or number")


def _has(data: Any) -> str:
    if not isinstance(data, dict):
        return f"it is {_kind(data)}"
    names = ", ".join(short(redact(str(name)), 60) for name in list(data)[:KEYS])
    return f"it has {names}{', ...' if len(data) > KEYS else ''}" if names else "it is empty"
