"""How long an answer may be and where it ends, from the texts of a suite: a system gets the numbers, and never a reference."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from proctor.core.code import code_of
from proctor.core.language import patterns
from proctor.core.schema import InputError, Suite
from proctor.core.storage.cache import digest
from proctor.core.storage.disk import file_digest
from proctor.models.base.base import BaseModel

LEAST = 32
"""Tokens that every answer may take, however short the references are."""
SPARE = 1.5
"""How much longer than the longest right answer an answer may be: other words for the same thing are no mistake."""
LETTERS = 3.0
"""Letters of a token of English, in tokenizers that know few words."""

Ends = Literal["line", "blank line", "question"]
"""What ends an answer of a model that knows no other end of it: the first of these that no right answer holds."""


@dataclass(frozen=True)
class Limits:
    """How far the answers to a suite may go, in a base model's tokens. The same for all systems on that base model."""

    tokens: int = LEAST
    """New tokens that an answer may take."""
    ends: Ends = "line"
    longest: int = 0
    """Tokens of the longest right answer, its house format included."""

    def __str__(self) -> str:
        """For people."""
        return f"answers may take up to {self.tokens} tokens; longest reference {self.longest}"


UNKNOWN = Limits()
"""Where no suite has been looked at."""


def limits(suite: Suite, base: BaseModel | None) -> Limits:
    """Those of a suite's answers on a base model: from references (outdated ones, too), completions and phrases of declining.

    An answer may take half of what the model has room for, and no more: the prompt needs room, too. Where there is no base model,
    tokens are estimated from letters, amply, and nothing is known of room.
    """
    bare, formatted = [*suite.references, *suite.abstain], suite.completions
    framed, texts = [text for text in formatted if suite.bare(text) != text.strip()], [*bare, *formatted]
    unframed = [suite.bare(text) for text in framed]
    said = [*texts, *framed, *unframed, _frame(suite)]
    lengths = _lengths(base, said) if base else list(map(estimated, said))
    counts = dict(zip([*texts, *framed, *unframed], lengths[:-1], strict=True))
    known = [counts[one] - counts[other] for one, other in zip(framed, unframed, strict=True)]
    frame = max(known, default=0 if _followed(suite, formatted) else lengths[-1])
    longest = max([counts[text] + max(0, frame) for text in bare] + [counts[text] for text in formatted], default=0)
    most = base.context_length // 2 if base else math.inf
    return Limits(max(LEAST, math.ceil(min(SPARE * longest, most))), _ends(texts), longest)


def _followed(suite: Suite, texts: Sequence[str]) -> bool:
    """Whether one of the texts is in the house format, which then is seen to put nothing around an answer."""
    pattern = suite.style.pattern if suite.style else ""
    return bool(pattern) and any(patterns.fullmatch(pattern, text.strip()) for text in texts)


def _frame(suite: Suite) -> str:
    """What a house format puts around a bare answer, roughly: for suites without an example of it."""
    style = suite.style
    if style is None:
        return ""
    properties = (style.schema or {}).get("properties", {}) if style.answer else {}
    return (style.pattern if "(?P<answer>" in style.pattern else "") + (
        json.dumps(dict.fromkeys(properties, "")) * bool(properties)
    )


def _ends(texts: Sequence[str]) -> Ends:
    """The first end that none of the texts has within it."""
    if not any("\n" in text.strip() for text in texts):
        return "line"
    return "question" if any(re.search(r"\n\s*\n", text.strip()) for text in texts) else "blank line"


def estimated(text: str) -> int:
    """Tokens of a text by its letters, rather too many: those of scripts without blanks are a token each, or nearly."""
    plain = sum(letter.isascii() for letter in text)
    return math.ceil(plain / LETTERS + (len(text) - plain))


def _lengths(base: BaseModel, texts: Sequence[str]) -> list[int]:
    """Tokens of each text, counted once for the same tokenizer and texts."""
    file = base.folder / "tokenizer.json"
    known = file_digest(file) if file.is_file() else base.version
    counted: list[int] = base.cache.json("lengths", digest(code_of(_counted), known, list(texts)), lambda: _counted(base, texts))
    return counted


def _counted(base: BaseModel, texts: Sequence[str]) -> list[int]:
    try:
        return list(_count(base, texts))
    except Exception as error:  # whatever a library makes of a file that is none
        raise InputError(f"--base-model {base.label}: its tokenizer cannot be read ({type(error).__name__}: {error})") from error


def _count(base: BaseModel, texts: Sequence[str]) -> Iterator[int]:
    """By the `tokenizers` library, which loads in a moment; by transformers where there is no file that it reads."""
    spoken = [f" {text.strip()}" if text.strip() else "" for text in texts]
    if not (base.folder / "tokenizer.json").is_file():
        yield from map(len, base.tokenizer()(spoken, add_special_tokens=False)["input_ids"])
        return
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(base.folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    yield from (len(found.ids) for found in tokenizer.encode_batch(spoken, add_special_tokens=False))
