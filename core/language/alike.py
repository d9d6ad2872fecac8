"""Documents that say nearly the same: nine in ten of their runs of five words are in both.

Jaccard similarity of word shingles (Broder 1997, Compression and Complexity of Sequences). Letters of scripts without spaces
between words count as words.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from itertools import chain

import regex

RUN = 5
NEARLY = 0.9
_WORD = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Khmer}\p{Lao}\p{Myanmar}]|[\p{L}\p{M}\p{N}]+")


def words_of(text: str) -> list[str]:
    """The words of a text in order, in small letters; single letters where there are no spaces between words."""
    return [found.group() for found in _WORD.finditer(text.lower())]


def shingles(text: str) -> frozenset[tuple[str, ...]]:
    """The runs of `RUN` words of a text, in small letters; the whole of a shorter one."""
    words = words_of(text)
    return frozenset(tuple(words[place : place + RUN]) for place in range(max(1, len(words) - RUN + 1))) if words else frozenset()


def jaccard(one: frozenset[tuple[str, ...]], other: frozenset[tuple[str, ...]]) -> float:
    """The share of all runs that both have; 0 where there are none."""
    both = len(one & other)
    return both / (len(one) + len(other) - both) if both else 0.0


def pairs(texts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The names of texts that are nearly the same, the earlier first.

    Two of them share one of their rarest runs, as many as may be missing and one more (prefix filtering: Chaudhuri, Ganti and
    Kaushik 2006, ICDE). So only those that do are compared.
    """
    runs = {name: shingles(text) for name, text in texts.items()}
    often = Counter(chain.from_iterable(runs.values()))
    known: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name, own in runs.items():
        rarest = sorted(own, key=lambda run: (often[run], run))[: len(own) - math.ceil(NEARLY * len(own)) + 1]
        for other in dict.fromkeys(chain.from_iterable(known[run] for run in rarest)):
            if jaccard(own, runs[other]) >= NEARLY:
                yield other, name
        for run in rarest:
            known[run].append(name)
