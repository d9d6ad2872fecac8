"""Word files (.docx) as Markdown, with python-docx: headings, paragraphs, lists and tables in their order.

Headers, footers and comments are left out; of tracked changes what was inserted counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from proctor.core.reading.problems import Problems
from proctor.suites.converters.limits import check_office, joined
from proctor.suites.converters.table_lines import plain
from proctor.suites.loading.markup import Page

if TYPE_CHECKING:
    from docx.table import Table
    from docx.text.paragraph import Paragraph

DEEPEST = 6
"""Levels of headings that Markdown has."""
ONCE = "[not(ancestor::*[local-name()='Fallback'])]"
"""A text box is there twice, the second time for programs that cannot draw the first."""
INSERTED = " | ".join(f".//w:{name}{ONCE}" for name in ("t", "r/w:tab", "br", "cr", "noBreakHyphen"))
WHITE = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}


def read(path: Path, _: Problems) -> Page:
    """The text of a Word file, and its title or first heading.

    Raises:
        UnreadableError: it is damaged or too large.
    """
    import docx

    check_office(path)
    file = docx.Document(str(path))
    text = joined(_blocks(file.iter_inner_content()), "\n\n")
    heading = next((_text(one) for one in file.paragraphs if _level(one)), "")
    return Page(text, " ".join((file.core_properties.title or heading).split()))


def _blocks(content: Iterator[Paragraph | Table]) -> Iterator[str]:
    from docx.table import Table

    items: list[str] = []
    for block in content:
        if not isinstance(block, Table) and (item := _item(block)):
            items.append(item)
            continue
        yield "\n".join(items)
        items = []
        yield "\n".join(plain(_rows(block))) if isinstance(block, Table) else _paragraph(block)
    yield "\n".join(items)


def _paragraph(paragraph: Paragraph) -> str:
    text, level = _text(paragraph), _level(paragraph)
    return f"{'#' * level} {text}" if level and text.strip() else text


def _item(paragraph: Paragraph) -> str:
    """A paragraph as an item of a list, whose number, if it has one, only Word knows."""
    return f"- {_text(paragraph)}" if _style(paragraph).startswith("List") and _text(paragraph).strip() else ""


def _level(paragraph: Paragraph) -> int:
    style = _style(paragraph)
    if style == "Title":
        return 1
    number = style.removeprefix("Heading ")
    return min(int(number), DEEPEST) if style != number and number.isdecimal() else 0


def _style(paragraph: Paragraph) -> str:
    return (paragraph.style and paragraph.style.name) or ""


def _text(paragraph: Paragraph) -> str:
    """All text of a paragraph, that of links, fields and insertions as well."""
    parts = paragraph._p.xpath(INSERTED)  # noqa: SLF001 # `text` leaves insertions out
    return "".join(WHITE.get(part.tag.rpartition("}")[2], part.text or "") for part in parts)


def _rows(table: Table) -> Iterator[list[str]]:
    for row in table.rows:
        cells = dict.fromkeys(cell._tc for cell in row.cells)  # noqa: SLF001 # merged cells are given once for each column
        yield [
            "\n".join("".join(part.text or "" for part in one.xpath(".//w:t")) for one in cell.xpath(".//w:p")) for cell in cells
        ]
