"""HTML as the text that a reader sees: without tags, scripts and styles, a line for each block."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from proctor.core.reading.files import read_text
from proctor.core.reading.problems import Problems

if TYPE_CHECKING:
    from bs4 import BeautifulSoup

BEGINNING = re.compile(
    r"\s*+(?:<\?xml[^>]*+>\s*+)?+(?:<!--(?>.*?-->)\s*+)*+<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL
)
"""Nothing in it is tried in two ways: that would take for ever on a page that begins with some dozens of comments."""
UNSEEN = ("script", "style", "template", "noscript", "head")
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


def read(path: Path, problems: Problems) -> Page | None:
    """A file of HTML; ``None``, and a problem noted, if it cannot be read."""
    text = read_text(path, problems)
    return None if text is None else seen(text)


def is_html(text: str) -> bool:
    """Whether a text begins like a page of HTML."""
    return BEGINNING.match(text) is not None


def seen(html: str) -> Page:
    """The text of a page. White space counts in ``pre`` alone; cells of a table are parted by spaces."""
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(_closed(html), "html.parser")
    heading = soup.title or soup.h1
    title = " ".join(heading.get_text(" ").split()) if heading else ""
    text = "".join(_pieces(soup))
    lines = (line.rstrip() if "  " in line[:2] else line.strip() for line in text.split("\n"))
    return Page(re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip(), title)


def _closed(html: str) -> str:
    """A page in which what opens and never closes is text: Python's parser looks for the end of each from where it begins."""
    for opening, closing in UNCLOSED.items():
        end = max((found.end() for found in re.finditer(closing, html)), default=0)
        html = html[:end] + html[end:].replace(opening, f"&lt;{opening[1:]}")
    return html


def _pieces(soup: BeautifulSoup) -> Iterator[str]:
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
