"""The tokens of a text: words, numbers with all that belongs to them, symbols, and characters where a script has no spaces."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import regex

from proctor.core.language.characters import fold
from proctor.core.language.later import later
from proctor.core.language.quantities import numbers, powers


class Token(NamedTuple):
    """What is compared as one."""

    text: str
    kind: str
    """The group of `_TOKEN` that found it."""


NO_SPACES = r"[\p{Han}\p{scx=Hira}\p{scx=Kana}\p{Bopomofo}\p{Yi}\p{LB=SA}\p{Javanese}\p{Balinese}]"
"""Scripts without spaces between words; ``LB=SA`` is Unicode's class of Thai, Lao, Khmer, Burmese and their like."""
_MINUS = r"[-\u2212\u2013]"
_DASH = r"[-\u2212\u2013\u2014\u301c~]"
_LETTER = rf"[[\p{{L}}\p{{M}}\p{{Nl}}\p{{No}}\p{{Co}}]--{NO_SPACES}]"
_BODY = (
    r"(?:[1-9]\d{0,2}(?:\ \d{3})+(?!\d)(?:[.,]\d+)?|\d+(?:'\d{3}(?!\d)|[.,]\d+)*|(?<![\w.])\.\d+)"
    r"(?:(?<=\d)e[+-]?\d{1,4}(?![\w.]))?"
)
_AMOUNT = rf"""
    (?:(?<![\w)\]%'"+\-\u2212]){_MINUS}(?=[\p{{Sc}}.\d])|(?<![^\s:=(]\s*){_MINUS}\ (?=[\p{{Sc}}.\d]))?   # a sign, or else a dash
    (?:\p{{Sc}}\ ?{_MINUS}?)?{_BODY}
    (?:\ ?[%\u2030\u2031]|\ ?\p{{Sc}}(?!\ ?{_MINUS}?\ ?[.\d]))?
"""
_AFTER = r"(?=$|[\s.,;:!?)\]\u3002\u060c])"
_TOKEN = later(
    regex.compile,
    rf"""(?V1)
      (?P<blank> \s+ )
    | (?P<plain> (?<![\w'.])[a-z]{{3,}}(?=[\s,;]|$) )  # soon found, as most are
    | (?P<times> (?<=[\d)]\ ?)[x*\u22c5\u00b7\u00d7](?=\ ?[\d(]) | (?<=\b\p{{L}}\ ?|\d\ ?)[*\u00d7](?=\ ?[\p{{L}}\d](?!\p{{L}})) )
    | (?P<code> (?<![\w'.]){_LETTER}(?:(?:{_MINUS}|\ {_MINUS}\ )(?:\d[\w.]*(?<!\.)|{_LETTER}(?![\w'])))+(?![\w'])
              | (?<![\w'])a-{_LETTER}{{2,}}(?![\w']) )                                      # F-16, x - 1, A-B; A-flat: no article
    | (?P<word> (?:(?<![\w.)\]])\.)?{_LETTER}(?:[{_LETTER}\d]|'(?={_LETTER})|\.(?={_LETTER})|(?<=\d)\.(?=\d))*
                (?:[+\#]++(?!\w) | (?:(?<=(?<![\w'])\w{{1,2}}){_MINUS}|(?<=(?<![\w'])\w)[*'!])(?:{_AFTER}|(?=\()))? )
    # as in C++, A-, n!
    | (?P<character> [\p{{L}}\p{{N}}&&{NO_SPACES}]\p{{M}}* )
    | (?P<number> (?:{_AMOUNT})(?:(?:{_DASH}|\ {_MINUS}\ |\ ?[:/]\ ?)(?:{_MINUS}(?=\d))?(?=[\p{{Sc}}\d])(?:{_AMOUNT}))*
                (?:[+\u2212\u2013\-*]{_AFTER}|!(?!\w)|['"](?!\p{{L}}))? )                                    # 18+, 1990-, 5!, 6"
    | (?P<degree> \u00b0\ ?[cfk](?![\w']) )
    | (?P<minus> \u2212 | (?<=[\d)\]]\ ?){_MINUS}(?=\ ?(?:\(|{_LETTER}(?![\w']))) | (?<=[)\]]\ ?){_MINUS}(?=\ ?\d) )
    | (?P<bracket> [()\[\]] )
    | (?P<symbol> [\p{{S}}\\&@%\u2030\u00a7--[`\u00a8\u00af\u00b4\u00b8]][\U000E0020-\U000E007F]* | (?<=\S\ ?)/(?=\ ?\S) )
    """,
    regex.VERBOSE,
)
_NUMBER_PART = later(regex.compile, rf"(?V1)(?P<amount>{_AMOUNT})|(?P<between>[:/]|{_DASH})|(?P<after>[+*!'\"])", regex.VERBOSE)
_AMOUNT_PARTS = later(
    regex.compile, rf"(?V1)({_MINUS}?)\ ?(\p{{Sc}}?)\ ?({_MINUS}?)({_BODY})\ ?([%\u2030\u2031]?|\p{{Sc}})", regex.VERBOSE
)
_EASY = later(re.compile, r"[a-z]+(?:(?:[,;:]?|(?<=[a-z]{2})[.?]) (?:[1-9]\d{0,2} (?=[a-z]{3}))?[a-z]+)*[,;:?.]?")
"""Plain words, between them perhaps a small number: of these every word is a token, which takes a tenth of the time to find."""
_EASY_TOKEN = later(re.compile, r"[a-z]+|\d+")
_QUOTED = later(
    regex.compile,
    r"""(?<![\w"])"([^"\n]+)"(?![\w"]) | (?<![\w'])'([^'\n]+)'(?![\w'])
      | (?<![\w*_`~])([*_`]{1,3}|~~)(?=\S)([^\n]{1,400}?)(?<=\S)\3(?![\w*_`~])""",
    regex.VERBOSE,
)
"""Text in quotes, or emphasised as in Markdown."""
_BULLETS = later(regex.compile, r"^ ?[-\u2013\u2022*] +", regex.MULTILINE)
_SUM = later(regex.compile, r"(?:[\d)]|\b\p{L}) ?[-+*/^\u00d7\u00f7\u2212] ?\(|\) ?[*/^\u00d7\u00f7]|\) ?[-+\u2212] ?[\d(]")
"""Parentheses that mean something."""
_INTERVAL = later(regex.compile, rf"([\[(\]]) ?({_MINUS}?(?:\d+\.)?\d+) ?[,;] ?({_MINUS}?(?:\d+\.)?\d+) ?([\])\[])")
_VERSION = frozenset(["v", "ver", "version", "release", "python", "java", "section", "chapter", "figure", "fig", "table"])
"""After these 3.10 is not 3.1."""


def tokens(text: str, *, articles: bool = False) -> list[Token]:
    """A text's tokens, in one spelling each, without English articles unless they are asked for."""
    folded = fold(text)
    found = _easily(folded) if _EASY.fullmatch(folded) else _found(folded)
    return found if articles else _without_articles(found)


def _easily(text: str) -> list[Token]:
    return [Token(part, "number" if part.isdigit() else "word") for part in _EASY_TOKEN.findall(text)]


def _found(text: str) -> list[Token]:
    tidy = _together(powers(_unquoted(_without_bullets(text))))
    if interval := _INTERVAL.fullmatch(tidy):
        opening, low, high, closing = interval.groups()
        return [Token(f"{opening}{_plain(low)};{_plain(high)}{closing}", "interval")]
    found = list(_scanned(tidy, brackets=bool(_SUM.search(tidy))))
    if all(token.kind == "minus" for token in found):
        return [Token(part, "punctuation") for part in _hyphens(tidy).split()]
    return found


def joined(found: Sequence[Token]) -> str:
    """The tokens' texts, with a comma where two numbers would otherwise be read as one with a space between thousands."""
    parts = []
    for token, after in pairwise([*found, Token("", "")]):
        parts.append(token.text)
        if token.kind == after.kind == "number" and _ENDS_SHORT.search(token.text) and _THREE.match(after.text):
            parts.append(",")
    return " ".join(parts)


def _plain(number: str) -> str:
    return joined(list(_scanned(number, brackets=False)))


def _without_bullets(text: str) -> str:
    """A hyphen before a number is a sign, unless each of several lines begins with one."""
    lines = [line for line in text.splitlines() if line.strip()]
    return _BULLETS.sub("", text) if len(lines) > 1 and all(_BULLETS.match(line) for line in lines) else text


def _unquoted(text: str) -> str:
    bare: str = _QUOTED.sub(lambda found: f" {found[1] or found[2] or found[4]} ", text)
    return bare.strip()


def _together(text: str) -> str:
    """J. R. R. as J.R.R., 5 m2 as 5 m^2, and 3.5 as Markdown may write it without its backslash."""
    text = regex.sub(r"\\(?=[^\w\s\\])", "", text)
    text = regex.sub(r"(?<=(?<!\w)\p{L}\.) (?=\p{L}\.)", "", text)
    return str(regex.sub(r"(?<=\d ?)([kcdm]?m|ft|in|yd|mi)([23])(?!\w)", r"\1^\2", text))


def _hyphens(text: str) -> str:
    return text.replace("\u2212", "-").replace("\u2013", "-")


def _scanned(text: str, *, brackets: bool) -> Iterator[Token]:
    last = ""
    for found in _TOKEN.finditer(text):
        kind, written = found.lastgroup or "", found[0]
        if kind == "blank":
            continue
        if kind == "number":
            yield from (Token(part, kind) for part in _quantity(written, code=last in _VERSION))
        elif not (kind == "bracket" and not brackets) and not (written == "+" and _is_sign(text, found.start(), found.end())):
            yield Token(_SPELT[kind](written) if kind in _SPELT else written, kind)
        last = written


def _is_sign(text: str, start: int, end: int) -> bool:
    """Whether a plus is the sign of a number that a text begins with, which is the same without it."""
    return not text[:start].strip() and regex.match(r"\ ?\p{Sc}?\.?\d", text[end:]) is not None


def _word(written: str) -> str:
    """Without apostrophes and the dots of abbreviations."""
    return written if written.isalpha() else _hyphens(regex.sub(r"'(?=\p{L})|(?<!^)\.(?!\d)", "", written))


_SPELT: Mapping[str, Callable[[str], str]] = {
    "word": _word,
    "code": lambda written: _hyphens(written).replace(" ", ""),
    "degree": lambda written: written.replace(" ", ""),
    "minus": lambda _: "\u2212",
    "times": lambda _: "\u00d7",
}


def _quantity(written: str, *, code: bool) -> tuple[str, ...]:
    """An amount, several in a list, or a range or ratio as one."""
    parts = list(_NUMBER_PART.finditer(written))
    if sum(part["amount"] is not None for part in parts) == 1:
        *others, last = _amounts(parts[0][0], code=code)
        return (*others, last + "".join(_hyphens(part[0]) for part in parts[1:]))
    literal = code or ":" in written
    spelt = "".join(",".join(_amounts(part[0], code=literal)) if part["amount"] else _between(part[0]) for part in parts)
    return (regex.sub(r"^0(?=\d:)", "", spelt),)


def _between(mark: str) -> str:
    return mark if mark in ":/+*!'\"" else "-"


def _amounts(written: str, *, code: bool) -> tuple[str, ...]:
    """Each value of an amount, with sign, currency and percent sign in one order."""
    found = _AMOUNT_PARTS.fullmatch(written.strip())
    if not found:
        return (written,)
    before_all, currency, before_digits, body, after = found.groups()
    unit = after if after in _PERCENT else ""
    *others, last = numbers(body, code=code)
    first, *rest = (*others, last + unit)
    sign = "-" if (before_all or before_digits) and first.rstrip(_PERCENT) != "0" else ""
    return (sign + (currency or after.strip(_PERCENT)) + first, *rest)


_PERCENT = "%\u2030\u2031"
_ENDS_SHORT, _THREE = regex.compile(r"(?<![\d.])[1-9]\d{0,2}$"), regex.compile(r"\d{3}(?!\d)")


_ARTICLES = ("a", "an", "the")
_JOINING = frozenset(
    [
        *(
            "of",
            "in",
            "on",
            "at",
            "to",
            "for",
            "from",
            "with",
            "by",
            "as",
            "into",
            "onto",
            "over",
            "under",
            "than",
            "like",
            "such",
        ),
        *("about", "after", "before", "during", "through", "between", "without", "within", "per", "via", "and", "or", "not"),
        *("is", "are", "was", "were", "be", "been", "has", "have", "had", "that", "what", "which", "it", "its", "this"),
    ]
)
"""After these "a" is an article ("in a box"), after other words it may be a name ("vitamin A deficiency")."""


def _without_articles(found: list[Token]) -> list[Token]:
    """English articles stand before a word: one that ends a text is a name, and so is all where there is nothing else."""
    if all(token.text in _ARTICLES for token in found):
        return found
    texts = [token.text for token in found]
    return [token for place, token in enumerate(found) if not _is_article(texts, place)]


def _is_article(texts: list[str], place: int) -> bool:
    text, after = texts[place], texts[place + 1 : place + 3]
    if text not in _ARTICLES or not after:
        return False
    if text == "the":
        return True
    if text == "an":
        return regex.match(r"[\p{L}--[b-df-gj-np-z]]|8|1[18]", after[0], regex.V1) is not None
    begins = place == 0 or texts[place - 1] in _JOINING
    word = len(after[0]) > 1 and after[0][0].isalpha() and after[0] not in ("and", "or")
    return begins and (word or (after[0][0].isdigit() and len(after) > 1))
