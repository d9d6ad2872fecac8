"""The words of a text, in any language, for an index of words."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200c\u200d\u2060\ufeff"))
"""Soft hyphen, joiners, byte order mark: they stand inside words and say nothing."""
ALIKE = str.maketrans("\u2018\u2019\u02bc\u2010\u2011\u2012\u2013\u2212\u200b", "'''----- ")
JOINT = r"[-'./:,_&@\u00b7]"
"""What joins parts to one word or code, with no space around it: e-mail, X-7, 3.5, don't, AT&T."""
SIGN = r"[\p{L}\p{M}\p{N}]"
SCRIPTS = "".join(rf"\p{{scx={name}}}" for name in ("Hani", "Hira", "Kana", "Hang", "Bopo", "Thai", "Laoo", "Khmr", "Mymr"))
UNSPACED = f"[[{SCRIPTS}]&&{SIGN}]"
"""Of scripts that put no spaces between words. Korean puts them between phrases."""


class Patterns(NamedTuple):
    """Compiled when first used."""

    word: Any
    part: Any
    character: Any
    """With its marks."""
    chinese: Any


def words(text: str) -> list[str]:
    """What a text can be found by: its words in lower case, with their marks; none is left out for being short or frequent.

    A compound counts as a whole, with and without its hyphens, and by its parts. Where words are not set apart, every two
    neighbouring characters count as a word, and so does every Chinese character.

    >>> words("Does C++ run on the X-7?")
    ['does', 'c++', 'c', 'run', 'on', 'the', 'x-7', 'x7', 'x', '7']
    >>> words("灯塔 ไทย")
    ['灯塔', '灯', '塔', 'ไท', 'ทย']
    """
    plain = unicodedata.normalize("NFKC", text.translate(INVISIBLE).translate(ALIKE)).casefold()
    return [word for found in _patterns().word.finditer(plain) for word in _taken(found[0], unspaced=bool(found["unspaced"]))]


def _taken(whole: str, *, unspaced: bool) -> list[str]:
    patterns = _patterns()
    if unspaced:
        signs = patterns.character.findall(whole)
        alone = [sign for sign in signs if len(signs) == 1 or patterns.chinese.match(sign)]
        return [one + other for one, other in pairwise(signs)] + alone
    parts = patterns.part.findall(whole)
    joined = re.search(r"[-']", whole) and re.search(r"[^\W\d]", whole)  # one pattern for both would take long for a long word
    written = [whole.replace("-", "").replace("'", "")] if joined else []
    return list(dict.fromkeys([whole, *written])) + (parts if parts != [whole] else [])


@lru_cache(maxsize=1)
def _patterns() -> Patterns:
    import regex

    part = rf"(?:(?!{UNSPACED}){SIGN})+"
    word = rf"(?P<unspaced>{UNSPACED}+)|{part}(?:{JOINT}{part})*(?:\+\+|[#+](?!{SIGN}))?|\p{{S}}"
    compiled = (regex.compile(pattern, regex.V1) for pattern in (word, part, r"\P{M}\p{M}*|\p{M}+", r"\p{Han}"))
    return Patterns(*compiled)
