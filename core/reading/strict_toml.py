"""TOML as people write settings: what is wrong with it, and on which line each key of it is set."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from typing import Any

TomlKey = tuple[str | int, ...]
"""Where in a table something is: names, and numbers for the rows of an array of tables."""

_KEY = r"""(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*"""
_DEEP_KEY = re.compile(rf"(?<![\w-])(?:{_KEY}){{50}}")
"""A key of more parts than anybody writes: for each of them Python's reader keeps a copy of all before it."""

_SPACE = re.compile(r"(?:[ \t\n]|#[^\n]*)*+")
_NAME = r"""(?:[\w-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')"""
_HEAD = re.compile(rf"(\[\[?)[ \t]*({_NAME}(?:[ \t]*\.[ \t]*{_NAME})*)[ \t]*\]\]?")
_SET = re.compile(rf"({_NAME}(?:[ \t]*\.[ \t]*{_NAME})*)[ \t]*=")
_PART = re.compile(
    r"""
    \"\"\" (?: [^\\] | \\. )*? \"{3,5}  |  \'\'\' .*? \'{3,5}  |  " (?: [^"\\\n] | \\. )* "  |  ' [^'\n]* '
    | \# [^\n]*  |  [\[{\]}\n]  |  [^"'\#\[{\]}\n]+
    """,
    re.DOTALL | re.VERBOSE,
)
"""What values are made of, as far as it tells where one ends."""


_TWICE = re.compile(r"Cannot overwrite a value|Cannot (?:declare|mutate) .*|Duplicate inline table key '(?P<key>[^']*)'")
QUOTES, ONCE = 'texts are written in quotes: name = "..."', "keep one of them"


class TomlError(ValueError):
    """A text that is no TOML, or none that is read. ``line`` says where, if that is known, and ``remedy`` what to do."""

    def __init__(self, what: str, line: int | None = None, remedy: str = QUOTES) -> None:
        super().__init__(what)
        self.line, self.remedy = line, remedy


def parsed(text: str) -> dict[str, Any]:
    """The table that a text is the TOML of.

    Raises:
        TomlError: it is not TOML, is nested too deep, or holds a number that cannot be read.
    """
    if deep := _DEEP_KEY.search(text):
        raise TomlError("a key of 50 parts or more", text.count("\n", 0, deep.start()) + 1)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.fullmatch(r"(.*) \(at (?:line (\d+), column \d+|end of document)\)", str(error), re.DOTALL)
        what, line = (found[1], found[2]) if found else (str(error), "1")
        number = int(line or text.count("\n") + 1)
        twice = _TWICE.match(what)
        if twice:  # it is found at the end of the line, or of its line end
            named = twice["key"] or _set_on(text, number) or _set_on(text, number - 1)
            raise TomlError(f"{named or 'a key'} is set twice", number, ONCE) from error
        raise TomlError(what[:200], number) from error
    except RecursionError:
        raise TomlError("nested too deep") from None
    except (ValueError, OverflowError) as error:
        raise TomlError(str(error)) from error


def lines(text: str) -> dict[TomlKey, int]:
    """The line on which each table begins and each key is set, of a text that is TOML; what is in braces is not looked into."""
    found: dict[TomlKey, int] = {}
    rows: Counter[TomlKey] = Counter()
    table: TomlKey = ()
    line, counted = 1, 0
    for head, written, place in _statements(text):
        line, counted = line + text.count("\n", counted, place), place
        names = _names(written)
        if head == "[[":
            rows[_numbered(names, rows, last=False)] += 1
        path = _numbered(names, rows) if head else table + names
        table = path if head else table
        for end in range(1, len(path) + 1):
            found.setdefault(path[:end], line)
    return found


def _statements(text: str) -> Iterator[tuple[str, str, int]]:
    """The brackets of each head of a table (none for a key that is set), what it names, and where it begins."""
    end = 0
    while (place := _SPACE.match(text, end).end()) < len(text):  # type: ignore[union-attr] # it matches nothing as well
        head, key = _HEAD.match(text, place), _SET.match(text, place)
        if head:
            yield head[1], head[2], place
            end = head.end()
        elif key:
            yield "", key[1], place
            end = _after(text, key.end())
        else:
            return


def _set_on(text: str, number: int) -> str:
    """The key or table that a line sets."""
    line = text.split("\n")[number - 1].strip() if number > 0 else ""
    head, key = _HEAD.match(line), _SET.match(line)
    return f"[{head[2]}]" if head else key[1] if key else ""


def _after(text: str, place: int) -> int:
    """Where the value that begins at a place ends."""
    depth = 0
    while found := _PART.match(text, place):
        depth += (found[0] in "[{") - (found[0] in "]}")
        if found[0] == "\n" and depth <= 0:
            break
        place = found.end()
    return place


def _names(written: str) -> tuple[str, ...]:
    """The parts of a dotted key."""
    found, names = tomllib.loads(f"{written} = 0"), []
    while isinstance(found, dict):
        ((name, found),) = found.items()
        names.append(name)
    return tuple(names)


def _numbered(names: tuple[str, ...], rows: Counter[TomlKey], *, last: bool = True) -> TomlKey:
    """A path with the number of the row that it leads through, after each name of an array of tables."""
    path: TomlKey = ()
    for place, name in enumerate(names, 1):
        path = (*path, name)
        if path in rows and (last or place < len(names)):
            path = (*path, rows[path] - 1)
    return path
