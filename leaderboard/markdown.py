"""Other people's texts as part of a report in Markdown: what a reader sees is the text, and nothing of it is a link or markup.

A report becomes a comment on a pull request, where GitHub makes more of a text than Markdown does: links of names, numbers and
bare addresses, signs of ``:names:``, formulas of ``$x$`` (GitHub Docs, "Autolinked references and URLs", "Writing mathematical
expressions"; GitHub Flavored Markdown Spec 0.29). A backslash keeps Markdown away, but not what looks at the text that is left: a
space of no width does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import compress
from urllib.parse import quote, urlsplit

from proctor.leaderboard.formatting import SPACE

LONGEST = 200
"""Letters shown of one text; lists of names may be longer, so that they do not end within one."""
BREAK = "\u200b"
"""A space of no width."""
JOINERS = "\u200c\u200d"
"""Of no width, too; they shape letters and signs."""
MARKUP = re.compile(r"[\\`*\[\]|~]|<(?=[a-zA-Z/!?])|(?<![^\W_])_|_(?![^\W_])|&(?=[#\w])")
"""What is markup anywhere; ``_`` within a word is none."""
BEGINNING = re.compile(r"[#>+=-]|(?<=\d)[.)](?= |$)")
"""What begins a heading, a list or a line across where a line begins with it, or with a number and it."""
LINKED = re.compile(r":(?=//)|www(?=\.)|#(?=\d)|gh-(?=\d)|:(?=[\w+-]+(?::|$))|(?:mailto|xmpp):|@(?=[^\W_])", re.IGNORECASE)
"""The first part of what is made a link or a sign after all markup was read."""
CUT_OFF = re.compile(r"(?<=[a-z_])@(?=\d{1,3}(?![\w.-]))", re.IGNORECASE)
"""The sign in a metric such as ``recall@5``, which is not made a link."""


def escaped(text: object, most: int = LONGEST) -> str:
    """A text of somebody else as Markdown, wherever it stands: one line, of which a reader sees the letters as they are."""
    line = shown(text, most)
    number = re.match(r"\d*", line)
    place = number.end() if number else 0
    return _marked(line, {place} if BEGINNING.match(line, place) else set())


def in_cell(text: object, most: int = LONGEST) -> str:
    """The same where it begins no line, as in a table."""
    return _marked(shown(text, most), set())


def shown(text: object, most: int = LONGEST) -> str:
    """What is left of a text on one line, with blanks for line breaks and for what cannot be seen or would turn it round."""
    kept = (letter if letter.isprintable() or letter in (SPACE, *JOINERS) else " " for letter in str(text))
    line = re.sub(" +", " ", "".join(kept)).strip()
    return line if len(line) <= most else f"{line[: most - 1]}\u2026"


def _marked(line: str, begins: set[int]) -> str:
    slashes = begins | {found.start() for found in MARKUP.finditer(line)}
    kept = {found.end() for found in CUT_OFF.finditer(line)}
    breaks = {found.end() for found in LINKED.finditer(line)} - kept
    letters = ("<span>$</span>" if letter == "$" else letter for letter in line)
    return "".join(f"{BREAK * (at in breaks)}{chr(92) * (at in slashes)}{letter}" for at, letter in enumerate(letters))


def link(words: str, address: str) -> str:
    """A link of ours to an address that somebody gave; the address as text where it is none of the web."""
    try:
        known = urlsplit(address).scheme in ("http", "https")
    except ValueError:
        known = False
    return f"[{words}](<{quote(address, safe=SAFE)}>)" if known else escaped(f"{words}: {address}")


SAFE = "%/:=&?~#+!$,;'@()*[]"
"""Letters that an address may have as they are."""


def table(rows: Sequence[Sequence[object]]) -> str:
    """A table of texts, without the columns that hold nothing."""
    filled = [any(row[place] for row in rows[1:]) for place in range(len(rows[0]))]
    head, *rest = [tuple(map(in_cell, compress(row, filled))) for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rest))


def listed(items: Iterable[str]) -> str:
    """A list of items that are Markdown already."""
    return "\n".join(f"- {item}" for item in items)
