"""Texts as sentences, and answers as the statements that they make.

Answers come with citation marks, lists, headings and courtesies: none of these says anything that a document could bear
out, so they are taken off before anything is compared.
"""

# ruff: noqa: E501, RUF001 -- patterns on a line, for the marks of all scripts

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import regex

from proctor.core.language.later import later
from proctor.core.language.words import content, words

_ID = r"(?:\^?\w*[-_.#:]?\w*\d[\w.-]*|none)"
_KIND = r"(?:doc(?:ument)?s?|passages?|sources?|refs?|references?|citations?|contexts?|chunks?|articles?|texts?)"
_IDS = rf"(?:{_KIND}\s*[:#]?\s*)?{_ID}(?:\s*(?:[,;&–-]|and)\s*(?:{_KIND}\s*)?{_ID})*"
_CITATION = later(
    regex.compile,
    rf"(?<!\s)\s*\[\s*{_IDS}\s*\](?!\()|(?<!\s)\s*【[^】]{{0,500}}】"
    rf"|(?<!\s)\s*\(\s*{_KIND}\s*[:#]?\s*\[?{_ID}(?:\s*(?:[,;&]|and)\s*(?:{_KIND}\s*)?{_ID})*\]?\s*\)"
    r"|(?:(?<=[.,;:!?\"”’)])|(?<=[^\W\d_]{3})|(?<=\d{4}))[\u00b9\u00b2\u00b3\u2070\u2074-\u2079]+(?=[\s.,;]|$)",
    regex.IGNORECASE,
)
"""[2, 4], [doc-1], [N123], [1][2], (Document 3), 【1†source】 and raised numbers behind a word or a year (not 10²)."""
_LINK = later(re.compile, r"!?\[([^\]]{0,2000})\]\([^)\s]{0,2000}\)")
_EMPHASIS = later(re.compile, r"(\*\*|__|~~|(?<!`)`{1,9}+)(?=\S)(.{1,2000}?)(?<=\S)\1", re.DOTALL)
_ASTERISKS = later(re.compile, r"(?<![\w*])\*(?=[^\s*])([^*\n]+?)(?<=[^\s*])\*(?![\w*])")
_HEADING = later(re.compile, r"\s*#{1,6}\s+\S|\s*(?:\*\*|__)[^*_]+(?:\*\*|__)\s*:?\s*$")
_MARK = later(re.compile, r"\s*(?:>\s*)*(?:(?:[-*+•‣◦▪–—]|\d{1,2}[.)]|\((?:\d{1,2}|[a-z])\)|[a-z]\))\s+)+(?=\S)")
"""What an item of a list begins with."""
_RULE = later(re.compile, r"[-=*_|:\s]+")
_END = later(
    re.compile, r"(?:(?<![.!?…؟।۔])[.!?…؟।۔]++[\"'”’»)\]]*+(?=\s)|(?<![!?])[!?]++(?=[\u3040-\u9fff])|[。！？｡]+[」』”’）]*)\s*"
)
_BEFORE = later(re.compile, r"(?:^|[\s(\[\"'“‘])([^\s(\[\"'“‘]+)\.$")
_BACK = 100
"""Letters before the end of a sentence that tell whether it is one."""
_THAI = later(re.compile, r"[\u0e00-\u0e7f]\.$")
_UNENDING = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "dr",
        "prof",
        "st",
        "sr",
        "jr",
        "gen",
        "col",
        "capt",
        "lt",
        "sgt",
        "rev",
        "hon",
        "gov",
        "sen",
        "rep",
        "pres",
        "vs",
        "v",
        "e.g",
        "i.e",
        "cf",
        "al",
        "approx",
        "ca",
        "est",
        "no",
        "nos",
        "fig",
        "figs",
        "vol",
        "pp",
        "p",
        "ed",
        "eds",
        "dept",
        "inc",
        "ltd",
        "co",
        "corp",
        "bros",
        "jan",
        "feb",
        "mar",
        "apr",
        "jun",
        "jul",
        "aug",
        "sep",
        "sept",
        "oct",
        "nov",
        "dec",
        "etc",
        "a.m",
        "p.m",
        "b.c",
        "a.d",
        "u.s",
        "u.k",
        "u.n",
        "d.c",
        "ph.d",
        "m.d",
        "art",
        "sec",
        "ch",
        "op",
        "mt",
        "ft",
    ]
)
"""Abbreviations whose full stop is hardly ever the end of a sentence."""


def plain(text: str) -> str:
    """A text in one form of Unicode (NFKC), without citation marks and without the marks of Markdown that stand within a line."""
    text = _CITATION.sub("", text)
    text = unicodedata.normalize("NFKC", text)
    text = _LINK.sub(r"\1", text)
    return _ASTERISKS.sub(r"\1", _EMPHASIS.sub(r"\2", _EMPHASIS.sub(r"\2", text)))


@lru_cache(maxsize=16384)
def sentences(text: str) -> tuple[str, ...]:
    """The sentences of a text; an item of a list, a heading and a row of a table are each one."""
    return tuple(sentence for line in _lines(text) for sentence in _split(plain(line)))


def statements(answer: str) -> list[str]:
    """The sentences of an answer that state something: no headings, no questions, nothing that only leads to what follows."""
    lines = [line for line in _lines(answer) if not _HEADING.match(line)]
    found = [sentence for line in lines for sentence in _split(plain(line))]
    return [sentence for sentence in found if not sentence.endswith((":", "?", "：", "？", "؟"))]


def claims(answer: str) -> list[str]:
    """The statements of an answer that say something that a document could; whatever has words, if none does.

    A bare value such as "3 years" is one. A bare "yes" is none, for no document says it, nor are sentences about the answer.
    """
    return [said for said in statements(answer) if content(said)] or [said for said in sentences(answer) if words(said)]


def _lines(text: str) -> list[str]:
    """Lines without the marks of lists; one that was only wrapped is put to the one before."""
    lines: list[str] = []
    for line in text.splitlines():
        if not line.strip() or _RULE.fullmatch(line):
            lines.append("")
        elif lines and lines[-1] and not _MARK.match(line) and line.lstrip()[0].islower() and lines[-1][-1] not in ".!?:;":
            lines[-1] += " " + line.strip()
        else:
            lines.append(line.strip())
    return [_unmarked(line) for line in lines if line]


def _split(line: str) -> list[str]:
    found, start = [], 0
    for end in _END.finditer(line):
        if end.end() < len(line) and _ends(line[start : end.start() + 1], line[end.end() :]):
            found.append(line[start : end.end()])
            start = end.end()
    return [_unmarked(sentence).strip() for sentence in (*found, line[start:]) if any(map(str.isalnum, sentence))]


def sentence_ends(line: str) -> list[int]:
    """Where the sentences of a line end, with the blanks after them; the line itself is left as it is.

    Thai ends no sentence with a full stop, but abbreviations.
    """
    found, start = [], 0
    for end in _END.finditer(line):
        before, after = line[max(start, end.start() - _BACK) : end.start() + 1], line[end.end() : end.end() + 1]
        if after and _ends(before, after) and not _THAI.search(before):
            start = end.end()
            found.append(start)
    return found


def _unmarked(line: str) -> str:
    mark = _MARK.match(line)
    return line[mark.end() :] if mark else line


def _ends(before: str, after: str) -> bool:
    """Whether a sentence ends between two texts: not after an abbreviation, an initial or a list's number, nor before a small letter."""
    if after[0].islower():
        return False
    last = _BEFORE.search(before)
    if last is None:
        return True
    word = last[1].lower()
    alone = before == f"{last[1]}."
    return not (word in _UNENDING or (len(word) == 1 and word.isalpha()) or (alone and word.isdigit() and len(word) < 3))
