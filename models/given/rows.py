"""A row of a file of answers: what was said to one question, wherever it stands in the file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, isnan
from typing import Any, NamedTuple

from proctor.core.reading import values
from proctor.core.reading.problems import Place, Problems
from proctor.core.reading.shown import shown
from proctor.core.schema import Stop


class GivenPassage(NamedTuple):
    """What was retrieved, as the file has it."""

    text: str
    names: tuple[str, ...] = ()
    """What may name its document, the surest first."""
    score: float = 0.0


class Entry(NamedTuple):
    """Where a row stands: on a line, or as an entry of a list, which is counted from 1."""

    place: Place
    label: str = ""

    def at(self, field: str) -> Place:
        """The place of a field of the row."""
        return self.place._replace(field=f"{self.label}.{field}" if self.label else field)

    def __str__(self) -> str:
        """For people: "line 3", "entry 7"."""
        return self.label or f"line {self.place.line}"


@dataclass(frozen=True)
class Given:
    """What a file says of one question."""

    entry: Entry
    id: str = ""
    texts: tuple[str, ...] = ()
    """What the question may be called by: its own text, or a prompt that holds it."""
    text: str | None = None
    """The answer; ``None`` where there is none."""
    passages: tuple[GivenPassage, ...] | None = None
    """``None``: the file says nothing of passages."""
    citations: tuple[str, ...] | None = None
    seconds: float = 0.0
    tokens: int = 0
    prompt_tokens: int = 0
    stop: Stop = ""
    error: str | None = None
    """What went wrong when the system was asked."""

    @property
    def said(self) -> tuple[Any, ...]:
        """What two rows about one question have to agree in."""
        return self.text, self.passages, self.citations, self.error


@dataclass(frozen=True)
class File:
    """What a file holds."""

    format: str
    """For people: "JSON lines", "a log of inspect"."""
    rows: tuple[Given, ...]
    notes: tuple[str, ...] = ()
    """What was chosen or left aside in it, a line each."""


class Fields:
    """Reads the fields of one row; what is not as it should be is a problem, with its place."""

    def __init__(self, values: Mapping[str, Any], entry: Entry, problems: Problems) -> None:
        self.values, self.entry, self.problems = values, entry, problems

    def text(self, name: str) -> str | None:
        """A field that is a text or a number, or a list of one; ``None`` where it is ``null``, missing or not a number."""
        value = self.values.get(name)
        value = value[0] if isinstance(value, list) and len(value) == 1 else value
        if value is None or _is_nan(value):
            return None
        if isinstance(value, str):
            return value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return f"{value:g}" if isinstance(value, float) else str(value)
        self.wrong(name, f"a text is expected, not {shown(value)}", "write the text itself")
        return None

    def number(self, name: str, *, whole: bool = False) -> float:
        """A field that is a number, and not below 0; 0 where there is none."""
        value = self.values.get(name)
        if value in (None, ""):
            return 0.0
        try:
            found = float(value)
        except (TypeError, ValueError):
            found = -1.0
        if _is_nan(found):
            return 0.0
        if not 0 <= found < float("inf") or (whole and found != int(found)) or isinstance(value, bool):
            kind = "a whole number" if whole else "a number"
            self.wrong(name, f"{kind} from 0 on is expected, not {shown(value)}", "leave it out where it is not known")
            return 0.0
        return found

    def texts(self, name: str) -> tuple[str, ...] | None:
        """A field that is a list of texts, also one that is written out in a cell; ``None`` where it is missing."""
        value = self.values.get(name)
        if isinstance(value, str):
            value = self._cell(name, value)
        if value is None:
            return None
        found = [value] if isinstance(value, str | int) else list(value) if isinstance(value, Iterable) else [value]
        if any(isinstance(one, bool) or not isinstance(one, str | int) for one in found):
            self.wrong(name, f"a list of texts is expected, not {shown(value)}", 'write ["...", "..."]')
            return None
        return tuple(map(str, found))

    def passages(self, name: str, ids: Sequence[str] | None = None) -> tuple[GivenPassage, ...] | None:
        """A field that is a list of passages: texts, or objects with a text and what names its document."""
        value = self.values.get(name)
        if isinstance(value, str):
            value = self._cell(name, value)
        if value is None:
            return None
        if not isinstance(value, list):
            self.wrong(name, f"a list of passages is expected, not {shown(value)}", 'write ["...", "..."]')
            return None
        found = [self._passage(name, one) for one in value]
        if ids is not None and len(ids) == len(found):
            found = [one._replace(names=(*one.names, given)) for one, given in zip(found, ids, strict=True)]
        return tuple(found)

    def _passage(self, name: str, value: Any) -> GivenPassage:
        if isinstance(value, str):
            return GivenPassage(value)
        told: Mapping[str, Any] = value if isinstance(value, dict) else {}
        text = next((told[key] for key in TEXT if isinstance(told.get(key), str)), None)
        if text is None:
            what = f"a passage is a text, or an object with one as {', '.join(TEXT[:-1])} or {TEXT[-1]}, not {shown(value)}"
            self.wrong(name, what, "write the text of the passage")
            return GivenPassage("")
        within = told.get("metadata")
        named = [told, within] if isinstance(within, dict) else [told]
        names = (str(one[key]) for one in named for key in NAMING if isinstance(one.get(key), str | int))
        score = told.get("score")
        return GivenPassage(text, tuple(names), float(score) if isinstance(score, int | float) and isfinite(score) else 0.0)

    def _cell(self, name: str, cell: str) -> Any:
        """The list that is written out in a cell of a table, or the one text in it; ``None`` where it is empty."""
        if not values.visible(cell):
            return None
        try:
            found = values.listed(cell)
        except values.UnclearError as error:
            self.wrong(name, f"this may be {error}", 'write a list of JSON: ["...", "..."]')
            return None
        return [cell] if found is None else list(found)

    def wrong(self, name: str, what: str, remedy: str) -> None:
        """Note a problem."""
        self.problems.add(self.entry.at(name), what, remedy)


def _is_nan(value: Any) -> bool:
    """Whether it is what pandas writes where there is nothing."""
    return isinstance(value, float) and isnan(value)


TEXT = ("text", "content", "page_content", "passage", "document_text")
"""What the text of a passage is called."""
NAMING = ("document", "document_id", "doc_id", "id", "source", "file_name", "title")
"""What names the document of a passage, the surest first."""
