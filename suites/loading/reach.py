"""Which conclusions a suite can carry, before anybody is examined: too few questions decide nothing, whatever the answers are.

The smallest difference that it can show follows from its size (`comparison.detectable`) and from how answers vary, which is
assumed as it is in the domains that come with Proctor:

    error = sqrt(2 p (1 - p) (1 - r) (1 + w (n / n_eff - 1)) / n)

with the share p of right answers, the correlation r of two systems' answers to one question, and w of the differences within a
cluster; n questions weigh as n_eff clusters of one size (Kish 1965).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from math import sqrt
from typing import NamedTuple

from proctor.core.counts import counted
from proctor.core.schema import Question, Suite
from proctor.evals.stats.comparison import ALPHA, POWER
from proctor.evals.stats.intervals import FEW, cluster_count, t_quantile

RIGHT = 0.8
"""Share of right answers."""
SYSTEMS, VERSIONS = 0.25, 0.5
"""Correlation of the answers of two systems to one question, and of two versions of one system."""
WITHIN = 0.1
"""Correlation of differences within a cluster."""
ALLOWED = 0.02
"""The drop that a gate allows where its policy says nothing."""
NEEDED = f"{FEW} effective clusters are needed"
NAMED = 3
"""Tags that are named."""


class Size(NamedTuple):
    """How many questions there are, in how many clusters."""

    questions: int
    clusters: int
    effective: float

    @property
    def few(self) -> bool:
        """Whether they tell no systems apart."""
        return self.effective < FEW

    def error(self, correlation: float) -> float:
        """Standard error of the difference of two shares of right answers."""
        design = 1 + WITHIN * (self.questions / self.effective - 1)
        return sqrt(2 * RIGHT * (1 - RIGHT) * (1 - correlation) * design / self.questions)

    def detectable(self, correlation: float) -> float:
        """The smallest difference that is found at 5 % with 80 % power."""
        degrees = self.clusters - 1
        return (t_quantile(1 - ALPHA / 2, degrees) + t_quantile(POWER, degrees)) * self.error(correlation)

    def said(self, kind: str = "") -> str:
        """How many questions of a kind, in words: "24 questions with an answer in 8 clusters"."""
        asked = f"{counted(self.questions, 'question')} {kind}".rstrip()
        return asked if self.clusters == self.questions else f"{asked} in {cluster_count(self.clusters, self.effective)}"


def size(questions: Iterable[Question]) -> Size:
    """A question without a cluster is one of its own."""
    counts = Counter(question.cluster or question.id for question in questions).values()
    total = sum(counts)
    return Size(total, len(counts), total**2 / sum(count**2 for count in counts) if counts else 0.0)


def reach(suite: Suite) -> Iterator[str]:
    """One line for each conclusion that it can carry, and for each that it cannot."""
    answerable = size(question for question in suite.questions if question.answerable)
    if not answerable.few:
        yield from _can(answerable)
    yield from (f"cannot show {what}" for what in _cannot(suite, answerable))
    yield from _apart(suite)


def summary(suite: Suite) -> str:
    """The same in one line."""
    answerable = size(question for question in suite.questions if question.answerable)
    can = [] if answerable.few else [f"can show differences of about {_points(answerable.detectable(SYSTEMS))} of accuracy"]
    cannot = [what.partition(":")[0] for what in _cannot(suite, answerable)]
    return "; ".join([*can, *([f"cannot show {', or '.join(cannot)}"] if cannot else [])])


def _can(answerable: Size) -> Iterator[str]:
    gap, drop = answerable.detectable(SYSTEMS), answerable.detectable(VERSIONS)
    needed = float(f"{answerable.questions * (drop / ALLOWED) ** 2:.1g}")
    yield (
        f"can show which of two systems is right more often, from a difference of about {_points(gap)} on "
        f"({answerable.said('with an answer')}; with 80 % power; more where several systems are compared at once)"
    )
    yield (
        f"can show that a new version is worse by less than about {_points(drop)} (what a gate asks of critical metrics; "
        f"for {_points(ALLOWED)} it takes about {counted(int(needed), 'question')})"
    )
    yield (
        f"both assume that {100 * RIGHT:g} % of the answers are right, that answers correlate by {SYSTEMS:g} between systems and "
        f"{VERSIONS:g} between versions of one, and that differences correlate by {WITHIN:g} within a cluster"
    )


def _cannot(suite: Suite, answerable: Size) -> Iterator[str]:
    revised = size(question for revision in suite.revisions for question in revision.questions)
    unanswerable = size(question for question in suite.questions if not question.answerable)
    if answerable.few:
        yield f"which system is better: {_few(answerable, 'with an answer')}"
    if revised.few:
        found = _few(revised, "about revised documents")
        yield f"what to take where documents change: {found}; add some to revisions.jsonl (advise --updates 0 needs none)"
    if unanswerable.few:
        yield f"who declines what the documents do not answer: {_few(unanswerable, 'of that kind')}; add some without references"
    if tags := _thin(suite):
        named = ", ".join(f"{tag} ({found.said()})" for tag, found in list(tags.items())[:NAMED])
        more = f" and {len(tags) - NAMED} more" if len(tags) > NAMED else ""
        yield f"who is better on one kind of question: tagged {named}{more} ({NEEDED})"


def _few(found: Size, kind: str) -> str:
    if not found.questions:
        return f"there is no question {kind}"
    return f"{found.said(kind)} ({NEEDED})"


def _thin(suite: Suite) -> dict[str, Size]:
    tags = dict.fromkeys(tag for question in suite.questions for tag in question.tags)
    sizes = {tag: size(question for question in suite.questions if tag in question.tags) for tag in tags}
    return {tag: found for tag, found in sizes.items() if found.few}


def _apart(suite: Suite) -> Iterator[str]:
    """Questions of one document that count as independent."""
    bare = [question for question in suite.questions if not question.cluster and question.evidence]
    shared = Counter(name for question in bare for name in dict.fromkeys(question.evidence))
    together = [question for question in bare if any(shared[name] > 1 for name in question.evidence)]
    if together:
        yield (
            f"note: {len(together)} questions share a document with others and name no cluster, so they count as independent, "
            "and intervals may be too narrow: give those that stand or fall together one `cluster`, such as the document's id"
        )


def _points(share: float) -> str:
    return f"{100 * share:.0f} points"
