"""The embedded judge: lexical support. Deterministic, no model, no network.

A claim has support where a passage speaks of the question's subject and holds, within two sentences, the numbers and
(almost) all the content words with which the claim answers. That is less than entailment, and it is well to know how:
it sees neither negation nor paraphrase, a right answer in other words than the document's counts as unsupported, and a
wrong one made of the document's words may count as supported. Short factual answers are what it is for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from evals.judges import Pair

VERSION = "1"
MISSING = 0.2
"""This share of a claim's content words may be absent: none of up to four words, one of five."""
NAMED = 2 / 3
"""A passage is about the question if it holds this share of the question's names."""

_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[^a-z\s])|\n+")
_TOKEN = re.compile(r"[^\W\d_]+\d\w*|\d+(?:[.,]\d+)*|[^\W\d_]+")
_WORDS_FOR_COUNTS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_COUNTS = {word: str(count) for count, word in enumerate(_WORDS_FOR_COUNTS, start=2)}
_EMPTY = frozenset(
    """a about after all also am an and any are as at be been before being between both but by can could did do does doing
    done for from give had has have having he her here him his how i if in into is it its itself kind list long many may
    maybe me more most much must my name no none nor not of often on one only or other our out over own per same shall she
    should so some state such take tell than that the their them then there these they this those to too under until up us
    use very was we were what when where which while who whom whose why will with would yes you your""".split()  # noqa: SIM905 -- a hundred quoted words would be harder to read
)
"""Words that say nothing about what a text is about, and what questions begin with."""


@dataclass(frozen=True)
class LexicalJudge:
    """Support and contradiction by shared words."""

    name: str = f"lexical-{VERSION}"

    def claims(self, question: str, answer: str) -> list[str]:
        """The sentences that hold a number or a content word.

        A bare value such as "3 years" is a claim: it is weighed with the question. A bare "yes" is none, for no passage
        says it.
        """
        del question
        return [sentence for sentence in _sentences(answer) if _words(sentence)]

    def supports(self, pairs: Sequence[Pair]) -> list[bool]:
        """For each pair, whether a passage about the question holds the claim's words close together."""
        return [_supported(pair) for pair in pairs]

    def contradicts(self, pairs: Sequence[Pair]) -> list[bool]:
        """For each pair, whether the passages give what was asked for another value than the answer does."""
        return [any(_contradicted(pair._replace(text=claim)) for claim in _sentences(pair.text)) for pair in pairs]


def _supported(pair: Pair) -> bool:
    wanted = _answering(pair)
    return bool(wanted) and any(_holds(passage, pair.question, wanted) for passage in _relevant(pair))


def _contradicted(pair: Pair) -> bool:
    """Some sentence about the question's subject gives another value, and none bears the claim out."""
    wanted = _answering(pair)
    if not wanted or _supported(pair):
        return False
    about = (passage for passage in pair.passages if _is_about(passage, pair.question))
    return any(_differs(passage, sentence, pair.question, wanted) for passage in about for sentence in _sentences(passage))


def _differs(passage: str, sentence: str, question: str, wanted: frozenset[str]) -> bool:
    """Whether a sentence has a value of the wanted kind: for what was asked, or a number of the very same unit."""
    value, units = _words(sentence) - _words(question), {word for word in wanted if not _is_number(word)}
    if units == wanted:
        return bool(value) and _speaks_of(_attribute(question), _words(sentence) | _words(_heading(passage)))
    same_unit = bool(units) and units <= value
    asked_for = same_unit or _speaks_of(_attribute(question), _words(sentence) | _words(_heading(passage)))
    return asked_for and any(map(_is_number, value - wanted))


def _speaks_of(asked: frozenset[str], words: frozenset[str]) -> bool:
    """Whether words hold half of what is asked, whatever their endings: supplier, supplied."""
    stems = _stems(asked)
    return bool(stems) and 2 * len(stems & _stems(words)) >= len(stems)


def _answering(pair: Pair) -> frozenset[str]:
    """The claim's words that answer: those that do not just repeat the question, or all if it only repeats."""
    words = _words(pair.text)
    return words - _words(pair.question) or words


def _relevant(pair: Pair) -> Iterator[str]:
    """The passages about the question, and those whose subject one of these names: answers that take two documents."""
    about = [passage for passage in pair.passages if _is_about(passage, pair.question)]
    mentioned = frozenset().union(*(_mentioned(passage) for passage in about)) - _words(pair.question)
    yield from about
    yield from (passage for passage in pair.passages if passage not in about and mentioned & _words(_heading(passage)))


def _holds(passage: str, question: str, wanted: frozenset[str]) -> bool:
    """Whether two neighbouring sentences hold what is wanted, and they or the heading what is asked, if the passage does."""
    asked = _stems(_attribute(question)) & _stems(_words(passage))
    return any(_has_almost_all(window, wanted) and _touches(asked, window, passage) for window in _windows(passage))


def _touches(asked: frozenset[str], window: frozenset[str], passage: str) -> bool:
    return not asked or bool(asked & _stems(window | _words(_heading(passage))))


def _has_almost_all(window: frozenset[str], wanted: frozenset[str]) -> bool:
    missing = wanted - window
    return not any(map(_is_number, missing)) and len(missing) <= MISSING * len(wanted)


def _is_about(passage: str, question: str) -> bool:
    """Whether a passage holds the question's names (every one with a digit) or, if it has none, half of its words."""
    names, words = _names(question), _words(passage)
    coded = {name for name in names if any(map(str.isdigit, name))}
    if names:
        return coded <= words and len(names & words) >= NAMED * len(names)
    asked = _words(question)
    return 2 * len(asked & words) >= len(asked)


def _attribute(question: str) -> frozenset[str]:
    """What the question asks about its subject: its content words that are not names."""
    return _words(question) - _names(question)


def _heading(passage: str) -> str:
    """The first sentence: a title, or what introduces the subject."""
    return next(iter(_sentences(passage)), "")


def _mentioned(passage: str) -> frozenset[str]:
    """The names that a passage mentions."""
    return frozenset().union(*map(_names, _sentences(passage)))


def _stems(words: frozenset[str]) -> frozenset[str]:
    """Words without their endings, roughly: their first five letters."""
    return frozenset(word[:5] for word in words)


@lru_cache(maxsize=8192)
def _names(sentence: str) -> frozenset[str]:
    """Content words that are capitalised or hold a digit. The first word is capitalised anyway."""
    named = (_word(token) for token in _TOKEN.findall(sentence)[1:] if not token[0].islower())
    return frozenset(word for word in named if word not in _EMPTY)


@lru_cache(maxsize=8192)
def _words(text: str) -> frozenset[str]:
    """The numbers and content words of a text, in one spelling."""
    return frozenset(word for word in map(_word, _TOKEN.findall(text)) if word not in _EMPTY)


@lru_cache(maxsize=8192)
def _windows(passage: str) -> tuple[frozenset[str], ...]:
    """The words of every two neighbouring sentences."""
    words = [_words(sentence) for sentence in _sentences(passage)]
    return tuple(a | b for a, b in pairwise(words)) or tuple(words)


@lru_cache(maxsize=8192)
def _sentences(text: str) -> tuple[str, ...]:
    return tuple(sentence.strip() for sentence in _SENTENCE.split(text) if sentence.strip())


def _word(token: str) -> str:
    """One spelling: lower case, digits for counts and without separators, no plural s."""
    word = token.lower()
    if _is_number(word):
        return word.replace(",", "")
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    return _COUNTS.get(word, word)


def _is_number(word: str) -> bool:
    return word[0].isdigit()
