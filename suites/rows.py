"""JSON lines as rows that know where they come from and report what is wrong with a field."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from suites.columns import IGNORED, Columns
from suites.problems import Place, Problems, closest
from suites.reading import read_text


@dataclass(frozen=True)
class Row:
    """One JSON object. Its getters note a problem and return something empty where a field is not as it should be."""

    values: Mapping[str, Any]
    columns: Columns
    place: Place
    problems: Problems

    def __post_init__(self) -> None:
        """Columns that nobody knows are mistakes more often than not."""
        known = [*self.columns, *(alias for aliases in self.columns.values() for alias in aliases)]
        for name in self.values:
            if name not in known and name not in IGNORED:
                self._problem(name, "no such field", f"{closest(name, known)} Rename or remove it")

    def at(self, field: str) -> Place:
        """The place of a field of this row."""
        return self.place._replace(field=field)

    def has(self, field: str) -> bool:
        """Whether a field is there under any of its names, ``null`` included."""
        return any(name in self.values for name in (field, *self.columns[field]))

    def text(self, field: str, default: str | None = None) -> str:
        """A field that is a text and not empty."""
        given = {name: value for name, value in self._given(field) if value is not None}
        if len(set(map(str, given.values()))) > 1:
            self._problem(field, f"given more than once ({', '.join(given)})", "keep one of them")
        for name, value in given.items():
            return self._text(name, value)
        if default is None:
            self._problem(field, "a text is expected, and the field is missing", f"add it{self._aliases(field)}")
        return default or ""

    def texts(self, field: str) -> tuple[str, ...]:
        """A field that is a list of texts or one text, without doubles; nothing where it is missing or ``null``."""
        found: dict[str, None] = {}
        for name, value in self._given(field):
            many = value if isinstance(value, list) else [] if value is None else [value]
            found |= {self._text(name, text): None for text in many}
        return tuple(found)

    def rows(self, field: str, columns: Columns) -> Iterator[Row]:
        """A field that is a list of objects."""
        values = self.values.get(field) or []
        for value in values if isinstance(values, list) else [values]:
            if isinstance(value, dict):
                yield Row(value, columns, self.place, self.problems)
            else:
                self._problem(field, f"a list of objects is expected, not {_shown(value)}", "write [{...}, ...]")

    def _given(self, field: str) -> Iterator[tuple[str, Any]]:
        for name in (field, *self.columns[field]):
            if name in self.values:
                yield name, self.values[name]

    def _text(self, name: str, value: Any) -> str:
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if not isinstance(value, str):
            self._problem(name, f"a text is expected, not {_shown(value)}", 'write "..."')
        elif not value.strip():
            self._problem(name, "a text is expected, and it is empty", "fill it in, or leave the whole entry out")
        elif not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
            self._problem(name, "half of a surrogate pair, which no encoding can write", "remove the \\ud... escape")
        else:
            return value
        return ""

    def _problem(self, field: str, what: str, remedy: str) -> None:
        self.problems.add(self.at(field), what, remedy)

    def _aliases(self, field: str) -> str:
        names = self.columns[field]
        return f" (or under one of the names {', '.join(names)})" if names else ""


def read_rows(path: Path, columns: Columns, problems: Problems, *, required: bool = False) -> Iterator[Row]:
    """The rows of a file of JSON lines. Empty lines are skipped; a missing file is a problem only if it is required."""
    if not required and not path.exists():
        return
    text = read_text(path, problems, remedy="write one JSON object a line into it") or ""
    if re.match(r"\s*\[\s*\{", text):
        problems.add(
            Place(path, 1), "a list, where one JSON object a line is expected", f"take it apart: jq -c '.[]' {path.name}"
        )
        return
    for number, line in enumerate(text.split("\n"), 1):
        place = Place(path, number)
        if line.strip() and (values := _parsed(line, place, problems)) is not None:
            yield Row(values, columns, place, problems)


def _parsed(line: str, place: Place, problems: Problems) -> dict[str, Any] | None:
    try:
        values = json.loads(line)
    except json.JSONDecodeError as error:
        problems.add(place, f"not JSON at column {error.colno}: {error.msg}", "write one whole JSON object on the line")
    except (ValueError, RecursionError) as error:
        problems.add(place, f"JSON that cannot be read ({error})", "simplify it")
    else:
        if isinstance(values, dict):
            return values
        problems.add(place, f"a JSON object is expected, not {_shown(values)}", 'write {"...": ...}')
    return None


def _shown(value: Any) -> str:
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
