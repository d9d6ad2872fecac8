"""JSON lines as rows that know where they come from and report what is wrong with a field."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proctor.core.reading import values as texts
from proctor.core.reading.files import read_text
from proctor.core.reading.problems import Place, Problems, closest
from proctor.core.reading.strict_json import RepeatedKeyError, numbered, parsed
from proctor.suites.loading.columns import IGNORED, QUESTION, ColumnNames, Meaning, meaning

PLAIN = Meaning({}, {})


@dataclass(frozen=True)
class InputRow:
    """One JSON object. Its getters note a problem and return something empty where a field is not as it should be."""

    values: Mapping[str, Any]
    columns: ColumnNames
    place: Place
    problems: Problems
    aside: AbstractSet[str] = frozenset()
    """Columns of these rows that are left aside; see `suites.loading.columns.meaning`."""

    def __post_init__(self) -> None:
        """Columns that nobody knows are mistakes more often than not."""
        known = [*self.columns, *(alias for aliases in self.columns.values() for alias in aliases)]
        for name in self.values:
            if name in known or name in self.aside:
                continue
            if name in IGNORED:
                self.problems.tally.note(self.place.file.name, f"the column '{name}' is left aside: no part of an exam")
            else:
                self._problem(name, "no such field", f"{closest(name, known)} Rename or remove it")

    def at(self, field: str) -> Place:
        """The place of a field of this row."""
        return self.place._replace(field=field)

    def has(self, field: str) -> bool:
        """Whether a field is there under any of its names, ``null`` included."""
        return any(True for _ in self._named(field))

    def missing(self, field: str) -> bool:
        """Whether a field is there, and holds nothing but ``null`` or NaN under all of its names."""
        return self.has(field) and not any(True for _ in self._given(field))

    def bare(self, field: str) -> Iterator[tuple[str, str]]:
        """The names and values under which a field is given as a text that stands in no list."""
        return ((name, value) for name, value in self._given(field) if isinstance(value, str))

    def text(self, field: str, default: str | None = None) -> str:
        """A field that is a text and not empty, or a list of one such text."""
        given = {name: value[0] if isinstance(value, list) and len(value) == 1 else value for name, value in self._given(field)}
        full = {name: value for name, value in given.items() if value != ""}
        if len(set(map(str, full.values()))) > 1:
            self._problem(field, f"given more than once ({', '.join(full)})", "keep one of them")
        for name, value in (full or given).items():
            return self._text(name, value, bare=not isinstance(self.values[name], list))
        if default is None:
            self._problem(field, "a text is expected, and the field is missing", f"add it{self._aliases(field)}")
        return default or ""

    def name(self, field: str, default: str | None = None) -> str:
        """A field that is an id: a text in its one spelling."""
        return texts.name(self.text(field, default))

    def names(self, field: str) -> tuple[str, ...]:
        """A field that is a list of ids, each in its one spelling."""
        return tuple(dict.fromkeys(map(texts.name, self.texts(field))))

    def texts(self, field: str) -> tuple[str, ...]:
        """A field that is a list of texts or one text, without doubles; nothing where it is missing or ``null``."""
        found: dict[str, None] = {}
        for read in self._lists(field).values():
            found |= dict.fromkeys(read)
        return tuple(found)

    def one_list(self, field: str) -> tuple[str, ...]:
        """The same, where names that are given beside each other must hold the same, or more of it."""
        lists = self._lists(field)
        largest = max(lists.values(), key=len, default=())
        if not all({*read} <= {*largest} for read in lists.values()):
            self._problem(field, f"given more than once, and not alike ({', '.join(lists)})", "keep one of them")
        return tuple(dict.fromkeys(largest))

    @property
    def drafted(self) -> bool:
        """Whether a model drafted the row and nobody has reviewed it: ``draft`` is true, or an object that was not accepted."""
        value = self.values.get("draft") if "draft" in self.columns else None
        if isinstance(value, dict):
            return not value.get("accepted")
        if not (value is None or isinstance(value, bool)):
            what = f"true, false, or an object that says who drafted it is expected, not {_shown(value)}"
            self._problem("draft", what, "write true for a row to be reviewed, and leave the field out otherwise")
        return value is True

    def rows(self, field: str, columns: ColumnNames, judged: Meaning = PLAIN) -> Iterator[InputRow]:
        """A field that is a list of objects."""
        values = self.values.get(field) or []
        for value in values if isinstance(values, list) else [values]:
            if isinstance(value, dict):
                yield InputRow(value, columns, self.place, self.problems, judged.aside.keys())
            else:
                self._problem(field, f"a list of objects is expected, not {_shown(value)}", "write [{...}, ...]")

    def _lists(self, field: str) -> dict[str, list[str]]:
        return {name: [*self._list(name, value)] for name, value in self._given(field)}

    def _list(self, name: str, value: Any) -> Iterator[str]:
        for item in value if isinstance(value, list) else [value]:
            if item is None or _is_nan(item):
                what, remedy = f"a text is expected, not {_shown(item)}", "take it out of the list, or write what is meant"
                self._problem(name, what, remedy)
            else:
                yield self._text(name, item, bare=not isinstance(value, list))

    def _named(self, field: str) -> Iterator[tuple[str, Any]]:
        for name in (field, *self.columns[field]):
            if name in self.values and name not in self.aside:
                yield name, self.values[name]

    def _given(self, field: str) -> Iterator[tuple[str, Any]]:
        """The names under which a field is given, ``null`` and NaN left out: programs write them where there is nothing."""
        return ((name, value) for name, value in self._named(field) if value is not None and not _is_nan(value))

    def _text(self, name: str, value: Any, *, bare: bool) -> str:
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if not isinstance(value, str):
            self._problem(name, f"a text is expected, not {_shown(value)}", 'write "..."')
        elif not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
            self._problem(name, "half of a surrogate pair, which no encoding can write", "remove the \\ud... escape")
        elif not texts.visible(value):
            right = name in ("references", *QUESTION["references"])
            otherwise = "write [] where the documents do not hold the answer" if right else "leave the whole entry out"
            self._problem(name, "a text is expected, and it is empty", f"fill it in, or {otherwise}")
        elif bare and value.strip() in texts.MISSING:
            what = f"'{value.strip()}' may be a text, or what a program writes where there is none"
            self._problem(name, what, f'write ["{value.strip()}"] if it is the text, or leave it out')
        else:
            return value
        return ""

    def _problem(self, field: str, what: str, remedy: str) -> None:
        self.problems.add(self.at(field), what, remedy)

    def _aliases(self, field: str) -> str:
        names = self.columns[field]
        return f" (or under one of the names {', '.join(names)})" if names else ""


def read_rows(path: Path, columns: ColumnNames, problems: Problems, *, required: bool = False) -> Iterator[InputRow]:
    """The rows of a file of JSON lines. Empty lines are skipped; a missing file is a problem only if it is required."""
    found = list(_lines(path, problems, required=required))
    judged = judge(found, columns, problems)
    for place, values in found:
        problems.tally.take(path.name)
        yield InputRow(values, columns, place, problems, judged.aside.keys())


def judge(rows: Sequence[tuple[Place, Mapping[str, Any]]], columns: ColumnNames, problems: Problems) -> Meaning:
    """What the columns of rows mean that belong together; what is unclear is a problem with the first that has it."""
    first = {name: place for place, values in reversed(rows) for name, value in values.items() if value is not None}
    judged = meaning(first.keys(), columns)
    for column, (what, remedy) in judged.unclear.items():
        problems.add(first[column]._replace(field=column), what, remedy)
    for column, why in judged.aside.items():
        problems.tally.note(first[column].file.name, f"the column '{column}' is left aside: {why}")
    return judged


def _lines(path: Path, problems: Problems, *, required: bool) -> Iterator[tuple[Place, dict[str, Any]]]:
    if not required and not path.exists() and not path.is_symlink():
        return
    text = read_text(path, problems, remedy="write one JSON object a line into it") or ""
    if re.match(r"\s*\[\s*\{", text):
        problems.add(
            Place(path, 1), "a list, where one JSON object a line is expected", f"take it apart: jq -c '.[]' {path.name}"
        )
        return
    for number, line in numbered(text):
        place = Place(path, number)
        if (values := _parsed(line, place, problems)) is not None:
            yield place, values


def _parsed(line: str, place: Place, problems: Problems) -> dict[str, Any] | None:
    try:
        values = parsed(line)
    except json.JSONDecodeError as error:
        problems.add(place, f"not JSON at column {error.colno}: {error.msg}", "write one whole JSON object on the line")
    except RepeatedKeyError as error:
        problems.add(place._replace(field=str(error)), "the field is there twice", "keep one of them")
    except (ValueError, RecursionError) as error:
        problems.add(place, f"JSON that cannot be read ({error})", "simplify it")
    else:
        if isinstance(values, dict):
            return values
        problems.add(place, f"a JSON object is expected, not {_shown(values)}", 'write {"...": ...}')
    return None


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _shown(value: Any) -> str:
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
