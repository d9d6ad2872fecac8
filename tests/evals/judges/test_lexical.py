from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proctor.core.language.sentences import sentences
from proctor.evals.judges import lexical
from proctor.evals.judges.lexical import LexicalJudge
from proctor.evals.judges.protocols import EntailmentInput
from proctor.evals.judges.samples import Sample, verdicts

JUDGE = LexicalJudge()
KESTREL = "The Kestrel 40 is made by Orbis. Its warranty lasts 3 years. It weighs 12 kg."
FALCON = "The Falcon 9 comes from Lyra. Its warranty lasts 5 years. It weighs 7 kg."
WARRANTY = "How long is the warranty of the Kestrel 40?"
BRIDGE = """The bridge over the Senn was built in 1969 by the engineer Anna Voss. Before, a ferry crossed the river twice a day.
The town of Lorten paid most of the cost and the canton the rest. Heavy lorries are not allowed on it since 2004, when an
inspection found cracks in two of the pillars. Cyclists cross it free of charge, and the toll for cars was doubled last May."""


def supports(question: str, claim: str, *passages: str) -> bool:
    return JUDGE.supports([EntailmentInput(passages, question, claim)])[0]


def contradicts(question: str, answer: str, *passages: str) -> bool:
    return JUDGE.contradicts([EntailmentInput(passages, question, answer)])[0]


def borne_out(answer: str, *passages: str, question: str = "") -> bool:
    (found,) = verdicts(JUDGE, [Sample(question, answer, passages)])
    return found.borne_out  # type: ignore[union-attr]


@pytest.mark.parametrize("claim", ["3 years", "three years", "3 year", "It lasts 3 years.", "3 years [N12]", "**3 years**"])
def test_the_right_value_has_support_however_it_is_put(claim: str) -> None:
    assert supports(WARRANTY, claim, FALCON, KESTREL)


@pytest.mark.parametrize("claim", ["30 years", "7 months", "Orbis Turin"])
def test_another_value_has_none(claim: str) -> None:
    assert not supports(WARRANTY, claim, KESTREL)


def test_a_value_of_another_product_is_no_support() -> None:
    assert not supports(WARRANTY, "5 years", KESTREL, FALCON)
    assert not supports(WARRANTY, "5 years", FALCON)


@pytest.mark.parametrize("mark", ["", " [2, 4]", " [doc-1]", "[1][2]", " (Document 3)", " [citation: 2]"])
def test_a_citation_mark_changes_no_verdict(mark: str) -> None:
    assert supports("When was the bridge over the Senn built?", f"in 1969{mark}.", BRIDGE)
    assert not supports("When was the bridge over the Senn built?", f"in 1971{mark}.", BRIDGE)


def test_a_passage_without_the_questions_names_can_bear_a_sentence_out() -> None:
    claim = "A ferry crossed the river twice a day before."
    assert supports("What do we know of the Lorten crossing by Hammerfest Ltd?", claim, BRIDGE)


def test_an_empty_sentence_costs_a_long_answer_nothing() -> None:
    answer = """Here is what I found:

1. The bridge over the Senn was built in 1969 by Anna Voss [1].
2. Before, a ferry crossed the river [1, 2].
3. The town of **Lorten** paid most of the cost.
4. Cyclists cross it free of charge.

I hope this helps! Would you like to know more?"""
    assert borne_out(answer, BRIDGE)
    assert not borne_out(answer.replace("free of charge", "for a fee of 20 francs"), BRIDGE)


@pytest.mark.parametrize(
    ("claim", "wrong"),
    [
        ("The town of Lorten paid most of the cost.", "The town of Lorten did not pay most of the cost."),
        ("Heavy lorries are not allowed on it since 2004.", "Heavy lorries are allowed on it since 2004."),
        ("The toll for cars was doubled last May.", "The toll for cars was halved last May."),
        ("Before, a ferry crossed the river.", "After, a ferry crossed the river."),
        ("The bridge over the Senn was built in 1969.", "The bridge over the Senn was built in 1996."),
        ("It was built by the engineer Anna Voss.", "It was built by the engineer Maria Roth."),
        ("The bridge over the Senn was built by Anna Voss.", "The bridge over Anna Voss was built by the Senn."),
    ],
)
def test_what_is_denied_reversed_or_exchanged_has_no_support_and_is_contradicted(claim: str, wrong: str) -> None:
    assert supports("", claim, BRIDGE)
    assert not contradicts("", claim, BRIDGE)
    assert not supports("", wrong, BRIDGE)


WORKSHOP = "The Kestrel 40 is mended by Orbis Labs. Put a note on the fault into the box."
LABS = "How to reach Orbis Labs. Orbis Labs is in Dalmouth. Visitors ring the bell at the gate."


@pytest.mark.parametrize(("town", "held"), [("Dalmouth", True), ("Wilby", False)])
def test_a_value_that_takes_two_passages_has_support_from_both(town: str, *, held: bool) -> None:
    assert supports("Where is the workshop that mends the Kestrel 40?", town, WORKSHOP, LABS) is held


def test_a_name_beside_the_sentence_that_fits_contradicts_nothing() -> None:
    passage = "Anna Voss came from Lorten for the day. The museum opened its new wing to the public last spring."
    assert not lexical.otherwise(
        EntailmentInput((passage,), "", "The Nordfell museum opened its new wing to the public last spring.")
    )
    replaced = "The Westmark museum opened its new wing to the public last spring."
    assert lexical.otherwise(
        EntailmentInput((replaced,), "", "The Nordfell museum opened its new wing to the public last spring.")
    )


def test_one_missing_piece_tells_against_a_claim_however_long_it_is() -> None:
    claim = "The bridge over the Senn was built in 1969 by the engineer Anna Voss and the town of Lorten paid most of the cost"
    assert supports("", f"{claim}.", BRIDGE)
    assert not supports("", f"{claim}, as the Nordfell Gazette reported on 12 August.", BRIDGE)


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(sentences(BRIDGE)), st.permutations([KESTREL, FALCON, BRIDGE]))
def test_every_piece_of_a_sentence_that_stands_there_is_matched(said: str, passages: list[str]) -> None:
    pair = EntailmentInput(tuple(passages), "", said)
    lexical.embed([pair])
    assert lexical.traits(pair)[:5] == pytest.approx((1, 1, lexical.traits(pair).together, 0, 0), abs=0.002)  # type: ignore[index, union-attr]


def test_no_passage_no_support() -> None:
    assert not supports(WARRANTY, "3 years")
    assert not contradicts(WARRANTY, "3 years")
    assert not supports(WARRANTY, "3 years", "", "...")


def test_contradiction_is_another_value_for_the_same_thing() -> None:
    assert contradicts(WARRANTY, "5 years", KESTREL)
    assert contradicts("How heavy is the Kestrel 40?", "It weighs 9 kg.", KESTREL)
    assert not contradicts(WARRANTY, "3 years", KESTREL)


def test_a_document_that_says_nothing_on_it_contradicts_nothing() -> None:
    assert not contradicts("What is the price of the Kestrel 40?", "90 euros", "The Falcon 9 comes from Lyra.")
    assert not contradicts("", "Penguins live in the south.", BRIDGE)


def test_claims_are_sentences_that_hold_something_to_look_for() -> None:
    assert JUDGE.claims(WARRANTY, "3 years") == ["3 years"]
    assert JUDGE.claims(WARRANTY, "It lasts 3.5 years. Orbis makes it.\nYes.") == ["It lasts 3.5 years.", "Orbis makes it."]
    assert JUDGE.claims(WARRANTY, "Yes") == JUDGE.claims(WARRANTY, "") == []
    assert JUDGE.claims(WARRANTY, "## The 3 years") == ["## The 3 years"]  # better than nothing


def test_other_scripts_are_compared_too() -> None:
    passage = "东京是日本的首都。它有一千四百万人口。大阪在西边。"
    assert supports("", "日本的首都是东京。", passage)
    assert not supports("", "北京有很多博物馆和公园。", passage)


def test_the_name_changes_with_the_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = tmp_path / "lexical.json"
    changed.write_text(json.dumps({**json.loads(lexical.WEIGHTS.read_text()), "learnt from": {}}))
    before = LexicalJudge().name
    monkeypatch.setattr(lexical, "WEIGHTS", changed)
    assert LexicalJudge().name != before
    assert before.startswith("lexical-4#")


def test_no_support_weight_is_below_zero() -> None:
    assert all(weight >= 0 for name in ("sentence", "value") for weight in lexical.weights()[name].traits.values())


def test_verdicts_do_not_depend_on_what_is_judged_together() -> None:
    pairs = [
        EntailmentInput((KESTREL, FALCON, BRIDGE), WARRANTY, claim)
        for claim in ("3 years", "5 years", "in 1969", "A ferry crossed it.")
    ]
    assert JUDGE.supports(pairs) == [JUDGE.supports([pair])[0] for pair in pairs] == JUDGE.supports(pairs[::-1])[::-1]


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=80))
def test_no_text_breaks_it(question: str, claim: str, passage: str) -> None:
    assert JUDGE.supports([EntailmentInput((passage,), question, claim)])[0] in (True, False)
    assert JUDGE.contradicts([EntailmentInput((passage,), question, claim)])[0] in (True, False)


def test_what_it_cannot_see_is_as_documented() -> None:
    assert not supports(WARRANTY, "36 months", KESTREL)  # what follows by reckoning
    assert supports(WARRANTY, "12 kg", KESTREL)  # a value of something else that stands next to what was asked
    assert supports("", "Anna Voss doubled the toll in 1969.", BRIDGE)  # wrong, though every word is there
