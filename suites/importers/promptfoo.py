"""Tests of promptfoo: variables that a prompt is filled with, and assertions of which some name the right answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from proctor.core.reading import strict_yaml
from proctor.core.reading.files import read_text
from proctor.core.reading.problems import Place, Problems
from proctor.core.reading.user_files import YAML
from proctor.suites.importers.layouts import Layout
from proctor.suites.importers.records import Asked, Excerpt, LeftOutError, Numbered, SourceRow, at, draft, read, texts
from proctor.suites.importers.split import Importer, Options
from proctor.suites.writing.draft import Draft

VARIABLES: Layout = {
    "question": ("question", "query", "input", "prompt"),
    "contexts": ("context", "contexts", "documents", "passages"),
}
EXACT = ("equals", "contains", "icontains", "contains-any", "icontains-any")
"""Assertions whose value is a right answer. All others say something about it, or ask a model or code."""


def promptfoo(file: Path, options: Options) -> Draft:
    """Each test a question, each of its contexts a document. What equals and contains assert are the right answers.

    A configuration in YAML with its ``tests``, a list of tests, or JSON (lines) of such. Variables are those of a test itself.
    """
    problems = Problems(f"import of {file.name}")
    records = list(_tests(file, problems) if file.suffix.lower() in (".yaml", ".yml") else read(file, problems))
    problems.check()
    return draft(file, options, partial(_asked, options.named(VARIABLES)), iter(records))


def _tests(file: Path, problems: Problems) -> Iterator[Numbered]:
    text = read_text(file, problems, most=YAML)
    if text is None:
        return
    try:
        found = strict_yaml.parsed(text)
    except strict_yaml.YamlError as error:
        problems.add(Place(file, error.line), f"not YAML: {error}", error.remedy)
        return
    tests = found.get("tests") if isinstance(found, dict) else found
    if not isinstance(tests, list):
        problems.add(Place(file, field="tests"), "a list of tests is expected", "give the file that holds the tests themselves")
        return
    for number, test in enumerate(tests, 1):
        if isinstance(test, dict):
            yield f"test {number}", test
        else:
            problems.add(Place(file, field="tests"), f"test {number} is no table of vars and assert", "write the test there")


def _asked(layout: Layout, record: SourceRow) -> Asked:
    variables = record.get("vars")
    if not isinstance(variables, Mapping):
        raise LeftOutError("tests without vars of their own")
    answers = [answer for one in _assertions(record) for answer in texts(one.get("value"))]
    if not answers:
        raise LeftOutError(f"tests that assert none of {', '.join(EXACT)}")
    if any(_is_elsewhere(text) for text in (*answers, *texts(list(variables.values())))):
        raise LeftOutError("tests with a text in another file or in a template, which are not read")
    question, contexts = (_first(variables, layout[name]) for name in ("question", "contexts"))
    return Asked(" ".join(texts(question)), answers, [Excerpt(text) for text in texts(contexts)])


def _is_elsewhere(text: str) -> bool:
    """Whether promptfoo would put something else in a text's place, or into it."""
    return text.startswith("file://") or "{{" in text or "{%" in text


def _assertions(record: SourceRow) -> Iterator[Mapping[str, Any]]:
    found = record.get("assert")
    return (
        (one for one in found or () if isinstance(one, Mapping) and one.get("type") in EXACT)
        if isinstance(found, list)
        else iter(())
    )


def _first(variables: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((value for name in names if (value := at(variables, name))), None)


IMPORTER = Importer(promptfoo, "tests of promptfoo: its configuration in YAML, or tests as JSON", fields=("question", "contexts"))
