from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proctor.core.schema import Answer, Context, Question, Score
from proctor.evals.axes import retrieval
from proctor.evals.testing import fakes
from tests.sample_evaluation import evaluation, scores, suite


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
