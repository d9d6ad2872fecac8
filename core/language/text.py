"""What comparing texts stands on: which of them say the same, and whether one stands in another.

The default rule drops what does not tell two answers apart (case, typography, punctuation, articles, how a number is written)
and keeps what does: 3.5 is not 35, C++ is not C, "A" is an answer. SQuAD's rule is there for figures to hold beside papers'.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Mapping
from functools import lru_cache

import regex

from proctor.core.language.declining import is_abstention
from proctor.core.language.tokens import joined, tokens

__all__ = ["RULES", "holds", "is_abstention", "normalise", "signs", "squad"]

_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")


def squad(text: str) -> str:
    """Text as SQuAD's published script compares it: lower case, no punctuation, no articles, single spaces."""
    bare = text.lower().translate(_PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", bare).split())


def normalise(text: str) -> str:
    """Tokens of a text in one spelling, with single spaces between: equal for texts that say the same.

    Words, numbers with their sign, currency and percent sign, ranges and ratios (3-5, 1:30), symbols; single characters where
    a script has no spaces between words. Punctuation is left only where it tells something, or where there is nothing else.
    """
    return _settled(text, articles=False)


@lru_cache(maxsize=4096)
def _settled(text: str, *, articles: bool) -> str:
    """What is dropped may bring together what is one token then: done again until nothing changes."""
    for _ in range(10):
        before, text = text, joined(tokens(text, articles=articles))
        if text == before:
            break
    return text


RULES: Mapping[str, Callable[[str], str]] = {"default": normalise, "squad": squad}
"""Name of a rule, as a suite gives it -> the form in which texts are compared."""


def holds(text: str, sought: str) -> bool:
    """Whether a text, after the default rule, stands word for word in another."""
    if not normalise(sought):
        return False
    return any(f" {_settled(sought, articles=kept)} " in f" {_settled(text, articles=kept)} " for kept in (False, True))


def signs(text: str) -> list[str]:
    """The tokens that are not plain words: what alone may tell two questions apart (C++ and C#, +5 and -5)."""
    return [token for token in normalise(text).split() if not _PLAIN_WORD.fullmatch(token)]


_PLAIN_WORD = regex.compile(r"[\p{L}\p{M}]+")
