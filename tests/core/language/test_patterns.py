"""Patterns and schemas that a user wrote, and our own: told in bounded time, in time that grows as the text does."""

from __future__ import annotations

import re
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.core.language import json_schema, patterns
from proctor.core.language.marks import without_citations
from proctor.core.language.sentences import sentences
from proctor.core.language.text import is_abstention, normalise
from proctor.core.schema import Answer, Domain, Question, Score, Style, Suite
from proctor.evals.axes.matching import exact_match
from proctor.evals.axes.style import followed
from proctor.evals.exam import in_time
from proctor.suites.loading import markup, style
from proctor.suites.loading.documents import HEADING, front_matter

SLOW = "(?:.*?,){25}x"
LONG = "a, " * 2000
PIECES = (
    *(
        "a",
        "9",
        " ",
        "\n",
        "- ",
        "# ",
        "> ",
        "**a ",
        "`",
        "``a ",
        "[",
        "[1-",
        "[x1",
        "(a",
        "(source 1, ",
        "[a](b",
        "_",
        "|",
        '"',
        "'",
    ),
    *(
        "<!-- -->",
        "<!--",
        "<a ",
        "<div>",
        "<p>x</p>",
        "{",
        "9,",
        "9.",
        "1e",
        "A.",
        "I am afraid ",
        "sorry, ",
        "\u3010",
        "\u2028",
        "...",
    ),
)
READERS = {
    "normalise": normalise,
    "sentences": sentences,
    "declines": lambda text: is_abstention(("unknown",), text),
    "citations": lambda text: without_citations(text, frozenset(["a"])),
    "front matter": lambda text: front_matter(f"---\n{text}\n---\n"),
    "heading": lambda text: HEADING.search(f"# {text}"),
    "HTML": lambda text: (markup.is_html(text), markup.seen(text)),
}


def took(read, text):
    began = process_time()
    read(text)
    return process_time() - began


@pytest.mark.slow
@pytest.mark.parametrize("name", READERS)
def test_texts_are_read_in_time_that_grows_as_they_do(name):
    slow = []
    for piece in PIECES:
        text = piece * (1500 // len(piece)) + "!"
        first = took(READERS[name], text)
        if (
            first > 0.02 and (ratio := took(READERS[name], text[:-1] * 4 + "!") / first) > 10
        ):  # 4 where it is linear, 16 if quadratic
            slow.append((piece, first, ratio))
    assert not slow


@given(st.text("ab1, .[]", max_size=30))
def test_patterns_match_as_pythons_own_do(text):
    for pattern in (
        r"(?P<answer>.+) \[(?:N\d{3}|none)\]",
        r"[ab]+(?:, \w+)*\.?",
        r"^a|b$",
        r"(a|ab)(c|bcd)?.*",
        r"(?i)A{1,3}\W*",
    ):
        mine, theirs = patterns.fullmatch(pattern, text), re.fullmatch(pattern, text)
        assert (mine and mine.groups()) == (theirs and theirs.groups())


def test_a_match_that_takes_too_long_is_ended_and_says_which_pattern_and_text():
    with pytest.raises(patterns.TooSlowError, match=r"the pattern \(\?:\.\*\?,\)\{25\}x takes more than 0\.1 s .*a, a, a"):
        patterns.fullmatch(SLOW, LONG, 0.1)


def test_a_pattern_that_took_python_years_is_told_at_once():
    assert patterns.fullmatch(r"(?:\w+[ ,.]*)+", "a long sentence, as a model may well write " * 20 + "[") is None


DOUBLED = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(40)} | {"d40": {"type": "string"}}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string", "pattern": f"^{SLOW}"}, LONG),
        ({"patternProperties": {f"^{SLOW}": {}}}, {LONG: 1}),
        ({"patternProperties": {f"^{SLOW}": {}}, "additionalProperties": False}, {LONG: 1}),
        ({"$ref": "#/$defs/d0", "$defs": DOUBLED}, "x"),
        ({"$ref": "#"}, "x"),
    ],
)
def test_a_schema_that_takes_too_long_is_ended(schema, value, monkeypatch):
    monkeypatch.setattr(patterns, "SECONDS", 0.1)
    with pytest.raises(patterns.TooSlowError):
        json_schema.fits(schema, value)


@pytest.mark.parametrize(
    ("value", "fits"),
    [({"a1": 1}, True), ({"a1": "x"}, False), ({"b": 1}, False), ({"name": "Ada"}, True), ({"name": "ada"}, False), ([], False)],
)
def test_patterns_in_a_schema_demand_what_they_should(value, fits):
    schema = {
        "type": "object",
        "properties": {"name": {"type": "string", "pattern": "^[A-Z]"}},
        "patternProperties": {r"^a\d$": {"type": "integer"}},
        "additionalProperties": False,
    }
    assert json_schema.fits(schema, value) is fits


def test_an_answer_whose_format_cannot_be_told_in_time_is_unmeasured_and_not_wrong(monkeypatch):
    monkeypatch.setattr(patterns, "SECONDS", 0.1)
    suite = Suite("s", "S", "1", Domain(()), (), style=Style(SLOW))
    question = Question("q", "?", ("a",))
    score = in_time(exact_match, suite, question, Answer("q", LONG))
    assert isinstance(score, Score)
    assert (score.status, score.value) == ("unmeasured", None)
    assert "takes more than" in score.reason
    with pytest.raises(patterns.TooSlowError):
        followed(Style(SLOW), LONG)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"pattern": SLOW}, "takes more than 0.1 s"),
        ({"pattern": "(a"}, "is no regular expression"),
        ({"pattern": 7}, "is no regular expression"),
        ({"schema": {"type": "string", "pattern": SLOW}}, "takes more than"),
        ({"schema": {"type": "string", "pattern": "(a"}}, "'(a' is not a 'regex'"),
        ({"schema": {"$ref": "#"}}, "asks for itself without end"),
        ({"schema": {"$ref": "#/$defs/d0", "$defs": DOUBLED}}, "takes too long"),
        ({"schema": {"properties": {f"p{n}": {} for n in range(20_000)}}}, "more than 10,000 parts"),
        ({"schema": {"patternProperties": {"a": {}}, "unevaluatedProperties": False}}, "not supported"),
    ],
)
def test_a_house_format_that_cannot_be_told_in_time_is_refused_before_it_is_used(tmp_path, table, said, monkeypatch):
    monkeypatch.setattr(style, "PROBE", 0.1)
    found = []
    style.read(table, tmp_path, lambda *problem: found.append(" ".join(problem)))
    assert len(found) == 1
    assert said in found[0]
    assert len(found[0]) < 700
