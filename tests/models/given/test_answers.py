"""Kind ``answers``: rows of a file belong to questions by id or by text, and what is missing is unmeasured and not wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from proctor.core.schema import Document, Domain, InputError, Question, Suite
from proctor.core.storage.cache import Cache
from proctor.evals.axes import accuracy, retrieval
from proctor.evals.exam import item_scores
from proctor.evals.testing.checks import candidate_checks
from proctor.models.candidates.answers import Answers
from proctor.models.candidates.external import Setup
from proctor.models.candidates.kinds import KINDS
from proctor.models.runtime import Runtime
from proctor.models.systems import System, load
from tests.sample_evaluation import evaluation

QUESTIONS = (
    Question("q1", "Who supplies the Halvo?", ("Hal Systems",), ("N1",)),
    Question("q2", "How long is the cable?", ("8 m",), ("N2",)),
    Question("q3", "Who made the Orbis?"),
)
DOMAIN = Domain((Document("N1", "Hal Systems supplies the Halvo."), Document("N2", "The cable is 8 m long.")))


def candidate(
    folder: Path, rows: list[dict[str, Any]], name: str = "bot.jsonl", questions: Any = QUESTIONS, limit: int | None = None
) -> Answers:
    (path := folder / name).write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    texts = {one.id: one.text for one in questions}
    setup = Setup(DOMAIN, Runtime(Cache(folder / "cache")), "tiny", questions=texts, limit=limit)
    made = KINDS["answers"](System("bot", answers=str(path)), setup, 0)
    assert isinstance(made, Answers)
    return made


def test_rows_are_found_by_id_and_else_by_text(tmp_path: Path) -> None:
    bot = candidate(tmp_path, [{"id": "q1", "answer": "Hal"}, {"question": "How  long is the cable?", "answer": "8 m"}])
    assert [answer.text for answer in bot.answers(QUESTIONS[:2])] == ["Hal", "8 m"]
    assert bot.notes[0] == "bot.jsonl is JSON lines: 1 question found by id, 1 question found by text"


def test_an_id_under_which_the_file_has_another_question_is_not_believed(tmp_path: Path) -> None:
    rows = [{"id": "q1", "question": "How long is the cable?", "answer": "8 m"}]
    one, two, _ = candidate(tmp_path, rows).answers(QUESTIONS)
    assert (one.absent, one.error) == (True, "bot.jsonl has another question under this id (line 1)")
    assert two.text == "8 m"


def test_a_prompt_that_holds_the_question_is_about_it(tmp_path: Path) -> None:
    rows = [{"id": "q1", "prompt": "Answer briefly.\n\nWho supplies the Halvo?", "answer": "Hal"}]
    assert candidate(tmp_path, rows).answers(QUESTIONS[:1])[0].text == "Hal"


def test_what_is_missing_or_unknown_is_counted_and_named(tmp_path: Path) -> None:
    rows = [{"id": "q1", "answer": "Hal"}, {"id": "q2", "answer": None}, {"id": "x9", "answer": "?"}]
    _, *odd = candidate(tmp_path, rows).notes
    assert odd == [
        "2 questions are without an answer in it, and unmeasured: q2, q3",
        "1 row is about no question of the suite: x9 (line 3)",
    ]


def test_questions_beyond_the_limit_miss_no_answer_and_are_of_the_suite(tmp_path: Path) -> None:
    rows = [{"id": "q1", "answer": "Hal"}, {"id": "q3", "answer": "Orb"}]
    assert candidate(tmp_path, rows[:1], limit=1).notes == ("bot.jsonl is JSON lines: 1 question found by id",)
    _, *odd = candidate(tmp_path, rows, limit=2).notes
    assert odd == ["1 question is without an answer in it, and unmeasured: q2"]


def test_a_question_that_is_answered_twice_and_not_alike_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"bot.jsonl: line 1 and line 3 answer q1, and not alike"):
        candidate(tmp_path, [{"id": "q1", "answer": "Hal"}, {"id": "q2", "answer": "8 m"}, {"id": "q1", "answer": "Val"}])
    bot = candidate(tmp_path, [{"id": "q1", "answer": "Hal"}, {"id": "q1", "answer": "Hal"}])
    assert bot.answers(QUESTIONS[:1])[0].text == "Hal"
    assert "1 question is answered more than once, and alike: q1 (line 1, line 2)" in bot.notes


def test_a_question_without_an_answer_is_unmeasured_and_one_that_failed_counts_as_wrong(tmp_path: Path) -> None:
    bot = candidate(tmp_path, [{"id": "q1", "answer": "Hal Systems"}, {"id": "q3", "answer": "", "error": "timeout"}])
    suite = Suite("s", "S", "1", DOMAIN, QUESTIONS)
    found = {(mark.metric.name, mark.item): mark.score for mark in item_scores(accuracy.AXIS, evaluation(bot, suite))}
    assert found["accuracy.exact", "q1"].value == 1
    assert found["accuracy.exact", "q2"].status == "unmeasured"
    assert found["accuracy.exact", "q2"].reason == "bot.jsonl has no answer to this question"
    assert found["abstention.missed", "q3"].status == "failed" if ("abstention.missed", "q3") in found else True


def test_passages_are_matched_with_documents_and_count_for_retrieval(tmp_path: Path) -> None:
    rows = [
        {"id": "q1", "answer": "Hal", "contexts": [{"text": "Hal Systems supplies", "source": "N1"}], "citations": ["N1"]},
        {"id": "q2", "answer": "8 m [N2]", "contexts": ["The cable is 8 m long."]},
        {"id": "q3", "answer": "?", "contexts": []},
    ]
    bot = candidate(tmp_path, rows)
    one, two, three = bot.answers(QUESTIONS)
    assert bot.abilities == {"retrieves"}
    assert [context.document for context in (*(one.contexts or ()), *(two.contexts or ()))] == ["N1", "N2"]
    assert (one.citations, three.contexts) == (("N1",), ())
    suite = Suite("s", "S", "1", DOMAIN, QUESTIONS)
    found = {(mark.metric.name, mark.item): mark.score for mark in item_scores(retrieval.AXIS, evaluation(bot, suite))}
    assert found["retrieval.recall@1", "q2"].value == 1


def test_a_file_without_passages_has_no_retrieval_to_speak_of(tmp_path: Path) -> None:
    bot = candidate(tmp_path, [{"id": one.id, "answer": "?"} for one in QUESTIONS])
    assert bot.abilities == set()
    assert {answer.contexts for answer in bot.answers(QUESTIONS)} == {None}


def test_the_version_is_that_of_the_content_and_not_of_the_name(tmp_path: Path) -> None:
    rows = [{"id": "q1", "answer": "Hal"}]
    versions = [candidate(tmp_path, rows, name).version for name in ("a.jsonl", "b.jsonl")]
    assert len(set(versions)) == 1
    assert candidate(tmp_path, [{"id": "q1", "answer": "Val"}]).version not in versions


def test_a_path_is_relative_to_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "systems.toml").write_text('[bot]\nanswers = "bot.jsonl"\n[bot.given]\nprovider = "x"\n')
    monkeypatch.chdir(tmp_path)
    bot = load(tmp_path / "t" / "systems.toml")["bot"]
    assert (bot.answers, bot.given.provider) == (str(tmp_path / "t" / "bot.jsonl"), "x")


def test_a_missing_file_is_named_with_the_system(tmp_path: Path) -> None:
    from proctor.models.candidates.kinds import candidate as made

    setup = Setup(DOMAIN, Runtime(Cache(tmp_path / "cache")), "tiny")
    with pytest.raises(InputError, match=r"^system bot: .*none.jsonl: the file is missing; give the path"):
        made(System("bot", answers=str(tmp_path / "none.jsonl")), None, setup)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("checks")


ROWS = [{"id": one.id, "answer": f"It is {one.references}", "contexts": ["The cable is 8 m long."]} for one in QUESTIONS]
HERE = Path("unused")
_made = {"folder": HERE}


@pytest.fixture(scope="module", autouse=True)
def _place(folder: Path) -> None:
    _made["folder"] = folder


def make() -> Answers:
    return candidate(_made["folder"], ROWS)


def other() -> Answers:
    return candidate(_made["folder"], ROWS[:2], "other.jsonl")


@pytest.mark.parametrize("check", candidate_checks(make, QUESTIONS, DOMAIN, others=[other]))
def test_holds_what_every_candidate_must(check: Any) -> None:
    check()
