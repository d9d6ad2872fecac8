"""``[style]`` of a ``suite.toml``: the house format, by a regular expression, a JSON schema or a demand in words."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from proctor.core.language import patterns
from proctor.core.language.json_schema import fits
from proctor.core.language.patterns import PROBE
from proctor.core.reading.problems import closest
from proctor.core.reading.shown import short, shown
from proctor.core.reading.user_files import SETTINGS, read_json
from proctor.core.schema import InputError, Style

RULES = ("pattern", "schema", "rubric")
ANYTHING = ("", "x", "No.", "two words", "7,5 mm; 3 units!", "a longer sentence, such as a model may well write.")
"""A pattern that all of these follow tells no house format from any other text."""
HOSTILE = tuple(
    (200 * text)[:2000] + "\N{OBJECT REPLACEMENT CHARACTER}" for text in (*ANYTHING[1:], " ", "a", "1", "a, ", "([", "-", "\n")
)
"""Long texts that follow hardly any pattern, so that one which tries every way to divide a text is seen to."""
MOST = 10_000
"""Parts of a schema."""

NoteProblem = Callable[[str, str, str], None]
"""Notes a key, what is wrong with it, and what to do."""


def read(table: Mapping[str, Any], folder: Path, problem: NoteProblem) -> Style | None:
    """The house format that a table declares; None where it declares none. Files are looked for in ``folder``."""
    if not any(rule in table for rule in RULES):
        problem(
            "pattern",
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


def _pattern(pattern: Any, problem: NoteProblem) -> str:
    try:
        patterns.check(pattern)
        useless = all(patterns.fullmatch(pattern, text, PROBE) for text in ANYTHING)
        for text in HOSTILE:
            patterns.fullmatch(pattern, text, PROBE)
    except patterns.TooSlowError as error:
        problem("pattern", str(error), patterns.REMEDY)
        return ""
    except (ValueError, TypeError) as error:
        remedy = "write a Python regular expression in single quotes: pattern = '(?P<answer>.+) units'"
        problem("pattern", f"{shown(pattern)} is no regular expression ({short(str(error))})", remedy)
        return ""
    if useless:
        remedy = "describe what sets the house format apart, or remove [style]"
        problem("pattern", f"{shown(pattern)} is of no use: any text follows it", remedy)
    return str(pattern)


def slow(style: Style, texts: Iterable[str]) -> tuple[str, str, str] | None:
    """Key, fault and remedy, where a format takes too long to tell whether one of a suite's own texts follows it."""
    for text in texts:
        try:
            if style.pattern:
                patterns.fullmatch(style.pattern, text.strip(), PROBE)
        except patterns.TooSlowError as error:
            return "style.pattern", str(error), patterns.REMEDY
    return None


def _schema(given: Any, folder: Path, problem: NoteProblem) -> Mapping[str, Any] | None:
    """A schema that can be used, from a table or from the file that a text names."""
    schema = _from_file(folder, given, problem) if isinstance(given, str) else given
    if schema is None:
        return None
    wrong = _wrong(schema)
    if wrong:
        where = f"{folder / given}: " if isinstance(given, str) else ""
        problem("schema", f"{where}{wrong[0]}", wrong[1])
        return None
    found: Mapping[str, Any] = schema
    return found


def _from_file(folder: Path, name: str, problem: NoteProblem) -> Any:
    path = folder / name
    try:
        return read_json(path, SETTINGS, remedy=f"put a JSON schema into a file {shown(name)} beside suite.toml")
    except InputError as error:
        problem("schema", *str(error).rsplit("; ", 1))
    return None


def _wrong(schema: Any) -> tuple[str, str] | None:
    """What is wrong with a schema, and what to do."""
    if not isinstance(schema, dict):
        return f"a JSON schema is expected, not {shown(schema)}", 'write schema = { type = "object" }, or the name of a JSON file'
    from jsonschema.exceptions import SchemaError
    from jsonschema.validators import validator_for

    if sum(1 for _ in _parts(schema)) > MOST:
        return f"a JSON schema of more than {MOST:,} parts", "demand less of an answer: it would take minutes to check one"
    try:
        json.dumps(schema)
        validator_for(schema).check_schema(schema)
        lost = [reference for reference in dict.fromkeys(_references(schema)) if not _leads_somewhere(reference, schema)]
    except SchemaError as error:
        where = short(".".join(map(str, error.absolute_path))) or "the schema"
        return f"no JSON schema: {where}: {short(error.message, 200)}", LEARN
    except Exception as error:  # noqa: BLE001 # the boundary: what a schema makes the library raise
        return (
            f"a JSON schema that cannot be used ({type(error).__name__}: {short(str(error), 200)})",
            "keep to what JSON can say",
        )
    if lost:
        what = f"it refers to '{short(lost[0])}', which is not in it, and nothing is looked up elsewhere"
        return what, "put it under $defs and refer to #/$defs/..."
    return _unusable(schema)


LEARN = "put it right: https://json-schema.org/understanding-json-schema"


def _unusable(schema: Mapping[str, Any]) -> tuple[str, str] | None:
    """What is wrong with a schema that is one, and of which no answer could be told whether it is as it demands."""
    keys = {key for part in _parts(schema) if isinstance(part, dict) for key in part}
    if {"patternProperties", "unevaluatedProperties"} <= keys:
        return "patternProperties and unevaluatedProperties in one schema are not supported", "use additionalProperties"
    properties: Any = schema.get("properties")
    named = dict.fromkeys(properties, "x") if isinstance(properties, dict) else {}
    try:
        for part in _parts(schema):
            for pattern in _patterns(part):
                patterns.check(pattern)
        for value in (None, 1, "", [], {}, named, [named], *HOSTILE, *({text: text} for text in HOSTILE)):
            fits(schema, value, PROBE)
    except patterns.TooSlowError as error:
        return str(error), f"{patterns.REMEDY}, and let the schema refer to itself only where an answer is nested"
    except (ValueError, TypeError) as error:
        return f"no regular expression ({short(str(error))})", "write patterns as Python reads them"
    return None


def _patterns(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        named = part.get("patternProperties")
        yield from named if isinstance(named, dict) else ()
        yield from (value for key, value in part.items() if key == "pattern" and isinstance(value, str))


def _parts(schema: Any) -> Iterator[Any]:
    """All that a schema is made of."""
    left = [schema]
    while left:
        part = left.pop()
        yield part
        left += part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()


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
    for part in _parts(schema):
        if isinstance(part, dict):
            yield from (value for key, value in part.items() if key in ("$ref", "$dynamicRef") and isinstance(value, str))


def _answer(table: Mapping[str, Any], schema: Mapping[str, Any] | None, problem: NoteProblem) -> str:
    """The property that holds the bare answer."""
    given = table.get("answer", "")
    if not isinstance(given, str) or ("answer" in table and not given.strip()):
        problem("answer", f"the name of a property is expected, not {shown(given)}", 'write answer = "value"')
        return ""
    if given and "schema" not in table:
        problem("answer", "there is no schema that it belongs to", "in a pattern write a group: (?P<answer>.+)")
    properties = schema.get("properties") if schema else None
    if given and isinstance(properties, dict) and given not in properties:
        problem("answer", f"the schema has no property '{short(given)}'", f"{closest(given, properties)} Rename or remove it")
    return given


def _rubric(table: Mapping[str, Any], problem: NoteProblem) -> str:
    given = table.get("rubric", "")
    if isinstance(given, str) and (given.strip() or "rubric" not in table):
        return given.strip()
    problem(
        "rubric",
        f"a demand in words is expected, not {shown(given)}",
        'write rubric = "The answer is one polite sentence."',
    )
    return ""
