"""The embedded judge: lexical support. Deterministic, no model, no network.

A claim has support where passages about the question's subject hold its words close together, near to what was asked,
and its numbers and names at all. How much each of these weighs was learnt from labels that the embedded domain's
generator wrote (`fit`). That is less than entailment, and it is well to know how: it sees no negation and no synonym,
and a wrong answer made of the document's own words, near to those of the question, counts as supported. Short factual
answers are what it is for. What it is worth is measured (`python -m evals calibrate`) and shown beside its figures.

Tried and left out, since they told supported claims from others no better: negation, pairs of words, sentence embeddings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from operator import mul
from typing import NamedTuple

from evals.judges import Pair

VERSION = "2"
NAMED = 2 / 3
"""A passage is about the question if it holds this share of the question's names."""


class Traits(NamedTuple):
    """What is seen of a claim in the passages about its question; shares between 0 and 1."""

    held: float
    """Of the claim's words, within two neighbouring sentences: the best such pair counts."""
    asked: float
    """Of the question's words, names aside, that any two sentences hold together: in those that hold what the claim answers."""
    numbers: float
    """Of the claim's numbers that the question does not have: those that are missing beside what they count."""
    names: float
    """Of the claim's names that the question does not have: missing."""


WEIGHTS = Traits(held=6.3, asked=5.1, numbers=-5.1, names=-3.2)
BIAS = -7.6
"""A logistic regression: `fit` on labels that `suites.instruments.generate` writes with the seeds 101 to 104."""

_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[^a-z\s])|\n+")
_TOKEN = re.compile(r"[^\W\d_]+\d\w*|\d+(?:[.,]\d+)*|[^\W\d_]+")
_WORDS_FOR_COUNTS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_COUNTS = {word: str(count) for count, word in enumerate(_WORDS_FOR_COUNTS, start=2)}
_UNSAID = """a about after all also am an and any are as at be been before being between both but by can could did do does doing
    done for from give had has have having he her here him his how i if in into is it its itself kind list long many may
    maybe me more most much must my name no none nor not of often on one only or other our out over own per same shall she
    should so some state such take tell than that the their them then there these they this those to too under until up us
    use very was we were what when where which while who whom whose why will with would yes you your""".split()  # noqa: SIM905 -- a hundred quoted words would be harder to read


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
        """For each pair, whether passages about the question bear the claim out."""
        return [_supported(pair) for pair in pairs]

    def contradicts(self, pairs: Sequence[Pair]) -> list[bool]:
        """For each pair, whether the passages give what was asked for another value than the answer does."""
        return [any(_contradicted(pair._replace(text=claim)) for claim in _sentences(pair.text)) for pair in pairs]


def fit(claims: Sequence[tuple[Pair, bool]]) -> tuple[Traits, float]:
    """Weights and bias from claims that do or do not have support: a logistic regression, both kinds weighing the same."""
    from sklearn.linear_model import LogisticRegression

    seen = [(found, supported) for pair, supported in claims if (found := traits(pair))]
    model = LogisticRegression(class_weight="balanced", C=10).fit([found for found, _ in seen], [said for _, said in seen])
    return Traits(*map(float, model.coef_[0])), float(model.intercept_[0])


def traits(pair: Pair) -> Traits | None:
    """What is seen of a claim; None where no passage is about the question or the claim says nothing."""
    passages, said = list(_relevant(pair)), _words(pair.text)
    windows = [window for passage in passages for window in _windows(passage)]
    if not windows or not said:
        return None
    question, answering, held = _words(pair.question), _answering(pair), frozenset().union(*windows)
    best = max(_share(answering, window) for window in windows)
    close = [window for window in windows if _share(answering, window) == best]
    return Traits(
        held=max(_share(said, window) for window in windows),
        asked=_nearness(_attribute(pair.question) - answering, close, windows),
        numbers=_missing(_measures(pair.text) - _measures(pair.question), windows),
        names=1 - _share(_capitalised(pair.text) - question, held),
    )


def _nearness(words: frozenset[str], close: Sequence[frozenset[str]], windows: Sequence[frozenset[str]]) -> float:
    """Of the words that any window holds together, those that a close one does."""
    most = max(_share(words, window) for window in windows)
    return max(_share(words, window) for window in close) / most if most else 1.0


def _missing(measures: frozenset[frozenset[str]], windows: Sequence[frozenset[str]]) -> float:
    """Share of numbers that no window holds together with what they count."""
    return sum(not any(measure <= window for window in windows) for measure in measures) / max(1, len(measures))


@lru_cache(maxsize=8192)
def _measures(text: str) -> frozenset[frozenset[str]]:
    """Numbers, each with the content word that follows it, if one does: what it counts."""
    words = [_word(token) for token in _TOKEN.findall(text)]
    return frozenset(frozenset(pair) - _EMPTY for pair in pairwise([*words, "a"]) if _is_number(pair[0]))


def _share(wanted: frozenset[str], held: frozenset[str]) -> float:
    """Of the wanted words those that are held, whatever their endings."""
    stems = _stems(wanted)
    return len(stems & _stems(held)) / len(stems) if stems else 1.0


def _supported(pair: Pair) -> bool:
    found = traits(pair)
    return found is not None and sum(map(mul, WEIGHTS, found)) + BIAS > 0


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
    """Words without their endings, roughly: their first five letters. Numbers are whole."""
    return frozenset(word if _is_number(word) else word[:5] for word in words)


@lru_cache(maxsize=8192)
def _names(sentence: str) -> frozenset[str]:
    """Content words that are capitalised or hold a digit. The first word is capitalised anyway."""
    return _capitalised(sentence.partition(" ")[2])


def _capitalised(text: str) -> frozenset[str]:
    return frozenset(map(_word, (token for token in _TOKEN.findall(text) if not token[0].islower()))) - _EMPTY


@lru_cache(maxsize=8192)
def _words(text: str) -> frozenset[str]:
    """The numbers and content words of a text, in one spelling."""
    return frozenset(map(_word, _TOKEN.findall(text))) - _EMPTY


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


_EMPTY = frozenset(map(_word, _UNSAID))
"""Words that say nothing about what a text is about, and what questions begin with."""
