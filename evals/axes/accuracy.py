"""Accuracy: whether the answer says what a reference says.

Exact match and token F1, against the best of the references, without the house format and without marks that cite.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from proctor.core.language.marks import without_citations
from proctor.core.language.text import RULES, is_abstention
from proctor.core.schema import Answer, Metric, Question, Rule, Suite
from proctor.evals.exam import Axis, per_question

EXACT = Metric(
    "accuracy.exact",
    version="2",
    compares=True,
    headline=True,
    shown=True,
    says="The share of questions answered word for word as a reference says, case and punctuation aside.",
)
F1 = Metric("accuracy.f1", version="2", compares=True, says="The words that an answer and its reference share, as F1.")


def exact(text: str, reference: str, rule: Rule = Suite.normalise) -> float:
    """1 if both are the same once normalised, else 0. By the default rule nothing is no answer."""
    said = RULES[rule](text)
    return float(said == RULES[rule](reference) and (said != "" or rule == "squad"))


def f1(text: str, reference: str, rule: Rule = Suite.normalise) -> float:
    """Harmonic mean of token precision and recall; 0 without a common token."""
    said, expected = RULES[rule](text).split(), RULES[rule](reference).split()
    common = sum((Counter(said) & Counter(expected)).values())
    return 2 * common / (len(said) + len(expected)) if common else 0.0


def says(suite: Suite, text: str, wanted: Iterable[str]) -> float:
    """1 if an answer's text says one of the wanted texts, else 0."""
    return max((exact(said, one, suite.normalise) for one in wanted for said in _bare(suite, text)), default=0.0)


def exact_match(suite: Suite, question: Question, answer: Answer) -> float | None:
    """1 if the answer, without the house format, is one of the references; None for a question without any."""
    return says(suite, answer.text, question.references) if question.references else None


def declined(suite: Suite, question: Question, answer: Answer) -> bool:
    """Whether the answer declines. One that is right does not, even if it is called "Unknown", nor one that was never reached."""
    return (
        not answer.unsaid and is_abstention(suite.abstain, suite.bare(answer.text)) and not exact_match(suite, question, answer)
    )


def _f1(suite: Suite, question: Question, answer: Answer) -> float | None:
    said = _bare(suite, answer.text)
    return max((f1(one, reference, suite.normalise) for reference in question.references for one in said), default=None)


def _bare(suite: Suite, text: str) -> tuple[str, ...]:
    """The answer without the house format; as it is, and without marks that cite, of which SQuAD's rule knows nothing."""
    said = suite.bare(text)
    without = said if suite.normalise == "squad" else without_citations(said, suite.names)
    return (said,) if without == said else (said, without)


AXIS = Axis(
    "accuracy",
    __name__,
    (EXACT, F1),
    per_question({EXACT: exact_match, F1: _f1}),
    asks="Does it answer the questions of the domain correctly?",
)
