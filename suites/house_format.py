"""``[style]`` of a ``suite.toml``: the house format, by a regular expression, a JSON schema or a demand in words."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from evals.schema import Style
from suites.problems import closest

KEYS = ("pattern", "schema", "answer", "rubric", "guide")
RULES = ("pattern", "schema", "rubric")
ANYTHING = ("", "x", "No.", "two words", "7,5 mm; 3 units!", "a longer sentence, such as a model may well write.")
"""A pattern that all of these follow tells no house format from any other text."""

Problem = Callable[[str, str, str], None]
"""Notes a key, what is wrong with it, and what to do."""


def read(table: Mapping[str, Any], folder: Path, problem: Problem) -> Style | None:
    """The house format that a table declares; None where it declares none. Files are looked for in ``folder``."""
    if not any(rule in table for rule in RULES):
        problem(
            "style.pattern",
            "a regular expression, a schema or a rubric is expected, and there is none",
            "add one, or remove [style]",
        )
        return None
    schema = _schema(table["schema"], folder, problem) if "schema" in table else None
    return Style(
        _pattern(table["pattern"], problem) if "pattern" in table else "",
        schema,
        _answer(table, schema, problem),
        _rubric(table, problem),
    )


def _pattern(pattern: Any, problem: Problem) -> str:
    try:
        useless = all(re.fullmatch(pattern, text) for text in ANYTHING)
    except (re.error, TypeError, RecursionError, OverflowError) as error:
        remedy = "write a Python regular expression in single quotes: pattern = '(?P<answer>.+) units'"
        problem("pattern", f"{pattern!r} is no regular expression ({error})", remedy)
        return ""
    if useless:
        remedy = "describe what sets the house format apart, or remove [style]"
        problem("pattern", f"{pattern!r} is of no use: any text follows it", remedy)
    return str(pattern)


def _schema(given: Any, folder: Path, problem: Problem) -> Mapping[str, Any] | None:
    """A schema that can be used, from a table or from the file that a text names."""
    schema = _from_file(folder, given, problem) if isinstance(given, str) else given
    if schema is None:
        return None
    wrong = _wrong(schema)
    if wrong:
        problem("schema", *wrong)
        return None
    found: Mapping[str, Any] = schema
    return found


def _from_file(folder: Path, name: str, problem: Problem) -> Any:
    path = folder / name
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
        problem("schema", f"{path}:{error.lineno}: not JSON: {error.msg}", "write a JSON schema into it")
    except (OSError, ValueError, RecursionError) as error:
        problem("schema", f"{path} cannot be read ({error})", f"put a JSON schema into a file {name!r} beside suite.toml")
    return None


def _wrong(schema: Any) -> tuple[str, str] | None:
    """What is wrong with a schema, and what to do."""
    if not isinstance(schema, dict):
        return f"a JSON schema is expected, not {schema!r}", 'write schema = { type = "object" }, or the name of a JSON file'
    from jsonschema.exceptions import SchemaError
    from jsonschema.validators import validator_for

    try:
        json.dumps(schema)
        validator_for(schema).check_schema(schema)
        lost = [reference for reference in _references(schema) if not _leads_somewhere(reference, schema)]
    except SchemaError as error:
        where = ".".join(map(str, error.absolute_path)) or "the schema"
        return f"no JSON schema: {where}: {error.message}", "put it right: https://json-schema.org/understanding-json-schema"
    except Exception as error:  # noqa: BLE001 # the boundary: what a schema makes the library raise
        return f"a JSON schema that cannot be used ({type(error).__name__}: {error})", "keep to what JSON can say"
    if lost:
        what = f"it refers to '{lost[0]}', which is not in it, and nothing is looked up elsewhere"
        return what, "put it under $defs and refer to #/$defs/..."
    return None


def _leads_somewhere(reference: str, schema: Mapping[str, Any]) -> bool:
    from referencing import Registry
    from referencing.exceptions import Unresolvable
    from referencing.jsonschema import DRAFT202012

    resource = DRAFT202012.create_resource(schema)
    try:
        Registry().with_resource(resource.id() or "", resource).resolver(resource.id() or "").lookup(reference)
    except Unresolvable:
        return False
    return True


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from (value for key, value in schema.items() if key in ("$ref", "$dynamicRef") and isinstance(value, str))
        for value in schema.values():
            yield from _references(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _references(value)


def _answer(table: Mapping[str, Any], schema: Mapping[str, Any] | None, problem: Problem) -> str:
    """The property that holds the bare answer."""
    given = table.get("answer", "")
    if not isinstance(given, str) or ("answer" in table and not given.strip()):
        problem("style.answer", f"the name of a property is expected, not {given!r}", 'write answer = "value"')
        return ""
    if given and "schema" not in table:
        problem("style.answer", "there is no schema that it belongs to", "in a pattern write a group: (?P<answer>.+)")
    properties = schema.get("properties") if schema else None
    if given and isinstance(properties, dict) and given not in properties:
        problem("style.answer", f"the schema has no property '{given}'", f"{closest(given, properties)} Rename or remove it")
    return given


def _rubric(table: Mapping[str, Any], problem: Problem) -> str:
    given = table.get("rubric", "")
    if isinstance(given, str) and (given.strip() or "rubric" not in table):
        return given.strip()
    problem(
        "style.rubric", f"a demand in words is expected, not {given!r}", 'write rubric = "The answer is one polite sentence."'
    )
    return ""
