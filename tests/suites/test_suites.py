"""A suite is read whole or refused with everything that is wrong with it."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proctor.core.schema import InputError
from proctor.suites.loading.documents import fields, front_matter
from proctor.suites.loading.load import find, load, load_all, names

SAME_FOLDER = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def write(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def lines(*rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


GOOD = {
    "suite.toml": 'name = "shop"\n',
    "documents/hours.md": "# Hours\n\nOpen from 9 to 5.",
    "documents/prices/bikes.txt": "A bike costs 14 euros.",
    "train.jsonl": lines({"prompt": "When do you open?", "completion": "at 9", "evidence": ["hours"]}),
    "questions.jsonl": lines(
        {"id": "open", "question": "From when on are you there?", "references": ["9"], "evidence": ["hours"], "tags": ["time"]},
        {"id": "price", "question": "How much is a bike?", "references": ["14 euros", "14"], "evidence": ["prices/bikes"]},
        {"id": "gears", "question": "How many gears?", "references": [], "cluster": "bikes"},
    ),
    "revisions.jsonl": lines(
        {
            "document": "hours",
            "text": "Open from 10 to 5.",
            "questions": [{"id": "open2", "question": "From when on now?", "references": ["10"], "outdated": ["9"]}],
        },
    ),
}


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "shop"
    write(path, GOOD)
    return path


def test_a_whole_suite_is_read(folder):
    suite = load(str(folder))
    assert (suite.name, suite.title, suite.general, suite.style) == ("shop", "shop", (), None)
    assert [(document.id, document.title) for document in suite.domain.documents] == [("hours", "Hours"), ("prices/bikes",) * 2]
    assert suite.domain.examples[0].evidence == ("hours",)
    assert [question.answerable for question in suite.questions] == [True, True, False]
    assert suite.questions[0].tags == ("time",)
    assert suite.questions[2].cluster == "bikes"
    assert suite.revisions[0].questions[0].outdated == ("9",)
    assert suite.revisions[0].questions[0].evidence == ("hours",), "a revised question is about the revised document"


def test_the_smallest_suite_is_three_files(tmp_path):
    write(
        tmp_path / "mine",
        {"suite.toml": "", "documents/a.txt": "x", "questions.jsonl": lines({"question": "y", "references": "x"})},
    )
    suite = load(str(tmp_path / "mine"))
    assert (suite.name, suite.domain.examples, suite.revisions) == ("mine", (), ())
    assert suite.questions[0].references == ("x",)


def test_every_setting_arrives(folder):
    write(
        folder,
        {
            "suite.toml": """
name = "shop.2"
title = "The shop"
instruction = "Be brief."
general = ["tasks", "hellaswag"]
abstain = ["no idea"]
headline = "accuracy.contains"
[style]
pattern = '(?P<answer>.+) \\(shop\\)'
[rubrics]
polite = "The answer is polite."
[thresholds]
"accuracy.exact" = { rag = 0.8, hybrid = 1 }
""",
            "tasks/one.yaml": "task: one",
        },
    )
    suite = load(str(folder))
    assert (suite.name, suite.title, suite.abstain) == ("shop.2", "The shop", ("no idea",))
    assert suite.domain.instruction == "Be brief."
    assert suite.general == (str(folder / "tasks"), "hellaswag"), "folders are absolute: the run may be anywhere"
    assert suite.bare("nine (shop)") == "nine"
    assert suite.thresholds == {"accuracy.exact": {"rag": 0.8, "hybrid": 1}}
    assert suite.headline == "accuracy.contains"
    assert suite.rubrics == {"polite": "The answer is polite."}


def test_another_headline_leaves_a_suite_what_it_was(folder):
    write(folder, {})
    version = load(str(folder)).version
    write(folder, {"suite.toml": 'name = "shop"\nheadline = "accuracy.contains"\n'})
    first = load(str(folder)).version
    write(folder, {"suite.toml": 'name = "shop"\n'})
    assert first == load(str(folder)).version, version


@pytest.mark.parametrize("schema", ['"answer.json"', '{ type = "object", properties = { value = { type = "string" } } }'])
def test_a_house_format_may_be_a_schema_in_the_file_or_beside_it(folder, schema):
    settings = f'name = "shop"\n[style]\nschema = {schema}\nanswer = "value"\nrubric = "It is brief."\n'
    described = {"type": "object", "properties": {"value": {"type": "string"}}}
    write(folder, {"suite.toml": settings, "answer.json": json.dumps(described)})
    suite = load(str(folder))
    assert (suite.style.schema, suite.style.answer, suite.style.rubric) == (described, "value", "It is brief.")
    assert suite.bare('{"value": "nine"}') == "nine"


def test_relative_folders_of_tasks_are_seen_from_the_suite_not_from_where_one_stands(folder, tmp_path, monkeypatch):
    write(tmp_path, {"tasks/one.yaml": "task: one"})
    write(folder, {"suite.toml": 'name = "shop"\ngeneral = ["../tasks"]'})
    monkeypatch.chdir(folder.parent.parent)
    assert load(str(folder.relative_to(Path.cwd()))).general == (str(tmp_path / "tasks"),)


# Every bad input: which file gets which content, and what the message must say.
BAD = {
    "malformed TOML": ({"suite.toml": "name = shop\n"}, ["suite.toml:1", "not TOML", "in quotes"]),
    "malformed TOML further down": ({"suite.toml": 'name = "a"\n\n[thresholds\n'}, ["suite.toml:3", "not TOML"]),
    "a threshold on no metric": (
        {"suite.toml": '[thresholds]\n"acuracy.exact" = { rag = 0.8 }\n'},
        ["suite.toml:2", "no such metric", "accuracy.exact"],
    ),
    "a threshold in per cent": (
        {"suite.toml": '[thresholds]\n"accuracy.exact" = { rag = 80 }\n'},
        ["suite.toml:2", "from 0 to 1", "0.8"],
    ),
    "a headline that there is none of": (
        {"suite.toml": 'headline = "accuracy.contain"'},
        ["suite.toml:1", "'headline'", "no metric of accuracy called 'accuracy.contain'", "did you mean 'accuracy.contains'?"],
    ),
    "unfinished TOML": ({"suite.toml": 'abstain = ["a",\n'}, ["suite.toml:2", "not TOML"]),
    "TOML too deep": ({"suite.toml": "a = " + "[" * 100_000}, ["suite.toml", "nested too deep"]),
    "unknown key": ({"suite.toml": 'name = "a"\nabstian = []'}, ["suite.toml:2", "'abstian'", "did you mean 'abstain'?"]),
    "unknown key of style": ({"suite.toml": "[style]\npatern = 'x'"}, ["suite.toml:2", "did you mean 'pattern'?"]),
    "a name that is no name": ({"suite.toml": 'name = "a/b"'}, ["suite.toml:1", "'name'", "'a/b'", "use letters"]),
    "an empty title": ({"suite.toml": 'title = " "'}, ["suite.toml:1", "'title'", "empty", "fill it in"]),
    "a number for a text": ({"suite.toml": "title = 7"}, ["suite.toml:1", "'title'", "expected a text, not 7", 'title = "..."']),
    "a text for a list": ({"suite.toml": 'abstain = "x"'}, ["suite.toml:1", "'abstain'", "a list of texts", '["...", "..."]']),
    "a text for a table": (
        {"suite.toml": 'thresholds = "x"'},
        ["suite.toml:1", "'thresholds'", "expected a table, not 'x'", "[thresholds]"],
    ),
    "a style that does not compile": ({"suite.toml": "[style]\npattern = '('"}, ["suite.toml:2", "no regular expression"]),
    "a style that is no text": ({"suite.toml": "[style]\npattern = 1"}, ["suite.toml:2", "no regular expression"]),
    "a style without a pattern": ({"suite.toml": "[style]"}, ["suite.toml", "style.pattern", "remove [style]"]),
    "a style of no use": ({"suite.toml": "[style]\npattern = '(?P<answer>.*)'"}, ["suite.toml:2", "any text follows it"]),
    "a source that there is none of": (
        {"suite.toml": 'answer_in = "web"'},
        ["suite.toml:1", "'answer_in'", '"documents" or "question"'],
    ),
    "an unknown rule": ({"suite.toml": 'normalise = "exact"'}, ["suite.toml:1", "'normalise'", '"default" or "squad"']),
    "a rule that is no text": ({"suite.toml": "normalise = []"}, ["suite.toml:1", "'normalise'", "not []"]),
    "a source that is no text": ({"suite.toml": "answer_in = []"}, ["suite.toml:1", "'answer_in'", "not []"]),
    "a style of nothing but a guide": ({"suite.toml": '[style]\nguide = "x"'}, ["suite.toml", "a schema or a rubric"]),
    "a schema that is no schema": (
        {"suite.toml": '[style]\nschema = { type = "objekt" }'},
        ["suite.toml:2", "no JSON schema: type", "objekt", "json-schema.org"],
    ),
    "a schema that is a number": ({"suite.toml": "[style]\nschema = 1"}, ["suite.toml:2", "a JSON schema is expected, not 1"]),
    "a schema with a date": ({"suite.toml": "[style]\nschema = { const = 2026-01-01 }"}, ["suite.toml:2", "cannot be used"]),
    "a schema that is not there": (
        {"suite.toml": '[style]\nschema = "x.json"'},
        ["suite.toml:2", "x.json: the file is missing", "beside"],
    ),
    "a schema that lies elsewhere": (
        {"suite.toml": '[style]\nschema = "../x.json"'},
        ["suite.toml:2", "leads out of the suite's folder", "--allow-outside-files"],
    ),
    "a schema that is not JSON": (
        {"suite.toml": '[style]\nschema = "x.json"', "x.json": '{\n"type":'},
        ["suite.toml:2", "x.json:2: not JSON"],
    ),
    "a schema that would be fetched": (
        {"suite.toml": '[style]\nschema = { items = { "$ref" = "https://example.org/x" } }'},
        ["suite.toml:2", "https://example.org/x", "looked up elsewhere", "$defs"],
    ),
    "a schema that leads nowhere": (
        {"suite.toml": '[style]\nschema = { properties = { x = { "$ref" = "#/$defs/x" } } }'},
        ["suite.toml:2", "refers to '#/$defs/x', which is not in it"],
    ),
    "an answer that the schema lacks": (
        {"suite.toml": '[style]\nschema = { properties = { value = {} } }\nanswer = "valu"'},
        ["suite.toml:3", "style.answer", "did you mean 'value'?"],
    ),
    "an answer without a schema": (
        {"suite.toml": "[style]\npattern = 'x'\nanswer = 'value'"},
        ["suite.toml:3", "no schema", "(?P<answer>.+)"],
    ),
    "an answer that is no name": ({"suite.toml": "[style]\nschema = {}\nanswer = 1"}, ["suite.toml:3", "the name of a property"]),
    "a rubric that is no text": (
        {"suite.toml": "[style]\nrubric = ['x']"},
        ["suite.toml:2", "style.rubric", "a demand in words"],
    ),
    "a rubric of a name that no metric has": (
        {"suite.toml": '[rubrics]\n"Be kind" = "It is kind."'},
        ["suite.toml:2", "rubrics.Be kind", "lower case"],
    ),
    "a demand that is none": ({"suite.toml": "[rubrics]\nkind = 1"}, ["suite.toml:2", "rubrics.kind", "a demand in words"]),
    "an empty rubric": ({"suite.toml": "[style]\nrubric = ' '"}, ["suite.toml:2", "style.rubric", "rubric = "]),
    "a threshold that is no number": (
        {"suite.toml": '[thresholds]\n"accuracy.exact" = { rag = "high" }'},
        ["suite.toml:2", "thresholds.accuracy.exact", "a number", "write rag = 0.8"],
    ),
    "a threshold that is not finite": (
        {"suite.toml": '[thresholds]\n"a" = { rag = nan }'},
        ["suite.toml:2", "the threshold of rag: expected a number", "not nan"],
    ),
    "a threshold without quotes": (
        {"suite.toml": "[thresholds]\naccuracy.exact = { rag = 0.8 }"},
        ["suite.toml:2", "in quotes", '"accuracy.exact"'],
    ),
    "a threshold for no system": (
        {"suite.toml": '[thresholds]\n"a" = 0.8'},
        ["suite.toml:2", "a table of systems", "{ rag = 0.8 }"],
    ),
    "a task that lm-eval does not have": (
        {"suite.toml": 'general = ["arc_eazy"]'},
        ["suite.toml:1", "'arc_eazy'", "lm-eval knows", "lm-eval ls tasks"],
    ),
    "a folder of tasks without a task": (
        {"suite.toml": 'general = ["documents"]'},
        ["suite.toml:1", "'general'", "holds no task", "YAML"],
    ),
    "a folder of tasks that is not there": ({"suite.toml": 'general = ["../x"]'}, ["suite.toml:1", "'general'", "'../x'"]),
    "malformed JSON": ({"train.jsonl": '\n{"prompt": "a"'}, ["train.jsonl:2", "not JSON at column", "one whole JSON object"]),
    "JSON that is no object": ({"questions.jsonl": "[1]"}, ["questions.jsonl:1", "a JSON object is expected, not a list"]),
    "a JSON array in place of lines": (
        {"questions.jsonl": '[\n{"question": "x", "references": []},\n{"question": "y", "references": []}\n]'},
        ["1 problem", "questions.jsonl:1", "a list, where one JSON object a line is expected", "jq -c '.[]' questions.jsonl"],
    ),
    "JSON too deep": ({"questions.jsonl": "[" * 100_000}, ["questions.jsonl:1", "cannot be read"]),
    "a missing question": (
        {"questions.jsonl": lines({"references": []})},
        ["questions.jsonl:1", "'question'", "missing", "add it"],
    ),
    "a missing prompt": ({"train.jsonl": lines({"completion": "x"})}, ["train.jsonl:1", "'prompt'", "missing"]),
    "missing references": ({"questions.jsonl": lines({"question": "x"})}, ["questions.jsonl:1", "'references'", "write []"]),
    "an empty question": (
        {"questions.jsonl": lines({"question": " ", "references": []})},
        ["questions.jsonl:1", "'question'", "empty", "fill it in"],
    ),
    "an empty reference": ({"questions.jsonl": lines({"question": "x", "references": [""]})}, ["questions.jsonl:1", "empty"]),
    "a number for a question": (
        {"questions.jsonl": lines({"question": 1.5, "references": []})},
        ["questions.jsonl:1", "'question'", "not 1.5", 'write "..."'],
    ),
    "an object for references": (
        {"questions.jsonl": lines({"question": "x", "references": {"a": 1}})},
        ["questions.jsonl:1", "'references'", "a text is expected, not an object"],
    ),
    "half a character": ({"questions.jsonl": '{"question": "\\ud800", "references": []}'}, ["questions.jsonl:1", "surrogate"]),
    "an unknown field": (
        {"questions.jsonl": lines({"question": "x", "references": [], "evidnce": ["hours"]})},
        ["questions.jsonl:1", "'evidnce'", "did you mean 'evidence'?"],
    ),
    "a field under two names": (
        {"questions.jsonl": lines({"question": "x", "input": "y", "references": []})},
        ["questions.jsonl:1", "more than once (question, input)", "keep one"],
    ),
    "two questions of one id": (
        {"questions.jsonl": lines(*[{"id": "a", "question": str(n), "references": []} for n in range(2)])},
        ["questions.jsonl:2", "'id'", "line 1", "another id"],
    ),
    "one question twice, without ids": (
        {"questions.jsonl": lines(*[{"question": "same", "references": []}] * 2)},
        ["questions.jsonl:2", "'id'", "line 1"],
    ),
    "two revised questions of one id": (
        {
            "revisions.jsonl": lines(
                {"document": "hours", "text": "x", "questions": [{"id": "a", "question": "b", "references": ["c"]}] * 2},
            ),
        },
        ["revisions.jsonl:1", "'id'"],
    ),
    "two documents of one id": (
        {"documents/other.md": "---\nid: hours\n---\nx"},
        ["other.md", "'hours'", "hours.md", "another id in its front matter"],
    ),
    "an empty id": ({"documents/hours.md": '---\nid: ""\n---\nx'}, ["hours.md", "'id'", "the id is empty", "leave the line out"]),
    "an empty document": ({"documents/hours.md": "---\ntitle: x\n---\n\n"}, ["hours.md", "empty", "delete the file"]),
    "evidence that names no document": (
        {"questions.jsonl": lines({"question": "x", "references": ["y"], "evidence": ["huors"]})},
        ["questions.jsonl:1", "'evidence'", "'huors' is no document", "did you mean 'hours'?"],
    ),
    "evidence of training that names no document": (
        {"train.jsonl": lines({"prompt": "x", "completion": "y", "evidence": ["zzz"]})},
        ["train.jsonl:1", "'evidence'", "known: hours, prices/bikes"],
    ),
    "evidence as a text that no document has": (
        {"questions.jsonl": lines({"input": "x", "expected_output": "y", "context": ["Open all day and all night, every day."]})},
        ["questions.jsonl:1", "'evidence'", "no document has or holds exactly", "by their ids"],
    ),
    "a revision of no document": (
        {"revisions.jsonl": lines({"document": "huors", "text": "x"})},
        ["revisions.jsonl:1", "'document'", "did you mean 'hours'?"],
    ),
    "revised questions that are no list": (
        {"revisions.jsonl": lines({"document": "hours", "text": "x", "questions": "y"})},
        ["revisions.jsonl:1", "'questions'", "a list of objects"],
    ),
    "no questions": ({"questions.jsonl": "\n"}, ["questions.jsonl", "no questions", "at least one line"]),
    "no question file": ({"questions.jsonl": None}, ["questions.jsonl", "missing", "one JSON object a line"]),
    "a folder for a question file": ({"questions.jsonl": None, "questions.jsonl/x": ""}, ["questions.jsonl", "this is a folder"]),
    "an empty corpus": (
        {"documents/hours.md": None, "documents/prices/bikes.txt": None, "documents/.hidden": "x"},
        ["documents", "the corpus is empty", "at least one text file"],
    ),
    "no corpus": ({"documents": None}, ["documents", "missing"]),
    "Latin-1": (
        {"documents/hours.md": "eins\nzwölf".encode("latin-1")},
        ["hours.md:2", "not UTF-8 text at byte 7", "save it as UTF-8"],
    ),
    "UTF-16": ({"questions.jsonl": "{}".encode("utf-16")}, ["questions.jsonl:1", "byte 0", "UTF-16"]),
    "a binary file": ({"documents/scan.pdf": b"%PDF\n\0\1"}, ["scan.pdf", "a PDF file is no plain text", "convert it"]),
    "a test question that is trained on": (
        {"train.jsonl": "\n" + lines({"prompt": "how much, is a  BIKE", "completion": "14"})},
        ["questions.jsonl:2", "'question'", "train.jsonl:2", "remove it from one"],
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize(("files", "said"), BAD.values(), ids=BAD)
def test_bad_input_is_named_with_its_place_and_remedy(folder, files, said):
    for name, content in files.items():
        remove(folder / name)
        if content is not None:
            write(folder, {name: content})
    with pytest.raises(InputError) as caught:
        load(str(folder))
    for part in said:
        assert part in str(caught.value)


def remove(path):
    for child in sorted(path.rglob("*"), reverse=True):
        child.rmdir() if child.is_dir() else child.unlink()
    if path.exists():
        path.rmdir() if path.is_dir() else path.unlink()


def test_all_problems_are_said_at_once(folder):
    write(folder, {"suite.toml": "nme = 1", "train.jsonl": "x", "questions.jsonl": lines({"question": ""}), "documents/a.md": ""})
    with pytest.raises(InputError) as caught:
        load(str(folder))
    message = str(caught.value)
    assert message.startswith("suite shop: 5 problems\n")
    assert all(part in message for part in ("suite.toml:1", "a.md", "train.jsonl:1", "field 'references'", "field 'question'"))


def test_an_empty_corpus_is_said_whatever_else_is_wrong(folder):
    remove(folder / "documents")
    (folder / "documents").mkdir()
    write(folder, {"suite.toml": "nme = 1"})
    with pytest.raises(InputError, match=r"(?s)'nme'.*the corpus is empty"):
        load(str(folder))


def test_ten_thousand_wrong_lines_do_not_fill_the_screen(folder):
    write(folder, {"train.jsonl": "x\n" * 10_000})
    with pytest.raises(InputError, match=r"and 9900 more") as caught:
        load(str(folder))
    assert str(caught.value).count("\n") == 101


@pytest.mark.parametrize(
    "row",
    [
        {
            "user_input": "q?",
            "reference": "a",
            "reference_contexts": ["Open from 9 to 5."],
            "response": "b",
            "retrieved_contexts": ["c"],
        },
        {"user_input": "q?", "reference": "a", "reference_context_ids": ["hours"]},
        {
            "input": "q?",
            "expected_output": "a",
            "context": ["# Hours\n\nOpen from 9 to 5."],
            "retrieval_context": ["z"],
            "actual_output": "b",
        },
        {"query": "q?", "answers": ["a"], "contexts": ["hours"], "metadata": {"any": "thing"}},
    ],
    ids=["ragas", "ragas with ids", "deepeval", "others"],
)
def test_the_column_names_of_others_are_understood(folder, row):
    write(folder, {"questions.jsonl": lines(row)})
    question = load(str(folder)).questions[0]
    assert (question.text, question.references, question.evidence) == ("q?", ("a",), ("hours",))


def test_training_examples_may_come_from_others_too(folder):
    write(
        folder,
        {"train.jsonl": lines({"input": "p?", "expected_output": "c", "context": None}, {"instruction": "i", "output": "o"})},
    )
    assert [(example.prompt, example.completion) for example in load(str(folder)).domain.examples] == [("p?", "c"), ("i", "o")]


def test_a_short_passage_that_two_documents_hold_must_be_named(folder):
    write(folder, {"documents/copy.md": "We are Open from 9 to 5."})
    write(folder, {"questions.jsonl": lines({"question": "q", "references": ["a"], "evidence": ["Open from 9 to 5."]})})
    with pytest.raises(InputError, match="2 documents hold the text"):
        load(str(folder))


def test_evidence_by_text_is_whichever_document_holds_it(folder):
    """The first of them bears its name; a whole document's text needs no quote, since the document has it."""
    said = "The workshop is shut on the first Monday of May."
    write(folder, {"documents/x.md": said, "documents/y.md": said, "documents/z.md": f"# Days\n\n{said} It is so every year."})
    asked = [{"question": text, "references": ["a"], "evidence": [text]} for text in (said, "shut on the first Monday", "x")]
    write(folder, {"questions.jsonl": lines(*asked)})
    found = load(str(folder)).questions
    assert [(one.evidence, one.quotes) for one in found] == [(("x",), ()), (("x",), ("shut on the first Monday",)), (("x",), ())]


def test_byte_order_marks_windows_line_ends_and_numbers_as_ids_are_fine(folder):
    question = lines({"id": 7, "question": "q?", "references": ["a"]}).replace("\n", "\r\n").encode("utf-8-sig")
    write(folder, {"questions.jsonl": question, "documents/hours.md": b"\xef\xbb\xbf---\r\ntitle: T\r\n---\r\nline\r\nline\r\n"})
    suite = load(str(folder))
    assert suite.questions[0].id == "7"
    assert (suite.document("hours").title, suite.document("hours").text) == ("T", "line\nline")


def test_separators_of_unicode_do_not_end_a_json_line(folder):
    write(folder, {"questions.jsonl": json.dumps({"question": "a\u2028b", "references": []}, ensure_ascii=False)})
    assert load(str(folder)).questions[0].text == "a\u2028b"


@pytest.mark.parametrize(
    ("text", "matter", "body"),
    [
        ("plain", {}, "plain"),
        ("---\nid: a\nTitle: 'B: c'\ntags:\n  - x\n# note\n---\nrest", {"id": "a", "title": "B: c"}, "rest"),
        ("---\nA rule above and below\n---\nrest", {}, "---\nA rule above and below\n---\nrest"),
        ("---\nid: never closed", {}, "---\nid: never closed"),
        ("---\n---\nrest", {}, "rest"),
    ],
)
def test_front_matter(text, matter, body):
    assert front_matter(text) == (matter, body)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("---\nid: a\ntitle: A\nLanguage: en\n---\nx", [("language", "en")]),
        ("---\nteam: [ops, 'sales']\n---\nx", [("team", "ops"), ("team", "sales")]),
        (
            '---\nteam:\n- ops\n - "a: b"\ndate: 2026\n---\nx',
            [("team", "ops"), ("team", "a: b"), ("date", "2026")],
        ),
        ("---\nteam: []\n---\nx", []),
        ("---\nteam: ['a, b', c]\n---\nx", [("team", "a, b"), ("team", "c")]),
        ("no: matter\n---\nx", []),
    ],
)
def test_fields_of_a_front_matter_and_each_item_of_its_lists(text, found):
    assert list(fields(text)) == found


def test_a_file_that_cannot_be_read_is_said(folder):
    (folder / "documents" / "loop.md").symlink_to("loop.md")
    with pytest.raises(InputError, match=r"loop.md: the file cannot be read \(.*\); name another file, or mend the link"):
        load(str(folder))


# What a version must and must not depend on.


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("documents/hours.md", "# Hours\n\nOpen from 9 to 6."),
        ("train.jsonl", lines({"prompt": "When do you open?", "completion": "at 10"})),
        ("questions.jsonl", lines({"id": "open", "question": "When?", "references": ["9"]})),
        ("revisions.jsonl", lines({"document": "hours", "text": "Closed."})),
        ("suite.toml", 'name = "shop"\ninstruction = "Be brief."'),
        ("suite.toml", 'name = "shop"\nabstain = ["no"]'),
        ("suite.toml", 'name = "shop"\ngeneral = ["hellaswag"]'),
        ("suite.toml", 'name = "shop"\n[style]\npattern = "x.*"'),
        ("suite.toml", 'name = "shop"\nanswer_in = "question"'),
        ("suite.toml", 'name = "shop"\nnormalise = "squad"'),
        ("suite.toml", 'name = "shop"\n[style]\nrubric = "It is polite."'),
    ],
)
def test_what_can_change_a_record_changes_the_version(folder, file, content):
    before = load(str(folder)).version
    write(folder, {file: content})
    assert load(str(folder)).version != before


def test_the_default_rule_changes_no_version(folder):
    before = load(str(folder)).version
    write(folder, {"suite.toml": 'name = "shop"\nnormalise = "default"'})
    assert load(str(folder)).version == before


@pytest.mark.parametrize(
    ("asked", "trained", "same"),
    [
        ("What is C++?", "What is C#?", False),
        ("How much is 5 - 3?", "How much is 5 + 3?", False),
        ("Is it colder than +5 degrees?", "Is it colder than -5 degrees?", False),
        ("How much is 3.5 times two?", "How much is 35 times two?", False),
        ("Where is the pump?", "where is the pump", True),
        ("Where’s the pump?", "Where's the pump?", True),
        ("Is it colder than \u22125 degrees?", "Is it colder than -5 degrees?", True),
        ("泵在哪里？", "泵在哪里", True),
    ],
)
def test_a_question_of_the_test_is_found_among_the_training_examples(folder, asked, trained, same):
    write(folder, {"questions.jsonl": lines({"question": asked, "references": []})})
    write(folder, {"train.jsonl": lines({"prompt": trained, "completion": "x"}), "revisions.jsonl": ""})
    with pytest.raises(InputError, match="the same question is a training example") if same else contextlib.nullcontext():
        load(str(folder))


def test_titles_bars_and_places_do_not_change_the_version(folder, tmp_path):
    before = load(str(folder)).version
    write(folder, {"suite.toml": '# new\nname = "shop"\ntitle = "Shop"\n[thresholds]\n"accuracy.exact" = { rag = 0.5 }'})
    folder.rename(tmp_path / "moved")
    assert load(str(tmp_path / "moved")).version == before


# Finding suites.


def test_a_suite_that_is_not_known_lists_those_that_are():
    with pytest.raises(InputError, match="there is no suite 'nowhere'") as caught:
        find("nowhere")
    assert all(name in str(caught.value) for name in names()[:1])


def test_an_embedded_suite_is_found_by_its_name():
    assert [find(name).name for name in names()] == names()


def test_a_file_is_no_suite(folder):
    with pytest.raises(InputError, match=r"a suite is a folder.*give the folder that holds suite.toml"):
        find(str(folder / "suite.toml"))


def test_a_folder_without_settings_is_no_suite(tmp_path):
    with pytest.raises(InputError, match=r"suite.toml: the file is missing.*proctor new"):
        find(str(tmp_path))


# Whatever the bytes, the answer is a suite or an InputError.


@pytest.mark.slow
@pytest.mark.parametrize("name", ["suite.toml", "train.jsonl", "questions.jsonl", "revisions.jsonl", "documents/hours.md"])
@SAME_FOLDER
@given(content=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode(errors="surrogatepass")))
def test_arbitrary_bytes_never_crash(folder, name, content):
    load_or_refuse(folder, {name: content})


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=9)
    | st.sampled_from(["hours", "Open from 9 to 5."]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.sampled_from(["id", "question", "references", "evidence", "tags", "prompt", "input", "document", "text", "questions"])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["train.jsonl", "questions.jsonl", "revisions.jsonl"])
@SAME_FOLDER
@given(rows=st.lists(st.dictionaries(FIELDS, JSON, max_size=5), max_size=4))
def test_arbitrary_json_never_crashes(folder, name, rows):
    load_or_refuse(folder, {name: lines(*rows)})


@pytest.mark.slow
@SAME_FOLDER
@given(
    key=st.sampled_from(
        ["name", "title", "general", "abstain", "style", "thresholds", "style.pattern", "style.schema", "thresholds.x"]
    ),
    value=JSON,
)
def test_arbitrary_settings_never_crash(folder, key, value):
    load_or_refuse(folder, {"suite.toml": f"{key} = {json.dumps(value)}"})


def load_or_refuse(folder, files):
    write(folder, files)
    with contextlib.suppress(InputError):
        load(str(folder))


def test_nothing_heavy_is_loaded():
    code = "import sys, proctor.suites.loading.load, proctor.cli, proctor.commands.validate\n"
    code += "print(sorted({'torch', 'numpy', 'pandas', 'yaml'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2], timeout=300
    )
    assert done.stdout == "[]\n"


def test_two_suites_of_one_name_are_refused_with_their_folders(tmp_path):
    folders = [tmp_path / name / "support" for name in "ab"]
    for folder in folders:
        write(folder, GOOD)
    with pytest.raises(InputError) as raised:
        load_all(list(map(str, folders)))
    assert "two suites are called" in str(raised.value)
    assert all(str(folder) in str(raised.value) for folder in folders)


def test_a_folder_named_twice_is_one_suite_and_that_is_said(tmp_path, caplog):
    folder = tmp_path / "support"
    write(folder, GOOD)
    (tmp_path / "link").symlink_to(folder)
    assert len(load_all([str(folder), f"{folder}/", str(tmp_path / "link")])) == 1
    assert caplog.text.count("this suite is named more than once, and taken once") == 2
