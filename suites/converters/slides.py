"""Presentations (.pptx) as Markdown, with python-pptx: each slide's title, texts and tables, and the notes of the speaker."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from proctor.core.reading.problems import Problems
from proctor.core.reading.user_files import UnreadableError
from proctor.suites.converters.limits import check_office, joined
from proctor.suites.converters.table_lines import plain
from proctor.suites.loading.markup import Page

DEEPEST = 50
"""Groups of shapes within each other."""


def read(path: Path, _: Problems) -> Page:
    """The text of a presentation, and its title or that of its first slide.

    Raises:
        UnreadableError: it is damaged, too large, or holds nothing but pictures.
    """
    import pptx

    check_office(path)
    file = pptx.Presentation(str(path))
    slides = [*file.slides]
    text = joined((joined(_slide(slide), "\n\n") for slide in slides), "\n\n")
    if not text:
        what = f"{len(slides)} slide{'s' * (len(slides) != 1)} and no text on any of them"
        raise UnreadableError(what, "write what the pictures say into a text, or take it away")
    first = next(filter(None, map(_title, slides)), "")
    return Page(text, " ".join((file.core_properties.title or first).split()))


def _slide(slide: Any) -> Iterator[str]:
    title = _title(slide)
    yield f"## {title}" if title else ""
    yield from _shapes((shape for shape in slide.shapes if shape != slide.shapes.title), DEEPEST)
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        yield slide.notes_slide.notes_text_frame.text


def _title(slide: Any) -> str:
    return " ".join(slide.shapes.title.text_frame.text.split()) if slide.shapes.title is not None else ""


def _shapes(shapes: Iterable[Any], left: int) -> Iterator[str]:
    for shape in shapes:
        if hasattr(shape, "shapes"):
            yield from _shapes(shape.shapes, left - 1) if left else ()
        elif getattr(shape, "has_table", False):
            yield "\n".join(plain([cell.text_frame.text for cell in row.cells] for row in shape.table.rows))
        elif shape.has_text_frame:
            yield shape.text_frame.text.replace("\v", "\n")
