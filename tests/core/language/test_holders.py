"""What holds the evidence word for word is as good as the evidence itself."""

from __future__ import annotations

from typing import Any

import pytest

from proctor.core.language.holders import Holders
from proctor.core.schema import Answer, Context, Document, Domain, Example, Question, Suite
from proctor.evals.axes import citations, retrieval, robustness
from proctor.evals.axes.conditions import lookups
from proctor.evals.testing import fakes
from proctor.models.systems import System
from proctor.models.training.raft import mixed
from tests.sample_evaluation import evaluation, scores

GATE = "The gate was cast in Ulm in 1903 by the brothers Hahn."
LAMP = "The lamp burns whale oil and is lit at six in the evening."
DOCUMENTS = (
    Document("first/gate", GATE, "Gate"),
    Document("second/gate", GATE.replace(" ", "\n", 3), "The same gate"),
    Document("lamp", LAMP, "Lamp"),
    Document("all", f"Of the square.\n\n{GATE}\n\n{LAMP}", "Everything"),
    Document("part", "The gate was cast in Ulm.", "Part"),
    Document("door", "The door is green.", "Door"),
    Document("colour", "green", "Colour"),
)
PASSAGES = {document.id: Context(document.id, f"{document.title}. {document.text}") for document in DOCUMENTS}
SQUARE = Context("all", "Everything. Of the square.")


def suite(*evidence: str, quotes: tuple[str, ...] = ()) -> Suite:
    question = Question("q", "When was the gate cast?", ("1903",), evidence, quotes=quotes)
    return Suite("square", "Square", "1", Domain(DOCUMENTS), (question,))


def found(asked: Suite, *passages: Context, cites: tuple[str, ...] = ()) -> dict[str, Any]:
    """Metric -> value, where those passages were shown and those documents cited."""
    candidate = fakes.canned(
        {"q": Answer("q", "1903", passages, cites)}, retrieves=True, documents=tuple(PASSAGES.values()), top_k=3
    )
    on = evaluation(candidate, asked)
    table = scores(retrieval.AXIS, on) | scores(citations.AXIS, on)
    return {metric.partition(".")[2]: items["q"].value for metric, items in table.items()}


@pytest.mark.parametrize("evidence", ["first/gate", "second/gate"])
@pytest.mark.parametrize("shown", ["first/gate", "second/gate", "all"])
def test_a_twin_and_what_holds_it_whole_are_found_and_cited(evidence: str, shown: str) -> None:
    table = found(suite(evidence), PASSAGES[shown], cites=(shown,))
    assert table == dict.fromkeys(("recall@1", "recall@3", "recall@5", "mrr", "ndcg@5", "recall", "precision", "traceable"), 1.0)


@pytest.mark.parametrize("shown", [PASSAGES["part"], PASSAGES["lamp"], SQUARE])
def test_what_holds_a_part_or_another_part_is_not(shown: Context) -> None:
    table = found(suite("first/gate"), shown)
    assert (table["recall@5"], table["mrr"], table["traceable"]) == (0, 0, 0)


def test_a_passage_of_a_document_that_holds_the_evidence_counts_as_the_evidence_passage_would() -> None:
    shown = Context("all", f"Everything. {GATE[:40]}")
    assert found(suite("first/gate"), shown)["recall@1"] == 1


def test_one_passage_can_hold_all_of_the_evidence() -> None:
    table = found(suite("first/gate", "lamp"), PASSAGES["all"])
    assert (table["recall@1"], table["mrr"], table["ndcg@5"]) == (1, 1, 1)


def test_evidence_named_twice_counts_once() -> None:
    table = found(suite("first/gate", "second/gate", "lamp"), PASSAGES["second/gate"], PASSAGES["first/gate"], PASSAGES["lamp"])
    assert (table["recall@1"], table["recall@3"], table["ndcg@5"]) == (0.5, 1, 1)
    assert found(suite("lamp"), PASSAGES["second/gate"], PASSAGES["first/gate"], PASSAGES["lamp"])["mrr"] == 0.5


def test_a_short_text_inside_another_is_chance() -> None:
    assert found(suite("colour"), PASSAGES["door"])["recall@1"] == 0
    assert found(suite("colour"), PASSAGES["colour"])["recall@1"] == 1


def test_whatever_holds_the_passage_that_names_the_evidence_holds_the_evidence() -> None:
    quoted = suite("first/gate", quotes=("The gate was cast in Ulm",))
    assert found(quoted, PASSAGES["part"], cites=("part",))["recall@1"] == 1
    assert found(quoted, PASSAGES["part"], cites=("part",))["recall"] == 1
    assert found(quoted, PASSAGES["lamp"])["recall@1"] == 0


def test_a_document_that_nobody_knows_is_itself() -> None:
    holders = Holders(DOCUMENTS)
    assert holders.pieces(["nowhere", "nowhere"]) == ("nowhere",)
    assert holders.shown(["nowhere"], Context("nowhere", ""), {}) == ("nowhere",)
    assert holders.shown(["nowhere"], PASSAGES["lamp"], {}) == ()


def test_what_holds_the_evidence_does_not_distract_and_is_shown_once() -> None:
    candidate = fakes.canned({}, retrieves=True, documents=tuple(PASSAGES.values()), top_k=9)
    (lookup,) = lookups(evaluation(candidate, suite("first/gate", "second/gate")))
    assert [context.document for context in lookup.gold] == ["first/gate"]
    assert [context.document for context in lookup.distractors] == ["lamp", "part", "door", "colour"]


def test_nobody_is_trained_to_pass_over_the_evidence() -> None:
    example = Example("When was the gate cast?", "1903", ("first/gate",))
    system = System("hybrid", adapt="lora", retrieve="bm25", top_k=9, gold_in_context=0.0)
    (shown,) = mixed(Domain(DOCUMENTS, (example,)), [list(PASSAGES.values())], system, 0)
    assert sorted(context.document for context in shown) == ["colour", "door", "lamp", "part"]


def test_the_versions_say_that_these_are_other_figures() -> None:
    changed = [*retrieval.METRICS, *citations.METRICS, robustness.DISTRACTORS]
    assert {metric.version for metric in changed} == {"3"}


def test_marks_that_name_no_document_are_told_on_the_scores() -> None:
    for said, told in (("1903 [lamp]", ""), ("1903 [nowhere]", citations.UNREAD), ("1903 [1]", citations.NUMBERED)):
        answer = Answer("q", said, (PASSAGES["lamp"],))
        table = scores(citations.AXIS, evaluation(fakes.canned({"q": answer}, retrieves=True), suite("lamp")))
        assert table["citations.recall"]["q"].caution == told
    cut = Answer("q", "1903", (PASSAGES["lamp"],), cut=1)
    assert scores(retrieval.AXIS, evaluation(fakes.canned({"q": cut}, retrieves=True), suite("lamp")))["retrieval.mrr"][
        "q"
    ].caution
