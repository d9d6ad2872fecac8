"""Values of a user's as an error quotes them: enough to find them by, and never the whole of a long or nested one."""

from __future__ import annotations

import reprlib
from collections.abc import Sequence

MOST = 60
"""Letters of a value that are shown."""


def shown(value: object) -> str:
    """A value as Python writes it, cut: tables and lists to their beginnings, texts and numbers to `MOST` letters."""
    return short(_SHORT.repr(value))


def short(text: str, most: int = MOST) -> str:
    """A text in one line of at most ``most`` letters."""
    line = " ".join(text[: 4 * most].split())
    return line if len(line) <= most and len(text) <= 4 * most else f"{line[: most - 3]}..."


def listed(lines: Sequence[str], most: int = 100) -> list[str]:
    """The first of many lines, and how many more there are."""
    more = len(lines) - most
    return [*lines[:most], f"... and {more} more"] if more > 0 else list(lines)


class _Short(reprlib.Repr):
    def repr_int(self, value: int, _: int) -> str:
        """Python refuses to write whole numbers of thousands of digits."""
        return repr(value) if value.bit_length() < 200 else f"a whole number of {value.bit_length():,} bits"


_SHORT = _Short()
_SHORT.maxstring = _SHORT.maxother = MOST
_SHORT.maxlevel, _SHORT.maxdict, _SHORT.maxlist, _SHORT.maxtuple = 2, 3, 3, 3
