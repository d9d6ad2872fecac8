"""JSON with an address: a wrong shape is reported where it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.schema import InputError
from suites.problems import Place, Problems
from suites.reading import read_text

KINDS: dict[type, str] = {str: "a text", list: "a list", dict: "an object"}


@dataclass(frozen=True)
class Node:
    """A value somewhere in a JSON file."""

    value: Any
    file: Path
    path: str = ""

    def error(self, what: str, remedy: str) -> InputError:
        """What to raise about this value."""
        problems = Problems("import")
        problems.add(Place(self.file, field=self.path), what, remedy)
        return InputError(problems.found[0])

    def text(self, key: str) -> str:
        """The text under a key, which may not be empty."""
        node = self._get(key, str)
        if not node.value.strip():
            raise node.error("a text is expected, and it is empty", "fill it in or remove the entry")
        return str(node.value)

    def items(self, key: str) -> Iterator[Node]:
        """The elements of the list under a key."""
        node = self._get(key, list)
        for place, value in enumerate(node.value):
            yield Node(value, self.file, f"{node.path}[{place}]")

    def entries(self) -> Iterator[tuple[str, Node]]:
        """The keys of an object with their values."""
        for key, value in self.expect(dict).value.items():
            yield key, Node(value, self.file, f"{self.path}.{key}".lstrip("."))

    def expect(self, kind: type) -> Node:
        """The node itself, if its value is of a kind."""
        if not isinstance(self.value, kind):
            raise self.error(f"{KINDS[kind]} is expected", "is the file of the format that was named?")
        return self

    def _get(self, key: str, kind: type) -> Node:
        values = self.expect(dict).value
        if key not in values:
            raise self.error(f"'{key}' is missing", "is the file of the format that was named?")
        return Node(values[key], self.file, f"{self.path}.{key}".lstrip(".")).expect(kind)


def read_json(file: Path) -> Node:
    """The content of a JSON file.

    Raises:
        InputError: it is missing, or not JSON.
    """
    problems = Problems(f"import of {file.name}")
    text = read_text(file, problems, remedy="give the path of the file to import")
    problems.check()
    try:
        return Node(json.loads(text or ""), file)
    except json.JSONDecodeError as error:
        problems.add(Place(file, error.lineno), f"not JSON at column {error.colno}: {error.msg}", "give a JSON file")
    except (ValueError, RecursionError) as error:
        problems.add(Place(file), f"JSON that cannot be read ({error})", "give a simpler file")
    problems.check()
    raise AssertionError
