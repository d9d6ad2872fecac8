"""What systems make of passages that they are given, against readers whose answers are known beforehand."""

from __future__ import annotations

import re
from typing import Any

import pytest

from proctor.core.schema import Ability, Answer, Context, Document, Domain, Question, Suite
from proctor.evals.axes import context, dependence
from proctor.evals.testing import fakes
from proctor.models.candidates.local import Candidate
from proctor.models.systems import System
from tests.sample_sheet import scores, sheet

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
    found = scores(axis, sheet(candidate, SUITE))
    values = {name: [score.value for score in items.values() if score.value is not None] for name, items in found.items()}
    return {name.partition(".")[2]: sum(known) / len(known) for name, known in values.items() if known}


def test_a_careful_reader_hangs_on_what_it_is_shown() -> None:
    found = means(dependence.AXIS, reader(careful))
    assert found == {"gold": 1, "none": 0, "invented": 0, "distractors": 0, "false": 1, "top@1": 0.25, "top@2": 0.5, "top@5": 1}


def test_a_stubborn_system_does_not() -> None:
    found = means(dependence.AXIS, reader(stubborn))
    assert found == {"gold": 1, "none": 1, "invented": 0, "distractors": 1, "false": 0, "top@1": 1, "top@2": 1, "top@5": 1}


def test_without_passages_an_answer_is_right_declined_or_invented() -> None:
    def guessing(text: str, product: str) -> str:
        return "3 years" if product != "heron" else careful(text, product)

    found = means(dependence.AXIS, reader(guessing))
    assert (found["none"], found["invented"]) == (0.25, 0.5)


def test_the_place_of_the_evidence_matters_to_who_reads_hastily() -> None:
    hurried, thorough = (means(context.AXIS, reader(say)) for say in (hasty, careful))
    assert (hurried["first"], hurried["middle"], hurried["last"]) == (1, 0, 0)
    assert (thorough["first"], thorough["middle"], thorough["last"]) == (1, 1, 1)


def test_the_evidence_stands_where_the_measure_says() -> None:
    prompts: dict[str, list[str]] = {}

    def noting(text: str, product: str) -> str:
        prompts.setdefault(product, []).append(text)
        return ""

    means(context.AXIS, reader(noting))
    first, middle, last = (re.findall(r"The (\w+) has", text) for text in prompts["osprey"][:3])
    assert (first[0], middle[2], last[-1]) == ("osprey",) * 3
    assert sorted(first) == sorted(middle) == sorted(last) == sorted(WARRANTIES)


def test_questions_without_an_answer_are_not_asked() -> None:
    assert all("nowhere" not in items for items in scores(dependence.AXIS, sheet(reader(careful), SUITE)).values())


@pytest.mark.parametrize("axis", [dependence.AXIS, context.AXIS], ids=lambda axis: axis.name)
def test_who_looks_nothing_up_has_no_value(axis: Any) -> None:
    found = scores(axis, sheet(fakes.gold(), SUITE))
    assert set(found) == {measure.name for measure in axis.measures}
    assert all(score.status == "not_applicable" for items in found.values() for score in items.values())


def test_a_question_that_fails_counts_as_wrong() -> None:
    broken = fakes.Fake(
        lambda question: Answer(question.id, "", error="it broke"), retrieves=True, documents=reader(careful).documents
    )
    found = scores(dependence.AXIS, sheet(broken, SUITE))
    assert {score.status for items in found.values() for score in items.values()} == {"failed"}
    assert {score.value for score in found["dependence.false"].values()} == {1.0}


def test_a_falsehood_is_of_the_same_kind_and_always_the_same() -> None:
    false = dependence.falsehoods(SUITE)
    assert false == dependence.falsehoods(SUITE)
    assert all(value in WARRANTIES.values() and value != WARRANTIES.get(name) for name, value in false.items())
    alone = Suite("one", "One", "1", Domain(DOCUMENTS), QUESTIONS[:1])
    assert dependence.falsehoods(alone) == {}
    assert {s.status for s in scores(dependence.AXIS, sheet(reader(careful), alone))["dependence.false"].values()} == {
        "not_applicable"
    }


def test_rooms_stop_growing_once_everything_fits(base: Any, domain: Domain, questions: Any, bench: Any) -> None:
    rag = Candidate(System("rag", retrieve="bm25", max_new_tokens=8), base, domain, bench)
    suite = Suite("small", "Small", "1", domain, questions)
    found = scores(context.AXIS, sheet(rag, suite))
    states = [{score.status for score in found[measure.name].values()} for measure in context.BUDGETS.values()]
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
        context.AXIS, sheet(Uncounted(reader(careful).answer, retrieves=True, documents=reader(careful).documents), SUITE)
    )
    budgets = {score.reason for measure in context.BUDGETS.values() for score in found[measure.name].values()}
    assert budgets == {"the tokens of the system's prompts cannot be counted"}
    assert {score.status for score in found["context.first"].values()} == {"scored"}


@pytest.mark.slow
def test_a_room_too_small_for_the_question_says_nothing(base: Any, domain: Domain, questions: Any, bench: Any) -> None:
    wordy = Candidate(System("rag", retrieve="bm25", max_new_tokens=60), base, domain, bench)
    found = scores(context.AXIS, sheet(wordy, Suite("small", "Small", "1", domain, questions)))
    assert {score.status for score in found["context.budget@64"].values()} == {"not_applicable"}
    assert {score.status for score in found["context.budget@512"].values()} == {"scored"}
    assert not {score.status for items in found.values() for score in items.values()} & {"failed"}


def test_without_passages_a_retrieving_system_is_its_base(base: Any, domain: Domain, questions: Any, bench: Any) -> None:
    rag = Candidate(System("rag", retrieve="bm25", max_new_tokens=8), base, domain, bench)
    closed_book = Candidate(System("base", max_new_tokens=8), base, domain, bench).answers(questions)
    given_nothing = rag.readings(questions, [()] * len(questions))
    assert [answer.text for answer in given_nothing] == [answer.text for answer in closed_book]
    assert [answer.prompt_tokens for answer in given_nothing] == [answer.prompt_tokens for answer in closed_book]


def test_given_what_it_would_find_it_says_what_it_said(base: Any, domain: Domain, questions: Any, bench: Any) -> None:
    rag = Candidate(System("rag", retrieve="bm25", max_new_tokens=8), base, domain, bench)
    said = rag.answers(questions)
    assert [answer.text for answer in rag.readings(questions, rag.passages(questions))] == [answer.text for answer in said]


def test_readings_are_kept(base: Any, domain: Domain, questions: Any, bench: Any) -> None:
    rag = Candidate(System("rag", retrieve="bm25", max_new_tokens=8), base, domain, bench)
    first = rag.readings(questions, [()] * len(questions))
    bench.clear()
    assert rag.readings(questions, [()] * len(questions)) == first
    assert not bench._held
    rag.readings(questions[:1], [rag.passages(questions[:1])[0]])
    assert bench._held
