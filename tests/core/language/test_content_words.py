"""Words that can be compared: spellings, numbers, names, denials and opposites."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.core.language.opposites import opposed
from proctor.core.language.words import content, words


def stems(text: str) -> list[str]:
    return [word.stem for word in words(text)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1,200 euros", "1200.0 euros"),
        ("three million people", "3,000,000 people"),
        ("1.5 billion", "1500000000"),
        ("5V", "5 v"),
        ("12 %", "twelve percent"),
        ("Jan. 7", "7 January"),
        ("the U.S. Army", "the US army"),
        ("supplied", "suppliers"),
        ("studies", "study"),
        ("running", "runs"),
        ("caf\u00e9", "cafe\u0301"),
        ("\uff15 kg", "5 kilograms"),
        ("\u22125 degrees", "-5 degrees"),
        ("東京都", "東京都。"),
    ],
)
def test_one_thing_in_two_spellings_is_the_same(one: str, other: str) -> None:
    assert set(stems(one)) == set(stems(other))


@pytest.mark.parametrize(("one", "other"), [("3.5", "35"), ("-5", "5"), ("1.0", "10"), ("120 mA", "120 A"), ("東京", "京都")])
def test_two_things_are_not(one: str, other: str) -> None:
    assert set(stems(one)) != set(stems(other))


def test_names_are_told_from_first_words() -> None:
    assert [word.kind for word in words("Every Kestrel 40 of Orbis")] == ["name", "number", "name"]
    assert [word.kind for word in words("Batteries last")] == ["", ""]


def test_denial_reaches_a_few_words_and_not_beyond_the_clause() -> None:
    denied = {word.stem for word in words("It does not raise the risk of cancer; patients recover.") if word.denied}
    assert {"rais", "risk"} <= denied
    assert "patien" not in denied
    assert not any(word.denied for word in words("It raises the risk."))
    assert any(word.denied for word in words("It isn\u2019t safe."))


@pytest.mark.parametrize(
    "text", ["Yes.", "Here is what I found in the provided documents", "I hope this helps!", "According to the context,"]
)
def test_courtesies_hold_nothing_that_a_document_could_say(text: str) -> None:
    assert not content(text)


@pytest.mark.parametrize(
    ("claim", "passage"),
    [
        ("Sales increased in May.", "Sales decreased in May."),
        ("It is the largest lake.", "It is the smallest lake."),
        ("The cause is known.", "The cause is unknown."),
        ("The link was not significant, and nonlinear.", "The link was linear."),
    ],
)
def test_opposites_are_seen_either_way(claim: str, passage: str) -> None:
    assert opposed(claim, [passage])
    assert opposed(passage, [claim])
    assert not opposed(claim, [claim])
    assert not opposed(claim, [passage, claim])


@given(st.text())
def test_no_text_breaks_it(text: str) -> None:
    assert all(word.stem for word in words(text))
