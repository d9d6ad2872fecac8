"""What systems make of passages that they are given, against readers whose answers are known beforehand."""

from __future__ import annotations

import re
from typing import Any

import pytest

from proctor.core.schema import Ability, Answer, Context, Document, Domain, Question, Suite
from proctor.evals.axes import context, robustness
from proctor.evals.testing import fakes
from proctor.models.candidates.local import LocalCandidate
from proctor.models.systems import System
from tests.sample_evaluation import evaluation, scores

WARRANTIES = {"kestrel": "3 years", "falcon": "5 years", "osprey": "8 years", "heron": "2 years"}
DOCUMENTS = tuple(Document(name, f"The {name} has a warranty of {value}.") for name, value in WARRANTIES.items())
QUESTIONS = (
    *(Question(name, f"The {name}?", (value,), (name,), ("warranty",)) for name, value in WARRANTIES.items()),
    Question("nowhere", "The auk?", tags=("warranty",)),
)
SUITE = Suite("birds", "Birds", "1", Domain(DOCUMENTS), QUESTIONS)


def reader(say: Any, **fields: Any) -> fakes.Fake:
    """Looks everything up in the order of the documents, and answers by a function of prompt and product."""
    passages = tuple(Context(document.id, document.text) for document in DOCUMENTS)

    def answer(question: Question) -> Answer:
        return Answer(question.id, say(question.text, question.id), contexts=passages[:3])

    return fakes.Fake(answer, retrieves=True, documents=passages, **fields)


def careful(text: str, product: str) -> str:
    """What the prompt says of the product."""
    found = re.search(rf"{product} has a warranty of (\d years)", text)
    return found[1] if found else "unknown"


def hasty(text: str, _: str) -> str:
    """The first warranty that the prompt holds."""
    found = re.search(r"\d years", text)
    return found[0] if found else "unknown"


def stubborn(_: str, product: str) -> str:
    """What it learnt once."""
    return WARRANTIES.get(product, "unknown")


def means(axis: Any, candidate: fakes.Fake) -> dict[str, float]:
    found = scores(axis, evaluation(candidate, SUITE))
    values = {name: [score.value for score in items.values() if score.value is not None] for name, items in found.items()}
    return {name.partition(".")[2]: sum(known) / len(known) for name, known in values.items() if known}


def test_a_careful_reader_hangs_on_what_it_is_shown() -> None:
    found = means(robustness.AXIS, reader(careful))
    assert found == {"gold": 1, "none": 0, "invented": 0, "distractors": 0, "false": 1, "top@1": 0.25, "top@2": 0.5, "top@5": 1}


def test_a_stubborn_system_does_not() -> None:
    found = means(robustness.AXIS, reader(stubborn))
    assert found == {"gold": 1, "none": 1, "invented": 0, "distractors": 1, "false": 0, "top@1": 1, "top@2": 1, "top@5": 1}


def test_without_passages_an_answer_is_right_declined_or_invented() -> None:
    def guessing(text: str, product: str) -> str:
        return "3 years" if product != "heron" else careful(text, product)

    found = means(robustness.AXIS, reader(guessing))
    assert (found["none"], found["invented"]) == (0.25, 0.5)


def test_the_place_of_the_evidence_matters_to_who_reads_hastily() -> None:
    hurried, thorough = (means(context.AXIS, reader(say)) for say in (hasty, careful))
    assert (hurried["first"], hurried["middle"], hurried["last"]) == (1, 0, 0)
    assert (thorough["first"], thorough["middle"], thorough["last"]) == (1, 1, 1)


def test_the_evidence_stands_where_the_metric_says() -> None:
    prompts: dict[str, list[str]] = {}

    def noting(text: str, product: str) -> str:
        prompts.setdefault(product, []).append(text)
        return ""

    means(context.AXIS, reader(noting))
    first, middle, last = (re.findall(r"The (\w+) has", text) for text in prompts["osprey"][:3])
    assert (first[0], middle[2], last[-1]) == ("osprey",) * 3
    assert sorted(first) == sorted(middle) == sorted(last) == sorted(WARRANTIES)


def test_questions_without_an_answer_are_not_asked() -> None:
    assert all("nowhere" not in items for items in scores(robustness.AXIS, evaluation(reader(careful), SUITE)).values())


@pytest.mark.parametrize("axis", [robustness.AXIS, context.AXIS], ids=lambda axis: axis.name)
def test_who_looks_nothing_up_has_no_value(axis: Any) -> None:
    found = scores(axis, evaluation(fakes.gold(), SUITE))
    assert set(found) == {metric.name for metric in axis.metrics}
    assert all(score.status == "not_applicable" for items in found.values() for score in items.values())


def test_a_question_that_fails_counts_as_wrong() -> None:
    broken = fakes.Fake(
        lambda question: Answer(question.id, "", error="it broke"), retrieves=True, documents=reader(careful).documents
    )
    found = scores(robustness.AXIS, evaluation(broken, SUITE))
    assert {score.status for items in found.values() for score in items.values()} == {"failed"}
    assert {score.value for score in found["robustness.false"].values()} == {1.0}


def test_a_falsehood_is_of_the_same_kind_and_always_the_same() -> None:
    false = robustness.falsehoods(SUITE)
    assert false == robustness.falsehoods(SUITE)
    assert all(value in WARRANTIES.values() and value != WARRANTIES.get(name) for name, value in false.items())
    alone = Suite("one", "One", "1", Domain(DOCUMENTS), QUESTIONS[:1])
    assert robustness.falsehoods(alone) == {}
    assert {s.status for s in scores(robustness.AXIS, evaluation(reader(careful), alone))["robustness.false"].values()} == {
        "not_applicable"
    }


def test_rooms_stop_growing_once_everything_fits(base: Any, domain: Domain, questions: Any, runtime: Any) -> None:
    rag = LocalCandidate(System("rag", retrieve="bm25", max_new_tokens=8), base, domain, runtime)
    suite = Suite("small", "Small", "1", domain, questions)
    found = scores(context.AXIS, evaluation(rag, suite))
    states = [{score.status for score in found[metric.name].values()} for metric in context.BUDGETS.values()]
    asked = states.count({"scored"})
    assert 1 < asked < len(states)
    assert states == [{"scored"}] * asked + [{"not_applicable"}] * (len(states) - asked)
    assert {score.value for score in found["context.cut"].values()} <= {0.0, 1.0, 2.0, 3.0}


def test_rooms_are_not_applicable_to_what_cannot_count_the_tokens_of_its_prompts() -> None:
    class Uncounted(fakes.Fake):
        @property
        def abilities(self) -> frozenset[Ability]:
            return super().abilities - {"fits"}

    found = scores(
        context.AXIS, evaluation(Uncounted(reader(careful).answer, retrieves=True, documents=reader(careful).documents), SUITE)
    )
    budgets = {score.reason for metric in context.BUDGETS.values() for score in found[metric.name].values()}
    assert budgets == {"the tokens of the system's prompts cannot be counted"}
    assert {score.status for score in found["context.first"].values()} == {"scored"}


@pytest.mark.slow
def test_a_room_too_small_for_the_question_says_nothing(base: Any, domain: Domain, questions: Any, runtime: Any) -> None:
    wordy = LocalCandidate(System("rag", retrieve="bm25", max_new_tokens=60), base, domain, runtime)
    found = scores(context.AXIS, evaluation(wordy, Suite("small", "Small", "1", domain, questions)))
    assert {score.status for score in found["context.budget@64"].values()} == {"not_applicable"}
    assert {score.status for score in found["context.budget@512"].values()} == {"scored"}
    assert not {score.status for items in found.values() for score in items.values()} & {"failed"}


def test_without_passages_a_retrieving_system_is_its_base(base: Any, domain: Domain, questions: Any, runtime: Any) -> None:
    rag = LocalCandidate(System("rag", retrieve="bm25", max_new_tokens=8), base, domain, runtime)
    closed_book = LocalCandidate(System("base", max_new_tokens=8), base, domain, runtime).answers(questions)
    given_nothing = rag.answers_given_contexts(questions, [()] * len(questions))
    assert [answer.text for answer in given_nothing] == [answer.text for answer in closed_book]
    assert [answer.prompt_tokens for answer in given_nothing] == [answer.prompt_tokens for answer in closed_book]


def test_given_what_it_would_find_it_says_what_it_said(base: Any, domain: Domain, questions: Any, runtime: Any) -> None:
    rag = LocalCandidate(System("rag", retrieve="bm25", max_new_tokens=8), base, domain, runtime)
    said = rag.answers(questions)
    assert [answer.text for answer in rag.answers_given_contexts(questions, rag.retrieve(questions))] == [
        answer.text for answer in said
    ]


def test_readings_are_kept(base: Any, domain: Domain, questions: Any, runtime: Any) -> None:
    rag = LocalCandidate(System("rag", retrieve="bm25", max_new_tokens=8), base, domain, runtime)
    first = rag.answers_given_contexts(questions, [()] * len(questions))
    runtime.clear()
    assert rag.answers_given_contexts(questions, [()] * len(questions)) == first
    assert not runtime._held
    rag.answers_given_contexts(questions[:1], [rag.retrieve(questions[:1])[0]])
    assert runtime._held
