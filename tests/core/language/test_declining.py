from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.core.language.text import is_abstention
from proctor.core.schema import Suite

PHRASES = Suite.abstain
WORLD = (
    "unknown",
    "i don't know",
    "inconnu",
    "не знаю",
    "不知道",
    "わかりません",
    "पता नहीं",
    "ไม่ทราบ",
    "모르겠습니다",
    "لا أعرف",
    "غير معروف",
)


@pytest.mark.parametrize(
    "text",
    [
        "unknown",
        "Unknown.",
        "UNKNOWN",
        " unknown, the page does not say",
        "unknown - see the manual",
        "I don't know",
        "I don\u2019t know.",
        "I dont know",
        "I do not know the answer to that.",
        "I'm sorry, but I don't know.",
        "Sorry, I do not know",
        "Unfortunately, I don't know.",
        "The answer is unknown.",
        "Answer: unknown",
        "It is not in the documents.",
        "Based on the documents, I don't know.",
        "**Unknown**",
        "",
        "  \n",
        "...",
    ],
)
def test_declining_is_recognised_as_models_phrase_it(text: str) -> None:
    assert is_abstention(PHRASES, text)


@pytest.mark.parametrize(
    "text",
    [
        "3 years",
        "Unknown Pleasures",
        "unknowns",
        "the unknown soldier",
        "an unknown number",
        "I know: 3 years",
        "It is 3 years",
        "The answer is 3 years",
        "He said that he did not know",
        "0",
    ],
)
def test_an_answer_is_not_taken_for_declining(text: str) -> None:
    assert not is_abstention(PHRASES, text)


@pytest.mark.parametrize(
    "text",
    [
        "\u200b\u2060",
        "\ufeff \u00a0",
        "…",
        '""',
        "Unknown\u2014the files do not say.",
        "Unknown…",
        "Ｕｎｋｎｏｗｎ。",
        "unknown [1]",
        "Unknown\nNo page says so.",
        "“I don’t know”",
        "Inconnu.",
        "« Inconnu »",
        "Désolé, inconnu.",
        "Well, I don't know.",
        "I'm afraid I don't know",
        "Unknown 🤷",
        "不知道~",
        "根据文件，不知道。",
        "文書によると、わかりません。",
        "Извините, не знаю.",
        "不知道。",
        "不知道，书里没有写。",
        "抱歉，我不知道。",
        "わかりません。",
        "申し訳ありませんが、わかりません。",
        "すみません、わかりませんでした。",
        "पता नहीं।",
        "मुझे पता नहीं है",
        "ไม่ทราบครับ",
        "죄송합니다. 모르겠습니다.",
        "لا أعرف، لم يُذكر",
        "آسف، لا أعرف.",
        "غير معروف؛ لم يذكر",
    ],
)
def test_declining_is_recognised_in_any_script(text: str) -> None:
    assert is_abstention(WORLD, text)


@pytest.mark.parametrize(
    "text",
    ["A", "+", "-", "?", "👍", "0", "unknown/other", "unknown-soldier", "不知道的歌", "Inconnus", "未知数", "Sorry", "Well"],
)
def test_what_is_short_or_begins_alike_is_an_answer(text: str) -> None:
    assert not is_abstention(WORLD, text)


def test_a_suite_may_have_its_own_phrases_even_in_other_scripts() -> None:
    assert is_abstention(["\u043d\u0435 \u0437\u043d\u0430\u044e"], "\u041d\u0435 \u0437\u043d\u0430\u044e!")
    assert not is_abstention([], "unknown")
    assert not is_abstention(["?!"], "anything")
    assert is_abstention(["-"], "\u2212")
    assert is_abstention(["n/a"], "N/A.")
    assert not is_abstention(["n/a"], "N A Rimsky")


@given(st.text(max_size=40))
def test_no_text_breaks_it(text: str) -> None:
    assert is_abstention(PHRASES, text) in (True, False)


@given(st.sampled_from(WORLD), st.sampled_from([".", "!", "…", "。", "，", "،", "।", "؟", " —", "\n", ")", "»", ""]))
def test_a_phrase_declines_before_a_pause_of_any_script(phrase: str, pause: str) -> None:
    assert is_abstention([phrase], phrase.upper() + pause)
