"""Accuracy: whether the answer says what a reference says.

Exact match and token F1, against the best of the references, without the house format and without marks that cite. Beside them
what says something of the references that a suite has: of names and values, whether the answer contains one; of sentences, how
alike both are and, by the judge, how much of what they claim is in both.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from proctor.core.language.text import RULES, holds
from proctor.core.schema import Answer, Metric, Question, Rule, Score, Suite, not_applicable
from proctor.evals.axes.judged import grade
from proctor.evals.axes.matching import bare, declined, exact_match
from proctor.evals.axes.references import are_sentences
from proctor.evals.exam import NO_REFERENCE, Axis, EvalContext, Items, ItemScore, QuestionScorer, about, in_time, per_question
from proctor.evals.judges.ragas_metric import correctness
from proctor.evals.judges.samples import Sample

EXACT = Metric(
    "accuracy.exact",
    version="2",
    compares=True,
    headline=True,
    shown=True,
    says="The share of questions answered word for word as a reference says, case and punctuation aside.",
)
F1 = Metric("accuracy.f1", version="2", compares=True, says="The words that an answer and its reference share, as F1.")
CONTAINS = Metric(
    "accuracy.contains",
    compares=True,
    says="The share of answers that contain a reference, word for word. Measured where references are names and values.",
)
ROUGE_L = Metric(
    "accuracy.rouge_l",
    compares=True,
    library="rapidfuzz",
    says="The words that answer and reference share in one order, as F1 (ROUGE-L). Measured where references are sentences.",
)
SIMILARITY = Metric(
    "accuracy.similarity",
    library="sentence-transformers",
    says="How alike answer and reference are: the cosine of their embeddings. Measured where references are sentences.",
)
JUDGED = Metric(
    "accuracy.judged",
    library="ragas",
    says="Of what answer and reference claim, how much is in both, as F1 by the judge. Measured where references are sentences.",
)
_ARTICLE = re.compile(r"\b(?:a|an|the)\b", re.IGNORECASE)
ALWAYS = (EXACT, F1)
OF_VALUES = (CONTAINS,)
"""What says something where references are names and values."""
OF_SENTENCES = (ROUGE_L, SIMILARITY, JUDGED)
LEADING = (*ALWAYS, *OF_VALUES, *OF_SENTENCES)
"""What a suite may name as its headline."""


def taken(suite: Suite) -> tuple[Metric, ...]:
    """The metrics of accuracy that say something of a suite's answers, and the one that it names as its headline."""
    fitting = OF_SENTENCES if are_sentences(suite) else OF_VALUES
    return tuple(one for one in LEADING if one in (*ALWAYS, *fitting) or one.name == suite.headline)


def f1(text: str, reference: str, rule: Rule = Suite.normalise) -> float:
    """Harmonic mean of token precision and recall; 0 without a common token."""
    said, expected = RULES[rule](text).split(), RULES[rule](reference).split()
    common = sum((Counter(said) & Counter(expected)).values())
    return 2 * common / (len(said) + len(expected)) if common else 0.0


def contains(text: str, reference: str, rule: Rule = Suite.normalise) -> float:
    """1 if a text has a reference in it, as whole words once both are normalised, else 0. No reference is in every text."""
    if rule == Suite.normalise and _ARTICLE.search(reference):  # which may be a part of what is sought: vitamin A
        return float(holds(text, reference))
    sought = RULES[rule](reference)
    return float(sought != "" and f" {sought} " in f" {RULES[rule](text)} ")


def rouge_l(text: str, reference: str, rule: Rule = Suite.normalise) -> float:
    """F1 of the longest common subsequence of tokens (Lin 2004, with beta 1); 0 without a common token.

    The tokens are those of the suite's rule, as ROUGE's own know nothing but a to z. With l common ones of m and n, F1 is
    2 l / (m + n), which is what rapidfuzz calls the normalised Indel similarity.
    """
    from rapidfuzz.distance import Indel

    said, expected = RULES[rule](text).split(), RULES[rule](reference).split()
    return float(Indel.normalized_similarity(said, expected)) if said and expected else 0.0


def _best(of: Callable[[str, str, Rule], float], suite: Suite, question: Question, answer: Answer) -> float | None:
    """The best over the references, with and without marks that cite; None for a question without any reference."""
    said = bare(suite, answer.text)
    return max((of(one, reference, suite.normalise) for reference in question.references for one in said), default=None)


PER_QUESTION: dict[Metric, QuestionScorer] = {
    EXACT: exact_match,
    F1: partial(_best, f1),
    CONTAINS: partial(_best, contains),
    ROUGE_L: partial(_best, rouge_l),
}


def _score(evaluation: EvalContext) -> Iterator[ItemScore]:
    metrics = taken(evaluation.suite)
    yield from per_question({one: scorer for one, scorer in PER_QUESTION.items() if one in metrics})(evaluation)
    if SIMILARITY in metrics:
        yield from _alike(evaluation)


def _alike(evaluation: EvalContext) -> Iterator[ItemScore]:
    """Similarity, all answers embedded at once."""
    from proctor.core.minilm import similarities

    pairs = [(_plain(evaluation.suite, answer), question.references) for question, answer in evaluation.answered]
    found = iter(similarities([(said, reference) for said, references in pairs for reference in references]))
    best = [max((max(0.0, next(found)) for _ in references), default=None) for _, references in pairs]
    known = {question.id: value for (question, _), value in zip(evaluation.answered, best, strict=True)}
    yield from per_question({SIMILARITY: lambda _, question, __: known[question.id]})(evaluation)


def _plain(suite: Suite, answer: Answer) -> str:
    """The answer without the house format and marks that cite; as it is where it takes too long to tell the format."""
    said = in_time(bare, suite, answer.text)
    return answer.text if isinstance(said, Score) else said[-1]


def _judged(evaluation: EvalContext) -> Iterator[ItemScore]:
    yield from grade(evaluation, JUDGED, _to_judge, partial(correctness, evaluation.judge))


def _to_judge(evaluation: EvalContext, question: Question, answer: Answer) -> Sample | Score:
    """The answer before the references. One that declines, or says nothing, is not correct, whoever judges."""
    if not question.references:
        return not_applicable(NO_REFERENCE)
    said = bare(evaluation.suite, answer.text)[-1]
    if not said:
        return Score(0.0, "there is no answer")
    if declined(evaluation.suite, question, answer):
        return Score(0.0, "the answer declines")
    return Sample(question.text, said, question.references)


def _inputs(evaluation: EvalContext) -> Sequence[str]:
    return [metric.name for metric in taken(evaluation.suite)]


def _items(evaluation: EvalContext) -> Items:
    return {metric: about(evaluation.questions) for metric in taken(evaluation.suite) if metric != JUDGED}


AXIS = Axis(
    "accuracy",
    __name__,
    (*ALWAYS, CONTAINS, ROUGE_L, SIMILARITY),
    _score,
    inputs=_inputs,
    items=_items,
    asks="Does it answer the questions of the domain correctly?",
)
BY_JUDGE = Axis(
    "accuracy_judged",
    __name__,
    (JUDGED,),
    _judged,
    judged=(JUDGED,),
    suits=lambda suite: JUDGED in taken(suite),
)
