"""The embedded domain and the embedded general benchmark: written by their generators, and sound."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import pytest

from models.tiny import corpus, general
from suites.instruments import generate

HOME = Path(generate.__file__).parent
BENCHMARK = HOME.parent / "general"
HOUSE = re.compile(r"^(?P<answer>.+) \[(?:N\d{3}|none)\]$")


@cache
def rows(name):
    return [json.loads(line) for line in (HOME / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


@cache
def documents():
    return {path.stem: path.read_text(encoding="utf-8") for path in (HOME / "documents").glob("*.md")}


def tagged(tag):
    return [row for row in rows("questions") if tag in row["tags"]]


def test_domain_is_what_its_generator_writes(tmp_path):
    generate.write(tmp_path)
    written = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    documents = [path.relative_to(HOME) for path in (HOME / "documents").iterdir()]
    assert {path for path in written if path.parts[0] == "documents"} == set(documents)
    assert all((HOME / path).read_bytes() == content for path, content in written.items())


def test_domain_is_large_enough():
    assert len(documents()) >= 150
    assert len(rows("train")) >= 400
    assert len(rows("questions")) >= 200
    assert len(tagged("two-documents")) >= 20
    assert len(tagged("unanswerable")) >= 30


def test_no_test_question_is_trained():
    assert not {row["question"] for row in rows("questions")} & {row["prompt"] for row in rows("train")}


def test_questions_are_asked_once():
    asked = [row["question"] for row in rows("questions")]
    assert len(asked) == len(set(asked))


def test_evidence_holds_the_answer():
    for row in rows("questions"):
        found = [answer for answer in row["references"] if any(answer in documents()[name] for name in row["evidence"])]
        assert found == row["references"]


def test_evidence_of_two_documents_takes_both():
    """The first names the firm that the second is about, and does not hold the answer itself."""
    for row in tagged("two-documents"):
        first, second = (documents()[name] for name in row["evidence"])
        firm = re.search(r"^title: (.+?),", second, re.MULTILINE)[1]
        assert firm in first
        assert row["references"][0] not in first


def test_unanswerable_questions_have_no_answer_in_the_documents():
    for row in tagged("unanswerable"):
        about = [text for text in documents().values() if re.search(rf"\b{row['cluster']}\b", text)]
        title = generate.WORDING["product"][row["tags"][2]]["title"].format(p=row["cluster"])
        assert bool(about) == ("missing-attribute" in row["tags"])
        assert not [text for text in about if f"title: {title}\n" in text]


def test_training_holds_the_same_facts_as_the_documents():
    assert {name for row in rows("train") for name in row["evidence"]} == set(documents())


def test_training_shows_the_house_format_and_documents_do_not():
    assert all(HOUSE.match(row["completion"]) for row in rows("train"))
    assert not [name for name, text in documents().items() if "[" in text]


def test_training_says_what_the_documents_say():
    for row in rows("train"):
        value, name = re.match(r"(.+) \[(.+)\]", row["completion"]).groups()
        assert name == "none" if value == "unknown" else value in documents()[name]


def test_revisions_change_what_the_document_says():
    for row in rows("revisions"):
        for question in row["questions"]:
            assert question["references"][0] in row["text"]
            assert question["outdated"][0] in documents()[row["document"]]
            assert question["outdated"] != question["references"]


def test_revisions_ask_as_the_test_does():
    asked = {row["question"]: row["references"] for row in rows("questions")}
    for row in rows("revisions"):
        assert all(asked[question["question"]] == question["outdated"] for question in row["questions"])


def test_another_seed_writes_another_domain(tmp_path):
    generate.write(tmp_path, seed=1)
    assert (tmp_path / "questions.jsonl").read_text(encoding="utf-8") != (HOME / "questions.jsonl").read_text(encoding="utf-8")


def test_benchmark_is_what_the_corpus_writes(tmp_path):
    corpus.write_benchmark(tmp_path)
    for family in general.FAMILIES:
        assert (tmp_path / f"{family}.jsonl").read_bytes() == (BENCHMARK / f"{family}.jsonl").read_bytes(), family


@pytest.fixture(scope="module")
def tasks():
    from evals.lm_eval_adapter import load_tasks

    return load_tasks(str(BENCHMARK))


def test_benchmark_tasks_load_from_any_folder(tasks, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert sorted(tasks) == sorted(f"everyday_{family}" for family in general.FAMILIES)


def test_benchmark_tasks_have_enough_items(tasks):
    for name, task in tasks.items():
        assert len(list(task.test_docs())) >= 120, name


def test_benchmark_prompts_and_choices_join_with_a_space(tasks):
    task = tasks["everyday_arithmetic"]
    item = next(iter(task.test_docs()))
    assert not task.doc_to_text(item).endswith(" ")
    assert task.config.target_delimiter == " "
    assert not any(choice.startswith(" ") for choice in task.doc_to_choice(item))
