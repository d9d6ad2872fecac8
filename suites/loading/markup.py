"""HTML as the main text that a reader sees: without tags, scripts, styles and navigation, a line for each block."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from proctor.core.reading.files import read_text
from proctor.core.reading.problems import Problems

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

BEGINNING = re.compile(
    r"\s*+(?:<\?xml[^>]*+>\s*+)?+(?:<!--(?>.*?-->)\s*+)*+<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL
)
"""Nothing in it is tried in two ways: that would take for ever on a page that begins with some dozens of comments."""
UNSEEN = ("script", "style", "template", "noscript", "head")
AROUND = ("nav", "[role=navigation]", "[role=contentinfo]", "[aria-hidden=true]", "[hidden]")
"""What stands around a page's text; the text of a page has none of it, whatever else the page marks."""
MAIN = ("main", "[role=main]", "article")
"""What marks a page's main text, the surest first; it counts where just one part of the page has it."""
BLOCKS = (
    *("address", "article", "aside", "blockquote", "br", "caption", "dd", "details", "dialog", "div", "dl", "dt", "fieldset"),
    *("figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol"),
    *("option", "p", "pre", "section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul"),
)
CELLS = ("td", "th")
UNCLOSED = {"<!--": r"--\s*+>", "<![": r"\]\s*+>|\]\s*+\]\s*+>", "<": ">"}
"""What opens a comment, a section or a tag -> what closes it."""


class Page(NamedTuple):
    """What a page says, and what it is called; the title may be empty."""

    text: str
    title: str
    part: str = ""
    """What tells it from other pages of its file, such as the name of a sheet; it follows the file's name in the id."""
    id: str = ""
    """The id that the file itself gives it."""
    note: str = ""
    """Something about it that a reader of the figures should know."""


def read(path: Path, problems: Problems) -> Page | None:
    """A file of HTML; ``None``, and a problem noted, if it cannot be read."""
    notes: list[str] = []
    text = read_text(path, problems, said=notes.append)
    return None if text is None else seen(text)._replace(note="; ".join(notes))


def is_html(text: str) -> bool:
    """Whether a text begins like a page of HTML."""
    return BEGINNING.match(text) is not None


def seen(html: str) -> Page:
    """The text of a page. White space counts in ``pre`` alone; cells of a table are parted by spaces."""
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(_closed(html), "html.parser")
    heading = soup.title or soup.h1
    title = " ".join(heading.get_text(" ").split()) if heading else ""
    text = "".join(_pieces(_main(soup)))
    lines = (line.rstrip() if "  " in line[:2] else line.strip() for line in text.split("\n"))
    return Page(re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip(), title)


def _main(soup: BeautifulSoup) -> Tag:
    """The part that holds the main text, without what stands around it; all of a page that would be empty without that.

    Only what the page itself marks is left out: guessing by the density of links, as extractors do, loses tables and short
    pages, and with them the evidence.
    """
    marked = (found for mark in MAIN if len(found := soup.select(mark)) == 1)
    part: Tag = next((found[0] for found in marked if found[0].get_text(strip=True)), soup)
    around = [*part.select(", ".join(AROUND)), *(soup.select("body > footer") if part is soup else ())]
    if sum(len(one.get_text(strip=True)) for one in around) < len(part.get_text(strip=True)):
        for one in around:
            one.extract()
    return part


def _closed(html: str) -> str:
    """A page in which what opens and never closes is text: Python's parser looks for the end of each from where it begins."""
    for opening, closing in UNCLOSED.items():
        end = max((found.end() for found in re.finditer(closing, html)), default=0)
        html = html[:end] + html[end:].replace(opening, f"&lt;{opening[1:]}")
    return html


def _pieces(soup: Tag) -> Iterator[str]:
    """What is seen, in order, with what parts blocks and cells before and after each; a loop, as pages may be nested deep."""
    from bs4.element import NavigableString, PreformattedString, Tag

    left: list[tuple[Any, bool]] = [(soup, False)]
    while left:
        part, kept = left.pop()
        if isinstance(part, NavigableString):
            if not isinstance(part, PreformattedString):  # comments, declarations
                yield str(part) if kept else re.sub(r"\s+", " ", part)
        elif isinstance(part, str):
            yield part
        elif isinstance(part, Tag) and part.name not in UNSEEN:
            between = " " if part.name in CELLS else "\n" if part.name in BLOCKS else ""
            yield between
            white = kept or part.name == "pre"
            left += [(between, kept), *((inner, white) for inner in reversed(part.contents))]
