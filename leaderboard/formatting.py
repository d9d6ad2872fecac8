"""Numbers as people read them. The page writes some of its own (`templates/figures.js`), and writes them alike."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from proctor.core.units import known
from proctor.evals.stats.intervals import SAME, Amount

SPACE = "\u00a0"
"""Does not break the line between a number and its unit."""
MOST_DIGITS = 9
"""More than usual; what differs in none of them is the same."""
LEAST = 0.001
"""The smallest amount of money that is told from nothing in digits."""


def figure(value: float, unit: str, more: int = 0) -> str:
    """A value with its unit; shares, differences and seconds with so many ``more`` digits."""
    if unit == "share":
        return f"{100 * value:z.{1 + more}f}{SPACE}%"
    if unit == "difference":
        return f"{100 * value:z.{1 + more}f}{SPACE}pts"
    if unit == "seconds":
        return _seconds(value, 3 + more)
    if unit.startswith("tokens"):
        return _written(_digits(value), "", unit)
    number, prefix = _scaled(value)
    return _written(number, prefix, unit)


def _written(number: str, prefix: str, unit: str) -> str:
    """A number with its unit: with the unit's sign, if it has one; of one thing in the singular."""
    about = known(unit)
    name = about.one if about.one and not prefix and number.lstrip("-") == "1" else about.sign or unit
    return f"{number}{SPACE}{prefix}{name}".rstrip(SPACE)


def told_apart(value: float, bound: float, unit: str) -> str:
    """A value with as many digits as tell it from a bound."""
    few = (more for more in range(MOST_DIGITS) if figure(value, unit, more) != figure(bound, unit, more))
    return figure(value, unit, 0 if abs(value - bound) <= SAME else next(few, MOST_DIGITS))


def signed(value: float, unit: str) -> str:
    """A difference of two values, with its sign: points where they are shares."""
    return f"{'+' if value > 0 else ''}{figure(value, 'difference' if unit == 'share' else unit)}"


def money(amount: float, currency: str) -> str:
    """What something costs, 0 or more."""
    if 0 < amount < LEAST:
        return f"<{paid(f'{LEAST:g}', currency)}"
    return paid(f"{amount:,.2f}" if amount >= 1 or not amount else f"{amount:.3g}", currency)


def paid(number: str, currency: str) -> str:
    """A number with the sign of its currency before it, or the currency's name."""
    return f"{currency}{SPACE if currency[-1:].isalpha() else ''}{number}"


def costing(amount: Amount, currency: str) -> str:
    """The same with its interval, where it has one."""
    value, low, high = (money(part, currency) for part in amount)
    return f"{value} [{low} to {high}]" if low != high else value


def between(low: str, high: str) -> str:
    """Two figures as a range; a unit that both have is said once."""
    number = low.partition(SPACE)[0]
    return f"{number if _unit(high) in (_unit(low), '') else low} to {high}"


def _unit(shown: str) -> str:
    return shown.partition(SPACE)[2]


def _digits(value: float) -> str:
    """Three digits, or all of a whole number: 1,235."""
    return f"{value:z,.0f}" if abs(value) >= 99.95 else f"{value:z.3g}"


def _seconds(value: float, digits: int = 3) -> str:
    size = abs(value)
    if size and size < 0.9995:
        scaled, unit = (1000 * value, "ms") if size >= 0.9995e-3 else (1e6 * value, "\u00b5s")
        return f"{scaled:z.{digits}g}{SPACE}{unit}"
    return f"{value / 60:z.{digits}g}{SPACE}min" if size >= 600 else f"{value:z.{digits}g}{SPACE}s"


def _scaled(value: float) -> tuple[str, str]:
    """Three digits and a prefix: 19 tera."""
    prefix, size = "", abs(value)
    for larger in "kMGTPEZ":
        if size < 999.5:
            break
        prefix, size = larger, size / 1000
    return f"{size if value >= 0 else -size:z.3g}", prefix


def shortened(names: Sequence[str], most: int = 3) -> str:
    """The first of many names, and how many more there are."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")


def joined(names: Sequence[str]) -> str:
    """Names as a sentence lists them: "a, b and c"; with semicolons where a name has a comma in it."""
    if len(names) > 1 and not any("," in name for name in names):
        return f"{', '.join(names[:-1])} and {names[-1]}"
    return "; ".join(names)


WIDTH = 120


def wrapped(text: str, width: int) -> list[str]:
    """A text in lines, without what a terminal may not be given."""
    return wrap("".join(letter if letter.isprintable() else " " for letter in text.replace(SPACE, " ")), width)
