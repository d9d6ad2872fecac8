"""Data efficiency: what each diet holds, and who is put on one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from proctor.core.schema import Answer, Domain, Example
from proctor.evals.axes import data_efficiency
from proctor.evals.testing import fakes
from tests.sample_evaluation import DOCUMENTS, QUESTIONS, evaluation, scores, suite

FACTS = [Example(f"wording {wording} of {fact}", fact, (fact,)) for fact in ("a", "b", "c") for wording in range(4)]
NOTHING = [Example(f"unknown {number}", "unknown") for number in range(3)]


def test_a_share_takes_every_nth() -> None:
    assert [len(data_efficiency.share(count)(FACTS)) for count in (2, 4, 8)] == [6, 3, 2]
    assert set(data_efficiency.share(4)(FACTS)) <= set(FACTS)


def test_wordings_are_counted_by_fact() -> None:
    kept = data_efficiency.wordings(2)([*FACTS, *NOTHING])
    assert [example.completion for example in kept] == ["a", "a", "b", "b", "c", "c", *["unknown"] * 3]
    assert data_efficiency.wordings(4)(FACTS) == tuple(FACTS)


def test_each_diet_is_a_training_of_its_own() -> None:
    eaten = []

    def become(_: str, domain: Domain, examples: Sequence[Example]) -> fakes.Fake:
        eaten.append((domain.documents, len(examples)))
        return fakes.gold()

    asked = replace(suite(), domain=Domain(DOCUMENTS, tuple(FACTS)))
    candidate = fakes.Fake(lambda question: Answer(question.id, ""), weights_version="trained", become=become)
    found = scores(data_efficiency.AXIS, evaluation(candidate, asked))
    assert [count for _, count in eaten] == [2, 3, 6, 3, 6]
    assert {documents for documents, _ in eaten} == {DOCUMENTS}
    assert {score.value for items in found.values() for score in items.values()} == {1.0}
    assert all(set(items) == {question.id for question in QUESTIONS if question.references} for items in found.values())


def test_who_is_not_trained_is_not_hungry() -> None:
    found = scores(data_efficiency.AXIS, evaluation(fakes.gold()))
    assert {score.reason for items in found.values() for score in items.values()} == {"the system is not trained"}
