"""The words that a text can be found by, in any language."""

# letters and signs of other scripts are what is tested
from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.models.retrieval.words import words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A C++ compiler", ["a", "c++", "c", "compiler"]),
        ("C# and F#", ["c#", "c", "and", "f#", "f"]),
        ("5+3", ["5", "+", "3"]),
        ("the X-7", ["the", "x-7", "x7", "x", "7"]),
        ("3.5 l, 1,000 m", ["3.5", "3", "5", "l", "1,000", "1", "000", "m"]),
        ("don\u2019t", ["don't", "dont", "don", "t"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("cafe\u0301 \uff21\uff22\uff11", ["café", "ab1"]),
        ("STRASSE Straße", ["strasse", "strasse"]),
        ("می\u200cخواهم co\u00adop", ["میخواهم", "coop"]),
        ("1914-18", ["1914-18", "1914", "18"]),
        ("Мост через Дон", ["мост", "через", "дон"]),
        ("الجسر القديم", ["الجسر", "القديم"]),
        ("$5 🦊", ["$", "5", "🦊"]),
        ("...", []),
        ("", []),
    ],
)
def test_words_keep_the_signs_and_marks_that_make_a_difference(text: str, found: list[str]) -> None:
    assert words(text) == found


@pytest.mark.parametrize(
    ("text", "sought"),
    [
        ("长江大桥于一九五七年建成", "大桥"),
        ("东京タワーは高い", "タワー"),
        ("水", "喝水"),
        ("แม่น้ำเจ้าพระยา", "เจ้าพระยา"),
        ("서울은 크다", "서울"),
    ],
)
def test_without_spaces_a_word_is_found_inside_a_text(text: str, sought: str) -> None:
    assert set(words(text)) & set(words(sought))


@pytest.mark.parametrize(("one", "other"), [("X-7", "X7"), ("e-mail", "email"), ("don't", "dont"), ("CVE-2024-1", "2024")])
def test_a_code_is_found_however_it_is_written(one: str, other: str) -> None:
    assert set(words(one)) & set(words(other))


@given(st.text())
def test_no_letter_or_number_is_lost(text: str) -> None:
    said = "".join(words(text))
    plain = unicodedata.normalize("NFKC", text).casefold()
    assert all(sign in said for sign in plain if unicodedata.category(sign)[0] in "LN")


@given(st.text(), st.text())
def test_what_stands_apart_is_found_as_if_alone(one: str, other: str) -> None:
    assert words(f"{one}\n{other}") == words(one) + words(other)


@pytest.mark.parametrize(
    "long", ["warranty" * 6250, "1-" * 25_000 + "1", "x" * 50_000 + "-1"], ids=["letters", "numbers", "joined"]
)
def test_a_word_of_50_000_letters_is_read_in_one_go(long: str) -> None:
    """With a pattern that goes back and forth it would take many minutes."""
    assert words(long)[0] == long
    assert (long.replace("-", "") in words(long)) == ("1-" not in long)
