"""Texts as cells of a CSV file that a spreadsheet can open without running any (OWASP, CSV Injection)."""

from __future__ import annotations

import re
import unicodedata

SEPARATORS = frozenset(";\t\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029")
"""What ends a cell or a row where a spreadsheet is set to another country, or does not heed quotes."""
START = re.compile(f"^|[{''.join(sorted(SEPARATORS))}]")
QUOTES = frozenset("\"'`\u2018\u2019\u201c\u201d")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
BEGIN_FORMULAS = frozenset("=+-@\u2212")


def defused(text: str) -> str:
    """A text with an apostrophe before all that a spreadsheet would take for a formula; a number stays as it is.

    A formula begins with ``=``, ``+``, ``-`` or ``@``, of any width, at the start of a cell: of this one, or of one that another
    separator would make. Blanks, quotes and what cannot be seen may come before it.
    """
    if NUMBER.fullmatch(text):
        return text
    return START.sub(lambda found: f"{found[0]}'" if _needs_one(text, found.end()) else found[0], text)


def _needs_one(text: str, start: int) -> bool:
    """Whether an apostrophe is needed at ``start``; at the start of all where a line break or a tab stands there, too."""
    for place in range(start, len(text)):
        letter = text[place]
        if letter in SEPARATORS:
            return start == 0 and place == 0  # the cell after it is looked at by itself
        if letter not in QUOTES and not letter.isspace() and unicodedata.category(letter)[0] != "C":
            return unicodedata.normalize("NFKC", letter)[0] in BEGIN_FORMULAS
    return False
