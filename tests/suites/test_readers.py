"""What suites are read from: documents of all kinds, names in two spellings, columns that mean two things. Nothing unsaid."""

from __future__ import annotations

import json
import os
import sys
import unicodedata
from importlib.metadata import EntryPoint
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.core.reading import values
from proctor.core.reading.tally import Count, Tally
from proctor.core.schema import InputError
from proctor.suites.loading import markup
from proctor.suites.loading.columns import EXAMPLE, QUESTION, meaning
from proctor.suites.loading.documents import READERS
from proctor.suites.loading.lint import hints
from proctor.suites.loading.load import load, read
from proctor.suites.loading.own_files import OwnFiles

NFD = unicodedata.normalize("NFD", "crème")
NFC = unicodedata.normalize("NFC", "crème")


@pytest.fixture
def suite(tmp_path):
    """Makes a suite of the files that are given, beside one document and one question, and reads it."""
    folder = tmp_path / "mine"

    def make(files=None, **tables):
        write(folder, {"suite.toml": 'name = "mine"', "documents/red.md": "The door is red.", **(files or {})})
        tables.setdefault("questions", [{"id": "q", "question": "Which colour?", "references": ["red"], "evidence": ["red"]}])
        for name, rows in tables.items():
            write(folder, {f"{name}.jsonl": "".join(json.dumps(row) + "\n" for row in rows)})
        return read(str(folder))

    make.folder = folder
    return make


def write(folder, files):
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())


def refused(suite, *args, **tables):
    with pytest.raises(InputError) as caught:
        suite(*args, **tables)
    return str(caught.value)


# What is said of what was read.


def test_a_tally_counts_each_entry_once_and_names_some():
    tally = Tally()
    tally.take("a", 5)
    for line in range(5):
        tally.change("a", "was odd", f"line {line}")
    tally.change("a", "was odder", "line 0")
    tally.leave_out("a", "empty", "line 9")
    tally.note("b", "is small")
    assert tally.count("a") == Count(5, 5, 1)
    assert list(tally.summary()) == ["a: 5 taken, 5 changed, 1 left out"]
    assert list(tally.notes()) == [
        "a: 5 changed: was odd (line 0, line 1, line 2, ...)",
        "a: 1 changed: was odder (line 0)",
        "a: 1 left out: empty (line 9)",
        "b: is small",
    ]


@given(st.lists(st.tuples(st.sampled_from(["change", "leave_out"]), st.sampled_from("xy"), st.integers(0, 9))))
def test_no_tally_counts_more_than_it_was_told(told):
    tally = Tally()
    for do, why, line in told:
        getattr(tally, do)("a", why, line)
    assert tally.count("a") == Count(0, *(len({n for did, _, n in told if did == do}) for do in ("change", "leave_out")))


def test_notes_go_with_the_suite_and_change_no_version(suite):
    plain, _ = suite()
    noted, tally = suite({"documents/.DS_Store": "x"})
    assert plain.notes == ()
    assert noted.notes == ("documents: 1 left out: names that begin with a dot (.DS_Store)",)
    assert (noted.version, tally.count("documents")) == (plain.version, Count(1, 0, 1))


# Documents.


def test_links_to_folders_and_files_of_the_suite_are_followed(suite):
    suite({"more/far.md": "It is far.", "more/deep/deeper.md": "It is deep."})
    (suite.folder / "documents/shared").symlink_to("../more")
    (suite.folder / "documents/one.md").symlink_to("../more/deep/deeper.md")
    made, tally = suite(questions=[{"question": "How?", "references": ["deep"], "evidence": ["one", "shared/deep/deeper"]}])
    assert [document.id for document in made.domain.documents] == ["red", "shared/deep/deeper", "shared/far"]
    assert made.questions[0].evidence == ("shared/deep/deeper",), "one file is one document, by whichever name"
    assert tally.count("documents") == Count(3, 0, 1)
    assert made.notes == ("documents: 1 left out: links to the file that is there as shared/deep/deeper.md (one.md)",)


def test_a_file_of_the_corpus_keeps_its_name_before_links_to_it(suite):
    suite()
    (suite.folder / "documents/a.md").symlink_to("red.md")
    made, _ = suite(revisions=[{"document": "a", "text": "It is blue."}])
    assert [document.id for document in made.domain.documents] == ["red"]
    assert made.revisions[0].document == "red"


@pytest.mark.parametrize("name", ["questions.jsonl", "train.jsonl", "revisions.jsonl", "suite.toml"])
@pytest.mark.parametrize("link", ["symbolic", "hard", "through a folder"])
@pytest.mark.parametrize("outside", [False, True])
def test_the_suites_own_files_are_no_documents(suite, name, link, outside):
    suite(
        train=[{"prompt": "What is it like?", "completion": "Red."}],
        revisions=[{"document": "red", "text": "It is blue.", "questions": []}],
    )
    document = suite.folder / "documents" / "q.md"
    if link == "symbolic":
        document.symlink_to(f"../{name}")
    elif link == "hard":
        document.hardlink_to(suite.folder / name)
    else:
        (suite.folder / "more").mkdir()
        (suite.folder / "more" / "q.md").symlink_to(f"../{name}")
        document = suite.folder / "documents" / "more" / "q.md"
        document.parent.symlink_to("../more")
    with pytest.raises(InputError) as caught:
        read(str(suite.folder), outside=outside)
    said = f"{document}: this document is the suite's own {name}: the exam would tell its answers; remove the link"
    assert said in str(caught.value)


@pytest.mark.parametrize(("link", "to"), [("documents/up", ".."), ("documents/in/up", "../.."), ("documents/far", "../..")])
def test_a_link_to_a_folder_that_holds_the_suite_is_refused(suite, link, to):
    suite({"documents/in/blue.md": "It is blue."})
    (suite.folder / link).symlink_to(to)
    with pytest.raises(InputError, match=r"(?s)the folder leads to .*, which holds the suite itself.*remove the link"):
        read(str(suite.folder), outside=True)


def test_documents_that_are_the_suite_s_folder_are_refused(suite):
    suite()
    (suite.folder / "documents" / "red.md").unlink()
    (suite.folder / "documents").rmdir()
    (suite.folder / "documents").symlink_to(".")
    with pytest.raises(InputError, match="which holds the suite itself"):
        read(str(suite.folder))


def test_general_tasks_are_no_documents(suite):
    suite({"tasks/one.txt": "The answer is 4."})
    (suite.folder / "documents/tasks").symlink_to("../tasks")
    said = refused(suite, {"suite.toml": 'name = "mine"\ngeneral = ["tasks"]'})
    assert "documents/tasks: the folder leads to" in said
    assert "which holds general tasks, with their answers" in said


def test_documents_may_lie_within_a_folder_of_tasks(suite):
    suite()
    assert OwnFiles(suite.folder, (suite.folder,)).wrong_with_file(suite.folder / "documents/red.md") == ""


def test_links_in_a_circle_are_left_out_and_named(suite):
    suite({"documents/in/blue.md": "It is blue."})
    (suite.folder / "documents/in/up").symlink_to("..")
    made, _ = suite()
    assert [document.id for document in made.domain.documents] == ["in/blue", "red"]
    assert made.notes == ("documents: 1 left out: links to a folder that they lie in (in/up)",)


def test_a_link_that_leads_nowhere_is_a_problem(suite):
    suite()
    (suite.folder / "documents/gone.md").symlink_to("nowhere.md")
    assert "gone.md: a link that leads nowhere; mend or remove the link" in refused(suite)


def test_a_pipe_is_no_document_and_is_not_waited_for(suite):
    suite()
    os.mkfifo(suite.folder / "documents/pipe.md")
    assert "pipe.md: a file is expected, and this is a pipe" in refused(suite)


@pytest.mark.parametrize(("file", "named"), [(NFD, NFC), (NFC, NFD)], ids=["as macOS writes it", "as macOS types it"])
def test_names_are_the_same_in_either_spelling(suite, file, named):
    row = {"id": named, "question": "Which?", "references": ["it"], "evidence": [named], "cluster": named, "tags": [named]}
    files = {f"documents/{file}.md": "It is.", f"documents/{file}/x.md": f"---\nid: x {file}\n---\nIt was."}
    rows = [row, row | {"id": "2", "evidence": [f"x {named}"]}]
    made, _ = suite(files, questions=rows, revisions=[{"document": named, "text": "x"}])
    assert {document.id for document in made.domain.documents} == {"red", NFC, f"x {NFC}"}
    assert [question.evidence for question in made.questions] == [(NFC,), (f"x {NFC}",)]
    assert (made.questions[0].id, made.questions[0].cluster, made.questions[0].tags) == (NFC, NFC, (NFC,))
    assert made.revisions[0].document == NFC


def test_two_files_whose_names_differ_in_spelling_alone_are_one_id(suite):
    said = refused(suite, {f"documents/{NFD}.md": "It is.", f"documents/{NFC}.md": "It was."})
    assert f"the id '{NFC}' is also that of" in said


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.odt", b"PK\x03\x04\x14\0", "a Word file is no plain text; convert it"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1", "a Word file is no plain text"),
        ("a.ods", b"PK\x03\x04\x14\0", "a spreadsheet is no plain text; save it as CSV"),
        ("a.csv", b"PK\x03\x04\x14\0", "an archive or an office file is no plain text; unpack or convert it"),
        ("a.gdoc", b'{"doc_id": "x"}', "a link to something that lies elsewhere is no plain text; put the text itself there"),
        ("a.txt", b"%PDF-1.4 all of it ASCII", "a PDF file is no plain text"),
        ("a.txt", rb"{\rtf1 Hello}", "an RTF file is no plain text"),
        ("a.png", b"\x89PNG\r\n", "an image is no plain text"),
        ("a.svg", b"<svg><text>x</text></svg>", "an image is no plain text"),
        ("a.ipynb", b'{"cells": []}', "a notebook, whose text is wrapped in JSON"),
        ("a.eml", b"Subject: x\n\ncaf=C3=A9", "a mail is no plain text"),
        ("a.md", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", "run git lfs pull"),
        ("a.txt", "Zürich".encode("latin-1"), "not UTF-8 text at byte 1"),
        ("a.txt", b"Zurich\0", "NUL byte at byte 6"),
        ("a.txt", b"", "the document is empty"),
        ("a.txt", "\u200b\ufeff \n".encode(), "the document is empty"),
        ("a.html", b"<html><script>x</script></html>", "the document is empty"),
    ],
)
def test_what_is_no_text_is_named_as_what_it_is(suite, name, content, said):
    message = refused(suite, {f"documents/{name}": content})
    assert f"documents/{name}" in message
    assert said in message


@pytest.mark.parametrize("name", ["notes.doc", "notes.key", "notes.numbers"])
def test_text_that_is_called_like_something_else_is_text(suite, name):
    made, _ = suite({f"documents/{name}": "It is plain."})
    assert made.document("notes").text == "It is plain."


@pytest.mark.parametrize("name", ["t.json", "t.xml", "t.py"])
def test_what_is_no_prose_is_taken_as_it_stands_and_noted(suite, name):
    made, tally = suite({f"documents/{name}": "a,b\n1,2"})
    assert made.document("t").text == "a,b\n1,2"
    said = "files are taken for prose as they stand, with all that marks them up"
    assert f"documents: .{name[2:]} {said} ({name})" in tally.notes()


PAGE = """<!DOCTYPE html>
<html><head><title>Our  doors</title><style>p { color: red }</style><script>var a = "<p>";</script></head>
<body><!-- hidden --><h1>Doors &amp; keys</h1><p>The door is r<b>ed</b>
and old.</p><table><tr><th>Key</th><td>7</td></tr></table><noscript>Turn it on.</noscript>
<pre>one
  two</pre></body></html>"""


@pytest.mark.parametrize("name", ["page.html", "page.HTM", "page.txt", "page.md"])
def test_html_is_read_as_it_is_seen(suite, name):
    made, tally = suite({f"documents/{name}": PAGE})
    document = made.document("page")
    assert document.title == "Our doors"
    lines = [" ".join(line.split()) for line in document.text.splitlines() if line.strip()]
    assert lines == ["Doors & keys", "The door is red and old.", "Key 7", "one", "two"]
    assert "  two" in document.text
    assert tally.count("documents").changed == 1


@pytest.mark.parametrize("text", ["Less < more > most", "<p>A paragraph alone.</p>", "`<html>` begins a page", "# <html>"])
def test_text_about_html_is_text(suite, text):
    assert suite({"documents/t.md": text})[0].document("t").text == text


@given(st.text() | st.text("<>/ap br=\"'&;!-\n"))
def test_any_text_is_a_page(text):
    assert "\n\n\n" not in markup.seen(text).text


def test_ids_that_differ_in_case_or_width_alone_are_noted(suite):
    made, _ = suite({f"documents/{name}.md": name for name in ("Guide", "guide", "\uff21", "A")})
    assert any("ids of documents differ in case or width alone (A and \uff21, Guide and guide)" in hint for hint in hints(made))


@pytest.mark.parametrize("text", ["---\nid: x\nnot a key\n---\nIt is.", "---\nid: x\nIt is.", "+++\nid = 'x'\n+++\nIt is."])
def test_what_begins_like_a_front_matter_and_is_none_is_noted(suite, text):
    made, tally = suite({"documents/t.md": text})
    assert made.document("t").text == text
    assert any(note.startswith("documents: a beginning like that of a front matter is taken for text") for note in tally.notes())


def test_a_title_folded_over_several_lines_is_no_sign(suite):
    assert suite({"documents/t.md": "---\ntitle: >-\n  A\n  title\n---\n# Heading"})[0].document("t").title == "Heading"


def test_a_new_text_is_read_as_its_file_would_be(suite):
    for text in ("---\nid: red\ntitle: T\n---\nIt is blue.", "<html><body><p>It is blue.</p></body></html>"):
        made, tally = suite(revisions=[{"document": "red", "text": text}])
        assert made.revisions[0].text == "It is blue."
        assert tally.count("revisions.jsonl") == Count(1, 1, 0)
    assert "revisions.jsonl:1: field 'text': the document's new text is empty" in refused(
        suite, revisions=[{"document": "red", "text": "---\nid: red\n---\n"}]
    )


# Evidence by its text.


def test_evidence_may_be_a_text_that_equal_documents_have(suite):
    files = {"documents/a.md": "It is in\nthe hall.", "documents/b.md": "It is in the hall."}
    made, _ = suite(files, questions=[{"question": "Where?", "references": ["hall"], "evidence": ["It is  in the hall."]}])
    assert made.questions[0].evidence == ("a",)
    assert made.notes == ("questions.jsonl: evidence by a text that 2 equal documents have counts as a (b) (line 1)",)
    assert any("1 text is that of several documents (a = b)" in hint for hint in hints(made))


def test_a_passage_that_different_documents_hold_is_refused(suite):
    files = {"documents/a.md": "It is in the hall. One.", "documents/b.md": "It is in the hall. Two."}
    row = {"question": "Where?", "references": ["hall"], "evidence": ["in the hall."]}
    assert "questions.jsonl:1: field 'evidence': 2 documents hold the text" in refused(suite, files, questions=[row])


def test_a_text_may_differ_from_its_document_in_what_copying_changes(suite):
    files = {"documents/a.md": f"The {NFD} is\n   in the hall.\n\nIt is cold."}
    made, _ = suite(files, questions=[{"question": "Q", "references": ["x"], "evidence": [f"The {NFC} is in the hall."]}])
    assert made.questions[0].evidence == ("a",)


def test_passages_need_no_spaces(suite):
    row = {"question": "Q", "references": ["x"], "evidence": ["東京都庁は新宿区にあります。"]}
    made, _ = suite({"documents/a.md": "案内。東京都庁は新宿区にあります。以上。"}, questions=[row])
    assert made.questions[0].evidence == ("a",)


def test_the_marks_of_several_hops_are_no_part_of_a_context(suite):
    contexts = ["<1-hop>\n\nThe door is red.", "<2-hop>\n\nIt is in the hall."]
    row = {"user_input": "Q", "reference": "A", "reference_contexts": contexts, "synthesizer_name": "x"}
    for given_contexts in (contexts, repr(contexts), json.dumps(contexts)):
        made, tally = suite({"documents/hall.md": "It is in the hall."}, questions=[row | {"reference_contexts": given_contexts}])
        assert made.questions[0].evidence == ("red", "hall")
        assert tally.count("questions.jsonl") == Count(1, 1, 0)


def test_a_list_of_numpy_is_refused_rather_than_joined(suite):
    row = {"user_input": "Q", "reference": "A", "reference_contexts": "['The door is red.' 'It is in the hall.']"}
    assert "field 'evidence': this may be a list" in refused(suite, questions=[row])


# What columns mean.

RAGAS = {"question": "Q", "answer": "said", "contexts": ["found"], "ground_truth": "right"}


def test_in_an_old_table_of_ragas_the_answer_is_what_a_system_said(suite):
    made, tally = suite(questions=[RAGAS, {**RAGAS, "question": "R", "answer": None}])
    assert [question.references for question in made.questions] == [("right",), ("right",)]
    assert [question.evidence for question in made.questions] == [(), ()]
    assert [note for note in tally.notes() if "left aside" in note] == [
        "questions.jsonl: the column 'answer' is left aside: what some system said, since 'ground_truth' holds the right answers",
        "questions.jsonl: the column 'contexts' is left aside: what some system found for its answer",
    ]


def test_all_rows_of_a_file_are_judged_alike(suite):
    rows = [{"question": "P", "answer": "said", "contexts": ["x"], "ground_truth": None}, RAGAS]
    assert "questions.jsonl:1: field 'references'" in refused(suite, questions=rows)


JUDGED = [
    ("question answer", {}, {}),
    ("question answer evidence", {}, {}),
    ("question answer context", {}, {}),
    ("question answer response contexts", {}, {"contexts"}),
    ("question answer contexts", {}, {"answer"}),
    ("question answer retrieved_contexts", {}, {"answer"}),
    ("question answer reference", {"answer"}, {}),
    ("question answer expected_output retrieval_context", {"answer"}, {}),
    ("question answer references context", {"answer"}, {"context"}),
    ("question answer references context retrieved_contexts", {"answer"}, {}),
    ("question answer ground_truths contexts", {"answer", "contexts"}, {}),
    ("question contexts ground_truth", {}, {"contexts"}),
    ("question contexts ground_truth evolution_type metadata", {}, {}),
    ("question contexts references", {}, {}),
    ("question contexts evidence references", {"contexts"}, {}),
    ("user_input response retrieved_contexts reference reference_contexts", {}, {}),
    ("input actual_output expected_output context retrieval_context", {}, {}),
]


@pytest.mark.parametrize(("columns", "aside", "unclear"), JUDGED, ids=[columns for columns, _, _ in JUDGED])
def test_what_columns_mean_shows_in_those_beside_them(columns, aside, unclear):
    found = meaning(set(columns.split()), QUESTION)
    assert (set(found.aside), set(found.unclear)) == (set(aside), set(unclear))


@pytest.mark.parametrize(
    ("columns", "aside", "unclear"),
    [
        ("instruction response", {}, {}),
        ("prompt response context", {}, {}),
        ("user_input response reference retrieved_contexts", {"response"}, {}),
        ("question answer ground_truth contexts", {"answer", "contexts"}, {}),
        ("user_input response retrieved_contexts", {}, {"response"}),
        ("question answer contexts", {}, {"answer"}),
    ],
)
def test_so_it_is_with_training_examples(columns, aside, unclear):
    found = meaning(set(columns.split()), EXAMPLE)
    assert (set(found.aside), set(found.unclear)) == (set(aside), set(unclear))


def test_what_is_unclear_is_one_problem_with_a_line_and_a_remedy(suite):
    rows = [{"question": n, "answer": "a", "contexts": ["The door is red."]} for n in "xyz"]
    said = refused(suite, questions=[{"question": "w", "answers": ["b"]}, *rows])
    assert said.startswith("suite mine: 1 problem\n")
    assert "questions.jsonl:2: field 'answer': beside 'contexts' this may be the right answer or what some system said" in said
    assert "call it 'references' if it is right, and 'actual_output' if a system said it" in said


def test_rows_within_revisions_are_judged_too(suite):
    made, _ = suite(revisions=[{"document": "red", "text": "Blue.", "questions": [{**RAGAS, "id": "now"}]}])
    assert made.revisions[0].questions[0].references == ("right",)


def test_columns_of_right_answers_beside_each_other_must_agree(suite):
    base = {"question": "Q"}
    assert suite(questions=[base | {"references": ["a"], "answers": ["a", "b"]}])[0].questions[0].references == ("a", "b")
    said = refused(suite, questions=[base | {"reference": "a", "expected_output": "b"}])
    assert "given more than once, and not alike (reference, expected_output); keep one of them" in said


def test_alpaca_has_an_empty_input(suite):
    made, _ = suite(train=[{"instruction": "Say it.", "input": "", "output": "It."}])
    assert made.domain.examples[0].prompt == "Say it."
    assert "given more than once" in refused(suite, train=[{"instruction": "Say it.", "input": "Twice.", "output": "It."}])


# Values.


@pytest.mark.parametrize("value", [None, float("nan")])
def test_no_reference_is_not_the_same_as_no_answer_in_the_documents(suite, value):
    assert "'references': a list of texts is expected, and it holds nothing" in refused(
        suite, questions=[{"question": "Q", "reference": value}]
    )
    assert not suite(questions=[{"question": "Q", "references": []}])[0].questions[0].answerable


@pytest.mark.parametrize("value", [None, float("nan")])
def test_where_a_field_may_be_missing_null_and_nan_are_missing(suite, value):
    row = {"question": "Q", "references": ["a"], "id": value, "evidence": value, "tags": value, "cluster": value}
    question = suite(questions=[row])[0].questions[0]
    assert (len(question.id), question.evidence, question.tags, question.cluster) == (12, (), (), "")


NO_TEXTS = [[None], ["a", None], [float("nan")], [["a"]], 1.0, True, [False], {"a": 1}, "nan", "None", "['a']"]


@pytest.mark.parametrize("value", NO_TEXTS)
def test_what_is_no_text_or_may_be_none_is_refused(suite, value):
    assert "questions.jsonl:1: field 'references'" in refused(suite, questions=[{"question": "Q", "references": value}])


def test_a_list_says_that_a_text_is_meant(suite):
    rows = [{"question": "Q", "references": ["None"]}, {"question": ["nan"], "references": ["['a']"]}]
    made, _ = suite(questions=rows, train=[{"prompt": "P", "completion": ["N/A"]}])
    assert [question.references for question in made.questions] == [("None",), ("['a']",)]
    assert (made.questions[1].text, made.domain.examples[0].completion) == ("nan", "N/A")
    assert any("1 question has a reference that programs write where there is no value" in hint for hint in hints(made))


def test_a_key_that_is_there_twice_is_a_problem_and_not_the_last_value(suite):
    suite()
    write(suite.folder, {"questions.jsonl": '{"question": "Q", "references": ["a"], "references": ["b"]}'})
    with pytest.raises(InputError, match=r"questions.jsonl:1: field 'references': the field is there twice; keep one"):
        load(str(suite.folder))


@given(st.text())
def test_a_list_that_was_written_out_is_read_as_it_was(text):
    for written in (json.dumps([text, "b"]), repr([text, "b"])):
        assert values.listed(written) == (text, "b")


@given(st.text("[]'\"\\ ,a1\n"))
def test_no_text_becomes_a_list_that_python_or_json_would_not_read(text):
    try:
        found = values.listed(f"[{text}]")
    except values.UnclearError:
        return
    assert found is None or all(isinstance(item, str) for item in found)


# One name for two things.


def test_ids_are_those_of_one_question_revisions_included(suite):
    revised = {"document": "red", "text": "Blue.", "questions": [{"id": "q", "question": "Now?", "references": ["blue"]}]}
    said = refused(suite, revisions=[revised])
    assert "revisions.jsonl:1: field 'id': the id 'q' is already that of questions.jsonl:1" in said


def test_a_document_is_revised_once(suite):
    said = refused(suite, revisions=[{"document": "red", "text": text} for text in ("Blue.", "Green.")])
    assert "revisions.jsonl:2: field 'document': 'red' is already revised on line 1; make one revision of the two" in said


def test_two_tasks_of_one_name_are_refused(suite):
    tasks = {f"{folder}/{file}.yaml": f'task: "{name}"' for folder, file, name in [("one", "a", "arc"), ("two", "b", "arc")]}
    said = refused(suite, {**tasks, "suite.toml": 'general = ["one", "two"]'})
    assert "suite.toml:1: field 'general': two tasks are called 'arc'" in said
    assert str(suite.folder / "two/b.yaml") in said
    assert suite({**tasks, "suite.toml": 'general = ["one", "one"]'})[0].general == (str(suite.folder / "one"),)


def test_a_task_may_not_be_called_like_one_of_lm_evals_own_beside_it(suite):
    said = refused(suite, {"one/a.yaml": "task: hellaswag", "suite.toml": 'general = ["one", "hellaswag"]'})
    assert "two tasks are called 'hellaswag'" in said


def test_a_linked_folder_of_tasks_is_named_as_left_out(suite, tmp_path):
    write(tmp_path / "far", {"b.yaml": "task: far"})
    suite({"one/a.yaml": "task: near", "suite.toml": 'general = ["one"]'})
    (suite.folder / "one/linked").symlink_to(tmp_path / "far")
    made, _ = suite({"suite.toml": 'general = ["one"]'})
    (note,) = made.notes
    assert note.startswith("general: 1 left out: linked folders of tasks, which lm-eval does not follow")
    assert note.endswith("(linked)")


# Odd and allowed.


def test_what_is_odd_and_allowed_is_hinted_at(suite):
    rows = [{"id": n, "question": "Which colour?", "references": ["red"], "evidence": ["red"]} for n in "ab"]
    train = [{"prompt": "P", "completion": "one"}, {"prompt": "P", "completion": "two"}]
    rows += [{"id": "none", "question": "Where?", "references": ["The answer to given question is not present in context"]}]
    files = {"documents/lost.md": "Caf\ufffd.", "documents/tags.md": "<p>It is</p>"}
    made, _ = suite(files, questions=rows, train=train)
    said = list(hints(made))
    parts = (
        *(
            "1 question is asked more than once, and each time counts (a = b)",
            "1 prompt of train.jsonl with several completions",
        ),
        *(
            "1 document holds U+FFFD",
            "1 document holds tags of HTML",
            "1 question has a reference that declines to answer (none)",
        ),
    )
    for part in parts:
        assert any(part in hint for hint in said), part


# Kinds of files that installed packages read.


def test_a_file_is_read_by_the_reader_of_its_suffix(suite, monkeypatch):
    monkeypatch.setitem(READERS.__dict__, "_added", {"rot": EntryPoint("rot", "tests.rot:turned", "proctor.readers")})
    monkeypatch.setitem(sys.modules, "tests.rot", rot := ModuleType("tests.rot"))
    rot.turned = lambda path, _: markup.Page(path.read_text()[::-1], "Turned")
    made, tally = suite({"documents/blue.ROT": "The door is blue."[::-1]})
    assert {document.id: (document.text, document.title) for document in made.domain.documents}["blue"] == (
        *("The door is blue.", "Turned"),
    )
    assert any(".rot files were read by tests.rot (blue.ROT)" in note for note in tally.notes())
    rot.turned = lambda *_: 1 // 0
    said = refused(suite)
    assert "documents/blue.ROT: tests.rot cannot read it (ZeroDivisionError" in said
    assert "convert it to text first" in said


def test_what_leads_out_of_the_suite_is_given_to_no_reader(suite, tmp_path, monkeypatch):
    monkeypatch.setitem(READERS.__dict__, "_added", {"rot": EntryPoint("rot", "no_such_module:x", "proctor.readers")})
    write(tmp_path, {"secret.rot": "x"})
    (suite.folder / "documents").mkdir(parents=True)
    (suite.folder / "documents" / "blue.rot").symlink_to(tmp_path / "secret.rot")
    said = refused(suite)
    assert "leads out of the suite's folder" in said
    assert "no_such_module" not in said
