"""One spelling for what Unicode can write in several ways, with nothing lost that tells two texts apart."""

from __future__ import annotations

import unicodedata
from itertools import product

import regex

from proctor.core.language.later import later

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
_EARLY = str.maketrans({"´": "'", "˚": "°", "\u2800": " ", "‼": "!!"} | dict.fromkeys("™®©℠"))
"""What NFKC would take apart so that it means something else; blank Braille cells; marks of ownership, which name nothing."""
_APOSTROPHES = "'’‘‛ʼʻ՚ߴ′׳"
_LATE = {
    **dict.fromkeys(_APOSTROPHES, "'"),
    **dict.fromkeys(map("".join, product(_APOSTROPHES, repeat=2)), '"'),
    **dict.fromkeys("“”„‟«»″״〝〞〟", '"'),
    **dict.fromkeys("\u2010\u2011\u05be\u058a", "-"),
    **dict.fromkeys("⁄∕", "/"),
    **dict.fromkeys("∶꞉", ":"),
    **dict.fromkeys("≦⩽", "≤"),
    **dict.fromkeys("≧⩾", "≥"),
    **dict(zip("∗♯٪٫٬ı", "*#%.,i", strict=True)),
    "i\u0307": "i",
    "\u20e3": "",
    ">=": "≥",
    "<=": "≤",
    "!=": "≠",
    "+/-": "±",
    "+-": "±",
}
"""Spellings of one character."""
_VARIANT = later(regex.compile, "|".join(map(regex.escape, sorted(_LATE, key=len, reverse=True))))
_UNSEEN = later(
    regex.compile,
    r"(?V1)(?<!\U0001F3F4[\U000E0020-\U000E007F]*)[\U000E0020-\U000E007F]"  # in a flag these tell England from Scotland
    r"|[\p{Default_Ignorable_Code_Point}--[\U000E0020-\U000E007F]]"
    r"|[\u0640\u064B-\u0652\u0670\u06D6-\u06DC\u06DF-\u06E4\u06E7\u06E8\u06EA-\u06ED]"  # tatweel, and vowels of Arabic
    r"|[\u0591-\u05BD\u05BF\u05C1\u05C2\u05C4\u05C5\u05C7]",  # points of Hebrew
)
_SUPERSCRIPT = later(regex.compile, r"[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+[⁺⁻]?")
_ONE_CHARACTER = later(regex.compile, r"[\p{No}\p{So}]")
_DIGIT = later(regex.compile, r"(?V1)[\p{Nd}--[0-9]]")
_LINE_END = later(regex.compile, r"\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_BLANK = later(regex.compile, r"(?V1)[\s\p{Cc}--\n]+")


def fold(text: str) -> str:
    """A text in one spelling: NFKC, without case, in ASCII's digits, quotes and hyphens, without what cannot be seen.

    Vowel signs that Arabic and Hebrew may leave out are left out. Superscripts and fractions stay what they are: x² becomes
    x^2 and not x2, 2½ becomes 2 1/2 and not 21/2. Line ends stay, other white space becomes single spaces.
    """
    if not text.isascii():
        text = _UNSEEN.sub("", text.translate(_EARLY))
        text = _raised(_ONE_CHARACTER.sub(_apart, text))
        text = _UNSEEN.sub("", unicodedata.normalize("NFKC", text))
        text = _DIGIT.sub(lambda found: str(unicodedata.decimal(found[0], found[0])), text)
    text = _VARIANT.sub(lambda found: _LATE[found[0]], text.casefold())
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    spaced: str = _BLANK.sub(" ", _LINE_END.sub("\n", text))
    return spaced.strip()


def _raised(text: str) -> str:
    raised: str = _SUPERSCRIPT.sub(lambda found: "^" + found[0].translate(_SUPERSCRIPTS), text)
    return raised


def _apart(found: regex.Match[str]) -> str:
    """A fraction or a number in a circle does not run together with the digits beside it; the 2 of H₂O does."""
    kind, *parts = unicodedata.decomposition(found[0]).split() or [""]
    if kind in ("", "<sub>", "<super>"):
        return str(found[0])
    return f" {unicodedata.normalize('NFKC', _raised(''.join(chr(int(part, 16)) for part in parts)))} "
