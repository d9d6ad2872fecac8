"""What is found the short way, as most questions are, is what is found the long way."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from proctor.core.language import tokens
from proctor.core.language.characters import fold

WORDS = st.sampled_from(
    ["a", "an", "the", "x", "e", "c", "v", "m", "km", "f", "of", "is", "section", "version", "hours", "million", "percent", "not"]
)
PARTS = st.one_of(WORDS, st.sampled_from(["1", "3", "16", "999", "1000", "0"]))
BETWEEN = st.sampled_from([" ", ". ", "? ", ", ", "; ", ": ", ",", " - ", "."])


@st.composite
def texts(draw: st.DrawFn) -> str:
    parts = draw(st.lists(PARTS, min_size=1, max_size=8))
    return "".join(part + draw(BETWEEN) for part in parts).strip(" ,;:-.") + draw(st.sampled_from(["", "?", "."]))


@given(texts())
@example("log this: david borrows the lamtran for 16 hours.")
@example("who supplies the halvo?")
def test_plain_words_and_numbers_are_found_as_by_the_whole_pattern(text: str) -> None:
    folded = fold(text)
    if tokens._EASY.fullmatch(folded):
        found, thorough = tokens._easily(folded), tokens._found(folded)
        assert [(token.text, token.kind == "number") for token in found] == [
            (token.text, token.kind == "number") for token in thorough
        ]


def test_most_questions_are_found_the_short_way() -> None:
    for text in ("Who supplies the Halvo?", "Log this: David Vorver borrows the Lamtran for 16 hours.", "Is it so, or not?"):
        assert tokens._EASY.fullmatch(fold(text))
    for text in ("1,000 and 3", "x 3", "3 x 4", "it's", "C++", "section 3.10", "5 m2 wide", "-5"):
        assert not tokens._EASY.fullmatch(fold(text))
