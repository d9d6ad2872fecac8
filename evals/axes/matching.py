"""Whether an answer says, word for word, what a reference says: without the house format, and without marks that cite."""

from __future__ import annotations

from collections.abc import Iterable

from proctor.core.language.marks import without_citations
from proctor.core.language.text import RULES, is_abstention
from proctor.core.schema import Answer, Question, Rule, Suite


def exact(text: str, reference: str, rule: Rule = Suite.normalise) -> float:
    """1 if both are the same once normalised, else 0. By the default rule nothing is no answer."""
    said = RULES[rule](text)
    return float(said == RULES[rule](reference) and (said != "" or rule == "squad"))


def says(suite: Suite, text: str, wanted: Iterable[str]) -> float:
    """1 if an answer's text says one of the wanted texts, else 0."""
    return max((exact(said, one, suite.normalise) for one in wanted for said in bare(suite, text)), default=0.0)


def exact_match(suite: Suite, question: Question, answer: Answer) -> float | None:
    """1 if the answer, without the house format, is one of the references; None for a question without any."""
    return says(suite, answer.text, question.references) if question.references else None


def declined(suite: Suite, question: Question, answer: Answer) -> bool:
    """Whether the answer declines. One that is right does not, even if it is called "Unknown", nor one that was never reached."""
    return (
        not answer.unsaid and is_abstention(suite.abstain, suite.bare(answer.text)) and not exact_match(suite, question, answer)
    )


def bare(suite: Suite, text: str) -> tuple[str, ...]:
    """The answer without the house format; as it is, and without marks that cite, of which SQuAD's rule knows nothing."""
    said = suite.bare(text)
    without = said if suite.normalise == "squad" else without_citations(said, suite.names)
    return (said,) if without == said else (said, without)
