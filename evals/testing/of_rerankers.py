"""What a reranker must hold: see `evals.testing.checks.reranker_checks`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from proctor.core.storage.cache import digest
from proctor.evals.testing.trials import ODD_TEXTS, Trial, Tried, each_of, hold, of_settings

QUESTIONS = ("When does the gate open?", "How heavy is the lamp?")
TEXTS = (
    "The gate opens at nine and closes at six.",
    "The lamp weighs 3 kg and is sold in Turin.",
    "Leave is 30 days a year, and is asked for in writing.",
)
DEVICE = "cpu"
SAME = 1e-3
"""More than rounding changes in a score, as a share of it."""


class TriedReranker(Protocol):
    """Scores passages for questions."""

    @property
    def name(self) -> str:
        """What messages and records call it."""

    @property
    def version(self) -> str:
        """All that shapes its scores."""

    def check(self, device: str) -> None:
        """See to it that it can be used."""

    def scores(self, queries: Sequence[str], texts: Sequence[Sequence[str]], device: str) -> list[list[float]]:
        """For each question one number for each of its passages."""

    def account(self, query: str, texts: Sequence[str]) -> Mapping[str, float]:
        """What it took to score these passages."""

    def told(self) -> Mapping[str, Any]:
        """What a run's provenance says of it."""


def trials(secrets: Sequence[str]) -> list[Trial[TriedReranker]]:
    """All checks of a reranker."""
    return [*ALL, partial(shows_no_secrets, tuple(secrets))]


def has_a_version_that_stays(tried: Tried[TriedReranker]) -> None:
    """Its version is the same for one made alike."""
    first, other = tried.one.version, tried.another().version
    hold(digest(first) == digest(other), f"the version {first!r} for one made alike", other, "answers are kept under it")


def has_another_version_with_other_settings(tried: Tried[TriedReranker]) -> None:
    """Those with other settings, given as ``others``, have other versions."""
    of_settings(lambda one: digest(one.version), tried, "the reranker")


def can_be_used(tried: Tried[TriedReranker]) -> None:
    """Its own check passes."""
    tried.one.check(DEVICE)


def gives_each_passage_a_score(tried: Tried[TriedReranker]) -> None:
    """One finite number for each passage of each question, and none where a question has no passages."""
    found = tried.one.scores([*QUESTIONS, "nothing"], [TEXTS, TEXTS[:1], ()], DEVICE)
    hold(list(map(len, found)) == [3, 1, 0], "3, 1 and 0 scores", found, "passages are put in order by their scores")
    finite = all(isinstance(score, int | float) and math.isfinite(score) for scores in found for score in scores)
    hold(finite, "finite numbers", found, "records hold finite numbers alone")
    hold(tried.one.scores([], [], DEVICE) == [], "no scores without questions", "others", "a run may have nothing left to ask")


def gives_the_same_scores_in_any_company(tried: Tried[TriedReranker]) -> None:
    """A question's scores hang on no other question, and are the same again."""
    together = tried.one.scores(QUESTIONS, [TEXTS, TEXTS], DEVICE)
    for question, scores in zip(QUESTIONS, together, strict=True):
        (alone,) = tried.one.scores([question], [TEXTS], DEVICE)
        same = all(math.isclose(one, other, rel_tol=SAME, abs_tol=1e-9) for one, other in zip(scores, alone, strict=True))
        hold(
            same, f"scores that differ by at most {SAME}", f"{scores} and {alone}", "a run that is resumed asks in other batches"
        )


def takes_odd_texts(tried: Tried[TriedReranker]) -> None:
    """Whatever a text holds, as a question or a passage, it has scores."""
    raised = each_of(ODD_TEXTS, lambda text: tried.one.scores([QUESTIONS[0], text[:1000]], [[text, TEXTS[0]], TEXTS], DEVICE))
    hold(not raised, "scores for each odd text", "; ".join(raised), "an exception ends the exam for all questions")


def tells_what_it_took(tried: Tried[TriedReranker]) -> None:
    """Once it has scored passages, it tells by names what that took, in numbers that are not below 0."""
    tried.one.scores(QUESTIONS[:1], [TEXTS], DEVICE)
    told = tried.one.account(QUESTIONS[0], TEXTS)
    right = all(isinstance(amount, int | float) and 0 <= amount < math.inf for amount in told.values())
    hold(right, "numbers from 0 by their names", dict(told), "a system's cost holds what its reranker takes")


def shows_no_secrets(secrets: Sequence[str], tried: Tried[TriedReranker]) -> None:
    """Neither its name, nor its version, nor what it tells holds what it was given in secret."""
    shown = f"{tried.one.name} {tried.one.version} {dict(tried.one.told())}"
    hold(not [one for one in secrets if one in shown], "a name without secrets", "one that holds a secret", "pages show it")


ALL: tuple[Trial[TriedReranker], ...] = (
    has_a_version_that_stays,
    has_another_version_with_other_settings,
    can_be_used,
    gives_each_passage_a_score,
    gives_the_same_scores_in_any_company,
    takes_odd_texts,
    tells_what_it_took,
)
