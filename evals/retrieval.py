"""Retrieval: whether the documents that hold the answer are among those found, and how early.

Documents count, not passages: several chunks of one document stand at the rank of the first. The ranking is the order
in which the system gives its contexts. Recall at 5 of a system that returns three passages is what those three hold.
Computed by ir_measures.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from evals.exam import Axis, Mark, Sheet
from evals.schema import Answer, Measure, Question, Score, not_applicable

RECALL = {k: Measure(f"retrieval.recall@{k}") for k in (1, 3, 5)}
MRR = Measure("retrieval.mrr")
NDCG = Measure("retrieval.ndcg@5")
MEASURES = (*RECALL.values(), MRR, NDCG)

Values = Mapping[str, Mapping[str, float]]


def _score(sheet: Sheet) -> Iterator[Mark]:
    pairs = list(sheet.pairs)
    found = _values([(question, answer) for question, answer in pairs if _missing(sheet, question, answer) is None])
    for question, answer in pairs:
        why_not = _missing(sheet, question, answer)
        for measure in MEASURES:
            yield Mark(measure, question.id, question.cluster, _one(measure, question, answer, why_not, found))


def _missing(sheet: Sheet, question: Question, answer: Answer) -> str | None:
    """Why there can be no value, if there can be none."""
    if answer.contexts is None and not (answer.error and sheet.candidate.retrieves):
        return "the system does not retrieve"
    return None if question.evidence else "the question names no evidence"


def _one(measure: Measure, question: Question, answer: Answer, why_not: str | None, found: Values) -> Score:
    if why_not:
        return not_applicable(why_not)
    return measure.failed(answer.error) if answer.error else Score(found[question.id][measure.name])


def _values(pairs: list[tuple[Question, Answer]]) -> Values:
    """Value by question and measure. A question for which nothing was found has 0 throughout: its evidence was missed."""
    import ir_measures

    theirs = {ir_measures.R @ k: measure.name for k, measure in RECALL.items()}
    theirs |= {ir_measures.RR: MRR.name, ir_measures.nDCG @ 5: NDCG.name}
    relevant = {question.id: dict.fromkeys(question.evidence, 1) for question, _ in pairs}
    ranked = {question.id: _ranking(answer) for question, answer in pairs}
    values: dict[str, dict[str, float]] = {question: dict.fromkeys(theirs.values(), 0.0) for question in relevant}
    if any(ranked.values()):
        for row in ir_measures.iter_calc(list(theirs), relevant, ranked):
            values[row.query_id][theirs[row.measure]] = float(row.value)
    return values


def _ranking(answer: Answer) -> dict[str, float]:
    """Document -> score, higher the earlier it was first returned. Raw scores could tie, and ties would go by name."""
    documents = dict.fromkeys(context.document for context in answer.contexts or ())
    return {document: -float(rank) for rank, document in enumerate(documents)}


AXIS = Axis("retrieval", MEASURES, _score)
