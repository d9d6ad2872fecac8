"""HTML as the text that a reader sees: without tags, scripts and styles, a line for each block."""

from __future__ import annotations

import re
from typing import NamedTuple

BEGINNING = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL)
SUFFIXES = (".html", ".htm", ".xhtml")
UNSEEN = ("script", "style", "template", "noscript", "head")
BLOCKS = (
    *("address", "article", "aside", "blockquote", "br", "caption", "dd", "details", "dialog", "div", "dl", "dt", "fieldset"),
    *("figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol"),
    *("option", "p", "pre", "section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul"),
)
CELLS = ("td", "th")


class Page(NamedTuple):
    """What a page says, and what it is called; the title may be empty."""

    text: str
    title: str


def is_html(text: str, suffix: str) -> bool:
    """Whether a text is a page of HTML: it is called so, or begins like one."""
    return suffix.lower() in SUFFIXES or BEGINNING.match(text) is not None


def seen(html: str) -> Page:
    """The text of a page. White space counts in ``pre`` alone; cells of a table are parted by spaces."""
    from bs4 import BeautifulSoup
    from bs4.element import Comment, NavigableString, PreformattedString

    soup = BeautifulSoup(html, "html.parser")
    heading = soup.title or soup.h1
    title = " ".join(heading.get_text(" ").split()) if heading else ""
    for tag in soup.find_all(UNSEEN):
        tag.decompose()
    for part in soup.find_all(string=True):
        if isinstance(part, (Comment, PreformattedString)):
            part.extract()
        elif not part.find_parent("pre"):
            part.replace_with(NavigableString(re.sub(r"\s+", " ", part)))
    for tag in soup.find_all((*BLOCKS, *CELLS)):
        between = " " if tag.name in CELLS else "\n"
        tag.insert_before(between)
        tag.insert_after(between)
    lines = (line.rstrip() if "  " in line[:2] else line.strip() for line in soup.get_text("").split("\n"))
    return Page(re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip(), title)
