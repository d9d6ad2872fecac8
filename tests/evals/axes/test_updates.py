"""Updates, against systems whose answers are known: one that reads, one that remembers, and what they become."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from proctor.core.schema import Answer, Context, Document, Domain, Example, Question, RevisedQuestion, Revision, Suite
from proctor.evals.axes import updates
from proctor.evals.testing import fakes
from proctor.models.candidates.local import LocalCandidate
from proctor.models.systems import System
from tests.sample_evaluation import evaluation, scores

BY_TRAINING = (updates.RETRAINED, updates.CONTINUED)
OLD = {"ant": "1 gram", "bee": "2 grams", "cat": "3 kilos"}
DOCUMENTS = tuple(Document(name, f"The {name} weighs {value}.") for name, value in OLD.items())
EXAMPLES = tuple(Example(f"Weight of the {name}?", value, (name,)) for name, value in OLD.items())
QUESTIONS = tuple(Question(name, f"How heavy is the {name}?", (value,), (name,)) for name, value in OLD.items())
NOW = RevisedQuestion("ant-now", "How heavy is the ant?", ("9 grams",), ("ant",), outdated=("1 gram",))
REVISION = Revision("ant", "The ant weighs 9 grams.", (NOW,), (Example("Weight of the ant?", "9 grams", ("ant",)),))
SUITE = Suite("animals", "Animals", "1", Domain(DOCUMENTS, EXAMPLES), QUESTIONS, (REVISION,))


def knowing(examples: Sequence[Example], **fields: Any) -> fakes.Fake:
    """Says what the examples teach, and nothing else."""
    taught = {name: example.completion for example in examples for name in example.evidence}
    return fakes.Fake(lambda question: Answer(question.id, taught.get(question.evidence[0], "unknown")), **fields)


def trained() -> fakes.Fake:
    def become(how: str, _: Domain, examples: Sequence[Example]) -> fakes.Fake:
        return trained() if how == "reindexed" else knowing(examples)

    return knowing(EXAMPLES, weights_version="trained", become=become)


def reader() -> fakes.Fake:
    def read(domain: Domain) -> fakes.Fake:
        said = [Example("", document.text.partition("weighs ")[2].strip("."), (document.id,)) for document in domain.documents]
        return knowing(said, retrieves=True)

    return replace(read(SUITE.domain), become=lambda _how, domain, _examples: read(domain))


def values(axis: Any, candidate: fakes.Fake, suite: Suite = SUITE) -> dict[str, list[float | None]]:
    found = scores(axis, evaluation(candidate, suite))
    spent = ("seconds", "flops")
    asked = {name.removeprefix("updates."): items for name, items in found.items() if not name.endswith(spent)}
    return {name: [score.value for score in items.values()] for name, items in asked.items()}


class Remembering(fakes.Fake):
    """Shown passages of someone else's choice, of which there are none here, it says what it was trained on."""

    def answers_given_contexts(self, questions: Any, passages: Any, _room: int | None = None) -> list[Answer]:
        assert set(passages) == {()}
        return knowing(EXAMPLES).answers(questions)


def hybrid(*, heeds: bool) -> fakes.Fake:
    """Looks documents up, and says what they say or what it was trained on."""

    def over(domain: Domain) -> fakes.Fake:
        passages = {document.id: Context(document.id, document.text) for document in domain.documents}

        def answer(question: Question) -> Answer:
            found = passages[question.evidence[0]]
            text = found.text.partition("weighs ")[2].strip(".") if heeds else OLD[found.document]
            return Answer(question.id, text, (found,))

        return Remembering(answer, retrieves=True, become=lambda _how, domain, _examples: over(domain))

    return over(SUITE.domain)


def test_a_reader_says_the_new_once_its_documents_do() -> None:
    found = values(updates.AXIS, reader())
    assert found == {"fresh": [1], "stale": [0], "retained": [1, 1], "overridden": [None], "remembered": [0]}


def test_who_was_trained_goes_on_saying_the_old() -> None:
    found = values(updates.AXIS, trained())
    assert found == {"fresh": [0], "stale": [1], "retained": [1, 1], "overridden": [None], "remembered": [None]}


def test_a_hybrid_may_heed_what_it_reads_or_hold_to_what_it_remembers() -> None:
    heeding, holding = (values(updates.AXIS, hybrid(heeds=heeds)) for heeds in (True, False))
    assert (heeding["fresh"], heeding["overridden"], heeding["remembered"]) == ([1], [0], [1])
    assert (holding["fresh"], holding["overridden"], holding["remembered"]) == ([0], [1], [1])


def test_training_anew_takes_the_new_in_and_keeps_the_rest() -> None:
    anew, further = (values(axis, trained()) for axis in BY_TRAINING)
    assert anew == {"retrained.fresh": [1], "retrained.stale": [0], "retrained.retained": [1, 1]}
    assert further == {
        "continued.fresh": [1],
        "continued.stale": [0],
        "continued.retained": [0, 0],
    }  # it was told of the ant alone


def test_an_update_takes_what_was_indexed_and_what_was_trained() -> None:
    spent = {"index_seconds": 2.0, "train_seconds": 30.0, "train_flops": 7.0}
    candidate = fakes.gold(weights_version="trained", spent=spent)
    indexed, anew = (scores(axis, evaluation(candidate, SUITE)) for axis in (updates.AXIS, updates.RETRAINED))
    assert [indexed[f"updates.{name}"]["all"].value for name in ("seconds", "flops")] == [2, 0]
    assert [anew[f"updates.retrained.{name}"]["all"].value for name in ("seconds", "flops")] == [32, 7]


def test_what_an_update_took_may_not_be_known() -> None:
    spent = {"index_seconds": 2.0, "train_seconds": "interrupted", "train_flops": 7.0}
    found = scores(updates.RETRAINED, evaluation(fakes.gold(weights_version="trained", spent=spent), SUITE))
    assert found["updates.retrained.seconds"]["all"].status == "unmeasured"
    assert found["updates.retrained.seconds"]["all"].reason == "interrupted"


@pytest.mark.parametrize("axis", BY_TRAINING, ids=lambda axis: axis.name)
def test_who_is_not_trained_cannot_be_trained_again(axis: Any) -> None:
    found = scores(axis, evaluation(reader(), SUITE))
    assert set(found) == {metric.name for metric in axis.metrics}
    assert {score.reason for items in found.values() for score in items.values()} == {"the system is not trained"}


def test_without_examples_of_the_new_nobody_can_be_trained_on_it() -> None:
    suite = replace(SUITE, revisions=(replace(REVISION, examples=()),))
    assert values(updates.RETRAINED, trained(), suite)["retrained.fresh"] == [None]


def test_a_suite_without_revisions_has_nothing_to_update() -> None:
    assert values(updates.AXIS, reader(), replace(SUITE, revisions=())) == {}


def test_after_the_revisions_no_example_says_the_old() -> None:
    pair = Example("Heavier, ant or bee?", "bee", ("ant", "bee"))
    after = Domain(DOCUMENTS, (*EXAMPLES, pair)).after([REVISION])
    assert [document.text for document in after.documents] == ["The ant weighs 9 grams.", *(d.text for d in DOCUMENTS[1:])]
    assert [example.completion for example in after.examples] == ["2 grams", "3 kilos", "9 grams"]


@pytest.fixture
def candidate(base: Any, domain: Domain, runtime: Any) -> Any:
    return lambda **fields: LocalCandidate(System("any", max_new_tokens=8, epochs=1, rank=4, **fields), base, domain, runtime)


def revised(domain: Domain) -> Domain:
    first = domain.documents[0]
    return domain.after(
        [Revision(first.id, "The Kelvo is covered for 77 years.", (), (Example("Kelvo?", "77 years", (first.id,)),))]
    )


def test_only_changed_passages_are_embedded(candidate: Any, domain: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    from proctor.models.embedders.local import LocalEmbedder as Embedder

    old = candidate(retrieve="dense")
    old.retrieve([Question("q", "Kelvo")])
    embedded: list[list[str]] = []
    real = Embedder.passages
    monkeypatch.setattr(Embedder, "passages", lambda self, texts, *rest: embedded.append(list(texts)) or real(self, texts, *rest))
    updated = old.reindexed(revised(domain))
    found = updated.retrieve([Question("q", "For how many years is the Kelvo covered?")])
    assert [len(texts) for texts in embedded] == [1, 1]  # one to warm up, and the new passage
    assert any("77 years" in context.text for context in found[0])
    anew = replace(updated, previous_index=None).retrieve([Question("q", "For how many years is the Kelvo covered?")])
    assert [context.document for context in anew[0]] == [context.document for context in found[0]]


@pytest.mark.slow
@pytest.mark.parametrize("adapt", ["full", "lora"])
def test_training_further_begins_where_training_ended(candidate: Any, domain: Domain, adapt: str) -> None:
    from safetensors.torch import load_file

    first = candidate(adapt=adapt)
    after = revised(domain)
    same, anew = first.reindexed(after), first.retrained(after)
    further = first.continued(after, after.examples[-1:])
    versions = {known.weights_version for known in (first, anew, further)}
    assert same.weights_version == first.weights_version
    assert len(versions) == 3

    def weights(known: LocalCandidate) -> dict[str, Any]:
        folder = known._weights.folder()
        assert folder is not None
        return load_file(next(folder.glob("*.safetensors")))

    def distance(one: LocalCandidate, other: LocalCandidate) -> float:
        mine, theirs = weights(one), weights(other)
        return sum(float((mine[name] - theirs[name]).abs().sum()) for name in mine)

    assert 0 < distance(further, first) < distance(further, anew)
