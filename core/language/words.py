"""Texts as words that can be compared: content words without their endings, numbers, names, what is denied, and opposites."""

# ruff: noqa: E501 -- tables of words

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from proctor.core.language.later import later

_ACRONYM = later(re.compile, r"\b(?:[^\W\d_]\.){2,}")
_WIDE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0e7f\uac00-\ud7af"
"""Scripts that put no space between words."""
_TOKEN = later(
    re.compile,
    rf"(?P<number>(?<![\w.,])[-\u2212]?\d+(?:[.,]\d+)*|\d+(?:[.,]\d+)*)|(?P<percent>%)|(?P<wide>[{_WIDE}]+)"
    rf"|(?P<word>[^\W\d_{_WIDE}](?:[\u0300-\u036f\u0900-\u0dff\u200d]|[^\W_{_WIDE}])*(?:['\u2019][^\W\d_]+)?)"
    r"|(?P<stop>[.,;:!?()])",
)
_THOUSANDS = later(re.compile, r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_COUNTS = {word: str(n) for n, word in enumerate(_ONES) if n > 1} | {word: str(10 * n) for n, word in enumerate(_TENS, 2)}
_SCALES = {"hundred": 2, "thousand": 3, "million": 6, "billion": 9, "trillion": 12, "mn": 6, "bn": 9}
_SAME = {
    "jan": "january", "feb": "february", "mar": "march", "apr": "april", "jun": "june", "jul": "july", "aug": "august", "sep": "september",
    "sept": "september", "oct": "october", "nov": "november", "dec": "december", "percent": "%", "percentage": "%", "pct": "%",
    "per_cent": "%", "kilogram": "kg", "kilograms": "kg", "kilo": "kg", "kilos": "kg", "gram": "g", "grams": "g", "meter": "m",
    "meters": "m", "metre": "m", "metres": "m", "km": "kilometer", "kilometre": "kilometer", "kilometres": "kilometer", "kilometers": "kilometer",
    "hr": "hour", "hrs": "hour", "min": "minute", "mins": "minute", "volt": "v", "volts": "v", "amp": "a_", "amps": "a_", "ampere": "a_",
}  # fmt: skip
_STOP = frozenset(
    [
        "a",
        "about",
        "after",
        "all",
        "also",
        "am",
        "an",
        "and",
        "any",
        "are",
        "as",
        "at",
        "be",
        "because",
        "been",
        "before",
        "being",
        "between",
        "both",
        "but",
        "by",
        "can",
        "could",
        "did",
        "do",
        "does",
        "doing",
        "done",
        "due",
        "during",
        "each",
        "either",
        "even",
        "ever",
        "every",
        "few",
        "for",
        "from",
        "further",
        "get",
        "gets",
        "give",
        "given",
        "gives",
        "got",
        "had",
        "has",
        "have",
        "having",
        "he",
        "her",
        "here",
        "hers",
        "him",
        "his",
        "how",
        "however",
        "i",
        "if",
        "in",
        "into",
        "is",
        "it",
        "its",
        "itself",
        "just",
        "kind",
        "like",
        "list",
        "long",
        "made",
        "make",
        "makes",
        "many",
        "may",
        "maybe",
        "me",
        "might",
        "more",
        "moreover",
        "most",
        "much",
        "must",
        "my",
        "name",
        "no",
        "none",
        "nor",
        "not",
        "now",
        "of",
        "often",
        "on",
        "once",
        "one",
        "only",
        "or",
        "other",
        "others",
        "our",
        "out",
        "over",
        "own",
        "per",
        "perhaps",
        "quite",
        "rather",
        "same",
        "shall",
        "she",
        "should",
        "since",
        "so",
        "some",
        "still",
        "such",
        "take",
        "than",
        "that",
        "the",
        "their",
        "theirs",
        "them",
        "themselves",
        "then",
        "there",
        "therefore",
        "these",
        "they",
        "this",
        "those",
        "though",
        "through",
        "thus",
        "to",
        "too",
        "under",
        "until",
        "up",
        "upon",
        "us",
        "use",
        "used",
        "using",
        "very",
        "was",
        "we",
        "well",
        "were",
        "what",
        "when",
        "where",
        "whether",
        "which",
        "while",
        "who",
        "whom",
        "whose",
        "why",
        "will",
        "with",
        "within",
        "without",
        "would",
        "yes",
        "yet",
        "you",
        "your",
        "t",
        "s",
        "re",
        "ve",
        "ll",
        "d",
        "m",
    ]
)
"""Words that say nothing about what a text is about."""
_META = frozenset(
    [
        "accord",
        "according",
        "answer",
        "answers",
        "article",
        "articles",
        "based",
        "below",
        "context",
        "document",
        "documents",
        "excerpt",
        "find",
        "found",
        "following",
        "follows",
        "help",
        "helps",
        "hope",
        "information",
        "know",
        "let",
        "mention",
        "mentioned",
        "mentions",
        "note",
        "passage",
        "passages",
        "provided",
        "provide",
        "provides",
        "question",
        "regarding",
        "sorry",
        "source",
        "sources",
        "state",
        "stated",
        "states",
        "summarize",
        "summary",
        "text",
        "conclusion",
        "please",
        "sure",
        "according",
        "overall",
    ]
)
"""Words about an answer and its sources."""
_DENIALS = frozenset(
    [
        "not",
        "no",
        "never",
        "none",
        "neither",
        "nor",
        "without",
        "cannot",
        "nobody",
        "nothing",
        "nowhere",
        "hardly",
        "barely",
        "rarely",
        "scarcely",
        "unable",
        "fail",
        "fails",
        "failed",
        "failing",
        "lack",
        "lacks",
        "lacked",
        "lacking",
        "absence",
        "deny",
        "denies",
        "denied",
        "refuse",
        "refuses",
        "refused",
    ]
)
_SCOPE = 3
"""Content words after a word of denial that it denies."""


class Word(NamedTuple):
    """A content word of a sentence."""

    stem: str
    """In one spelling: without ending; a number without separators."""
    kind: str
    """``number``, ``name`` (capitalised, not only because it is first), or empty."""
    denied: bool
    """Whether a word of denial stands shortly before it."""


@lru_cache(maxsize=32768)
def words(sentence: str) -> tuple[Word, ...]:
    """The content words of a sentence, in order."""
    text = _ACRONYM.sub(lambda found: found[0].replace(".", ""), unicodedata.normalize("NFKC", sentence)).replace("\u2019", "'")
    found: list[Word] = []
    denying = 0
    first = True
    for token in _TOKEN.finditer(text):
        if token["stop"]:
            denying = 0 if token["stop"] in ".;:!?" else denying
            continue
        if token["wide"]:
            found += [Word(part, "", denying > 0) for part in _bigrams(token["wide"])]
            first = False
            continue
        raw = token[0]
        low = raw.casefold()
        if token["number"]:
            found.append(Word(_number(raw), "number", denying > 0))
        elif low.endswith("n't") or low in _DENIALS:
            denying = _SCOPE
        elif low in _SCALES and found and found[-1].kind == "number":
            found[-1] = found[-1]._replace(stem=_scaled(found[-1].stem, _SCALES[low]))
        elif low in _COUNTS:
            found.append(Word(_COUNTS[low], "number", denying > 0))
        elif (word := low.split("'")[0]) not in _STOP or (raw.isupper() and not first and word not in ("a", "i")):
            kind = (
                "name" if raw[0].isupper() and (not first or any(map(str.isupper, raw[1:])) or any(map(str.isdigit, raw))) else ""
            )
            found.append(Word(stem(word), kind, denying > 0))
            denying = max(0, denying - 1)
        first = False
    return tuple(found)


def content(sentence: str) -> bool:
    """Whether a sentence says anything that a document could: more than words about an answer and its sources."""
    return any(word.stem not in _META_STEMS for word in words(sentence))


def _bigrams(text: str) -> list[str]:
    return [text[place : place + 2] for place in range(len(text) - 1)] or [text]


def _number(text: str) -> str:
    """Without separators of thousands and zeros that say nothing: 1,200 and 1200.0 are 1200."""
    text = text.replace("\u2212", "-")
    if _THOUSANDS.fullmatch(text.lstrip("-")):
        text = text.replace(",", "")
    if text.count(".") == 1 and "," not in text:
        text = text.rstrip("0").rstrip(".")
    return text


def _scaled(number: str, zeros: int) -> str:
    whole, _, part = number.partition(".")
    if not (whole.lstrip("-") + part).isdigit() or len(part) > zeros:
        return number
    return (whole + part.ljust(zeros, "0")).lstrip("0") or "0"


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """A word without its ending, roughly: enough to find supplier in supplied, and little more."""
    word = _SAME.get(word, word)
    if len(word) < 4 or not word.isascii():
        return word
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)] + instead
            if not instead and len(word) > 3 and word[-1] == word[-2] and word[-1] in "bdgmnprt":
                word = word[:-1]
            break
    return word[:LENGTH]


LENGTH = 6
_ENDINGS = (
    ("ational", "ate"), ("ization", "ize"), ("isation", "ize"), ("fulness", "ful"), ("iveness", "ive"), ("ations", "ate"), ("ation", "ate"),
    ("ements", "e"), ("ement", "e"), ("ments", ""), ("ment", ""), ("ingly", ""), ("edly", ""), ("ities", ""), ("ity", ""), ("ness", ""),
    ("iers", "y"), ("ier", "y"), ("ies", "y"), ("ied", "y"), ("ying", "y"), ("sses", "ss"), ("ings", ""), ("ing", ""), ("ions", ""), ("ion", ""), ("ers", ""),
    ("er", ""), ("ors", ""), ("or", ""), ("ed", ""), ("es", ""), ("ly", ""), ("al", ""), ("ss", "ss"), ("us", "us"), ("is", "is"), ("s", ""), ("e", ""),
)  # fmt: skip
_META_STEMS = frozenset(map(stem, _META))
