"""Where an answer ends: at an end token, at a line's end where a model knows no other, or where its room is used up."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from proctor.core.schema import Stop
from proctor.models.generation.limits import Ends
from proctor.models.prompts import thinking

_AFTER: Mapping[Ends, str] = {"line": r"\n", "blank line": r"\n[^\S\n]*\n", "question": r"(?!)"}
_NEXT = r"(?:\A|\n)\s*Question:"
"""A model without a chat template goes on with a question of its own, as examples in its prompt do."""


def ended(text: str, ends: Ends) -> str | None:
    r"""The answer in a text, if it has come to its end; None if it may go on. Line ends before it are no part of it.

    >>> ended("\nTurin\nQuestion: Who", "line")
    'Turin'
    """
    said = text.lstrip()
    found = re.search(f"{_AFTER[ends]}|{_NEXT}", said)
    return said[: found.start()].rstrip() if found else None


class Rules(NamedTuple):
    """What ends the answers of a batch."""

    tokens: int
    """New tokens that an answer may take, after its thought if it has one."""
    thought: int = 0
    """New tokens that a thought before it may take."""
    ends: Ends | None = None
    """What ends an answer of a model without a chat template."""
    strings: tuple[str, ...] = ()
    """Texts that end an answer by the model's own settings."""


class Said(NamedTuple):
    """One row of a batch, read."""

    text: str
    tokens: int
    stop: Stop
    thought: int


@dataclass
class GeneratedRow:
    """What one prompt's answer has come to so far."""

    opened: bool
    """Whether the prompt had begun a thought."""
    start: int = 0
    """Tokens before the answer; those of a thought."""
    carried: str = ""
    """What the last token of the thought holds of the answer."""
    thinks: bool = False
    length: int | None = None
    """New tokens, once it has ended."""
    stop: Stop = ""

    def __post_init__(self) -> None:
        """A thought that the prompt has begun goes on."""
        self.thinks = self.opened


@dataclass
class EndingReader:
    """Reads the rows of a batch as they grow, token by token."""

    tokenizer: Any
    rules: Rules
    ends: frozenset[int]
    """End tokens."""
    rows: list[GeneratedRow] = field(default_factory=list)

    def look(self, row: GeneratedRow, tokens: Sequence[int]) -> None:
        """Whether the answer has begun or ended, by what was said up to now."""
        if row.start == 0:
            self._find_start(row, tokens)
        if row.thinks:
            return
        text = self._answer(row, tokens)
        if any(string in text for string in self.rules.strings):
            row.length, row.stop = len(tokens), "end"
        elif self.rules.ends and ended(text, self.rules.ends) is not None:
            row.length, row.stop = len(tokens), "line"

    def full(self, row: GeneratedRow, count: int) -> bool:
        """Whether no room is left for it after so many new tokens."""
        return count >= (self.rules.thought if row.thinks else row.start + self.rules.tokens)

    def said(self, row: GeneratedRow, tokens: Sequence[int]) -> Said:
        """A finished row: what counts is what came before its end."""
        kept = list(tokens if row.length is None else tokens[: row.length])
        place = next((place for place, token in enumerate(kept) if token in self.ends), None)
        stop: Stop = "end" if place is not None else row.stop or "length"
        kept = kept[:place]
        self._find_start(row, kept)
        if row.thinks:
            return Said("", len(kept), stop, len(kept))
        text = self._answer(row, kept, plain=True)
        for string in self.rules.strings:
            text = text.partition(string)[0]
        if self.rules.ends:
            over = ended(text, self.rules.ends)
            text = text if over is None else over
        return Said(text.strip(), len(kept), stop, row.start)

    def _find_start(self, row: GeneratedRow, tokens: Sequence[int]) -> None:
        """Where the answer starts, by tokens: the first after which the text holds the whole thought."""
        text = self._decoded(tokens)
        start = thinking.answer_start(text, opened=row.opened)
        row.thinks = start is None
        if start:
            row.start = bisect_left(range(len(tokens)), start, key=lambda count: len(self._decoded(tokens[:count])))
            row.carried = self._decoded(tokens[: row.start])[start:]

    def _answer(self, row: GeneratedRow, tokens: Sequence[int], *, plain: bool = False) -> str:
        return row.carried + self._decoded(tokens[row.start :], plain=plain)

    def _decoded(self, tokens: Sequence[int], *, plain: bool = False) -> str:
        return str(self.tokenizer.decode(list(tokens), skip_special_tokens=plain))


def watch(reader: EndingReader, prompt: int) -> Any:
    """A criterion for ``generate``, of prompts of that many tokens: stops a row once it has ended, or its room is used up."""
    import torch
    from transformers import StoppingCriteria

    rules = reader.rules
    letters = ("\n:" if rules.ends else "") + (thinking.LAST_LETTERS if rules.thought else "")
    telling = torch.tensor(_tokens_with(reader.tokenizer, letters + "".join(string[-1] for string in rules.strings)))

    class Watch(StoppingCriteria):  # type: ignore[misc] # transformers ships no types
        """Looks at a row's text when its newest token may end something, and when its room is used up."""

        def __call__(self, input_ids: Any, _scores: Any, **_: Any) -> Any:
            new = input_ids[:, prompt:]
            told = torch.isin(new[:, -1], telling.to(new.device)).tolist()
            for place, row in enumerate(reader.rows):
                if row.length is None and (told[place] or reader.full(row, new.shape[1])):
                    self._look(row, new[place].tolist())
            return torch.tensor([row.length is not None for row in reader.rows], device=new.device)

        def _look(self, row: GeneratedRow, tokens: list[int]) -> None:
            if reader.ends.isdisjoint(tokens):  # one that has ended is filled up with padding
                reader.look(row, tokens)
                if row.length is None and reader.full(row, len(tokens)):
                    row.length, row.stop = len(tokens), "length"

    return Watch()


@lru_cache(maxsize=8)
def _tokens_with(tokenizer: Any, letters: str) -> list[int]:
    """Tokens whose text holds one of the letters."""
    sought = set(letters)
    texts = tokenizer.batch_decode([[token] for token in range(len(tokenizer))])
    return [token for token, text in enumerate(texts) if not sought.isdisjoint(text)]
