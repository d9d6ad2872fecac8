"""Values as tables and other people's programs write them: what may be missing, lists in cells, names in two spellings."""

from __future__ import annotations

import ast
import io
import json
import tokenize
import unicodedata
import warnings
from itertools import pairwise

MISSING = frozenset({
    "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA", "NULL",
    "NaN", "NaT", "None", "\\N", "n/a", "nan", "null", "undefined",
})  # fmt: skip
"""How programs write that there is no value: all that pandas reads so, and what JavaScript and databases write."""
SKIPPED = {tokenize.NL, tokenize.NEWLINE, tokenize.COMMENT}


class UnclearError(ValueError):
    """A text that can be read in two ways; the message says which."""


def name(text: str) -> str:
    """An id in its one spelling: macOS writes the names of files with accents apart (NFD), keyboards do not (NFC)."""
    return unicodedata.normalize("NFC", text).strip()


def plain(text: str) -> str:
    """A text without the differences that copying makes: composed accents, and single spaces for all white space."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def visible(text: str) -> bool:
    """Whether there is anything to see: white space, and characters of no width, are nothing."""
    return any(character.isprintable() and not character.isspace() for character in text)


def listed(text: str) -> tuple[str, ...] | None:
    """The texts of a list that is written as JSON or as Python prints one; ``None`` where the text is no list.

    Raises:
        UnclearError: it may be a list or a text.
    """
    bare = text.strip()
    if bare.startswith("array("):
        raise UnclearError("an array of numpy, or a text that begins like one")
    if not (bare.startswith("[") and bare.endswith("]")):
        return None
    found = _parsed(bare)
    if isinstance(found, list) and all(isinstance(item, str) for item in found):
        return tuple(found)
    if isinstance(found, list) or bare[1:].lstrip()[:1] in "\"'":
        raise UnclearError("a list that holds more than texts in quotes, or a text in brackets")
    return None


def is_object(text: str) -> bool:
    """Whether a text is an object of JSON, or looks like one as Python prints it."""
    bare = text.strip()
    return bare.startswith("{") and bare.endswith("}") and bare[1:].lstrip()[:1] in "\"'" and ":" in bare


def is_json(text: str) -> bool:
    """Whether a list is written as JSON."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _parsed(text: str) -> object:
    """The value that a text is the JSON or Python of; ``None`` if it is neither, or two texts stand side by side in it."""
    if is_json(text):
        return json.loads(text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value: object = ast.literal_eval(text)
            tokens = [token.type for token in tokenize.generate_tokens(io.StringIO(text).readline) if token.type not in SKIPPED]
    except (ValueError, SyntaxError, MemoryError, RecursionError, tokenize.TokenError):
        return None
    return None if (tokenize.STRING, tokenize.STRING) in pairwise(tokens) else value
