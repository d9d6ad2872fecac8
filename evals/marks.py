"""Marks that cite: they are no part of what an answer says. `evals.citations` is about what they name."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet

from evals.characters import fold
from evals.tokens import tokens

_MARK = re.compile(r"(?:(?<!\s)\s{1,9})?(?<!\b\w)(?:\[([^\[\]()]+)\]|\(([^\[\]()]+)\)|\u3010([^\u3010\u3011]+)\u3011)")
"""Brackets, but not those of x[1]."""
_BETWEEN = re.compile(r"\s*[,;|\uff0c\u3001\uff1b]\s*|\s+(?:and|&)\s+")
_LEAD = re.compile(r"(?:\^|(?:see|cf|sources?|references?|refs?|docs?|documents?|passages?|ids?)(?:[.:]\s*|\s+))+", re.IGNORECASE)
_AROUND = re.compile(r"^(?:.*/)?documents/|\.(?:md|markdown|txt|text|rst|html?|pdf|docx?|json|csv|xml)$|\u2020.*$", re.IGNORECASE)
"""The folder, the ending and the line of a source (4\u2020L1)."""
_NUMBER = re.compile(r"[1-9]\d{0,2}(?:\s*[-\u2013]\s*[1-9]\d{0,2})?")


def without_citations(text: str, names: AbstractSet[str]) -> str:
    """A text without the marks that cite: numbers in square brackets, and names of documents in square or round ones.

    ``names`` are `Suite.names`. The text itself where nothing else is in it. Years, and what else stands in brackets, stay; in
    round brackets a name is one that no plain word would be ("(doc-1)", not "(Turin)"), unless "see" or "source" leads to it.
    """
    bare = _MARK.sub(lambda found: "" if _cites(found, names) else found[0], text).strip()
    return bare if bare != text and any(token.kind != "punctuation" for token in tokens(bare)) else text


def _cites(found: re.Match[str], names: AbstractSet[str]) -> bool:
    square, inside = found[2] is None, (found[1] or found[2] or found[3]).strip()
    return _named(inside, names, square=square) or all(_named(part, names, square=square) for part in _BETWEEN.split(inside))


def _named(part: str, names: AbstractSet[str], *, square: bool) -> bool:
    lead = _LEAD.match(part)
    bare = _AROUND.sub("", _AROUND.sub("", part[lead.end() if lead else 0 :].strip()))
    if square and _NUMBER.fullmatch(bare):
        return True
    known = fold(bare) in names or fold(part) in names
    return known and (square or lead is not None or re.search(r"[\d/_.-]", part) is not None)
