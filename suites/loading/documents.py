"""The corpus: every file under a suite's ``documents`` folder. Texts may have a front matter; other formats are converted.

---
id: sensor-7
title: Sensor 7
---
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from proctor.core import extras
from proctor.core.language.holders import SHORTEST
from proctor.core.reading import values
from proctor.core.reading.files import read_text
from proctor.core.reading.problems import Place, Problems, closest
from proctor.core.reading.shown import short
from proctor.core.reading.user_files import UnreadableError
from proctor.core.registry import Registry
from proctor.core.schema import Document
from proctor.suites.loading import markup
from proctor.suites.loading.converted import Pages, Reader, converted, with_libraries
from proctor.suites.loading.markup import Page
from proctor.suites.loading.own_files import OwnFiles

SOURCE = "documents"
FENCE = "---"
HEADING = re.compile(r"^#{1,6}[ \t]+(.+?)[ \t#]*$", re.MULTILINE)
YAML_LINE = re.compile(r"\s*$|\s*#|\s+\S|-(\s|$)|[^\s:#][^:]*:(\s|$)")
"""Blank, comment, continuation, list item or key: all that a front matter may consist of."""
KEY_VALUE = re.compile(r"(\w+):\s+(?![>|][+-]?\s*$)(.*\S)\s*$")
"""A key and its value on one line; one that is folded over the lines below is left aside."""
KEY = re.compile(r"(\w+):\s*$")
ITEM = re.compile(r"\s*-\s+(.*\S)\s*$")
LIST = re.compile(r"\[(.*)\]")
LISTED = re.compile(r"""\s*("[^"]*"|'[^']*'|[^,]+)""")
OWN = ("id", "title")
"""Keys of a front matter that are no fields of a document, but its own."""
LIKE_MATTER = re.compile(r"(?:---\s*\n\w+:|\+\+\+\s*\n\w+\s*=)")
"""YAML that is never closed or holds something else, and TOML."""
LONGEST_TITLE = 500
"""Letters of a heading that may be a title: a longer one is a text with a mark before it."""
PROSE = ("", ".md", ".markdown", ".txt", ".text", ".rst", ".adoc", ".org", ".tex")
HTML = "HTML was read as the main text that is seen"
READERS: Registry[Reader] = Registry(
    "proctor.readers",
    {
        "html": "proctor.suites.loading.markup:read",
        "htm": "proctor.suites.loading.markup:read",
        "xhtml": "proctor.suites.loading.markup:read",
        "pdf": "proctor.suites.converters.pdf:read [pypdf]",
        "docx": "proctor.suites.converters.word:read [docx]",
        "pptx": "proctor.suites.converters.slides:read [pptx]",
        "xlsx": "proctor.suites.converters.sheets:read [openpyxl]",
        "xlsm": "proctor.suites.converters.sheets:read [openpyxl]",
        "csv": "proctor.suites.converters.records:table",
        "tsv": "proctor.suites.converters.records:table",
        "jsonl": "proctor.suites.converters.records:json_lines",
        "ndjson": "proctor.suites.converters.records:json_lines",
    },
)
"""Suffix -> what makes text of such a file, or notes a problem. Whatever has none is taken for text as it stands."""
HOW = {
    **dict.fromkeys(("html", "htm", "xhtml"), HTML),
    **dict.fromkeys(("csv", "tsv", "jsonl", "ndjson"), "rows were read as texts that say their columns"),
}
"""Suffix -> what its reader changes, where that is more than the format."""
BEGINNINGS = {"pdf": b"%PDF-", **dict.fromkeys(("docx", "pptx", "xlsx", "xlsm"), b"PK\x03\x04")}
"""What begins otherwise is only called like such a file, and may be text or a pointer of git LFS."""
REMEDY = "convert it to text first, or take it away"


def read_documents(folder: Path, problems: Problems, own: OwnFiles) -> Corpus:
    """Every document under a folder, in the order of the paths. Links within the suite are followed, hidden files left out.

    A link to the suite's own files, which are no documents, is a problem.
    """
    if not problems.may_read(folder):
        return Corpus(())
    if not folder.is_dir():
        problems.add(Place(folder), "the folder of documents is missing", "put the texts to be asked about there")
        return Corpus(())
    if _refused(folder, own.wrong_with_folder(folder), problems):
        return Corpus(())
    seen: dict[str, Path] = {}
    read: dict[Path, list[Document]] = {}
    files = sorted(_files(folder, folder, (folder.resolve(),), problems, own))
    same = _same(files, folder.resolve())
    for path in files:
        if path not in same:
            read[path] = list(_documents(path, path.relative_to(folder), problems))
            for document in read[path]:
                _check(document, path, seen, problems)
    if not files:
        problems.add(Place(folder), "the corpus is empty: no documents", "put at least one text file there (.md, .txt, ...)")
    problems.tally.take(SOURCE, sum(map(len, read.values())))
    aliases: dict[str, str] = {}
    for path, kept in same.items():
        why = f"links to the file that is there as {kept.relative_to(folder).as_posix()}"
        problems.tally.leave_out(SOURCE, why, path.relative_to(folder).as_posix())
        own_name, other = _stem(kept.relative_to(folder)), _stem(path.relative_to(folder))
        for document in read.get(kept, ()):
            part = document.id.removeprefix(own_name) if document.id.startswith(f"{own_name}/") else ""
            aliases.setdefault(other + part, document.id)
    return Corpus(tuple(document for found in read.values() for document in found), aliases)


def _same(files: Sequence[Path], root: Path) -> dict[Path, Path]:
    """Each further name of a file that links have given several -> the one that it is read by, its own if that is one."""
    real = {path: path.resolve() for path in files if path.exists()}
    first: dict[Path, Path] = {}
    for path in sorted(real, key=lambda path: (not real[path].is_relative_to(root), path.is_symlink(), path)):
        first.setdefault(real[path], path)
    return {path: first[there] for path, there in real.items() if first[there] != path}


def _files(folder: Path, root: Path, within: tuple[Path, ...], problems: Problems, own: OwnFiles) -> Iterator[Path]:
    """The files below a folder. ``within`` are the real folders that it lies in: a link to one of them goes in a circle."""
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        problems.add(Place(folder), f"the folder cannot be read ({error.strerror})", "check its permissions")
        return
    for path in entries:
        where = path.relative_to(root).as_posix()
        if path.name.startswith("."):
            problems.tally.leave_out(SOURCE, "names that begin with a dot", where)
        elif not path.is_dir():
            if not _refused(path, own.wrong_with_file(path), problems):
                yield path
        elif (real := path.resolve()) in within:
            problems.tally.leave_out(SOURCE, "links to a folder that they lie in", where)
        elif problems.may_read(path) and not _refused(path, own.wrong_with_folder(path), problems):
            yield from _files(path, root, (*within, real), problems, own)


def _refused(path: Path, what: str, problems: Problems) -> bool:
    """Whether something is wrong with where a path leads, which is then noted."""
    if what:
        remedy = "remove the link, or put the documents themselves there"
        problems.add(Place(path), f"{what}: the exam would tell its answers", remedy)
    return bool(what)


def _documents(path: Path, relative: Path, problems: Problems) -> Iterator[Document]:
    """What a file says; nothing, and a problem noted, if it cannot be read."""
    if not problems.may_read(path):
        return
    kind = path.suffix.lower()
    if kind not in PROSE and kind[1:] in READERS and _begins(path, kind[1:]):
        yield from _converted(path, kind[1:], relative, problems)
        return
    where = relative.as_posix()
    text = read_text(path, problems, said=lambda what: problems.tally.note(SOURCE, what, where))
    if text is not None:
        yield _prose(path, relative, text, problems)


def _begins(path: Path, kind: str) -> bool:
    """Whether a file begins like one of its kind. Of one that cannot be read, whoever reads it says so."""
    if kind not in BEGINNINGS:
        return True
    try:
        if not path.is_file():  # to open a pipe is to wait
            return False
        with path.open("rb") as file:
            return BEGINNINGS[kind] in file.read(1024)
    except OSError:
        return False


def _converted(path: Path, kind: str, relative: Path, problems: Problems) -> Iterator[Document]:
    """The documents that the reader of a kind of file makes of one."""
    found = _pages(path, kind, relative, problems)
    for page in [found] if isinstance(found, Page) else found or ():
        name = values.name(page.id) or _stem(relative) + (f"/{values.name(page.part)}" if page.part else "")
        if page.note:
            problems.tally.note(SOURCE, page.note, relative.as_posix())
        yield Document(name, page.text, page.title or name)


def _pages(path: Path, kind: str, relative: Path, problems: Problems) -> Pages:
    """What the reader of a kind of file makes of one."""
    needs = READERS.needs(kind)
    if gone := extras.missing(needs):
        what = f".{kind} files are converted to text by {extras.LIBRARIES[gone[0]].name}, which is not installed"
        problems.add(Place(path), what, f"{extras.install(*gone)}, or {REMEDY}")
        return None
    by = READERS.version(kind) or (with_libraries(needs) if needs else "")
    try:
        found = converted(READERS[kind], needs, path, problems) if needs else READERS[kind](path, problems)
    except UnreadableError as error:
        problems.add(Place(path, error.line), error.what, error.remedy)
    except Exception as error:  # noqa: BLE001 # the boundary: a reader of somebody else's
        what = f"{by or 'the reader'} cannot read it ({type(error).__name__}: {short(str(error), 200)})"
        problems.add(Place(path), what, REMEDY)
    else:
        if found:  # of a file that is a problem nothing was read
            problems.tally.change(SOURCE, f".{kind} files were read by {by}" if by else HOW[kind], relative.as_posix())
        return found
    return None


def _prose(path: Path, relative: Path, text: str, problems: Problems) -> Document:
    if markup.is_html(text):
        problems.tally.change(SOURCE, HTML, relative.as_posix())
        page = markup.seen(text)
        return Document(_stem(relative), page.text, page.title or _stem(relative))
    if path.suffix.lower() not in PROSE:
        what = f"{path.suffix.lower()} files are taken for prose as they stand, with all that marks them up"
        problems.tally.note(SOURCE, what, relative.as_posix())
    matter, body = front_matter(text)
    if not matter and LIKE_MATTER.match(text):
        what = "a beginning like that of a front matter is taken for text: --- stands above and below one, and only keys in it"
        problems.tally.note(SOURCE, what, relative.as_posix())
    name = values.name(matter.get("id", _stem(relative)))
    heading = HEADING.search(body) if path.suffix.lower() in (".md", ".markdown") else None
    found = heading[1] if heading and len(heading[1]) <= LONGEST_TITLE else name
    return Document(name, body.strip(), matter.get("title") or found, fields(text))


def revised(text: str) -> str:
    """A document's new text, as its file would be read: without front matter and tags."""
    return markup.seen(text).text if markup.is_html(text) else front_matter(text)[1].strip()


def _stem(relative: Path) -> str:
    return values.name(relative.with_suffix("").as_posix())


def front_matter(text: str) -> tuple[dict[str, str], str]:
    """The keys of a front matter and the text after it. What does not look like one belongs to the text."""
    lines, end = text.split("\n"), _end(text)
    found = (KEY_VALUE.match(line) for line in lines[1:end])
    return {pair[1].lower(): _unquoted(pair[2]) for pair in found if pair}, "\n".join(lines[end + 1 :]) if end else text


def fields(text: str) -> tuple[tuple[str, str], ...]:
    """What a front matter says besides id and title: names and values, and each item of a list under the list's name."""
    found: dict[tuple[str, str], None] = {}
    listed = ""
    for line in text.split("\n")[1 : _end(text)]:
        if pair := KEY_VALUE.match(line):
            listed, value = "", pair[2]
            items = LISTED.findall(inner[1]) if (inner := LIST.fullmatch(value)) else [value]
            found |= dict.fromkeys((pair[1].lower(), _unquoted(item.strip())) for item in items if item.strip())
        elif listed and (item := ITEM.match(line)):
            found[listed, _unquoted(item[1])] = None
        elif key := KEY.match(line):
            listed = key[1].lower()
    return tuple((name, value) for name, value in found if name not in OWN)


def _end(text: str) -> int:
    """The line on which a front matter ends; 0 where there is none."""
    if not text.startswith(FENCE):
        return 0
    lines = text.split("\n")
    if lines[0].rstrip() != FENCE:
        return 0
    end = next((number for number, line in enumerate(lines[1:], 1) if line.rstrip() == FENCE), 0)
    return end if all(YAML_LINE.match(line) for line in lines[1:end]) else 0


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value


def _check(document: Document, path: Path, seen: dict[str, Path], problems: Problems) -> None:
    if not values.visible(document.text):
        problems.add(Place(path), "the document is empty", "write its text or delete the file")
    if not document.id.strip():
        problems.add(Place(path, field="id"), "the id is empty", "give it one, or leave the line out")
    if document.id in seen:
        what = f"the id '{document.id}' is also that of {seen[document.id]}"
        problems.add(Place(path, field="id"), what, "give one of them another id in its front matter")
    seen.setdefault(document.id, path)


class Corpus:
    """Finds a document by its id or by its text."""

    def __init__(self, documents: tuple[Document, ...], aliases: Mapping[str, str] | None = None) -> None:
        self.documents = documents
        self.by_id = {document.id: document for document in documents}
        self.aliases = aliases or {}
        """Ids of files that links give another name -> the ids of their documents."""

    def id(self, name: str) -> str | None:
        """The id of the document that is called ``name``; None if there is none."""
        name = values.name(name)
        return name if name in self.by_id else self.aliases.get(name)

    @cached_property
    def _plain(self) -> dict[str, str]:
        """The documents' texts by id, without the differences that copying makes."""
        return {document.id: values.plain(document.text) for document in self.documents}

    @cached_property
    def _by_text(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name, text in self._plain.items():
            found.setdefault(text, []).append(name)
        return found

    def resolve(self, name: str, place: Place, problems: Problems) -> str:
        """The id of the document that ``name`` is the id, the text or a passage of; a problem if there is none.

        Of several documents with one and the same text it is the first, and of several that hold the same passage as well:
        what is found in one of them is found in all. Either is noted. Of a short passage it has to be said which is meant.
        """
        if (called := self.id(name)) is not None:
            return called
        text = values.plain(name)
        holders = self._by_text.get(text) or self._holding(text)
        equal = len({self._plain[holder] for holder in holders}) == 1
        if holders and (equal or len(text) >= SHORTEST):
            if len(holders) > 1:
                what = f"evidence by a text that {len(holders)} {'equal documents have' if equal else 'documents hold'}"
                said = f"{what} counts as {holders[0]} ({', '.join(holders[1:4])})"
                problems.tally.note(place.file.name, said, f"line {place.line}")
            return holders[0]
        if self.documents:
            self._unresolved(name, len(holders), place, problems)
        return name

    def is_passage(self, name: str) -> bool:
        """Whether ``name`` is neither id nor text of a document, but stands in one."""
        text = values.plain(name)
        return self.id(name) is None and text not in self._by_text and bool(self._holding(text))

    def holding(self, passage: str) -> list[str]:
        """The documents that hold a passage, white space aside."""
        return self._holding(values.plain(passage))

    def _holding(self, passage: str) -> list[str]:
        """The documents that hold a passage. One word is no passage: it would often be a misspelt id."""
        if " " not in passage and (passage.isascii() or len(passage) < 12):
            return []
        return [name for name, text in self._plain.items() if passage in text]

    def _unresolved(self, name: str, holders: int, place: Place, problems: Problems) -> None:
        shown = name if len(name) <= 60 else f"{name[:57]}..."
        if holders:
            problems.add(place, f"{holders} documents hold the text '{shown}'", "name the document that is meant by its id")
        elif len(name.split()) > 5:
            what = f"no document has or holds exactly the text '{shown}'"
            problems.add(place, what, "name documents by their ids, or copy their text unchanged")
        else:
            problems.add(place, f"'{shown}' is no document", closest(name, self.by_id))
