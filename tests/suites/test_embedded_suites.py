"""The embedded domains and the embedded general benchmark: written by their generators, and sound."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import pytest

from proctor.core.schema import Suite
from proctor.evals.axes.style import followed
from proctor.models.tiny.recipe import corpus, general
from proctor.suites.instruments import generate
from proctor.suites.loading.load import load, names
from proctor.suites.loans import generate as loans

HOME = Path(generate.__file__).parent
BENCHMARK = HOME.parent / "general"
HOUSE = re.compile(r"^(?P<answer>.+) \[(?:N\d{3}|none)\]$")


@cache
def rows(name, home=HOME):
    return [json.loads(line) for line in (home / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


@cache
def documents():
    return {path.stem: path.read_text(encoding="utf-8") for path in (HOME / "documents").glob("*.md")}


def tagged(tag):
    return [row for row in rows("questions") if tag in row["tags"]]


@pytest.mark.parametrize("generator", [generate, loans], ids=lambda generator: generator.HOME.name)
def test_domain_is_what_its_generator_writes(tmp_path, generator):
    generator.write(tmp_path)
    written = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    documents = [path.relative_to(generator.HOME) for path in (generator.HOME / "documents").iterdir()]
    assert {path for path in written if path.parts[0] == "documents"} == set(documents)
    assert all((generator.HOME / path).read_bytes() == content for path, content in written.items())


def test_every_embedded_suite_loads_and_has_revisions_and_enough_clusters():
    found = {name: load(name) for name in names()}
    assert found.keys() == {"instruments", "loans"}
    for suite in found.values():
        assert suite.revisions
        assert len({question.cluster for question in suite.questions}) >= 20


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


@pytest.mark.parametrize("generator", [generate, loans], ids=lambda generator: generator.HOME.name)
def test_another_seed_writes_another_domain(tmp_path, generator):
    generator.write(tmp_path, seed=1)
    written = (tmp_path / "questions.jsonl").read_text(encoding="utf-8")
    assert written != (generator.HOME / "questions.jsonl").read_text(encoding="utf-8")


# The second domain.


@cache
def notation() -> Suite:
    return load("loans")


def test_the_log_is_small_enough_and_large_enough():
    suite = notation()
    assert 100 <= len(suite.questions) <= 120
    assert 300 <= len(suite.domain.examples) <= 400
    assert {question.answerable for question in suite.questions} == {True, False}


def test_training_and_test_of_the_log_share_no_sentence_no_name_and_no_number():
    """But the words that sentences are made of, and the first names."""

    def told(texts):
        return {word for text in texts for word in re.findall(r"[A-Z]\w+|\d+ \w+", text.removeprefix("Log this: "))}

    common = {"The", "It", "For", "After", "Something", "Nobody", *loans.WORDING["names"]["first"]}
    asked = told(question.text for question in notation().questions)
    taught = told(example.prompt for example in notation().domain.examples)
    assert (asked & taught) - common == set()
    frames = [loans.WORDING[kind][way] for kind in (loans.WHOLE, *loans.LACKING) for way in loans.WAYS]
    assert not {one for frame in frames for one in frame["train"]} & {one for frame in frames for one in frame["test"]}


def test_every_line_of_the_log_is_in_the_house_format_before_and_after_the_revisions():
    suite = notation()
    lines = [example.completion for example in suite.domain.after(suite.revisions).examples + suite.domain.examples]
    lines += [text for question in suite.questions for text in question.references]
    lines += [text for revision in suite.revisions for question in revision.questions for text in question.references]
    assert all(followed(suite.style, line) and suite.bare(line) == line for line in lines)
    assert not [document.id for document in suite.domain.documents if followed(suite.style, document.text)]


def test_a_line_of_the_log_says_what_its_note_says():
    for question in notation().questions:
        for line in question.references:
            _, unit, last, time = line.split(" - ")
            assert (time == loans.SHORT["missing"]) == ("lacking" in question.tags)
            assert all(word in question.text for word in {unit, last, time.partition(" ")[0]} - {loans.SHORT["missing"]})


def test_the_manual_holds_every_short_form_where_the_questions_say():
    suite = notation()
    texts = {document.id: document.text for document in suite.domain.documents}
    for name, short in loans.SHORT.items():
        assert re.search(rf"\b{short}\b", texts[name])
    for question in suite.questions:
        assert bool(question.evidence) == question.answerable
        assert set(question.evidence) <= set(texts)


def test_revisions_of_the_log_change_the_manual_the_answers_and_the_examples():
    suite = notation()
    asked = {question.text: question.references for question in suite.questions}
    for revision in suite.revisions:
        new = loans.WORDING["new"][revision.document]
        assert re.search(rf"\b{new}\b", revision.text)
        assert not re.search(rf"\b{new}\b", suite.document(revision.document).text)
        assert {asked[question.text] for question in revision.questions} == {one.outdated for one in revision.questions}
        assert all(question.references != question.outdated for question in revision.questions)
    after = suite.domain.after(suite.revisions).examples
    assert {example.prompt for example in after} == {example.prompt for example in suite.domain.examples}


def test_benchmark_is_what_the_corpus_writes(tmp_path):
    corpus.write_benchmark(tmp_path)
    for family in general.FAMILIES:
        assert (tmp_path / f"{family}.jsonl").read_bytes() == (BENCHMARK / f"{family}.jsonl").read_bytes(), family


@pytest.fixture(scope="module")
def tasks():
    from proctor.evals.tasks.lm_eval_tasks import load_tasks

    return load_tasks(str(BENCHMARK), trusted=True)


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
