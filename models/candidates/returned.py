"""What a callable returned, read as an answer: a text, a mapping, or an object of LangChain, LlamaIndex or Haystack.

Nothing of these libraries is imported: what counts is what an object offers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from numbers import Integral, Real
from typing import Any

from proctor.core.reading.shown import shown
from proctor.models.candidates.contexts import SourcedAnswer, SourcePassage

TEXTS = ("answer", "result", "output", "output_text", "response", "content", "text", "data")
"""What may hold an answer's text, the first that is there."""
CONTEXTS = ("contexts", "source_documents", "source_nodes", "documents", "context", "sources", "retrieved_contexts")
"""What may hold the passages that it was made from."""
PASSAGES = ("page_content", "text", "content", "body")
"""What may hold a passage's text."""
NAMES = (
    *("document", "doc_id", "document_id", "ref_doc_id", "source", "file_name", "filename", "file_path", "path", "url", "title"),
    "id",
)
"""What may name a passage's document, the surest first: an id alone may be that of the passage."""
METADATA = ("metadata", "meta")
READ = ("prompt_tokens", "input_tokens")
WRITTEN = ("completion_tokens", "output_tokens")


class ReturnedError(TypeError):
    """What came is no answer. The message says what came."""


def read(came: Any) -> SourcedAnswer:
    """What came, as an answer.

    Raises:
        ReturnedError: it is none.
    """
    if isinstance(came, str):
        return SourcedAnswer(came)
    text = None if isinstance(came, list) else _text(came)  # the parts of a text stand within a message
    if text is None:
        expected = f"a text, or a mapping or object with one of {', '.join(TEXTS)}"
        raise ReturnedError(f"it returned {_called(came)}; expected {expected}")
    contexts, cited = _first(came, CONTEXTS), _first(came, ("citations",))
    return SourcedAnswer(
        text,
        None if contexts is None else tuple(_passages(contexts)),
        None if cited is None else tuple(_cited(cited)),
        *_usage(came),
    )


def _text(came: Any) -> str | None:
    """The text of a message, an answer or what holds one; None where there is none."""
    if isinstance(came, str):
        return came
    if isinstance(came, list) and came and all(isinstance(part, str | Mapping) for part in came):  # parts of a message
        texts = [part if isinstance(part, str) else part.get("text", "") for part in came]
        return "".join(map(str, texts)) if any(texts) else None
    messages = _first(came, ("messages",))
    if isinstance(messages, Sequence) and messages:
        return _text(messages[-1])
    held = _first(came, TEXTS)
    return None if held is None or held is came or (callable(held) and not isinstance(held, str)) else _text(held)


def _passages(held: Any) -> Iterator[SourcePassage]:
    if isinstance(held, str | Mapping) or not isinstance(held, Iterable):
        held = [held]
    yield from map(_passage, held)


def _passage(one: Any) -> SourcePassage:
    """A text; a mapping; a document of LangChain or Haystack, a node of LlamaIndex; or any of these with its score."""
    score = 0.0
    if isinstance(one, tuple) and len(one) == 2 and isinstance(one[1], Real):
        one, score = one[0], _number(one[1])
    if isinstance(one, str):
        return SourcePassage(one, score=score)
    inner = _field(one, "node") or one
    scored = _field(one, "score")
    text = _first(inner, PASSAGES)
    if not isinstance(text, str):
        raise ReturnedError(f"among its passages is {_called(one)}; expected a text, or something with {' or '.join(PASSAGES)}")
    return SourcePassage(text, tuple(_names(inner)), score if scored is None else _number(scored))


def _names(one: Any) -> Iterator[str]:
    metadata = _first(one, METADATA)
    places = [metadata, one] if isinstance(metadata, Mapping) else [one]
    for name in NAMES:
        yield from (str(value) for place in places if isinstance(value := _field(place, name), str | int))


def _cited(held: Any) -> Iterator[str]:
    for one in [held] if isinstance(held, str | Mapping) or not isinstance(held, Iterable) else held:
        yield from [str(one)] if isinstance(one, str | int) else list(_names(one))[:1]


def _usage(came: Any) -> tuple[int, int]:
    """Tokens that were written and read; 0 where it does not say."""
    usage = _first(came, ("usage", "usage_metadata"))
    last = _first(came, ("messages",))
    if usage is None and isinstance(last, Sequence) and last:
        return _usage(last[-1])
    read, written = (_first(usage, names) if usage is not None else None for names in (READ, WRITTEN))
    return _whole(written), _whole(read)


def _whole(value: Any) -> int:
    return int(value) if isinstance(value, Integral) and int(value) >= 0 else 0


def _number(value: Any) -> float:
    number = float(value) if isinstance(value, Real) else 0.0
    return number if abs(number) < float("inf") else 0.0


def _first(held: Any, names: Iterable[str]) -> Any:
    """The first of these that it has."""
    return next((value for value in (_field(held, name) for name in names) if value is not None), None)


def _field(held: Any, name: str) -> Any:
    if isinstance(held, Mapping):
        return held.get(name)
    return None if isinstance(held, str | list | tuple) else getattr(held, name, None)


def _called(came: Any) -> str:
    if isinstance(came, Mapping):
        return f"a mapping with {', '.join(map(str, came)) or 'nothing in it'}"
    return "nothing" if came is None else f"{type(came).__name__} {shown(came)}"
