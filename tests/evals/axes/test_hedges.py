"""A guess behind a phrase of declining is an answer; what only says more about not knowing is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.core.language.text import is_abstention
from proctor.core.schema import Suite
from proctor.evals.axes import hallucination
from proctor.evals.testing import fakes
from tests.sample_evaluation import evaluation, scores

DECLINING = ("unknown", "I don't know", "I do not know", "Not in the documents")
PHRASES = (
    *Suite.abstain,
    *("unbekannt", "ich weiß es nicht", "je ne sais pas", "no lo sé", "non lo so", "não sei", "ik weet het niet", "bilmiyorum"),
    *("не знаю", "不知道", "わかりません", "모르겠습니다", "لا أعرف", "पता नहीं", "ไม่ทราบ", "אני לא יודע"),
)
HEDGES = ("probably {}", "maybe {}?", "my guess is {}", "it may be {}", "I think it is {}", "if I had to guess, {}", "it is {}")
VALUES = ("Turin", "3.5 kg", "the United States", "1,000 hours", "C++")


@pytest.mark.parametrize(
    "text",
    [
        "I don't know, but probably Turin.",
        "I don't know. However, it may be Turin.",
        "I don't know. My best guess: Turin",
        "I don't know. If I had to guess, I'd say Turin.",
        "I don\u2019t know for certain \u2014 possibly \u201cTurin\u201d.",
        "I don't know for sure, but I think the answer is Turin.",
        "I don't know, maybe the United States",
        "I don't know, but it might be 3 years, so check the manual.",
        "I don't know, but he may have been born in 1813.",
        "I do not know the exact figure, but about 40 kg.",
        "I'm sorry, but I don't know. It could be Turin.",
        "Unknown (probably the 1980s)",
        "Unknown. The most likely answer is 42.",
        "Not in the documents. Typically it is 3 years.",
        "I don't know, but probably not.",
        "Ich weiß es nicht, aber es könnte Turin sein.",
        "Je ne sais pas, peut-être Turin.",
        "No lo sé, pero creo que es Turín.",
        "Non lo so, ma forse Torino",
        "Não sei, mas acho que é Turim",
        "Ik weet het niet, maar waarschijnlijk Turijn",
        "Bilmiyorum, ama sanırım Torino",
        "Не знаю, но, вероятно, Турин.",
        "不知道，但可能是都灵。",
        "わかりませんが、トリノかもしれません。",
        "모르겠습니다. 아마 토리노일 것입니다.",
        "لا أعرف، لكن ربما تورينو",
        "पता नहीं, शायद ट्यूरिन",
        "ไม่ทราบครับ แต่น่าจะเป็นตูริน",
        "אני לא יודע, אבל אולי טורינו",
    ],
)
def test_a_guess_after_declining_is_an_answer(text: str) -> None:
    assert not is_abstention(PHRASES, text)


@pytest.mark.parametrize(
    "text",
    [
        "I don't know; the documents only speak of the Falcon.",
        "I don't know. Perhaps you could check the manual.",
        "I don't know, maybe ask HR.",
        "I don't know. It may be in another document.",
        "I don't know; it is probably not stated.",
        "I don't know where it may be found.",
        "I don't know whether it might be Turin.",
        "I don't know, maybe.",
        "I don't know, but it is not in the documents.",
        "I don't know, but it is unclear.",
        "I don't know the answer, as it is likely outside the scope of the documents.",
        "I don't know. There is no information about this, perhaps because the page is incomplete.",
        "Unknown. The Kestrel 40 is described, but its colour is not.",
        "Not in the documents, which usually list prices only for the Falcon.",
        "Ich weiß es nicht. Vielleicht steht es im Handbuch.",
        "Je ne sais pas. Peut-être faut-il consulter le manuel.",
        "No lo sé, quizás el documento no lo menciona",
        "Не знаю, возможно, в документах это не указано.",
        "不知道，可能文件里没有提到。",
        "わかりません。おそらく文書に記載がありません。",
        "모르겠습니다. 아마 문서에 없는 것 같습니다.",
    ],
)
def test_saying_more_about_not_knowing_is_no_answer(text: str) -> None:
    assert is_abstention(PHRASES, text)


@given(
    st.sampled_from(DECLINING),
    st.sampled_from([", but ", "; however, ", " - but ", "\nBut ", ". However, "]),
    st.sampled_from(HEDGES),
    st.sampled_from(VALUES),
    st.sampled_from(["", ".", "!", " [1]"]),
)
def test_any_phrase_any_hedge_and_any_value_make_an_answer(phrase: str, but: str, hedge: str, value: str, end: str) -> None:
    assert not is_abstention(DECLINING, phrase + but + hedge.format(value) + end)


@given(st.sampled_from(DECLINING), st.text(st.characters(exclude_categories=["L", "M", "N"]), max_size=20))
def test_signs_alone_offer_nothing(phrase: str, signs: str) -> None:
    assert is_abstention(DECLINING, f"{phrase}. {signs}")


@given(st.sampled_from(DECLINING), st.sampled_from(VALUES), st.sampled_from(["the documents only speak of", "no page mentions"]))
def test_what_the_documents_speak_of_is_no_guess(phrase: str, value: str, told: str) -> None:
    assert is_abstention(DECLINING, f"{phrase}; {told} {value}.")


@given(st.text(max_size=60))
def test_no_text_behind_the_phrase_breaks_it(text: str) -> None:
    assert is_abstention(DECLINING, f"I don't know, {text}") in (True, False)


def test_a_hedged_guess_at_what_no_document_answers_is_made_up() -> None:
    said = {"colour": "I don't know, but probably red", "warranty": "I don't know, but my guess is 5 years"}
    found = scores(hallucination.AXIS, evaluation(fakes.canned(said)))
    assert found["hallucination.unanswerable"]["colour"].value == 1.0
    assert found["abstention.false"]["warranty"].value == 0.0
    assert found["hallucination.contradicted"]["warranty"].status == "scored"
