"""The embedded judge: compares words, numbers, names and how alike sentences are in meaning. Deterministic, no network.

A claim has support where passages hold its words, all its numbers and names, and for each of its word pieces one that is like it
where it stands (the packaged MiniLM knows many synonyms). What each of these weighs was learnt (`suites.judge`). A claim that
adds three words or fewer to its question says nothing without it ("3 years"), so for such a one it counts, too, whether these
words stand where passages speak of what was asked: in one sentence and, at most, one other, of any passage.

And a passage must not say otherwise: where two of its sentences hold nearly all of a claim, but one of them denies what
the claim does not (or the other way round), has the opposite of one of its words, another number or another name, or has its
words in another order, the claim is contradicted.

That is less than entailment. What follows from a text in other words it does not see, nor what is wrong though every word
is there; what it is worth is measured (`proctor agreement`) and shown beside its figures.
"""

from __future__ import annotations

import json
import math
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple, TypeVar

from proctor.core.code import code_of
from proctor.core.language.opposites import opposed
from proctor.core.language.sentences import claims, sentences
from proctor.core.language.words import Word, words
from proctor.core.minilm import PLACES, SHA256, Likeness, pieces
from proctor.core.storage.cache import digest
from proctor.core.storage.disk import file_digest
from proctor.evals.judges.protocols import EntailmentInput

VERSION = "4"
WEIGHTS = Path(__file__).with_name("lexical.json")
"""What was learnt, and from what: ``python -m suites.judge`` writes it."""
GROUP = 256
"""Pairs that are judged together."""
FEW = 3
"""A claim that adds so many words to its question, or fewer, says nothing without it."""
FITS = 0.7
"""Share of a claim's words that two sentences hold where they can say otherwise: with less they speak of something else."""

SPOKEN = 0.5
"""Share of a question's words that two sentences hold, at least, where they can give it another answer than a value."""
LINKED = 2
"""Passages that hold a name which links them; one that more of them hold tells nothing."""
ROOM = 0.5
"""An answer lacks support if one of its claims does, so every claim is one more chance of a false alarm. Of n claims each is
therefore given room: this many times the logarithm of n. 1 would keep the chance for an answer as for a single claim if
claims were independent of each other, 0 would leave it to grow; they are in between."""

Stems = frozenset[str]
Cached = TypeVar("Cached")


class Traits(NamedTuple):
    """What is seen of a claim in passages; the more there is, the more speaks for it. The last four are about its question."""

    held: float
    """Of the claim's words: those that the passages hold; of the words that it adds, where the question is needed."""
    alike: float
    """How like each of the claim's word pieces is to the piece of the passages that is most like it; the mean."""
    together: float
    """The same of the question and the claim, in two sentences of which one holds most of what the claim adds; else 0."""
    numbers: float
    """0 if the passages hold all of the claim's numbers that the question does not have; else -log(1 + those missing)."""
    names: float
    """The same of the claim's names."""
    closest: float
    """Of the question's words: those that stand close to what the claim adds, as a share of the most that stand together."""
    subject: float
    """Whether all of the question's names do, or stand in the passage's first sentence."""
    kind: float
    """Whether the claim is of the kind asked for: something with a number for how many, something with a name for who."""
    spoken: float
    """Of the question's words: the most that any two sentences hold."""


SENTENCE = ("held", "alike", "numbers", "names")
"""The traits that count for a claim that stands for itself."""
VALUE = ("alike", "together", "numbers", "names", "closest", "subject", "kind")
"""The traits that count for one that does not."""
DENIAL = (*VALUE, "spoken")
"""The traits by which such a claim is found to be contradicted."""


class Coefficients(NamedTuple):
    """A logistic regression: a weight for each trait, and what is added."""

    traits: Mapping[str, float]
    bias: float

    def says(self, found: Traits, room: float = 0.0) -> bool:
        """Whether more speaks for it than against it, ``room`` apart. Rounded, so that no machine's last bit decides."""
        found_for = sum(weight * float(getattr(found, name)) for name, weight in self.traits.items())
        return round(found_for + self.bias + room, 9) > 0


class Window(NamedTuple):
    """Two neighbouring sentences of a passage."""

    words: tuple[Word, ...]
    stems: Stems
    heading: Stems
    """Of the passage's first sentence: its title, or what introduces its subject."""
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class LexicalJudge:
    """Support and contradiction by shared words."""

    @cached_property
    def name(self) -> str:
        """Version and hash of the weights, those that were learnt and MiniLM's."""
        return f"lexical-{VERSION}#{digest(file_digest(WEIGHTS), SHA256)[:8]}"

    @cached_property
    def version(self) -> str:
        """Name and code."""
        return f"{self.name}:{code_of(__name__)}"

    def claims(self, question: str, answer: str) -> list[str]:
        """The answer's sentences, without courtesies and marks. A bare value is one: it is weighed with the question."""
        del question
        return claims(answer)

    def supports(self, pairs: Sequence[EntailmentInput]) -> list[bool]:
        """For each pair, whether passages bear the claim out, and none says otherwise."""
        found: list[bool] = []
        for group in _groups(pairs):
            embed(group)
            found += map(_supported, group)
        return found

    def contradicts(self, pairs: Sequence[EntailmentInput]) -> list[bool]:
        """For each pair, whether passages say otherwise than one of the answer's claims."""
        found: list[bool] = []
        for group in _groups(pairs):
            split = [[pair._replace(text=claim) for claim in claims(pair.text)] for pair in group]
            embed([claim for each in split for claim in each])
            found += [any(map(_contradicted, each)) for each in split]
        return found


def _groups(pairs: Sequence[EntailmentInput]) -> Iterator[Sequence[EntailmentInput]]:
    """As many at a time as are embedded together: the vectors of a whole suite's passages might not fit into memory."""
    for start in range(0, len(pairs), GROUP):
        yield pairs[start : start + GROUP]


def traits(pair: EntailmentInput) -> Traits | None:
    """What is seen of a claim that was embedded; None where there are no passages, or the claim has no words."""
    windows, claim = _windows(pair.passages), _stems(pair.text)
    if not windows or not claim:
        return None
    question, value = _stems(pair.question), is_value(pair)
    added = claim - question or claim
    held = frozenset().union(*(window.stems for window in windows))
    close = [window.stems | window.heading for window in _with_most(added, windows, lambda window: window.stems)]
    sought, named = question - added, _of_kind(pair.question, "name", "number") - added
    spoken = _most(sought, (window.stems | window.heading for window in windows))
    alike, together = _likeness(pair, added)
    return Traits(
        held=_share(added if value else claim, held),
        alike=alike,
        together=together,
        numbers=-math.log1p(len(_of_kind(pair.text, "number") - question - held)),
        names=-math.log1p(len(_of_kind(pair.text, "name") - question - held)),
        closest=_most(sought, close) / spoken if spoken else 1.0,
        subject=float(_most(named, close) == 1),
        kind=float(_of_the_kind_asked_for(pair)),
        spoken=spoken,
    )


def _likeness(pair: EntailmentInput, added: Stems) -> tuple[float, float]:
    """How like the passages' word pieces are to the claim's, and to the question's and the claim's in two sentences.

    These two are the one most like them of those that hold most of what the claim adds, and whichever helps it most.
    """
    import numpy as np

    said = _sentences(pair.passages)
    found = likeness().matches(_as_said(pair), said)
    own = found[:, pieces(pair.question) :] if is_value(pair) else found
    shares = np.array([_share(added, _stems(sentence)) for sentence in said])
    best = int(np.where(shares == shares.max(), found.mean(axis=1), -1).argmax())
    both = np.maximum(found, found[best]).mean(axis=1).max() if shares.max() else 0
    return round(float(own.max(axis=0).mean()) if own.size else 0.0, PLACES), round(float(both), PLACES)


def _with_most(wanted: Stems, choices: Sequence[Cached], stems: Callable[[Cached], Stems]) -> list[Cached]:
    """Those of the choices that hold most of the wanted words."""
    shares = [_share(wanted, stems(choice)) for choice in choices]
    most = max(shares)
    return [choice for choice, share in zip(choices, shares, strict=True) if share == most]


@lru_cache(maxsize=1)
def likeness() -> Likeness:
    """The vectors of all texts that were embedded, in this process."""
    return Likeness()


def embed(pairs: Sequence[EntailmentInput]) -> None:
    """Embed claims and passages, what was embedded before left out."""
    likeness().forget()
    judged = [pair for pair in pairs if _windows(pair.passages) and _stems(pair.text)]
    likeness().learn(text for pair in judged for text in (_as_said(pair), *_sentences(pair.passages)))


def _as_said(pair: EntailmentInput) -> str:
    """A claim without its marks, after the question that it needs."""
    said = " ".join(sentences(pair.text))
    return f"{pair.question} {said}" if is_value(pair) else said


def is_value(pair: EntailmentInput) -> bool:
    """Whether a claim says little that its question does not: it is weighed together with it."""
    question = _stems(pair.question)
    return bool(question) and len(_stems(pair.text) - question or _stems(pair.text)) <= FEW


def otherwise(pair: EntailmentInput) -> bool:
    """Whether two sentences that hold nearly all of a claim say otherwise."""
    windows, claim = _windows(pair.passages), _claim(pair.text)
    if not windows or not claim:
        return False
    stems = _stems(pair.text)
    best = max(windows, key=lambda window: _share(stems, window.stems))
    if _share(stems, best.stems) < FITS:
        return False
    question = _stems(pair.question)
    return (
        _denied(claim, best)
        or opposed(pair.text, best.sentences)
        or _replaced(question, claim, best)
        or (not is_value(pair) and _exchanged(claim, best))
    )


def _supported(pair: EntailmentInput) -> bool:
    found = traits(pair)
    if found is None or (is_value(pair) and not _knows_subject(pair)):
        return False
    learnt = weights()["value" if is_value(pair) else "sentence"]
    return learnt.says(found, ROOM * math.log(pair.among)) and not otherwise(pair)


def _knows_subject(pair: EntailmentInput) -> bool:
    """Whether the passages hold any of the question's names, if it has some: without its subject a value says nothing."""
    names = _of_kind(pair.question, "name")
    return not names or any(names & window.stems for window in _windows(pair.passages))


def _contradicted(pair: EntailmentInput) -> bool:
    found = traits(pair)
    if found is None:
        return False
    return otherwise(pair) or (is_value(pair) and found.spoken >= SPOKEN and weights()["denial"].says(found))


@lru_cache(maxsize=1)
def weights() -> dict[str, Coefficients]:
    """For claims that stand for themselves, for values, and for values that are contradicted."""
    learnt = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    return {name: Coefficients(learnt[name]["traits"], learnt[name]["bias"]) for name in ("sentence", "value", "denial")}


def _denied(claim: Sequence[Word], window: Window) -> bool:
    """Whether a word that both hold is denied in one of them only."""
    here, there = _denials(claim), _denials(window.words)
    return any(not (here[word] & there[word]) for word in here.keys() & there.keys())


def _denials(found: Iterable[Word]) -> dict[str, set[bool]]:
    said: dict[str, set[bool]] = {}
    for word in found:
        said.setdefault(word.stem, set()).add(word.denied)
    return said


def _replaced(question: Stems, claim: Sequence[Word], window: Window) -> bool:
    """Whether a sentence has all but a number, or a name, and has another one."""
    plain = frozenset(word.stem for word in claim if not word.kind) - question
    closest = max(map(words, window.sentences), key=lambda sentence: _share(_stems_of(claim), _stems_of(sentence)))
    if len(plain) < PLAIN or _share(plain, _stems_of(closest)) < REPLACED:
        return False
    return any(_lacks(kind, question, claim, closest, window) for kind in ("number", "name"))


def _lacks(kind: str, question: Stems, claim: Sequence[Word], sentence: Sequence[Word], window: Window) -> bool:
    mine, theirs = (_stems_of(said, kind) - question for said in (claim, sentence))
    return bool(mine - window.stems - window.heading) and bool(theirs - mine)


def _stems_of(found: Iterable[Word], *kinds: str) -> Stems:
    return frozenset(word.stem for word in found if not kinds or word.kind in kinds)


PLAIN = 2
"""Words of a claim, numbers and names aside, that it takes to tell that it speaks of the same."""
REPLACED = 0.8
"""Share of these that a sentence holds where it has another number or name."""


def _exchanged(claim: Sequence[Word], window: Window) -> bool:
    """Whether a sentence has all of a claim's words, in the same order but for the names."""
    return any(_in_other_order(claim, words(sentence)) for sentence in window.sentences)


def _in_other_order(claim: Sequence[Word], sentence: Sequence[Word]) -> bool:
    places: dict[str, list[int]] = {}
    for place, word in enumerate(sentence):
        places.setdefault(word.stem, []).append(place)
    found = [(word, places[word.stem]) for word in claim if word.stem in places]
    names = {word.stem for word in (*claim, *sentence) if word.kind == "name"}
    plain, named = [at for word, at in found if word.stem not in names], [at for word, at in found if word.stem in names]
    whole = len(found) > HELD * len(claim) and len(plain) >= PLAIN and len(named) >= 2
    return whole and _longest_rise(plain) == len(plain) and _longest_rise(named) < len(named)


HELD = 0.9
"""Share of a claim's words that a sentence holds where it can have exchanged its names."""


def _longest_rise(choices: Iterable[Sequence[int]]) -> int:
    """Length of the longest rising row of numbers, at most one from each choice, in the order of the choices."""
    ends: list[int] = []
    for choice in choices:
        for number in sorted(choice, reverse=True):
            place = bisect_left(ends, number)
            ends[place : place + 1] = [number]
    return len(ends)


_WHO = re.compile(r"\W*(?:who|whom|whose|which (?:person|firm|company|team|country|city|man|woman))\b", re.IGNORECASE)
_HOW_MANY = re.compile(
    r"\W*(?:when|how (?:many|much|long|old|far|tall|often|large|big|high|fast|heavy|deep|wide))\b"
    r"|.*\b(?:what|which) (?:year|date|percent|percentage|number|age)\b",
    re.IGNORECASE,
)
_WHERE = re.compile(r"\W*(?:where|why)\b", re.IGNORECASE)


def _of_the_kind_asked_for(pair: EntailmentInput) -> bool:
    question = _stems(pair.question)
    kinds = {word.kind for word in _claim(pair.text) if word.stem not in question}
    if _HOW_MANY.match(pair.question):
        return "number" in kinds
    if _WHO.match(pair.question):
        return "number" not in kinds and ("name" in kinds or pair.text[:1].isupper())
    return not (_WHERE.match(pair.question) and "number" in kinds)


def _share(wanted: Stems, held: Stems) -> float:
    """Of the wanted words those that are held; all, where none is wanted."""
    return len(wanted & held) / len(wanted) if wanted else 1.0


def _most(wanted: Stems, choices: Iterable[Stems]) -> float:
    return max(_share(wanted, choice) for choice in choices)


@lru_cache(maxsize=16384)
def _claim(text: str) -> tuple[Word, ...]:
    return tuple(word for sentence in sentences(text) for word in words(sentence))


@lru_cache(maxsize=16384)
def _stems(text: str) -> Stems:
    return frozenset(word.stem for word in _claim(text))


@lru_cache(maxsize=16384)
def _of_kind(text: str, *kinds: str) -> Stems:
    return frozenset(word.stem for word in _claim(text) if word.kind in kinds)


@lru_cache(maxsize=4096)
def _windows(passages: tuple[str, ...]) -> tuple[Window, ...]:
    """Every two neighbouring sentences of the passages that have words."""
    return tuple(
        window._replace(heading=window.heading | linked)
        for passage, linked in zip(passages, _linked(passages), strict=True)
        for window in _windows_of_one(passage)
        if window.stems
    )


def _linked(passages: Sequence[str]) -> Iterator[Stems]:
    """For each passage what one other says of a name in its first sentence: some answers take two documents."""
    said = [[words(sentence) for sentence in sentences(passage)] for passage in passages]
    held = [frozenset(word.stem for sentence in passage for word in sentence) for passage in said]
    named = {word.stem for passage in said for sentence in passage for word in sentence if word.kind == "name"}
    for place, passage in enumerate(said):
        heading = {word.stem for word in passage[0]} if passage else set()
        names = {name for name in heading & named if sum(name in other for other in held) == LINKED}
        others = (sentence for other in (*said[:place], *said[place + 1 :]) for sentence in other)
        yield frozenset(word.stem for sentence in others if any(one.stem in names for one in sentence) for word in sentence)


@lru_cache(maxsize=4096)
def _sentences(passages: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(sentence for passage in passages for sentence in sentences(passage)))


@lru_cache(maxsize=8192)
def _windows_of_one(passage: str) -> tuple[Window, ...]:
    said = sentences(passage)
    heading = frozenset(word.stem for word in words(said[0])) if said else frozenset()
    together: list[tuple[str, ...]] = [*pairwise(said)] or [said]
    return tuple(_window(two, heading) for two in together)


def _window(two: tuple[str, ...], heading: Stems) -> Window:
    found = tuple(word for sentence in two for word in words(sentence))
    return Window(found, frozenset(word.stem for word in found), heading, two)
