"""The stages between a question and the passages in its prompt, and what each of them handed on.

The retrievers find, their finds are put together, then each of the other stages has its turn: reranking, choosing what differs
(MMR), cutting to as many as are shown, and showing more of the text around them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from proctor.core.schema import Context

RankedPassages: TypeAlias = tuple[Context, ...]
"""Passages for one question, best first, with the scores of the last stage that gave any."""
Finder: TypeAlias = Callable[[Sequence[str], int], list[RankedPassages]]
"""At most so many passages for each query."""
Stage: TypeAlias = Callable[[Sequence[str], Sequence[RankedPassages], int], list[RankedPassages]]
"""From questions, the passages that it is handed for each, and how many are wanted in the end, to those that it hands on."""
Queries: TypeAlias = Callable[[Sequence[str]], Mapping[str, Sequence[str]]]
"""From questions to what each retriever searches with, by the retrievers' names."""
Fusion: TypeAlias = Callable[[Sequence[RankedPassages]], RankedPassages]
"""One ranking made of each retriever's, for one question."""

FUSED, RERANKED, DIVERSE, BEST, EXPANDED = "fused", "reranked", "mmr", "top_k", "expanded"
"""The names of stages, in their order; before them come the retrievers', by their own names."""


class Step(NamedTuple):
    """What one stage handed on for one question."""

    stage: str
    passages: RankedPassages


@dataclass(frozen=True)
class Stages:
    """A search put together."""

    finders: Mapping[str, Finder]
    """By the names of retrievers."""
    fuse: Fusion
    """Used where there are several."""
    wide: Callable[[int], int]
    """How many passages each retriever finds where so many are wanted in the end."""
    then: Sequence[tuple[str, Stage]] = ()
    """What comes after, by name, in order."""
    queries: Queries | None = None
    """None: every retriever searches with the question itself."""

    def steps(self, questions: Sequence[str], count: int) -> list[tuple[Step, ...]]:
        """For each question what each stage handed on; the last is what is shown."""
        handed = list(self._found(questions, self.wide(count)).items())
        rankings = handed[0][1]
        if len(handed) > 1:
            rankings = [self.fuse(several) for several in zip(*(found for _, found in handed), strict=True)]
            handed.append((FUSED, rankings))
        for name, stage in self.then:
            rankings = stage(questions, rankings, count)
            handed.append((name, rankings))
        return [tuple(Step(name, found[place]) for name, found in handed) for place in range(len(questions))]

    def retrieve(self, questions: Sequence[str], count: int) -> list[RankedPassages]:
        """For each question what is shown."""
        return [steps[-1].passages for steps in self.steps(questions, count)]

    def _found(self, questions: Sequence[str], wide: int) -> dict[str, list[RankedPassages]]:
        asked = self.queries(questions) if self.queries else dict.fromkeys(self.finders, questions)
        return {name: find(asked[name], wide) for name, find in self.finders.items()}


def best(least: float | None) -> Stage:
    """As many as are wanted, without those that score less than ``least``."""

    def cut(_: Sequence[str], rankings: Sequence[RankedPassages], count: int) -> list[RankedPassages]:
        return [tuple(one for one in ranking[:count] if least is None or one.score >= least) for ranking in rankings]

    return cut
