"""Tables of settings, TOML or YAML: read as a dataclass says by its fields and their types, with all problems at once.

A field without a default has to be there. Its type says what it may be: a text, a number or ``bool``, a ``Literal``, one of
these or ``None`` (for "not set"), ``tuple[str, ...]`` (a list of texts), another dataclass (a table), ``Mapping[str, it]``
(tables under names that the user chooses), ``tuple[it, ...]`` (an array of tables), or ``Any`` (whatever is there is looked
at elsewhere). ``Annotated[float, Range(0, 1), "0.8"]`` adds what it may be, and an example for somebody who left it out.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol, TypeVar, Union, get_args, get_origin, get_type_hints, runtime_checkable

from proctor.core import former_names
from proctor.core.reading import strict_toml, strict_yaml
from proctor.core.reading.files import read_text
from proctor.core.reading.problems import Place, Problems, closest
from proctor.core.reading.ranges import Range
from proctor.core.reading.shown import short, shown
from proctor.core.reading.strict_toml import TomlKey
from proctor.core.reading.user_files import SETTINGS, YAML

TEXT, TEXTS = '"..."', '["...", "..."]'
Made = TypeVar("Made")
Contradiction = tuple[TomlKey, str, str]
"""A key, what is wrong with it, and what to do."""


@runtime_checkable
class Checked(Protocol):
    """A dataclass that knows what cannot be meant, though each of its fields by itself could."""

    def contradictions(self) -> Iterator[Contradiction]:
        """What is wrong."""


class Expected(Protocol):
    """What a value may be, as `Range` says of numbers; its ``str`` stands after "expected"."""

    def wrong(self, value: object) -> str:
        """What is wrong with a value, as "expected ..., not ..."; empty if nothing is."""


@runtime_checkable
class ReadSetting(Protocol):
    """One that keeps a right value otherwise than it is written, as a list that is not to change."""

    def read(self, value: Any) -> Any:
        """The value as it is kept."""


@dataclass(frozen=True)
class TextSetting:
    """The texts that a setting may be."""

    what: str = "a text"
    most: int = 2**20
    """Letters."""
    empty: bool = False
    """Whether it may be blank."""
    like: Callable[[str], Any] = bool
    """Whether it has the form that is expected, where there is one."""

    def wrong(self, value: object) -> str:
        """What is wrong with a value."""
        if isinstance(value, str) and not value.strip() and not self.empty:
            return f"expected {self.what}, and it is empty"
        if isinstance(value, str) and len(value) <= self.most and (self.like(value) or not value):
            return ""
        return f"expected {self.what}, not {shown(value)}"


@dataclass(frozen=True)
class Choice:
    """The values that a ``Literal`` has."""

    among: tuple[Any, ...]

    def wrong(self, value: object) -> str:
        """What is wrong with a value."""
        if any(type(one) is type(value) and one == value for one in self.among):
            return ""
        return f"expected {either(self.among)}, not {shown(value)}"


def either(among: Sequence[Any]) -> str:
    """The values that there are to choose from, as they are written: "a", "b" or "c"."""
    words = [_written(one) for one in among]
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]


@dataclass(frozen=True)
class Truth:
    """True or false."""

    def wrong(self, value: object) -> str:
        """What is wrong with a value."""
        return "" if isinstance(value, bool) else f"expected true or false, not {shown(value)}"


class Setting:
    """One field of a dataclass: what it may be."""

    def __init__(self, hint: Any, *, needed: bool) -> None:
        extras: tuple[Any, ...] = ()
        if get_origin(hint) is Annotated:
            hint, *extras = get_args(hint)  # type: ignore[assignment]
        if get_origin(hint) in (Union, types.UnionType):
            kinds = [one for one in get_args(hint) if one is not type(None)]
            hint = kinds[0] if len(kinds) == 1 else object  # what may be of several kinds says itself what it may be
        self.needed = needed
        self.kind, self.inner = get_origin(hint) or hint, get_args(hint)
        self.example = next((one for one in extras if isinstance(one, str)), "")
        self.expected: Expected | None = next((one for one in extras if hasattr(one, "wrong")), None) or self._usual()

    def _usual(self) -> Expected | None:
        """What a value of its type may be, where nothing is said of it."""
        if self.kind is Literal:
            self.example = self.example or _written(self.inner[0])
            return Choice(self.inner)
        usual: dict[Any, Expected] = {str: TextSetting(), bool: Truth(), int: Range(whole=True), float: Range()}
        return usual.get(self.kind)


@cache
def settings(cls: Any) -> Mapping[str, Setting]:
    """The settings that a dataclass declares, by name."""
    hints = get_type_hints(cls, include_extras=True)
    defaults = {one.name: one.default is MISSING and one.default_factory is MISSING for one in fields(cls)}
    return {name: Setting(hints[name], needed=needed) for name, needed in defaults.items()}


class SettingsTable:
    """A file of settings. What is wrong with it is noted in ``problems``, with the line where that can be told.

    ``remedy`` says what to do where there is no such file.
    """

    def __init__(self, path: Path, problems: Problems, *, remedy: str) -> None:
        self.path, self.problems = path, problems
        self.yaml = path.suffix.lower() in (".yaml", ".yml")
        self.text = read_text(path, problems, remedy=remedy, most=YAML if self.yaml else SETTINGS)
        self.values: Mapping[str, Any] = {}
        """What it holds; nothing where it cannot be read."""
        self.readable = False
        if self.text is not None:
            self._parse(self.text, remedy)

    def _parse(self, text: str, remedy: str) -> None:
        try:
            found = strict_yaml.parsed(text) if self.yaml else strict_toml.parsed(text)
        except strict_toml.TomlError as error:
            self.problems.add(Place(self.path, error.line), f"not TOML: {error}", error.remedy)
        except strict_yaml.YamlError as error:
            self.problems.add(Place(self.path, error.line), f"not YAML: {error}", error.remedy)
        else:
            self.readable = isinstance(found, dict)
            self.values = found if self.readable else {}
            if not self.readable:
                self.problems.add(Place(self.path), f"expected a table of fields, not {shown(found)}", remedy)

    @cached_property
    def _lines(self) -> Mapping[TomlKey, int]:
        text = self.text or ""
        return strict_yaml.lines(text) if self.yaml else strict_toml.lines(text)

    def line(self, key: TomlKey) -> int | None:
        """The line that sets a key, or else begins the table that it belongs to."""
        return next((self._lines[key[:end]] for end in range(len(key), 0, -1) if key[:end] in self._lines), None)

    def field(self, key: TomlKey) -> str:
        """A key as a message names it: by its path, or, in a row of an array of tables, by the row's name and its own there."""
        place = max((place for place, part in enumerate(key) if isinstance(part, int)), default=-1)
        row = self._at(key[: place + 1]) if place > 0 else {}
        called = f"{key[place - 1]} {short(str(row['name']))}" if isinstance(row, dict) and "name" in row else ""
        named = ".".join(short(str(name)) for name in key[place + 1 :])
        return ": ".join(filter(None, (called, named))) or ".".join(map(str, key[:place]))

    def _at(self, key: TomlKey) -> Any:
        found: Any = self.values
        for name in key:
            found = found[name]
        return found

    def problem(self, key: TomlKey, what: str, remedy: str = "") -> None:
        """Note what is wrong with a key."""
        self.problems.add(Place(self.path, self.line(key), self.field(key)), what, remedy)

    def read(self, cls: type[Made], **given: Any) -> Made | None:
        """The file as a dataclass, the defaults where something is wrong; ``None`` where it lacks what is needed.

        ``given`` are fields that no file sets.
        """
        return self._made(cls, self.values, (), given) if self.readable else None

    def each(self, cls: type[Made], names: TextSetting) -> dict[str, Made]:
        """Every table of the file as a dataclass with the field ``name``, by the name that the user chose for it."""
        for name in self.values:
            if wrong := names.wrong(name):
                self.problem((name,), wrong)
        made = {name: self._made(cls, table, (name,), {"name": name}) for name, table in self.values.items()}
        return {name: one for name, one in made.items() if one is not None}

    def _made(self, cls: type[Made], table: Any, key: TomlKey, given: Mapping[str, Any]) -> Made | None:
        if not isinstance(table, dict):
            self._no_table(key, table)
            return None
        declared: Any = cls
        known = {name: setting for name, setting in settings(declared).items() if name not in given}
        values, right = dict(given), len(self.problems.found)
        for name, value in table.items():
            here = (*key, str(name))  # YAML knows other names
            if name not in known:
                self._unknown(str(name), known, here)
            for one in self._value(known[name], value, here) if name in known else ():
                values[name] = one
        for name, setting in known.items():
            if setting.needed and name not in table:
                self.problem((*key, name), "missing", self._add(name, setting))
        if any(setting.needed and name not in values for name, setting in known.items()):
            return None
        made = cls(**values)
        if isinstance(made, Checked) and len(self.problems.found) == right:
            for inner, what, remedy in made.contradictions():
                self.problem((*key, *inner), what, remedy)
        return made

    def _unknown(self, name: str, known: Collection[str], key: TomlKey) -> None:
        if former_names.SETTINGS.get(name) in known:
            self.problem(key, f"{name} is called {former_names.SETTINGS[name]} now", "rename it")
        else:
            self.problem(key, "unknown field", f"{closest(name, known)} Rename or remove it")

    def _value(self, setting: Setting, value: Any, key: TomlKey) -> Iterator[Any]:
        """The value of a setting; nothing where it is wrong."""
        if setting.expected:
            if wrong := setting.expected.wrong(value):
                self.problem(key, wrong, self._remedy(setting, value, key))
            else:
                yield setting.expected.read(value) if isinstance(setting.expected, ReadSetting) else value
        elif setting.kind is Any:
            yield value
        elif setting.kind is tuple and setting.inner[0] is str:
            yield from self._texts(value, key)
        elif setting.kind is tuple:
            yield from self._rows(setting, value, key)
        elif value is None:  # a name in YAML with nothing behind it
            return
        elif not isinstance(value, dict):
            self._no_table(key, value)
        elif issubclass(setting.kind, Mapping):
            yield from self._named(Setting(setting.inner[1], needed=True), value, key)
        else:
            made = self._made(setting.kind, value, key, {})
            yield from () if made is None else (made,)

    def _texts(self, value: Any, key: TomlKey) -> Iterator[tuple[str, ...]]:
        if isinstance(value, list) and all(isinstance(one, str) and one.strip() for one in value):
            yield tuple(value)
        else:
            self.problem(key, f"expected a list of texts, not {shown(value)}", f"write {self._set(key[-1], TEXTS)}")

    def _rows(self, setting: Setting, value: Any, key: TomlKey) -> Iterator[tuple[Any, ...]]:
        if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
            self.problem(key, f"expected tables, each under [[{key[-1]}]], not {shown(value)}")
        elif setting.needed and not value:
            self.problem(key, "missing", self._add(str(key[-1]), setting))
        else:
            made = [self._made(setting.inner[0], row, (*key, number), {}) for number, row in enumerate(value)]
            yield from () if None in made else (tuple(made),)

    def _named(self, setting: Setting, value: Mapping[Any, Any], key: TomlKey) -> Iterator[Mapping[str, Any]]:
        for name in value:
            if not isinstance(name, str) or not name.strip():
                self.problem(key, f"expected a name, not {shown(name)}")
        yield {name: one for name in value for one in self._value(setting, value[name], (*key, str(name)))}

    def _no_table(self, key: TomlKey, value: Any) -> None:
        toml = f"write [{short(str(key[-1]))}] on a line of its own, and its keys below"
        self.problem(key, f"expected a table, not {shown(value)}", "write {field: value}" if self.yaml else toml)

    def _add(self, name: str, setting: Setting) -> str:
        if setting.kind is tuple and setting.inner[0] is not str:
            needed = [inner for inner, one in settings(setting.inner[0]).items() if one.needed]
            return f"add a [[{name}]] with {', '.join(needed[:-1])}{' and ' * (len(needed) > 1)}{needed[-1]}"
        return f"add {self._set(name, setting.example or '...')}"

    def _remedy(self, setting: Setting, value: Any, key: TomlKey) -> str:
        if setting.kind is not str:
            return ""
        if not isinstance(value, str):
            return f"write {self._set(key[-1], TEXT)}"
        return "" if value.strip() else "fill it in" if setting.needed else "fill it in, or leave the line out"

    def _set(self, name: str | int, value: str) -> str:
        """What sets a key, as a line of the file."""
        return f"{name}: {value}" if self.yaml else f"{name} = {value}"


def _written(value: Any) -> str:
    """A value as it is written in a file."""
    return f'"{value}"' if isinstance(value, str) else str(value)
