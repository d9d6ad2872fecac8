"""Other people's texts in a report: seen as they are in GitHub's own renderer, and never markup, a link or a picture."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proctor.leaderboard.markdown import escaped, in_cell, link, shown, table
from tests.faults.escapes import MARKDOWN
from tests.rendered import Seen

SIGNS = st.sampled_from(
    [*"\\`*_[]()<>|~&#@:$!-+=.1 aG\n\t\"'{}^/", "://", "www.", "gh-", "GH-", "@a", "#1", "a.b", "```", "\u202e"]
)
TEXTS = st.lists(st.one_of(SIGNS, st.characters()), max_size=14).map("".join)
FRAMES = {
    "{}": (escaped, ["p"]),
    "- {}": (escaped, ["ul", "li"]),
    "- {}: more": (escaped, ["ul", "li"]),
    "- **{}** (critical): more": (in_cell, ["ul", "li", "strong"]),
    "Set otherwise: {}.": (in_cell, ["p"]),
}
"""Where a report has texts -> how, and the elements that are there."""


def plain(text: str) -> str:
    return " ".join(shown(text).split())


def holds(frame: str, text: str) -> None:
    how, tags = FRAMES[frame]
    seen = Seen(frame.format(how(text)))
    known = plain(text)
    assert seen.text == " ".join(frame.replace("- ", "", 1).replace("**", "").format(known).split())
    if known:
        assert [tag for tag in seen.tags if tag != "span"] == tags
    assert not seen.made


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("text", MARKDOWN)
def test_a_text_is_seen_as_it_is_wherever_it_stands(frame, text):
    if plain(text) or "**" not in frame:
        holds(frame, text)


@pytest.mark.slow
@settings(max_examples=300)
@given(st.sampled_from(list(FRAMES)), TEXTS)
def test_every_text_is_seen_as_it_is(frame, text):
    if plain(text) or "**" not in frame:
        holds(frame, text)


@pytest.mark.slow
@settings(max_examples=200)
@given(st.lists(TEXTS, min_size=2, max_size=2), st.lists(TEXTS, min_size=2, max_size=2))
def test_a_table_has_the_cells_that_it_was_given(one, other):
    seen = Seen(table([("first", "second"), ["x" + one[0], "x" + one[1]], ["x" + other[0], "x" + other[1]]]))
    cells = ["th"] * 2 + ["td"] * 4
    assert [tag for tag in seen.tags if tag in ("th", "td")] == cells
    assert set(seen.tags) <= {"table", "thead", "tbody", "tr", "th", "td", "span"}
    known = [plain(f"x{text}") for text in (*one, *other)]
    assert seen.text == " ".join(["first", "second", *known])
    assert not seen.made


@pytest.mark.parametrize(
    "text", ["accuracy.exact", "retrieval.recall@5", "lora_rank_8", "no evidence, n = 5 (of 6)", "2.5 points"]
)
def test_what_is_plain_already_stays_readable_in_a_terminal(text):
    assert escaped(text) == in_cell(text) == text


def test_a_link_of_ours_leads_where_it_was_told_to_and_nowhere_else():
    assert Seen(link("page", "https://a.example/x?y=1&z=(2)")).tags == ["p", "a [('href', 'https://a.example/x?y=1&z=(2)')]"]
    for address in (
        "javascript:alert(1)",
        "https://a)![x](https://evil.example/x.png",
        "https://a>\n\n# head",
        "x](y) <b>",
        "//[x",
    ):
        seen = Seen(link("page", address))
        assert [tag.split()[0] for tag in seen.tags] in (["p", "a"], ["p"])
        assert "evil.example/x.png" not in "".join(tag for tag in seen.tags if "href" not in tag)
