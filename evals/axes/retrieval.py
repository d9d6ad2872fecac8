"""Retrieval: whether the documents that hold the answer are among those found, and how early.

Documents count, not passages: several passages of one document stand at the rank of the first. So do documents of the same
text, and what holds the evidence word for word is as good as the evidence itself. Passages of no document of the suite hold no
evidence, with a caution; where a system has no others, nothing is known of its retrieval. The ranking is the order in which the
system gives its contexts. Recall at 5 of a system that returns three passages is what those three hold. MRR and nDCG are computed
by ir_measures.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from proctor.core.language.holders import Held
from proctor.core.schema import Answer, Metric, Question, Score, not_applicable
from proctor.evals.axes import losses
from proctor.evals.candidate import NO_PASSAGES
from proctor.evals.exam import Axis, EvalContext, ItemScore


def _metric(name: str, says: str) -> Metric:
    return Metric(f"retrieval.{name}", version="3", library="ir-measures", says=says)


RECALL = {
    k: _metric(f"recall@{k}", f"The share of the documents that hold the answer among the {said} found.")
    for k, said in {1: "first", 3: "first 3", 5: "first 5"}.items()
}
MRR = _metric("mrr", "One over the place of the first document that holds the answer.")
NDCG = _metric("ndcg@5", "How early the documents that hold the answer stand among the first 5, as nDCG.")
METRICS = (*RECALL.values(), MRR, NDCG)
CUT = "passages that were found did not fit into the prompt and were not shown"
STRANGE = "passages of no document of the suite were counted as ones that do not hold the answer"
UNTRACED = "none of the system's passages names a document of the suite, or stands in one word for word"

Ranking = list[tuple[str, ...]]
"""At each rank the document, or the pieces of the evidence that are held there."""
QuestionValues = Mapping[str, Mapping[str, float]]


def _score(evaluation: EvalContext) -> Iterator[ItemScore]:
    pairs = list(evaluation.answered)
    found = _values(evaluation, [(question, answer) for question, answer in pairs if question.evidence])
    untraced = _untraced(evaluation)
    for question, answer in pairs:
        for metric in METRICS:
            score = _one(metric, question, answer, found)
            known = not_applicable(UNTRACED) if untraced and score.status == "scored" else score
            yield ItemScore(metric, question.id, question.cluster, known)


def _one(metric: Metric, question: Question, answer: Answer, found: QuestionValues) -> Score:
    if not question.evidence:
        return not_applicable("the question names no evidence")
    if answer.error:
        return metric.without(answer)
    if answer.contexts is None:
        return not_applicable(NO_PASSAGES)
    strange = not all(context.document for context in answer.contexts)
    caution = "\n".join([CUT] * bool(answer.cut) + [STRANGE] * strange)
    return Score(found[question.id][metric.name], caution=caution)


def _untraced(evaluation: EvalContext) -> bool:
    """Whether there are passages, and all are of no document of the suite: then it is not known what they are of."""
    documents = [context.document for answer in evaluation.answers for context in answer.contexts or ()]
    return bool(documents) and not any(documents)


def _values(evaluation: EvalContext, pairs: list[tuple[Question, Answer]]) -> QuestionValues:
    """Value by question and metric. A question for which nothing was found has 0 throughout: its evidence was missed."""
    known = Held(evaluation, [question for question, _ in pairs])
    relevant = {question.id: known.holders.pieces(question.evidence) for question, _ in pairs}
    ranked = {question.id: _ranking(known, question, answer) for question, answer in pairs}
    values = {name: {metric.name: _recall(relevant[name], ranked[name][:k]) for k, metric in RECALL.items()} for name in relevant}
    for name, early in _early(relevant, ranked).items():
        values[name] |= early
    return values


def _recall(pieces: Sequence[str], ranking: Ranking) -> float:
    return len({*pieces}.intersection(chain.from_iterable(ranking))) / len(pieces)


def _early(relevant: Mapping[str, Sequence[str]], ranked: Mapping[str, Ranking]) -> QuestionValues:
    """MRR and nDCG, by question."""
    import ir_measures

    theirs = {ir_measures.RR: MRR.name, ir_measures.nDCG @ 5: NDCG.name}
    values = {question: dict.fromkeys(theirs.values(), 0.0) for question in relevant}
    judged = {question: dict.fromkeys(pieces, 1) for question, pieces in relevant.items()}
    run = {question: _run(ranking) for question, ranking in ranked.items()}
    if any(run.values()):
        for row in ir_measures.iter_calc(list(theirs), judged, run):
            values[row.query_id][theirs[row.measure]] = float(row.value)
    return values


def _run(ranking: Ranking) -> dict[str, float]:
    """Score of each, higher the earlier it was first found. Raw scores could tie, and ties would go by name."""
    return {name: -float(place) for place, name in enumerate(dict.fromkeys(chain.from_iterable(ranking)))}


def _ranking(known: Held, question: Question, answer: Answer) -> Ranking:
    ranking: dict[tuple[str, ...], None] = {}
    for context in answer.contexts or ():
        ranking.setdefault(known.shown(question, context) or (known.holders.same(context.document) or context.text,))
    return list(ranking)


AXIS = Axis(
    "retrieval",
    __name__,
    METRICS,
    _score,
    files=losses.files,
    folder=losses.FOLDER,
    needs=frozenset({"retrieves"}),
    asks="Does it find the documents that hold the answer?",
)
