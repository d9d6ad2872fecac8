"""What a number that a user sets may be: its ends and its unit, said in the same words by files and options."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from proctor.core.reading.shown import short, shown

MUCH = 10**12
"""More than anybody means: beyond it, sums lose their last digits, or never end."""
PLENTY = 10**9
"""An end so far away is not said unless somebody gets there."""


@dataclass(frozen=True)
class Range:
    """The numbers that a setting may have. Never NaN, an infinity, a truth value or a text."""

    low: float = -MUCH
    high: float = MUCH
    unit: str = ""
    """What it counts, for the message: "seconds", or "a share: 0.02 is two points"."""
    whole: bool = False
    above: bool = False
    """Whether it has to be more than ``low``."""
    below: bool = False
    """Whether it has to be less than ``high``."""

    def __str__(self) -> str:
        """As it stands after "expected"."""
        kind = "a whole number" if self.whole else "a number"
        return f"{kind}{self._ends}{f' ({self.unit})' if self.unit else ''}"

    @property
    def _ends(self) -> str:
        low, high = _plain(self.low), _plain(self.high)
        if self.high >= PLENTY:
            return "" if self.low <= -PLENTY else f" above {low}" if self.above else f", {low} or more"
        if self.above:
            return f" above {low}, {'below' if self.below else 'at most'} {high}"
        return f" from {low} to {'below ' if self.below else ''}{high}"

    def holds(self, value: object) -> bool:
        """Whether a value is a number in the range."""
        if isinstance(value, bool) or not isinstance(value, int if self.whole else int | float):
            return False
        least = self.low < value if self.above else self.low <= value
        return least and (value < self.high if self.below else value <= self.high)

    def wrong(self, value: object) -> str:
        """What is wrong with a value, as "expected ..., not ..."; empty if nothing is."""
        if self.holds(value):
            return ""
        much = isinstance(value, int | float) and value > self.high >= PLENTY
        return f"expected {self}{f', and at most {self.high:g}' if much else ''}, not {shown(value)}"

    def check(self, name: str, value: object) -> None:
        """Raise a ValueError where a value is wrong, with its name."""
        if wrong := self.wrong(value):
            raise ValueError(f"{name}: {wrong}")

    def option(self, text: str) -> float:
        """The number that an option of a command gives, as argparse's ``type``: int where whole numbers are asked for."""
        try:
            number: float = int(text) if self.whole else float(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"expected {self}, not {short(text)}") from None
        if wrong := self.wrong(number):
            raise argparse.ArgumentTypeError(wrong)
        return number


def _plain(number: float) -> str:
    return f"{number:,.0f}" if number == int(number) and abs(number) < MUCH else f"{number:g}"


SHARE = Range(0, 1, "a share: 0.02 is two points")
COUNT = Range(1, 10**9, whole=True)
SEEDS = Range(1, 1000, "trainings", whole=True)
SEED = Range(0, 2**32 - 1, "a seed", whole=True)
AMOUNT = Range(0)
"""Of money, seconds, questions."""
