"""Faithfulness: how much of what an answer claims is borne out by documents.

`faithfulness.retrieved` holds it against what the system retrieved: does it stick to its sources, right or wrong?
`faithfulness.gold` holds it against the documents that hold the answer, so that systems that do not retrieve share the
axis. Both are ragas' metric: supported claims / claims. An answer that declines claims nothing and has no value.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from proctor.core.schema import Answer, Metric, Question, Score, not_applicable
from proctor.evals.axes.judged import Chosen, against_gold, claiming, grade
from proctor.evals.candidate import NO_PASSAGES
from proctor.evals.exam import Axis, EvalContext, ItemScore
from proctor.evals.judges.samples import Sample

RETRIEVED = Metric(
    "faithfulness.retrieved",
    version="3",
    library="ragas",
    headline=True,
    needs=frozenset({"retrieves"}),
    says="The share of an answer's claims that the passages it was shown support.",
)
GOLD = Metric(
    "faithfulness.gold",
    version="3",
    library="ragas",
    headline=True,
    shown=True,
    says="The share of an answer's claims that the documents holding the answer support.",
)

UNSEEN = "the answer names the documents that it was made from, and not what it was shown of them"


def _score(evaluation: EvalContext) -> Iterator[ItemScore]:
    from proctor.evals.judges.ragas_metric import faithfulness  # it loads asyncio, which nobody needs who only collects

    judge = partial(faithfulness, evaluation.judge)
    if evaluation.can(RETRIEVED):
        yield from grade(evaluation, RETRIEVED, _against_retrieved, judge)
    yield from grade(evaluation, GOLD, against_gold, judge)


def _against_retrieved(evaluation: EvalContext, question: Question, answer: Answer) -> Chosen:
    """The answer before its own passages. Claims made although nothing was retrieved have no support, hence 0."""
    if answer.contexts is None and not answer.error:
        return not_applicable(NO_PASSAGES)
    passages = tuple(context.text for context in answer.contexts or ())
    if not all(map(str.strip, passages)):
        return not_applicable(UNSEEN)
    chosen = claiming(evaluation, question, answer, passages)
    return Score(0.0, "nothing was retrieved") if isinstance(chosen, Sample) and not chosen.passages else chosen


AXIS = Axis(
    "faithfulness",
    __name__,
    (RETRIEVED, GOLD),
    _score,
    judged=(RETRIEVED, GOLD),
    asks="Do the documents support what it says?",
)
