"""The board for a notebook: what a reader asks for first, as HTML that stands by itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from proctor.leaderboard.board.board import Board
from proctor.leaderboard.board.cells import Result, bounds, of_cell
from proctor.leaderboard.board.sections import BoardSection, ResultTable, sections
from proctor.leaderboard.board.summary import verdict
from proctor.leaderboard.site.escape import printable

LEGEND = (
    "Bold: the best. \u2248: statistically tied with it. \u2248?: too few clusters to tell. \u2717: not ranked. "
    "In brackets: 95 % confidence intervals."
)
NOTHING = "Nothing was measured."


def as_html(board: Board, notes: Iterable[str] = ()) -> str:
    """Systems against headline metrics with their intervals, a table for each suite and base model, and then the notes.

    All names and texts are escaped: of a run that somebody else sent, nothing becomes markup.
    """
    if not board.cells:
        return "".join(["<div>", *map(_paragraph, (NOTHING, *notes)), "</div>"])
    tables = [part for section in sections(board) for part in _section(section)]
    return "".join(["<div>", *tables, *map(_paragraph, (LEGEND, *notes)), "</div>"])


def _section(section: BoardSection) -> Iterator[str]:
    yield f"<h4>{_text(f'{section.title} ({section.suite}), {section.about}')}</h4>"
    yield _paragraph(verdict(section))
    yield from _table(section.headline)


def _table(table: ResultTable) -> Iterator[str]:
    heads = map(_head, table.metrics)
    yield f"<table><thead><tr><th>system</th>{''.join(heads)}</tr></thead><tbody>"
    for system, cells in table.rows:
        yield f"<tr><th>{_text(system)}</th>{''.join(map(_cell, cells))}</tr>"
    yield "</tbody></table>"


def _head(cell: Result) -> str:
    arrow = "\u2191" if cell.better == "higher" else "\u2193"
    return f"<th>{_text(cell.metric)}\u00a0{arrow}</th>"


def _cell(cell: Result | None) -> str:
    if cell is None:
        return "<td></td>"
    value = f"<b>{_text(of_cell(cell))}</b>" if cell.best else _text(of_cell(cell))
    mark = "\u00a0\u2248?" if cell.too_few else "\u00a0\u2248" if cell.tied else "\u00a0\u2717" if cell.not_ranked else ""
    interval = f"<br><small>[{_text(found)}]</small>" if (found := bounds(cell)) else ""
    why = f' title="{_text(cell.reason)}"' if cell.reason else ""
    return f"<td{why}>{value}{mark}{interval}</td>"


def _paragraph(text: str) -> str:
    return f"<p>{_text(text)}</p>"


def _text(text: str) -> str:
    return escape(printable(text))
