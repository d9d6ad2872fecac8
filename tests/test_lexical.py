from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from evals import lexical
from evals.calibration import read_labels
from evals.judges import Pair
from evals.lexical import LexicalJudge
from suites.instruments import generate

JUDGE = LexicalJudge()
KESTREL = "The Kestrel 40 is made by Orbis. Its warranty lasts 3 years. It weighs 12 kg."
FALCON = "The Falcon 9 comes from Lyra. Its warranty lasts 5 years. It weighs 7 kg."
ORBIS = "Orbis has its seat in Turin. It was founded in 1931."
WARRANTY = "How long is the warranty of the Kestrel 40?"
SEAT = "Where does the maker of the Kestrel 40 have its seat?"


def supports(question: str, claim: str, *passages: str) -> bool:
    return JUDGE.supports([Pair(passages, question, claim)])[0]


def contradicts(question: str, answer: str, *passages: str) -> bool:
    return JUDGE.contradicts([Pair(passages, question, answer)])[0]


@pytest.mark.parametrize(
    "claim", ["3 years", "three years", "3 year", "It lasts 3 years.", "The warranty of the Kestrel 40 is 3 years"]
)
def test_the_right_value_has_support_however_it_is_put(claim: str) -> None:
    assert supports(WARRANTY, claim, FALCON, KESTREL)


@pytest.mark.parametrize("claim", ["5 years", "30 years", "3 months", "3 years and a free calibration every spring"])
def test_another_value_has_none(claim: str) -> None:
    assert not supports(WARRANTY, claim, KESTREL)


def test_a_value_of_another_product_in_the_same_retrieval_is_no_support() -> None:
    assert not supports(WARRANTY, "5 years", KESTREL, FALCON)
    assert not supports(WARRANTY, "3 years", FALCON)


def test_a_number_of_another_attribute_is_no_support() -> None:
    passage = "The Kestrel 40 is made by Orbis. It has a warranty of 3 years. It is sold in Turin. It weighs 12 kg."
    assert supports("What is the weight of the Kestrel 40?", "12 kg", passage)
    assert not supports(WARRANTY, "12 kg", passage)


def test_an_answer_that_takes_two_documents_has_support_through_the_name_they_share() -> None:
    assert supports(SEAT, "Turin", KESTREL, ORBIS)
    assert not supports(SEAT, "Turin", ORBIS)
    assert not supports(SEAT, "Turin", FALCON, ORBIS)


def test_a_word_that_only_begins_two_sentences_is_no_shared_name() -> None:
    first = "Ordering the Halvo. New units of the Halvo come from Hal Systems."
    second = "Ordering the Ulrin. New units of the Ulrin come from Wen Supply."
    assert not supports("Who supplies the Halvo?", "Wen Supply", first, second)
    assert supports("Who supplies the Halvo?", "Hal Systems", first, second)


def test_a_question_without_names_takes_any_passage_that_shares_half_its_words() -> None:
    assert supports("where is the annual meeting held", "Turin", "The annual meeting is held in Turin.")
    assert not supports("where is the annual meeting held", "Turin", "Turin lies on the river Po.")


def test_no_passage_no_support() -> None:
    assert not supports(WARRANTY, "3 years")
    assert not contradicts(WARRANTY, "3 years")


def test_contradiction_is_another_value_for_the_same_thing() -> None:
    assert contradicts(WARRANTY, "5 years", KESTREL)
    assert contradicts("How heavy is the Kestrel 40?", "9 kg", KESTREL)  # the same unit, another number
    assert contradicts("Who is the maker of the Kestrel 40?", "Lyra", "The maker of the Kestrel 40 is Orbis.")
    assert not contradicts(WARRANTY, "3 years", KESTREL)


def test_a_document_that_says_nothing_on_it_contradicts_nothing() -> None:
    assert not contradicts(WARRANTY, "5 years", FALCON)
    assert not contradicts("What is the price of the Kestrel 40?", "90 euros", KESTREL)


def test_claims_are_sentences_that_hold_something_to_look_for() -> None:
    assert JUDGE.claims(WARRANTY, "3 years") == ["3 years"]
    assert JUDGE.claims(WARRANTY, "It lasts 3.5 years. Orbis makes it.\nYes.") == ["It lasts 3.5 years.", "Orbis makes it."]
    assert JUDGE.claims(WARRANTY, "Yes") == JUDGE.claims(WARRANTY, "") == []


def test_the_weights_are_those_of_the_labels_that_they_name(tmp_path: Path) -> None:
    claims = [claim for seed in range(101, 105) for claim in labelled(tmp_path / str(seed), seed)]
    weights, bias = lexical.fit(claims)
    assert (*weights, bias) == pytest.approx((*lexical.WEIGHTS, lexical.BIAS), abs=0.06)


def labelled(folder: Path, seed: int) -> Iterator[tuple[Pair, bool]]:
    folder.mkdir()
    generate.write(folder, seed)
    for (question, answer, passages), supported, _ in read_labels(folder / "labels.jsonl"):
        yield from ((Pair(passages, question, claim), supported) for claim in JUDGE.claims(question, answer))


def test_what_it_cannot_see_is_as_documented() -> None:
    assert supports(WARRANTY, "It is not 3 years.", KESTREL)  # negation
    assert not supports(WARRANTY, "36 months", KESTREL)  # paraphrase
    assert contradicts(WARRANTY, "a good while", KESTREL)  # vagueness


def test_thousands_and_units_glued_to_numbers_are_the_same_number() -> None:
    assert supports("What does the Kestrel 40 cost?", "1200 euros", "The Kestrel 40 costs 1,200 euros.")
    assert supports("What voltage does the Kestrel 40 take?", "5V", "The Kestrel 40 takes a voltage of 5 V.")
