"""What of a model's replies is kept as a draft: each reason to drop one, and passages that are shared out fairly."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.core.schema import Document
from proctor.evals.judges.lexical import LexicalJudge
from proctor.suites.drafting import checks, replies, tasks
from proctor.suites.drafting.passages import DraftedFrom, in_order, shared_out, spread
from proctor.suites.drafting.replies import Drafted, Dropped

SOURCE = DraftedFrom(Document("hire", "x", "Hire"), "A cargo bike costs 32 euros a day. The deposit is 50 euros for any bike.")
GOOD = {"question": "What is a cargo bike a day?", "answer": "32 euros", "evidence": "A cargo bike costs 32 euros a day."}
FIELDS = tasks.FIELDS[tasks.ANSWERABLE]


def test_a_reply_is_read_whatever_stands_around_its_object():
    text = f"Sure, here it is {{as asked}}:\n```json\n{json.dumps(GOOD, indent=1)}\n```\nAnything else?"
    assert replies.read(SOURCE, text, FIELDS) == Drafted(SOURCE, **GOOD)


def test_evidence_that_differs_in_case_and_its_last_mark_alone_is_taken_as_it_stands():
    read = replies.read(SOURCE, json.dumps(GOOD | {"evidence": "the Deposit is 50 euros."}), FIELDS)
    assert isinstance(read, Drafted)
    assert read.evidence == "The deposit is 50 euros"


@pytest.mark.parametrize(
    ("text", "cut", "why"),
    [
        ("I cannot do that.", False, replies.UNREADABLE),
        (json.dumps(GOOD)[:50], True, replies.CUT),
        (json.dumps(GOOD | {"answer": ""}), False, replies.UNREADABLE),
        (json.dumps(GOOD | {"answer": ["32 euros"]}), False, replies.UNREADABLE),
        (json.dumps(GOOD | {"question": "Why? " * 100}), False, replies.LONG),
        ('{"question": "\\ud800", "answer": "a", "evidence": "b"}', False, replies.UNREADABLE),
    ],
)
def test_a_reply_that_is_no_draft_is_dropped_with_its_reason(text, cut, why):
    assert replies.read(SOURCE, text, FIELDS, cut=cut) == why


@given(st.text(alphabet=st.sampled_from('{}[]",:\\ abquestion\n\u2028\ud800'), max_size=80))
def test_any_reply_is_read_without_an_error(text):
    assert isinstance(replies.read(SOURCE, text, FIELDS), Drafted | Dropped)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({}, None),
        ({"evidence": "A cargo bike  costs\n32 euros a day."}, None),
        ({"evidence": "A cargo bike costs 40 euros a day."}, checks.NOT_EVIDENCE),
        ({"question": "What does the passage say a cargo bike costs?"}, checks.OF_PASSAGE),
        ({"question": "Was kostet ein Rad laut Text?"}, checks.OF_PASSAGE),
        ({"question": "Do 32 euros pay for a cargo bike?"}, checks.GIVEN_AWAY),
        ({"answer": "unknown"}, checks.DECLINES),
    ],
)
def test_a_draft_is_held_against_its_passage(changed, why):
    assert checks.first_fault(Drafted(SOURCE, **GOOD | changed)) == why


@pytest.mark.slow
def test_an_answer_stands_in_the_evidence_or_is_supported_by_it():
    drafts = [Drafted(SOURCE, **GOOD | {"answer": answer}) for answer in ("32 euros", "90 pounds")]
    assert checks.unsupported(drafts, LexicalJudge()) == [False, True]


def test_a_question_has_an_answer_where_what_is_said_to_it_is_supported_by_passages():
    judge, passages = LexicalJudge(), [SOURCE.text]
    asked = "What is the deposit for a bike?"
    assert checks.answered(asked, "50 euros", passages, judge)
    assert not checks.answered(asked, "Unknown.", passages, judge)
    assert not checks.answered("Who founded the bike shop?", "Ada Rossi", passages, judge)


def test_nearly_the_same_question_is_not_asked_twice():
    asked = checks.CheckedDraft(["What does a cargo bike cost for a day?"])
    assert not asked.is_new("What does the cargo bike cost for one day?")
    assert asked.is_new("What does a city bike cost for a week?")
    assert not asked.is_new("What does a city bike cost for a week?")


@given(st.integers(0, 300))
def test_a_spread_order_has_everything_once_and_begins_with_what_lies_apart(count):
    found = spread(range(count))
    assert sorted(found) == list(range(count))
    assert count < 4 or max(abs(one - other) for one in found[:2] for other in found[:2]) >= count // 4


@given(st.lists(st.integers(0, 6), min_size=1, max_size=20), st.integers(0, 5), st.integers(0, 5))
def test_no_passage_is_shared_by_test_and_training(lengths, test, training):
    documents = [Document(str(number), " ".join([f"text {number % 3}"] * length)) for number, length in enumerate(lengths)]
    order = in_order(documents, lambda one: [f"{one.text} and a part that is long {part}" for part in range(len(one.text) // 7)])
    ours, theirs = shared_out(order, test, training)
    assert not {one.text for one in ours} & {one.text for one in theirs}
    assert len(ours) + len(theirs) == len(order)
    assert training or not theirs
