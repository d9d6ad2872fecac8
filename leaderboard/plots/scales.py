"""From where to where axes go, and what their ticks say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from proctor.evals.stats.intervals import Amount, Interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROOM = 0.06
"""Of the length, left free at either end."""
LEAST = 10.0
"""No axis magnifies fewer percent than these: smaller differences should look small."""
DECADE = 5.0
"""Amounts that differ by more than this factor are shown on a logarithmic axis."""


def scaled(share: Amount) -> Amount:
    """A share in percent."""
    return Amount(*(100 * part for part in share))


def exactly(value: float) -> Amount:
    """A value whose interval is not drawn."""
    return Amount(value, value, value)


def turned(difference: Amount) -> Amount:
    """A difference the other way round."""
    return Amount(0.0 - difference.value, 0.0 - difference.high, 0.0 - difference.low)


def possible(found: Interval) -> Amount:
    """A mean of shares with its interval, without what lies below 0 and beyond 1."""
    return Amount(*(min(1.0, max(0.0, part)) for part in (found.value, found.low, found.high)))


def around(amounts: Sequence[Amount], floor: float, ceiling: float) -> tuple[float, float]:
    """Limits that hold all intervals with some room, as far as there is anything beyond the floor and the ceiling."""
    low, high = min(amount.low for amount in amounts), max(amount.high for amount in amounts)
    floor, ceiling = min(floor, low), max(ceiling, high)
    more = max(0.0, LEAST - (high - low)) / 2
    low, high = low - more, high + more
    low, high = low - max(0.0, high - ceiling), min(high, ceiling)
    low, high = max(low, floor), high + max(0.0, floor - low)
    room = ROOM * (high - low)
    return low - room, high + room


def amounts_axis(axes: Axes, amounts: Sequence[Amount]) -> None:
    """The horizontal axis for amounts: logarithmic where they are far apart and none is zero."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

    low, high = min(amount.low for amount in amounts), max(amount.high for amount in amounts)
    if low > 0 and high / low > DECADE:
        axes.set_xscale("log")
        axes.set_xlim(low / (high / low) ** ROOM, high * (high / low) ** ROOM)
        steps = (1.0, 2.0, 5.0) if high / low < 50 else (1.0,)
        axes.xaxis.set_major_locator(LogLocator(subs=steps))
        axes.xaxis.set_minor_locator(NullLocator())
    else:
        room = ROOM * (high - low or abs(high) or 1.0)
        axes.set_xlim(low - room, high + room)
        axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.3g}" if value < 1000 else f"{value:,.0f}"))


def doublings_axis(axes: Axes, values: Sequence[float], texts: Sequence[str]) -> None:
    """The horizontal axis for values of which each is some doublings of the last, with their names for ticks."""
    from matplotlib.ticker import NullLocator

    axes.set_xscale("log", base=2)
    axes.set_xlim(values[0] / 2**0.15, values[-1] * 2**0.15)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticks(list(values), list(texts))
