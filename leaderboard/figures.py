"""Numbers as people read them."""

from __future__ import annotations

from leaderboard.board import Cell

SPACE = "\u00a0"
"""Does not break the line between a number and its unit."""


def figure(value: float, unit: str) -> str:
    """A value with its unit."""
    if unit == "share":
        return f"{100 * value:.1f}{SPACE}%"
    if unit == "difference":
        return f"{100 * value:.1f}{SPACE}pts"
    if unit == "seconds":
        return _seconds(value)
    number, prefix = _scaled(value)
    sign = "B" if unit == "bytes" else unit
    return f"{number}{SPACE}{prefix}{sign}" if prefix or unit == "bytes" else f"{number}{SPACE}{sign}".rstrip(SPACE)


def signed(value: float, unit: str) -> str:
    """A difference of two values, with its sign: points where they are shares."""
    return f"{'+' if value > 0 else ''}{figure(value, 'difference' if unit == 'share' else unit)}"


def of_cell(cell: Cell) -> str:
    """A cell's value; a dash where there can be none, a question mark where it is not known."""
    if cell.value is None:
        return "?" if cell.status == "unmeasured" else "\u2013"
    return figure(cell.value, cell.unit)


def bounds(cell: Cell) -> str:
    """A cell's 95 % interval, without the unit where it is the value's own; nothing where there is none to speak of."""
    if cell.ci_low is None or cell.ci_high is None or cell.method == "exact":
        return ""
    low, high = figure(cell.ci_low, cell.unit), figure(cell.ci_high, cell.unit)
    return between(low, high.partition(SPACE)[0]) if _unit(low) == _unit(high) == _unit(of_cell(cell)) else between(low, high)


def between(low: str, high: str) -> str:
    """Two figures as a range; a unit that both have is said once."""
    number = low.partition(SPACE)[0]
    return f"{number if _unit(high) in (_unit(low), '') else low} to {high}"


def _unit(shown: str) -> str:
    return shown.partition(SPACE)[2]


def _seconds(value: float) -> str:
    size = abs(value)
    if size and size < 1:
        return f"{1000 * value:.3g}{SPACE}ms"
    return f"{value / 60:.3g}{SPACE}min" if size >= 600 else f"{value:.3g}{SPACE}s"


def _scaled(value: float) -> tuple[str, str]:
    """Three digits and a prefix: 19 tera."""
    prefix, size = "", abs(value)
    for larger in "kMGTPEZ":
        if size < 1000:
            break
        prefix, size = larger, size / 1000
    return f"{size if value >= 0 else -size:.3g}", prefix
