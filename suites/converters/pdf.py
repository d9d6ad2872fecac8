"""PDF as text, page by page, with pypdf. It draws nothing and follows no links; pages that are pictures have no text."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from proctor.core.reading.problems import Problems
from proctor.core.reading.shown import listed
from proctor.core.reading.user_files import UnreadableError
from proctor.suites.converters.limits import SMALLER, check_size, joined
from proctor.suites.loading.markup import Page

if TYPE_CHECKING:
    from pypdf import PdfReader

PAGES = 20_000
PAGE = 2**23
"""Bytes of what a page says how to draw, unpacked: a file of two kilobytes may hold a megabyte of it, which takes two seconds."""
DRAWN = 2**27
"""The same for all pages together."""
RECOGNISE = "recognise its text first (ocrmypdf IN.pdf OUT.pdf), or take it away"


def read(path: Path, _: Problems) -> Page:
    """The text of a PDF and its title.

    Raises:
        UnreadableError: it is locked, has no text on any page, or is too large.
    """
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    check_size(path)
    with _quiet():
        try:
            reader = PdfReader(path)
            _check(reader)
            texts: list[str] = []
            text = joined(_kept(_texts(reader), texts), "\n\n")
        except PyPdfError as error:
            raise UnreadableError(f"a damaged PDF file ({error})", "print it to PDF anew, or take it away") from error
        bare = [number for number, one in enumerate(texts, 1) if not one.strip()]
        if len(bare) == len(texts):
            what = f"a scan or drawing: {_pages(len(texts))} and no text on any of them"
            raise UnreadableError(what, RECOGNISE)
        title = (reader.metadata and reader.metadata.title) or ""
    note = f"no text on {len(bare)} of {_pages(len(texts))} (page {', '.join(listed([*map(str, bare)], 5))})" if bare else ""
    return Page(text, " ".join(str(title).split()), note=note)


def _check(reader: PdfReader) -> None:
    if reader.is_encrypted:
        from pypdf.errors import DependencyError

        try:
            opened = reader.decrypt("")
        except DependencyError as error:
            raise UnreadableError(f"it is encrypted ({error})", "save it without encryption") from error
        if not opened:
            raise UnreadableError("it is locked by a password", "save it without one")
    if len(reader.pages) > PAGES:
        raise UnreadableError(f"{len(reader.pages):,} pages, and at most {PAGES:,} are read", SMALLER)


def _texts(reader: PdfReader) -> Iterator[str]:
    drawn = 0
    for number, page in enumerate(reader.pages, 1):
        contents = page.get_contents()
        size = len(contents.get_data()) if contents is not None else 0
        drawn += size
        if size > PAGE or drawn > DRAWN:
            raise UnreadableError(f"page {number} is too large to be read: {size // 1024:,} KiB of drawing", SMALLER)
        # Half of a surrogate pair stands for a letter that the font does not tell; no encoding can write it.
        yield page.extract_text().encode("utf-8", "replace").decode("utf-8")


def _kept(texts: Iterator[str], kept: list[str]) -> Iterator[str]:
    for text in texts:
        kept.append(text)
        yield text


def _pages(count: int) -> str:
    return f"{count:,} page{'s' * (count != 1)}"


@contextmanager
def _quiet() -> Iterator[None]:
    """What pypdf mends on the way is nothing that anybody has to do something about."""
    log = logging.getLogger("pypdf")
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(before)
