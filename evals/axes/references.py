"""How long a suite's references are: what says something of a name or a value says little of a sentence, and vice versa."""

from __future__ import annotations

from functools import lru_cache
from statistics import median

import regex

from proctor.core.language.tokens import NO_SPACES, tokens
from proctor.core.schema import Suite

SENTENCE = 6
"""Words from which on a reference is a sentence, rather than a name or a value."""
_WORD = regex.compile(r"[\p{L}\p{N}]")
_UNSPACED = regex.compile(NO_SPACES)


@lru_cache(maxsize=1 << 14)
def words(text: str) -> float:
    """Words of a text; where a script has no spaces between words, two characters make one."""
    found = [token.text for token in tokens(text) if _WORD.search(token.text)]
    unspaced = sum(bool(_UNSPACED.fullmatch(one)) for one in found)
    return len(found) - unspaced / 2


def are_sentences(suite: Suite) -> bool:
    """Whether half of the questions with references, or more, have none that is shorter than a sentence."""
    shortest = [min(map(words, question.references)) for question in suite.questions if question.references]
    return bool(shortest) and median(shortest) >= SENTENCE
