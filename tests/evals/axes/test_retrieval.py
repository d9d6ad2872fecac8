from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proctor.core.schema import Answer, Context, Question, Score
from proctor.evals.axes import retrieval
from proctor.evals.testing import fakes
from tests.sample_evaluation import DOCUMENTS, evaluation, scores, suite


def found(evidence: tuple[str, ...], documents: list[str] | None, error: str | None = None) -> dict[str, Score]:
    """Metric -> score of one question, for which these documents were returned in this order."""
    contexts = None if documents is None else tuple(Context(name, f"text {at}", 1.0) for at, name in enumerate(documents))
    candidate = fakes.canned({"q": Answer("q", "x", contexts, error=error)}, retrieves=documents is not None or bool(error))
    table = scores(retrieval.AXIS, evaluation(candidate, suite(Question("q", "?", ("x",), evidence))))
    return {metric.removeprefix("retrieval."): items["q"] for metric, items in table.items()}


def values(evidence: tuple[str, ...], documents: list[str]) -> list[float | None]:
    table = found(evidence, documents)
    return [table[metric].value for metric in ("recall@1", "recall@3", "recall@5", "mrr", "ndcg@5")]


def test_figures_worked_out_by_hand() -> None:
    ideal = 1 + 1 / math.log2(3)
    gained = 1 / math.log2(3) + 1 / math.log2(5)
    assert values(("a", "b"), ["x", "a", "y", "b"]) == pytest.approx([0.0, 0.5, 1.0, 0.5, gained / ideal])


def test_chunks_of_one_document_stand_at_the_rank_of_the_first() -> None:
    assert values(("b",), ["a", "a", "a", "b"]) == pytest.approx([0.0, 1.0, 1.0, 0.5, 1 / math.log2(3)])


def test_equal_scores_keep_the_order_of_the_system_whatever_the_documents_are_called() -> None:
    assert values(("zz",), ["zz", "aa"]) == values(("aa",), ["aa", "zz"]) == [1.0] * 5


def test_fewer_passages_than_k_still_have_a_recall() -> None:
    assert values(("a",), ["a"]) == [1.0] * 5


def test_what_was_not_found_is_missed() -> None:
    assert values(("a",), ["x", "y"]) == [0.0] * 5


def test_retrieving_nothing_is_a_miss_but_not_retrieving_is_no_value() -> None:
    assert values(("a",), []) == [0.0] * 5
    assert {score.status for score in found(("a",), None).values()} == {"not_applicable"}


def of_documents(*documents: str) -> dict[str, Score]:
    """recall@1 and mrr of two questions about "a": of the first these documents are found, of the second "a" and nothing else."""
    shown = tuple(Context(name, f"text {at}") for at, name in enumerate(documents))
    answers = {"q": Answer("q", "x", shown), "r": Answer("r", "x", (Context("a", "a text"),))}
    asked = suite(Question("q", "?", ("x",), ("a",)), Question("r", "?", ("x",), ("a",)))
    return {
        name: items["q"]
        for name, items in scores(retrieval.AXIS, evaluation(fakes.canned(answers, retrieves=True), asked)).items()
    }


def test_passages_of_no_document_of_the_suite_are_no_evidence_and_the_figures_say_so() -> None:
    found = of_documents("", "", "a")
    assert (found["retrieval.recall@1"].value, found["retrieval.mrr"].value) == (0.0, pytest.approx(1 / 3))
    assert {score.caution for score in found.values()} == {retrieval.STRANGE}
    assert {score.caution for score in of_documents("x", "a").values()} == {""}


def test_where_no_passage_is_of_a_document_of_the_suite_nothing_is_known_of_retrieval() -> None:
    table = found(("a",), ["", ""])
    assert {(score.status, score.reason) for score in table.values()} == {("not_applicable", retrieval.UNTRACED)}


def test_a_passage_of_no_document_that_says_the_evidence_word_for_word_is_it() -> None:
    said = Context("", DOCUMENTS[0].text)
    answers = {"q": Answer("q", "x", (Context("falcon", "."), said)), "r": Answer("r", "x", ())}
    asked = suite(Question("q", "?", ("x",), ("kestrel",)), Question("r", "?", ("x",), ("kestrel",)))
    table = scores(retrieval.AXIS, evaluation(fakes.canned(answers, retrieves=True), asked))
    assert table["retrieval.recall@3"]["q"].value == 1.0


def test_a_question_without_evidence_has_no_recall() -> None:
    assert {score.status for score in found((), ["a"]).values()} == {"not_applicable"}


def test_a_retriever_that_crashed_has_failed_although_it_left_no_contexts() -> None:
    assert {(score.status, score.value) for score in found(("a",), None, "out of memory").values()} == {("failed", 0.0)}


NAMES = st.sampled_from([f"d{number}" for number in range(8)])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sets(NAMES, min_size=1), st.lists(NAMES, max_size=8, unique=True)), min_size=1, max_size=6))
def test_agrees_with_ir_measures_called_on_qrels_and_a_run(cases: list[tuple[set[str], list[str]]]) -> None:
    import ir_measures as ir

    questions = [Question(f"q{n}", "?", ("x",), tuple(evidence)) for n, (evidence, _) in enumerate(cases)]
    answers = {f"q{n}": Answer(f"q{n}", "x", tuple(Context(d, d) for d in run)) for n, (_, run) in enumerate(cases)}
    ours = scores(retrieval.AXIS, evaluation(fakes.canned(answers, retrieves=True), suite(*questions)))
    qrels = [ir.Qrel(f"q{n}", name, 1) for n, (evidence, _) in enumerate(cases) for name in evidence]
    run = [ir.ScoredDoc(f"q{n}", name, 100 - at) for n, (_, names) in enumerate(cases) for at, name in enumerate(names)]
    theirs = {ir.R @ 1: "recall@1", ir.R @ 3: "recall@3", ir.R @ 5: "recall@5", ir.RR: "mrr", ir.nDCG @ 5: "ndcg@5"}
    for row in ir.iter_calc(list(theirs), qrels, run) if run else ():
        assert ours[f"retrieval.{theirs[row.measure]}"][row.query_id].value == pytest.approx(row.value)
