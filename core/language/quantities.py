"""Numbers as people write them, each value in one spelling."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Literal

import regex

from proctor.core.language.later import later

_BY_COMMAS = later(regex.compile, r"[1-9]\d{0,2}(?:,\d{2,3})*,\d{3}")
"""Thousands, or India's lakhs and crores."""
_BY_DOTS = later(regex.compile, r"[1-9]\d{0,2}(?:\.\d{3})+")
_TEN_TO = later(regex.compile, r"(?<![\w.,^])(?:(\d+(?:\.\d+)?) ?[x×*·⋅] ?)?10 ?\^ ?([-−–+]?\d{1,4})(?![\w.]*\d|\w)")
_MARKED = later(regex.compile, r"(?<![\d.,])\d+(?:[.,]\d+)+")

Reading = Literal["decimal comma", "decimal point", "unclear comma", "unclear point", ""]


def powers(text: str) -> str:
    """A text with 3 x 10^8 and 10^8 written as 3e8 and 1e8."""
    written: str = _TEN_TO.sub(lambda found: f"{found[1] or '1'}e{found[2].replace('−', '-').replace('–', '-')}", text)
    return written


def numbers(written: str, *, code: bool = False) -> tuple[str, ...]:
    """The value of a run of digits with dots, commas, apostrophes or spaces in it; several where it is a list (1,2,3).

    A comma before three digits parts thousands (1,000), any other single comma is a decimal one (3,5). A dot is a decimal one
    (3.50 is 3.5), unless several part thousands or a comma follows (1.234,5). What has leading zeros, or dots otherwise, is a
    code or a version and stays as it is; so does all that is known to be a ``code``.
    """
    plain = written.replace(" ", "").replace("'", "")
    mantissa, _, exponent = plain.partition("e")
    if exponent:
        values = numbers(mantissa)
        return (*values[:-1], _scaled(values[-1], int(exponent)))
    if "," not in plain:
        return (plain.replace(".", "") if _BY_DOTS.fullmatch(plain) and plain.count(".") > 1 else _number(plain, code=code),)
    before, dot, after = plain.partition(".")
    if _BY_COMMAS.fullmatch(before) and not ({",", "."} & set(after)):
        return (_number(before.replace(",", "") + dot + after, code=code),)
    whole, _, rest = plain.rpartition(",")
    if "," not in whole and "." not in rest and ("." not in whole or _BY_DOTS.fullmatch(whole)):
        return (_number(f"{whole.replace('.', '')}.{rest}", code=code),)
    return tuple(_number(part, code=code) for part in plain.split(","))


def _number(plain: str, *, code: bool) -> str:
    whole, dot, rest = plain.partition(".")
    if code or "." in rest or (len(whole) > 1 and whole.startswith("0")):
        return plain
    rest = rest.rstrip("0")
    return (whole or "0") + (dot + rest if rest else "")


def _scaled(mantissa: str, exponent: int) -> str:
    """In plain digits, unless there were too many of them."""
    if mantissa.count(".") > 1:
        return f"{mantissa}e{exponent}"
    value = Decimal(f"{mantissa}e{exponent}")
    if not value:
        return "0"
    if abs(value.adjusted()) <= 40:
        return _number(format(value, "f"), code=False)
    power, written = value.as_tuple().exponent, "".join(map(str, value.as_tuple().digits))
    digits = written.rstrip("0")
    return f"{digits}e{int(power) + len(written) - len(digits)}"


def reading(written: str) -> Reading:
    """What a number's marks say about its writer's decimal sign, and whether it could be read in two ways."""
    marks = [character for character in written if character in ",."]
    whole, _, rest = written.rpartition(marks[-1])
    if len(set(marks)) > 1:
        return "decimal comma" if marks[-1] == "," else "decimal point"
    if len(marks) > 1:
        return ("decimal comma" if marks[-1] == "." else "decimal point") if _parts_thousands(written) else ""
    if len(rest) == 3 and 1 <= len(whole) <= 3 and not whole.startswith("0"):
        return "unclear comma" if marks[-1] == "," else "unclear point"
    return "decimal comma" if marks[-1] == "," else "decimal point"


def _parts_thousands(written: str) -> bool:
    return bool(_BY_DOTS.fullmatch(written) or _BY_COMMAS.fullmatch(written))


def readings(texts: Iterable[str]) -> dict[Reading, str]:
    """Reading -> the first number in the texts that has it."""
    found: dict[Reading, str] = {}
    for text in texts:
        for written in _MARKED.findall(text):
            found.setdefault(reading(written), written)
    return found
