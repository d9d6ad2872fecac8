"""Decisions on drafts: what is written, what is left as it was, and what is taken back."""

from __future__ import annotations

import json

import pytest

from proctor.core.schema import InputError
from proctor.suites.drafting.review import Edit, GoneError, Review
from proctor.suites.loading.load import load

DRAFT = {"by": "openai:m", "version": "1", "from": "hire"}
ROWS = [
    '{"question":  "Who is the mechanic?", "references": ["Ilse"], "evidence": ["shop"]}',
    "",
    json.dumps({"question": "What is it?", "references": ["32 euros"], "evidence": ["bike costs 32 euros"], "draft": DRAFT}),
    json.dumps({"user_input": "Who founded it?", "reference": [], "draft": True}),
]
TRAIN = [json.dumps({"prompt": "What is the deposit?", "completion": "50 euros", "evidence": ["hire"], "draft": DRAFT})]


def written(folder, end="\n"):
    (folder / "documents").mkdir(parents=True)
    (folder / "documents" / "hire.md").write_text("A cargo bike costs\n32 euros a day. The deposit is 50 euros.")
    (folder / "documents" / "shop.md").write_text("The mechanic is Ilse.")
    (folder / "suite.toml").write_text('name = "shop"\n')
    (folder / "questions.jsonl").write_bytes(end.join([*ROWS, ""]).encode())
    (folder / "train.jsonl").write_bytes(end.join([*TRAIN, ""]).encode())
    return Review(folder, load(str(folder)))


@pytest.fixture
def review(tmp_path):
    return written(tmp_path / "shop")


def test_drafts_are_shown_with_their_evidence_in_its_document(review):
    first, second, third = review.drafts()
    assert (first.line, second.line, third.file) == (3, 4, "train.jsonl")
    text = review.suite.document(first.document).text
    assert text[slice(*first.span)] == "bike costs\n32 euros"
    assert first.by == "openai:m 1"
    assert (second.question, second.answers, second.span) == ("Who founded it?", (), (0, 0))
    assert review.suite.document(third.document).text[slice(*third.span)] == "50 euros"


def test_the_loader_names_the_rows_that_are_drafts(review):
    assert [(row.file, row.line, bool(row.question)) for row in review.suite.drafts] == [
        ("train.jsonl", 1, False),
        ("questions.jsonl", 3, True),
        ("questions.jsonl", 4, True),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_no_other_row_is_touched(tmp_path, end):
    review = written(tmp_path / "shop", end)
    first, second, _ = review.drafts()
    review.accept(first.file, first.raw)
    review.drop(second.file, second.raw)
    lines = (review.folder / "questions.jsonl").read_bytes().decode().split(end)
    assert (lines[:2], lines[3:]) == (ROWS[:2], [""])
    assert json.loads(lines[2])["draft"] | {"accepted": ""} == DRAFT | {"accepted": ""}
    assert [row.file for row in load(str(review.folder)).drafts] == ["train.jsonl"]


def test_to_accept_a_draft_changes_no_version(review):
    before = load(str(review.folder)).version
    for draft in review.drafts():
        review.accept(draft.file, draft.raw)
    after = load(str(review.folder))
    assert (after.version, after.drafts) == (before, ())


def test_an_edit_keeps_the_names_of_the_fields(review):
    _, second, third = review.drafts()
    review.accept(second.file, second.raw, Edit(" Who founded the shop? ", ("Ilse",), ("shop",)))
    review.accept(third.file, third.raw, Edit("How much is the deposit?", ("50",), ("hire",)))
    row = json.loads((review.folder / "questions.jsonl").read_text().splitlines()[3])
    assert row == {"user_input": "Who founded the shop?", "reference": ["Ilse"], "evidence": ["shop"]}
    learnt = json.loads((review.folder / "train.jsonl").read_text())
    assert (learnt["completion"], learnt["draft"]["edited"]) == ("50", True)


def test_an_edit_that_the_exam_could_not_use_is_refused_and_nothing_is_written(review):
    before = (review.folder / "questions.jsonl").read_bytes()
    first = review.drafts()[0]
    with pytest.raises(InputError, match="no document"):
        review.accept(first.file, first.raw, Edit("What?", ("a",), ("hier",)))
    with pytest.raises(InputError, match="question"):
        review.accept(first.file, first.raw, Edit(" ", ("a",), ("hire",)))
    assert (review.folder / "questions.jsonl").read_bytes() == before


def test_decisions_are_taken_back_in_turn(review):
    files = [review.folder / name for name in ("questions.jsonl", "train.jsonl")]
    before = [file.read_bytes() for file in files]
    first, second, third = review.drafts()
    review.drop(second.file, second.raw)
    review.accept(third.file, third.raw)
    review.accept(first.file, first.raw)
    while review.can_undo:
        review.undo()
    assert [file.read_bytes() for file in files] == before


def test_what_somebody_else_changed_is_not_overwritten(review):
    first, second, _ = review.drafts()
    review.drop(second.file, second.raw)
    file = review.folder / "questions.jsonl"
    file.write_text(file.read_text().replace("32 euros", "33 euros"))
    changed = file.read_bytes()
    with pytest.raises(GoneError, match="not there any more"):
        review.accept(first.file, first.raw)
    with pytest.raises(GoneError, match="another program"):
        review.undo()
    assert file.read_bytes() == changed


def test_a_mark_that_is_none_is_a_problem_with_its_line(review):
    (review.folder / "train.jsonl").write_text('{"prompt": "a b", "completion": "c", "draft": "yes"}\n')
    with pytest.raises(InputError, match=r"train\.jsonl:1: field 'draft': true, false, or an object .* not \"yes\""):
        load(str(review.folder))
