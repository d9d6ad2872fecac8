"""What a model replied, read as a draft, or the reason why it is none."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from proctor.core.reading import values
from proctor.suites.drafting.passages import Source

LONGEST = {"question": 300, "answer": 200, "evidence": 1000}
"""Letters of a field."""


class Drafted(NamedTuple):
    """A question that a model drafted from a passage."""

    source: Source
    question: str
    answer: str = ""
    """Empty where the documents do not tell."""
    evidence: str = ""
    """The sentence that holds the answer, as it stands in the document."""


class Dropped(NamedTuple):
    """Why a reply is no draft."""

    why: str


CUT = Dropped("cut off before the end: the model wrote more than it may")
UNREADABLE = Dropped("no JSON object with the fields that were asked for")
LONG = Dropped("too long")


def read(source: Source, text: str, fields: Sequence[str], *, cut: bool = False) -> Drafted | Dropped:
    """The draft that a reply holds: the first JSON object in it that has all the fields, as texts that are not empty."""
    found = next((one for one in _objects(text) if _has(one, fields)), None)
    if found is None:
        return CUT if cut else UNREADABLE
    said = {name: " ".join(found[name].split()) for name in fields}
    if any(len(value) > LONGEST[name] for name, value in said.items()):
        return LONG
    if "evidence" in said:
        said["evidence"] = _as_it_stands(said["evidence"], source.text)
    return Drafted(source, **said)


def _as_it_stands(evidence: str, passage: str) -> str:
    """The evidence in the passage's own letters, where the copy differs in case, or in the mark at its end, alone."""
    pieces = evidence.rstrip(".!;:").split()
    found = re.search(r"\s+".join(map(re.escape, pieces)) + r"\b[.!]?", passage, re.IGNORECASE) if pieces else None
    return evidence if found is None or evidence in passage else " ".join(found[0].split())


def _objects(text: str) -> Iterator[Mapping[str, Any]]:
    """The JSON objects in a text, whatever stands around them."""
    decoder, place = json.JSONDecoder(strict=False), text.find("{")
    while place >= 0:
        try:
            found, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            end = place + 1
        else:
            if isinstance(found, dict):
                yield found
        place = text.find("{", end)


def _has(found: Mapping[str, Any], fields: Sequence[str]) -> bool:
    return all(isinstance(found.get(name), str) and _written(found[name]) for name in fields)


def _written(text: str) -> bool:
    """Whether there is something to see, and no half of a surrogate pair, which no file can hold."""
    return values.visible(text) and not any("\ud800" <= letter <= "\udfff" for letter in text)
