"""What text comparisons stand on: SQuAD's normalisation, and whether an answer declines to answer."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable
from functools import lru_cache

_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_LEAD = re.compile(
    r"""\s*(?: (?:i\s?am|im)?\s*(?:very\s|so\s)?sorry\W+(?:but\s+)? | unfortunately\W+ | apologies\W+(?:but\s+)?
           | (?:based\son|according\sto)\s[^,.]{1,60},\s* | (?:the\s|my\s)?answer(?:\sis|\s?:)\s*
           | its\s | (?:it|this|that)\sis\s )*""",
    re.VERBOSE,
)
"""Polite openings that may stand before a phrase of declining. Apostrophes are gone by then."""


def normalise(text: str) -> str:
    """Text as SQuAD compares it: lower case, no punctuation, no articles, single spaces."""
    bare = text.lower().translate(_PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", bare).split())


def declines(phrases: Iterable[str], text: str) -> bool:
    """Whether a text declines to answer. Silence does; so does a text that is or begins with one of the phrases.

    A polite opening may come first ("I'm sorry, but I don't know"). After a phrase of one word the text must pause or
    end: "Unknown." declines, "Unknown Pleasures" is an answer.
    """
    said = _without_apostrophes(text)
    return not normalise(text) or _declining(tuple(phrases)).match(said, _end_of_lead(said)) is not None


def _end_of_lead(said: str) -> int:
    found = _LEAD.match(said)
    return found.end() if found else 0


def _without_apostrophes(text: str) -> str:
    return re.sub(r"['\u2018\u2019]", "", text.lower()).strip()


@lru_cache(maxsize=64)
def _declining(phrases: tuple[str, ...]) -> re.Pattern[str]:
    """A pattern that finds any of the phrases at the start of a text."""
    spelt = (re.findall(r"\w+", _without_apostrophes(phrase)) for phrase in phrases)
    options = [r"\W+".join(map(re.escape, words)) + (_BORDER if len(words) > 1 else _PAUSE) for words in spelt if words]
    return re.compile(r"\W*(?:" + "|".join(options or ["(?!)"]) + ")")


_BORDER = r"\b"
_PAUSE = r"(?:\s*[.,;:!?)\]\"*]|\s+[-\u2013\u2014(]|\s*$)"
