"""What is known of the units that metrics have: how their amounts come about, and how they are written.

A unit that is not listed, of a record of another version say, is an amount like any other, written with its name.
"""

from __future__ import annotations

from typing import Literal, NamedTuple


class Unit(NamedTuple):
    """One unit, by the name that records have."""

    name: str
    comes: Literal["read", "counted", "averaged"] = "averaged"
    """``read`` off a clock or a meter, which would say something else the next time; ``counted``: one value of a system says all;
    ``averaged`` over items."""
    sign: str = ""
    """What is written in place of its name."""
    one: str = ""
    """The name for one of them, of what there is one, two or more of."""


UNITS = {
    unit.name: unit
    for unit in (
        Unit("share"),
        Unit("difference"),
        Unit("seconds", "read"),
        Unit("joules", "read", sign="J"),
        Unit("tokens/s", "read"),
        Unit("bytes", "counted", sign="B"),
        Unit("FLOP", "counted"),
        Unit("tokens", "counted", one="token"),
        Unit("artifacts", "counted", one="artifact"),
        Unit("models", "counted", one="model"),
        Unit("passages"),
        Unit("money"),
        Unit("bits"),
    )
}


def known(name: str) -> Unit:
    """What is known of a unit."""
    return UNITS.get(name, Unit(name))


def is_read(name: str) -> bool:
    """Whether amounts in a unit are read off a clock or a meter."""
    return known(name).comes == "read"


def is_counted(name: str) -> bool:
    """Whether amounts in a unit are counted."""
    return known(name).comes == "counted"
