"""Where evidence is lost, against indexes and prompts that are known beforehand."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.core.schema import Answer, Context, Document, Domain, InputError, Question, Suite
from proctor.core.storage.cache import Cache
from proctor.evals.axes import losses, retrieval
from proctor.evals.axes.losses import CAUSES, Trace
from proctor.evals.exam import EvalContext, Exam
from proctor.evals.testing import fakes
from tests.sample_evaluation import evaluation

LAMP = "The lamp of the Kestrel is green. It is changed by the maker. A new lamp costs 12 euros."
DOCUMENTS = (Document("lamp", LAMP), Document("door", "The door of the Kestrel opens to the left."), Document("cart", "A cart."))
PASSAGES = (
    *(Context("cart", f"A cart, number {number}.") for number in range(4)),
    Context("lamp", "The lamp of the Kestrel is green. It is changed"),
    Context("lamp", "by the maker. A new lamp costs 12 euros."),
    Context("door", "The door of the Kestrel opens to the left."),
)
QUESTIONS = (
    Question("colour", "What colour?", ("green",), ("lamp",)),
    Question("side", "Which side?", ("left",), ("door",)),
    Question("price", "How much?", ("12 euros",), ("lamp",)),
    Question("who", "Who changes it?", ("the maker",), ("lamp",), quotes=("It is changed by the maker.",)),
    Question("both", "Both?", ("left",), ("lamp", "door")),
    Question("loose", "Anything?", ("no",)),
)
SUITE = Suite("shop", "Shop", "1", Domain(DOCUMENTS), QUESTIONS)


def told(shown: dict[str, tuple[Context, ...]], cut: int = 0, top_k: int = 3, **more: Any) -> dict[str, Any]:
    """Question -> row, of a system that was shown these passages."""
    answers = {name: Answer(name, "x", contexts, cut=cut) for name, contexts in shown.items()}
    candidate = fakes.canned(answers, retrieves=True, documents=PASSAGES, top_k=top_k, **more)
    return {row["question"]: row for row in losses.traced(evaluation(Chunked(**vars(candidate)), SUITE))["questions"]}


class Chunked(fakes.Fake):
    """Has several passages of a document."""

    def chunks_of(self, documents: Any) -> dict[str, tuple[Context, ...]]:
        return {name: tuple(one for one in self.documents if one.document == name) for name in documents}


def test_every_cause_is_told_with_the_rank_and_the_text_that_is_missing() -> None:
    first = PASSAGES[:3]
    rows = told({"colour": (PASSAGES[4],), "side": first, "price": first, "who": first, "both": first})
    causes = {name: row["cause"] for name, row in rows.items()}
    assert causes == {"colour": "shown", "side": "beyond", "price": "beyond", "who": "split", "both": "beyond"}
    assert {name: row["pieces"][0]["rank"] for name, row in rows.items()} == {
        "colour": 5,
        "side": 7,
        "price": 6,
        "who": None,
        "both": 5,
    }
    assert rows["price"]["pieces"][0]["text"] == PASSAGES[5].text
    assert "It is changed by the maker." in rows["who"]["pieces"][0]["text"]
    assert rows["colour"]["pieces"][0]["text"] == ""


def test_another_passage_of_the_document_is_not_the_evidence() -> None:
    assert told({"price": (PASSAGES[4],)})["price"]["cause"] == "beyond"
    assert told({"price": (PASSAGES[5],)})["price"]["cause"] == "shown"


def test_what_the_prompt_had_no_room_for_was_cut() -> None:
    assert told({"colour": PASSAGES[:2]}, cut=4, top_k=6)["colour"]["cause"] == "cut"
    assert told({"side": PASSAGES[:2]}, cut=4, top_k=6)["side"]["cause"] == "beyond"


def test_of_several_pieces_the_one_that_was_lost_first_counts() -> None:
    rows = told({"both": (PASSAGES[6],)})
    assert [piece["cause"] for piece in rows["both"]["pieces"]] == ["beyond", "shown"]
    assert rows["both"]["cause"] == "beyond"


def test_what_is_not_among_the_passages_looked_up_has_no_rank(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(losses, "LOOKED", 4)
    row = told({"side": PASSAGES[:3]})["side"]
    assert (row["cause"], row["pieces"][0]["rank"]) == ("far", None)


def test_of_a_system_that_cannot_be_searched_it_is_known_what_was_shown_and_no_more() -> None:
    shown = {"colour": (PASSAGES[0], PASSAGES[4]), "price": PASSAGES[:3]}

    def answer(question: Question) -> Answer:
        return Answer(question.id, "x", shown.get(question.id))

    candidate = fakes.Answering(answer, abilities=frozenset({"retrieves"}))
    found = losses.traced(evaluation(candidate, SUITE))
    assert (found["searched"], found["looked"], found["top_k"]) == (False, 3, 3)
    assert {row["question"]: row["cause"] for row in found["questions"]} == {"colour": "shown", "price": "unseen"}
    assert [piece["rank"] for row in found["questions"] for piece in row["pieces"]] == [2, None]


def test_passages_of_a_store_that_was_filled_elsewhere_are_not_called_split() -> None:
    class Filled(Chunked):
        @property
        def abilities(self) -> Any:
            return super().abilities - {"reindexes"}

    candidate = fakes.canned({"who": Answer("who", "x", ())}, retrieves=True, documents=PASSAGES)
    found = losses.traced(evaluation(Filled(**vars(candidate)), SUITE))
    assert found["questions"][0]["cause"] == "far"


def of_candidate(candidate: Any, cache: Cache) -> EvalContext:
    return replace(evaluation(candidate, SUITE), cache=cache)


def test_passages_are_looked_up_once_for_the_same_answers(cache: Cache) -> None:
    asked: list[int] = []

    class Counting(Chunked):
        def retrieve(self, questions: Any, count: int) -> Any:
            asked.append(count)
            return super().retrieve(questions, count)

    answers = {"side": Answer("side", "x", PASSAGES[:3])}
    candidate = Counting(**vars(fakes.canned(answers, retrieves=True, documents=PASSAGES)))
    first, again = (losses.files(of_candidate(candidate, cache)) for _ in range(2))
    assert first == again
    assert asked == [losses.LOOKED]
    other = replace(candidate, version="2")
    losses.files(of_candidate(other, cache))
    assert len(asked) == 2


def test_an_index_that_cannot_be_searched_just_now_is_said_and_searched_the_next_time(cache: Cache) -> None:
    class Down(Chunked):
        def retrieve(self, *_: Any) -> Any:
            raise InputError("the store is down")

    candidate = fakes.canned({"side": Answer("side", "x", PASSAGES[:3])}, retrieves=True, documents=PASSAGES)
    found = json.loads(losses.files(of_candidate(Down(**vars(candidate)), cache))[losses.FILE])
    assert (found["searched"], found["why"]) == (False, "the store is down")
    assert found["questions"][0]["cause"] == "unseen"
    assert json.loads(losses.files(of_candidate(Chunked(**vars(candidate)), cache))[losses.FILE])["searched"]


def test_the_axis_keeps_the_file_with_its_run(cache: Cache) -> None:
    kept: dict[str, Any] = {}
    candidate = fakes.canned({"side": Answer("side", "x", PASSAGES[:3])}, retrieves=True, documents=PASSAGES)
    exam = Exam(of_candidate(Chunked(**vars(candidate)), cache), lambda _: None, keep=kept.__setitem__)
    exam.run(retrieval.AXIS)
    assert json.loads(kept["retrieval"]["lost.json"])["questions"][0]["cause"] == "beyond"


CART, GREEN, PRICE, DOOR = PASSAGES[0], PASSAGES[4], PASSAGES[5], PASSAGES[6]


def staged(*steps: tuple[str, tuple[Context, ...]], cut: int = 0) -> dict[str, Any]:
    """The evidence of "side", of a system that shows two passages and has these stages."""

    class Staged(Chunked):
        def steps(self, questions: Any) -> Any:
            return [steps] * len(questions)

        def retrieve(self, *_: Any) -> Any:
            raise AssertionError("more passages may cost money")

    shown = steps[-1][1][: 2 - cut]
    candidate = fakes.canned({"side": Answer("side", "x", shown, cut=cut)}, retrieves=True, documents=PASSAGES, top_k=2)
    told = losses.traced(evaluation(Staged(**vars(candidate)), SUITE))
    (row,) = told["questions"]
    return {"cause": row["cause"], "rank": row["pieces"][0]["rank"], "looked": told["looked"]}


@pytest.mark.parametrize(
    ("found", "reranked", "cause", "rank"),
    [
        ((DOOR, CART, GREEN), (CART, GREEN, DOOR), "reranked", 3),
        ((CART, GREEN, DOOR), (CART, GREEN, DOOR), "reranked", 3),
        ((CART, GREEN, DOOR), (CART, GREEN), "reranked", 3),
        ((CART, GREEN, DOOR), (DOOR, CART, GREEN), "shown", 1),
        ((CART, GREEN), (CART, GREEN), "far", None),
    ],
)
def test_what_a_reranker_was_handed_and_did_not_choose_was_lost_there(found: Any, reranked: Any, cause: str, rank: int) -> None:
    told = staged(("dense", found), ("reranked", reranked), ("top_k", reranked[:2]))
    assert told == {"cause": cause, "rank": rank, "looked": len(found)}


@pytest.mark.parametrize(
    ("found", "chosen", "cause"),
    [((CART, DOOR, GREEN), (CART, GREEN), "diverse"), ((CART, GREEN, DOOR), (CART, GREEN), "beyond")],
)
def test_mmr_passes_over_what_would_have_been_shown_without_it(found: Any, chosen: Any, cause: str) -> None:
    steps = (("dense", found[::-1]), ("bm25", found), ("fused", found), ("mmr", chosen), ("top_k", chosen))
    assert staged(*steps)["cause"] == cause


def test_what_a_reranker_did_choose_may_be_cut_for_want_of_room() -> None:
    reranked = (CART, DOOR, GREEN)
    assert staged(("dense", (CART, GREEN, DOOR)), ("reranked", reranked), ("top_k", reranked[:2]), cut=1)["cause"] == "cut"


def test_a_search_that_chooses_nothing_is_looked_through_as_any_other() -> None:
    class Fused(Chunked):
        def steps(self, questions: Any) -> Any:
            return [[("dense", PASSAGES[:3]), ("bm25", PASSAGES[:3]), ("fused", PASSAGES[:3]), ("top_k", PASSAGES[:3])]] * len(
                questions
            )

    candidate = fakes.canned({"side": Answer("side", "x", PASSAGES[:3])}, retrieves=True, documents=PASSAGES)
    told = losses.traced(evaluation(Fused(**vars(candidate)), SUITE))
    assert (told["looked"], told["questions"][0]["pieces"][0]["rank"]) == (losses.LOOKED, 7)


RANKS = st.none() | st.integers(1, 60)


@given(
    st.builds(
        Trace,
        st.booleans(),
        st.none() | st.booleans(),
        RANKS,
        st.booleans(),
        st.integers(1, 60),
        st.integers(0, 5),
        st.sampled_from(["", "reranked", "diverse"]),
    )
)
def test_whatever_is_known_there_is_one_cause_and_only_what_is_seen_was_shown(trace: Trace) -> None:
    assert trace.cause in CAUSES
    assert (trace.cause == "shown") == trace.seen
    assert trace.cause != "cut" or (trace.cut and trace.rank is not None and trace.rank <= trace.top_k)


@given(st.lists(st.lists(st.sampled_from(PASSAGES), max_size=5, unique=True), min_size=5, max_size=5), st.integers(0, 3))
def test_causes_part_the_questions_with_evidence_among_them(shown: list[list[Context]], cut: int) -> None:
    asked = [question.id for question in QUESTIONS if question.evidence]
    rows = told({name: tuple(contexts) for name, contexts in zip(asked, shown, strict=True)}, cut)
    counts = Counter(row["cause"] for row in rows.values())
    assert sum(counts.values()) == len(asked)
    for row in rows.values():
        assert row["cause"] == losses.first([piece["cause"] for piece in row["pieces"]])
        assert all(bool(piece["text"]) == (piece["cause"] != "shown") for piece in row["pieces"])
