"""Which documents an answer cites: read from the marks in use, strictly. What names no document for certain is no citation.

A mark is what stands in square brackets ([a], [a, b], [^a], 【a】), in round ones or in a tag, or follows "Source:". It names a
document by its id, by its file name, or by a title, where no other text bears the same; case and the way in which characters
are composed make no difference. A number that is no document's id is the place of a passage as it was shown.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from proctor.core.language.holders import Holders
from proctor.core.schema import Context, Document

TAG = re.compile(r"<(?:cite|ref|source|citation|doc|document)\b[^<>]*>([^<>]+)</\w+>|\\cite\w*\{([^{}]+)\}", re.IGNORECASE)
"""Of HTML and XML, and of LaTeX."""
LINK = re.compile(r"\[([^\[\]]+)\]\(([^()\s]+)\)")
SQUARE = re.compile(r"\[([^\[\]]+)\]|\u3010([^\u3010\u3011]+)\u3011|\uff3b([^\uff3b\uff3d]+)\uff3d")
ROUND = re.compile(r"[(<{\uff08]([^()<>{}\uff08\uff09]+)[)>}\uff09]")
LINE = re.compile(
    r"(?:\b(?:sources?|references?|citations?|quellen?|fuentes?|fontes?|fonti)|\u6765\u6e90|\u51fa\u5178|\u51fa\u5904)"
    r"[ \t]*[:\uff1a]([^\n\[\](){}\u3010\u3011]+)",
    re.IGNORECASE,
)
ITEM = re.compile(r"^[ \t]*(?:[-*\u2022]|\[?\^?(\w+)\]?[.:)]?)[ \t]+(\S.*?)[ \t]*$", re.MULTILINE)
"""A line of a list: "- a", "1. a", "[1] a", "[^1]: a"."""
BETWEEN = re.compile(r"\s*[,;|\uff0c\u3001\uff1b]\s*|\s+(?:and|&)\s+")
LEAD = re.compile(
    r"^(?:[\^@#]|(?:see|cf|sources?|references?|ref|citations?|cite|docs?|documents?|passages?|ids?)(?:[.:]\s*|\s+))+",
    re.IGNORECASE,
)
LOCATION = re.compile(
    r"\u2020.*$|(?:#|:L?)[\w-]*\d[\w-]*$|[ ,]+(?:p|pp|page|sec|section|\u00a7)\.?\s*\d[\d\u2013-]*$", re.IGNORECASE
)
FOLDER = re.compile(r"^(?:.*/)?documents/|^\./")
ENDING = re.compile(r"\.(?:md|markdown|txt|text|rst|html?|pdf|docx?|json|csv|xml)$", re.IGNORECASE)
NUMBERS = re.compile(r"(\d{1,3})(?:\s*[-\u2013]\s*(\d{1,3}))?")
ASIDE = re.compile(r"[\W\d_]*|sic|x|citation needed|(?:p|pp|page|sec|section|\u00a7)\.?\s*\d.*", re.IGNORECASE)
"""What stands in brackets and is no citation."""
SOURCES = re.compile(r"(?:sources?|references?|citations?|evidence|docs?|documents?)(?:_ids?)?", re.IGNORECASE)
"""Properties of an answer in JSON that cite."""
REMARK = re.compile(r":\s+|\s+[-\u2013\u2014]\s+")
"""What parts a name from what is said of it: "a: its title"."""
DASHES = str.maketrans("\u2010\u2011\u2012\u2013\u2212", "-----")
AROUND = " \t\n\"'`*.,;:\u201c\u201d\u2018\u2019"


class Citations(NamedTuple):
    """What an answer cites."""

    documents: tuple[str, ...] = ()
    """In the order of the answer, once each."""
    numbered: bool = False
    """Whether some of them are named by the place of a passage alone."""
    unread: tuple[str, ...] = ()
    """Marks that may be citations, and name no document for certain."""


class _Mark(NamedTuple):
    place: int
    document: str = ""
    numbered: bool = False
    unread: str = ""


class Citing:
    """Reads the citations of answers about a corpus."""

    def __init__(self, documents: Iterable[Document]) -> None:
        known = tuple(documents)
        holders = Holders(known)
        self._exact = {document.id: document.id for document in known}
        self._ids = _unique(((_folded(one.id), one.id) for one in known), holders)
        self._titles = _unique(((_folded(one.title), one.id) for one in known if one.title), holders)
        self._files = _unique(((_folded(one.id.rpartition("/")[2]), one.id) for one in known), holders)
        self._bracketed = [document for document in self._exact if "[" in document or "]" in document]

    def read(self, text: str, shown: Sequence[Context] = ()) -> Citations:
        """What an answer cites that was given after the passages ``shown``; those of no document are cited by no number."""
        places = [context.document for context in shown]
        marks = sorted((mark for part in _parts(text) for mark in self._marks(*part, places)), key=lambda mark: mark.place)
        return Citations(
            tuple(dict.fromkeys(mark.document for mark in marks if mark.document)),
            any(mark.numbered for mark in marks),
            tuple(mark.unread for mark in marks if mark.unread),
        )

    def _marks(self, start: int, text: str, places: Sequence[str]) -> Iterator[_Mark]:
        """The marks of a text, each stretch of it read once: as the first pattern that it fits."""
        for document in self._bracketed:
            if (place := text.find(f"[{document}]")) >= 0:
                yield _Mark(start + place, document)
                text = text.replace(f"[{document}]", " " * (len(document) + 2))
        items = [(found[1], self.document(found[2], strict=True)) for found in ITEM.finditer(text)]
        labels = {label: document for label, document in items if label and document}
        readers: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Iterable[_Mark]]], ...] = (
            (TAG, lambda found: self._several(_inside(found), labels, places)),
            (LINK, self._link),
            (SQUARE, lambda found: self._several(_inside(found), labels, places)),
            (ROUND, lambda found: self._aside(_inside(found), places)),
            (LINE, lambda found: self._several(_inside(found), labels, places)),
            (ITEM, lambda found: [_Mark(0, self.document(found[2], strict=True))]),
        )
        for pattern, read in readers:
            for found in pattern.finditer(text):
                yield from (mark._replace(place=start + found.start()) for mark in read(found))
            if pattern is not ITEM:
                text = pattern.sub(lambda found: " " * len(found[0]), text)

    def _link(self, found: re.Match[str]) -> Iterator[_Mark]:
        """A link of Markdown: its text or where it leads."""
        document = self.document(found[1]) or self.document(found[2])
        yield _Mark(0, document) if document else _Mark(0, unread=found[0])

    def _several(self, inside: str, labels: dict[str, str], places: Sequence[str]) -> Iterator[_Mark]:
        """One name, or several names, numbers and labels."""
        if document := self.document(inside):
            yield _Mark(0, document)
            return
        for part in filter(None, (piece.strip(AROUND) for piece in BETWEEN.split(inside))):
            bare = LEAD.sub("", part)
            if document := self.document(part) or labels.get(bare, ""):
                yield _Mark(0, document)
            elif (names := [self.document(name, strict=True) for name in part.split()]) and all(names):
                yield from (_Mark(0, name) for name in names)
            elif numbers := NUMBERS.fullmatch(bare):
                yield from _placed(numbers, places, part)
            elif "\u2020" in part or not ASIDE.fullmatch(bare):
                yield _Mark(0, unread=part)

    def _aside(self, inside: str, places: Sequence[str]) -> Iterator[_Mark]:
        """Round brackets hold much besides citations: what counts is what looks like the name of one, or says that it cites."""
        if LEAD.match(inside):
            yield from (mark for mark in self._several(inside, {}, places) if mark.document and not mark.numbered)
            return
        for part in (inside, *BETWEEN.split(inside)):
            if document := self.document(part, strict=True):
                yield _Mark(0, document)

    def document(self, text: str, *, strict: bool = False) -> str:
        """The document that a text names for certain, or nothing. ``strict``: by what no plain word would be."""
        for name in _spellings(text):
            if strict and not re.search(r"[\d/_.-]", name):
                continue
            document = self._exact.get(name) or self._ids.get(_folded(name)) or self._files.get(_folded(name))
            if document or (not strict and (document := self._titles.get(_folded(name)))):
                return document
        head = REMARK.split(text, maxsplit=1)[0]
        return self.document(head, strict=True) if head != text else ""


def _parts(text: str) -> Iterator[tuple[int, str]]:
    """The texts of an answer and where they begin; of an answer in JSON its strings, those that cite marked as such."""
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict):
        yield 0, text
        return
    start = 0
    for string in _strings(parsed, cites=False):
        yield start, string
        start += len(string) + 1


def _strings(parsed: Any, *, cites: bool) -> Iterator[str]:
    if isinstance(parsed, dict):
        for name, value in parsed.items():
            yield from _strings(value, cites=bool(SOURCES.fullmatch(str(name))))
    elif isinstance(parsed, list):
        for value in parsed:
            yield from _strings(value, cites=cites)
    elif isinstance(parsed, str):
        yield f"[{parsed}]" if cites and not SQUARE.search(parsed) else parsed


def _placed(numbers: re.Match[str], places: Sequence[str], part: str) -> Iterator[_Mark]:
    first, last = int(numbers[1]), int(numbers[2] or numbers[1])
    if not 1 <= first <= last <= len(places):
        yield _Mark(0, unread=part)
        return
    for name in places[first - 1 : last]:
        yield _Mark(0, name, numbered=True) if name else _Mark(0, unread=part)


def _spellings(text: str) -> Iterator[str]:
    """A name as it is given, and without what may stand around it: a word such as "Source:", a folder, an ending, a page."""
    name = text.strip()
    yield name
    for pattern in (LEAD, LOCATION, FOLDER, ENDING):
        name = pattern.sub("", name.strip(AROUND)).strip(AROUND)
        yield name


def _inside(found: re.Match[str]) -> str:
    return str(next(filter(None, found.groups())))


def _folded(name: str) -> str:
    composed = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
    return " ".join(composed.translate(DASHES).split())


def _unique(names: Iterable[tuple[str, str]], holders: Holders) -> dict[str, str]:
    """Name -> document, without names of several documents that say different things."""
    found: dict[str, list[str]] = {}
    for name, document in names:
        found.setdefault(name, []).append(document)
    return {name: ids[0] for name, ids in found.items() if len({holders.same(document) for document in ids}) == 1}
