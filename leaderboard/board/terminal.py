"""The board for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from math import floor

from proctor.evals.stats.intervals import FEW
from proctor.leaderboard.board.board import Board
from proctor.leaderboard.board.cells import Result, bounds, of_cell
from proctor.leaderboard.board.sections import BoardSection, ResultTable, sections, split
from proctor.leaderboard.board.summary import verdict
from proctor.leaderboard.formatting import SPACE, WIDTH, figure, wrapped

LEGEND = "* best   ~ tied   ~? too few clusters to tell   x not ranked   \u2013 does not apply   ? not measured   ! caution"
CELLS = "[95 % CI]   n items in clusters"
RANKS = "Where one is best, those without a mark are significantly behind it (5 % error rate for each column)."


def as_text(board: Board, width: int = WIDTH) -> str:
    """Every table of the board, at most ``width`` columns wide."""
    if not board.cells:
        return "Nothing was measured."
    return "\n".join([*(line for section in sections(board) for line in _section(section, width)), LEGEND, CELLS, RANKS])


def _section(section: BoardSection, width: int) -> Iterator[str]:
    yield _plain(f"{section.title} ({section.suite}), {section.about}")
    yield from wrapped(verdict(section), width)
    yield ""
    for table in section.axes:
        for part in _parts(table, width):
            yield from _table(part)
            yield ""
    for why, where in section.not_ranked:
        yield from wrapped(f"Not ranked: {where}: {why}", width)
    for who, why in section.cautions_in_short:
        yield from wrapped(f"Caution: {who}: {why}", width)


def _parts(table: ResultTable, width: int) -> list[ResultTable]:
    columns = [2 + max(map(len, _column(table, place))) for place, _ in enumerate(table.metrics)]
    return split(table, columns, width - _names(table))


def _table(table: ResultTable) -> Iterator[str]:
    columns = [_column(table, place) for place, _ in enumerate(table.metrics)]
    names = ["", *(_plain(system)[:40] for system, _ in table.rows)]
    for line, name in enumerate(names):
        cells = [column[line].ljust(max(map(len, column))) for column in columns]
        yield "  ".join([name.ljust(_names(table)), *cells]).rstrip()


def _column(table: ResultTable, place: int) -> list[str]:
    head = table.metrics[place]
    arrow = "\u2191" if head.better == "higher" else "\u2193"
    return [f"{_plain(head.metric)} {arrow}", *(_cell(cells[place]) for _, cells in table.rows)]


def _names(table: ResultTable) -> int:
    return max(len(_plain(system)[:40]) for system, _ in table.rows)


def _cell(cell: Result | None) -> str:
    if cell is None:
        return ""
    mark = "*" if cell.best else "~?" if cell.too_few else "~" if cell.tied else " x" if cell.not_ranked else " "
    shown = [f"{of_cell(cell)}{mark}", f"[{found}]" if (found := bounds(cell)) else "", _n(cell)]
    missing = [f"{count} {word}" for word, count in (("failed", cell.failed), ("unmeasured", cell.unmeasured)) if count]
    people = [f"people {figure(cell.corrected, cell.unit)}"] if cell.corrected is not None else []
    care = ["!"] if cell.cautions else []
    return _plain(" ".join(filter(None, [*shown, *people, *missing, *care])))


def _n(cell: Result) -> str:
    """How many items, and in how few clusters of one size; nothing for an amount that was simply measured."""
    few = f" in {floor(10 * cell.effective) / 10:g} eff. clusters" if cell.effective < FEW and cell.clusters < cell.n else ""
    return f"n {cell.n}{few}" if cell.n and cell.method != "exact" else ""


def _plain(text: str) -> str:
    """What a terminal may be given: no control characters, no line breaks, no long words."""
    kept = "".join(letter if letter.isprintable() else " " for letter in text.replace(SPACE, " "))
    return kept if len(kept) <= WIDTH else f"{kept[: WIDTH - 1]}\u2026"
