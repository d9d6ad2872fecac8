"""JSON with an address: a wrong shape is reported where it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from proctor.core.reading import values
from proctor.core.reading.files import read_text
from proctor.core.reading.problems import Place, Problems
from proctor.core.reading.strict_json import RepeatedKeyError, parsed
from proctor.core.schema import InputError

KINDS: dict[type, str] = {str: "a text", list: "a list", dict: "an object"}
Read = TypeVar("Read")


class MisfitError(InputError):
    """A value is not what the format says. It is one problem; there may be others."""


@dataclass(frozen=True)
class Node:
    """A value somewhere in a JSON file."""

    value: Any
    file: Path
    path: str = ""

    def error(self, what: str, remedy: str) -> MisfitError:
        """What to raise about this value."""
        problems = Problems("import")
        problems.add(Place(self.file, field=self.path), what, remedy)
        return MisfitError(problems.found[0])

    def text(self, key: str) -> str:
        """The text under a key, which may not be empty."""
        node = self._get(key, str)
        if any("\ud800" <= character <= "\udfff" for character in node.value):
            raise node.error("half of a surrogate pair, which no encoding can write", "remove the \\ud... escape")
        if not values.visible(node.value):
            raise node.error("a text is expected, and it is empty", "fill it in or remove the entry")
        return str(node.value)

    def id(self, key: str) -> str:
        """The id under a key, in its one spelling: a text, or a whole number."""
        number = self.expect(dict).value.get(key)
        return str(number) if type(number) is int else values.name(self.text(key))

    def items(self, key: str) -> Iterator[Node]:
        """The elements of the list under a key."""
        node = self._get(key, list)
        for place, value in enumerate(node.value):
            yield Node(value, self.file, f"{node.path}[{place}]")

    def entries(self) -> Iterator[tuple[str, Node]]:
        """The keys of an object with their values."""
        for key, value in self.expect(dict).value.items():
            yield key, Node(value, self.file, f"{self.path}.{key}".lstrip("."))

    def has(self, key: str) -> bool:
        """Whether there is anything under a key: ``null`` and empty texts are nothing."""
        return self.expect(dict).value.get(key) not in (None, "")

    def expect(self, kind: type) -> Node:
        """The node itself, if its value is of a kind."""
        if not isinstance(self.value, kind):
            raise self.error(f"{KINDS[kind]} is expected", "is the file of the format that was named?")
        return self

    def _get(self, key: str, kind: type) -> Node:
        held = self.expect(dict).value
        if key not in held:
            raise self.error(f"'{key}' is missing", "is the file of the format that was named?")
        return Node(held[key], self.file, f"{self.path}.{key}".lstrip(".")).expect(kind)


def each(nodes: Iterable[Node], read: Callable[[Node], Read], problems: Problems) -> Iterator[Read]:
    """What is read of each node; what cannot be read is noted, so that all that is wrong is said at once."""
    iterator = iter(nodes)
    while True:
        try:
            node = next(iterator)
        except StopIteration:
            return
        except MisfitError as error:
            problems.found.append(str(error))
            return
        try:
            yield read(node)
        except MisfitError as error:
            problems.found.append(str(error))


def read_json(file: Path) -> Node:
    """The content of a JSON file.

    Raises:
        InputError: it is missing, or not JSON.
    """
    problems = Problems(f"import of {file.name}")
    text = read_text(file, problems, remedy="give the path of the file to import")
    problems.check()
    try:
        return Node(parsed(text or ""), file)
    except json.JSONDecodeError as error:
        problems.add(Place(file, error.lineno), f"not JSON at column {error.colno}: {error.msg}", "give a JSON file")
    except RepeatedKeyError as error:
        problems.add(Place(file, field=str(error)), "an object has this key twice", "keep one of them")
    except (ValueError, RecursionError) as error:
        problems.add(Place(file), f"JSON that cannot be read ({error})", "give a simpler file")
    problems.check()
    raise AssertionError
