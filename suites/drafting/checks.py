"""What a draft must be before anybody is asked to review it: checked by program, each reason counted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from proctor.core.language.declining import is_abstention
from proctor.core.language.text import holds, normalise
from proctor.core.language.words import words
from proctor.core.reading import values
from proctor.core.schema import Suite
from proctor.evals.judges.protocols import EntailingJudge, EntailmentInput
from proctor.suites.drafting.replies import Drafted, Dropped

ALIKE = 0.8
"""Share of the content words of two questions, taken together, that both have where they are nearly the same."""
SPEAKS_OF_PASSAGE = re.compile(
    r"\b(?:the|this|that|above|following|given|provided)\s+(?:\w+\s+)?(?:passage|text|excerpt|paragraph|context|document|article)\b"
    r"|\b(?:dem|der|diesem|dieser|im|laut)\s+(?:\w+\s+)?(?:text|textabschnitt|passage|abschnitt|auszug|dokument|artikel)\b"
    r"|\b(?:le|ce|du|cet)\s+(?:passage|texte|extrait|document|article)\b",
    re.IGNORECASE,
)

NOT_EVIDENCE = Dropped("the evidence does not stand in the passage")
NOT_SUPPORTED = Dropped("the evidence does not support the answer")
GIVEN_AWAY = Dropped("the question holds its answer")
OF_PASSAGE = Dropped("the question speaks of the passage, which nobody sees who is asked")
DECLINES = Dropped("the answer says that there is none")
ALIKE_ASKED = Dropped("nearly the same as another question")
UNUSABLE = Dropped("no row that a suite can hold, such as a text that may be a list")
ANSWERED = Dropped("meant to have no answer, and the documents seem to hold one")
SHARED = Dropped("a training example with the evidence of the test")


def first_fault(draft: Drafted) -> Dropped | None:
    """What is wrong with a draft by itself; None where nothing is that can be seen without a judge."""
    if SPEAKS_OF_PASSAGE.search(draft.question):
        return OF_PASSAGE
    if not draft.answer:
        return None
    if values.plain(draft.evidence) not in values.plain(draft.source.text):
        return NOT_EVIDENCE
    if is_abstention(Suite.abstain, draft.answer):
        return DECLINES
    return GIVEN_AWAY if holds(draft.question, draft.answer) else None


def unsupported(drafts: Sequence[Drafted], judge: EntailingJudge) -> list[bool]:
    """Whether the answer of each neither stands in its evidence nor is supported by it."""
    doubtful = [place for place, one in enumerate(drafts) if one.answer and not holds(one.evidence, one.answer)]
    pairs = [EntailmentInput((one.evidence,), one.question, one.answer) for one in map(drafts.__getitem__, doubtful)]
    wrong = {place for place, borne in zip(doubtful, judge.supports(pairs), strict=True) if not borne}
    return [place in wrong for place in range(len(drafts))]


def answered(question: str, said: str, passages: Sequence[str], judge: EntailingJudge) -> bool:
    """Whether what was said to a question is an answer that passages support."""
    if not values.visible(said) or is_abstention((*Suite.abstain, "none"), said) or not passages:
        return False
    return judge.supports([EntailmentInput(tuple(passages), question, said)])[0]


class Asked:
    """The questions so far, to find those that are nearly the same."""

    def __init__(self, questions: Iterable[str] = ()) -> None:
        self._known: list[frozenset[str]] = [_stems(question) for question in questions]

    def is_new(self, question: str) -> bool:
        """Whether nothing like it was asked; it counts as asked from now on."""
        stems = _stems(question)
        if any(_alike(stems, other) for other in self._known):
            return False
        self._known.append(stems)
        return True


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one & other) >= ALIKE * len(one | other)


def _stems(question: str) -> frozenset[str]:
    return frozenset(word.stem for word in words(question)) or frozenset({normalise(question)})


def is_shared(draft: Drafted, test: Sequence[Drafted]) -> bool:
    """Whether a training example's evidence stands in a passage that a question of the test is drafted from."""
    evidence = values.plain(draft.evidence)
    return bool(evidence) and any(evidence in values.plain(one.source.text) for one in test)
