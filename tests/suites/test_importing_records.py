"""Test sets and data sets that others publish, as suites: what each record becomes, and why one is left out."""

from __future__ import annotations

import argparse
import json

import pytest

from proctor.commands import import_
from proctor.core.schema import InputError
from proctor.suites.importers import IMPORTERS
from proctor.suites.importers.records import texts
from proctor.suites.importers.split import Options
from proctor.suites.loading.load import load
from tests.faults.loopback import serving

ALL = Options(test_share=1.0)


def lines(rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.fixture
def imported(tmp_path):
    """Imports a file of the given content."""

    def run(name, file, content, options=ALL):
        path = tmp_path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            path.write_text(content, encoding="utf-8")
        else:
            import pyarrow as pa
            from pyarrow import parquet

            parquet.write_table(pa.Table.from_pylist(content), path)
        return IMPORTERS[name].read(path, options)

    return run


def said(draft):
    """Questions with their answers and the texts that hold them."""
    known = {document.id: document.text for document in draft.documents}
    return {one.text: (one.references, tuple(known[name] for name in one.evidence)) for one in draft.questions}


RED = {"Which colour?": (("red",), ("The door is red.",))}


@pytest.mark.parametrize(
    "row",
    [
        {"question": "Which colour?", "ground_truth": "red", "contexts": ["The door is red."], "evolution_type": "simple"},
        {"user_input": "Which colour?", "reference": "red", "reference_contexts": ["The door is red."], "response": "blue"},
        {"user_input": "Which colour?", "reference": "red", "reference_contexts": ["<1-hop>\n\nThe door is red."]},
        {"user_input": "Which colour?", "reference": "red", "reference_contexts": '["The door is red."]'},
    ],
    ids=["0.1", "0.2", "hops", "list in a cell"],
)
def test_ragas_test_sets_of_every_version_are_read(imported, row):
    assert said(imported("ragas", "t.jsonl", lines([row]))) == RED


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("g.json", json.dumps([{"input": "Which colour?", "expected_output": "red", "context": ["The door is red."]}])),
        (
            "g.json",
            json.dumps({"goldens": [{"input": "Which colour?", "expectedOutput": "red", "context": ["The door is red."]}]}),
        ),
        ("g.csv", "input,actual_output,expected_output,context\nWhich colour?,blue,red,The door is red.\n"),
        ("g.jsonl", lines([{"input": "Which colour?", "expected_output": "red", "context": ["The door is red."]}])),
    ],
    ids=["list", "dataset", "csv", "lines"],
)
def test_goldens_of_deepeval_are_read(imported, file, content):
    assert said(imported("deepeval", file, content)) == RED


def test_contexts_that_deepeval_joins_in_a_cell_are_several_documents(imported):
    draft = imported("deepeval", "g.csv", "input,expected_output,context\nQ?,a,One.|Two.\n")
    assert [document.text for document in draft.documents] == ["One.", "Two."]


def test_fields_may_be_called_otherwise_and_lie_in_others(imported):
    rows = [{"Frage": "Which colour?", "right": {"value": "red"}, "ctx": "The door is red.", "nr": 7}]
    named = Options(1.0, fields={"question": "Frage", "answers": "right.value", "contexts": "ctx", "id": "nr"})
    draft = imported("records", "t.parquet", rows, named)
    assert said(draft) == RED
    assert draft.questions[0].id == "7"
    with pytest.raises(InputError, match=r"--field colour=\.\.\.: there is no such field; known: title, id, question"):
        imported("records", "t.parquet", rows, Options(fields={"colour": "x"}))


def test_a_sheet_of_questions_and_answers_is_read(imported, tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (("Question", "answer", "context"), ("How much?", 14.0, "It costs 14 euros.")):
        book.active.append(row)
    book.save(tmp_path / "t.xlsx")
    draft = IMPORTERS["records"].read(tmp_path / "t.xlsx", Options(1.0, fields={"question": "Question"}))
    assert said(draft) == {"How much?": (("14",), ("It costs 14 euros.",))}


def test_all_parts_of_a_folder_are_read(imported, tmp_path):
    row = {"question": "Which colour?", "answer": "red", "context": "The door is red."}
    imported("records", "set/a-00000.parquet", [row])
    imported("records", "set/b-00001.parquet", [row | {"question": "And the gate?"}])
    draft = IMPORTERS["records"].read(tmp_path / "set", ALL)
    assert [question.text for question in draft.questions] == ["Which colour?", "And the gate?"]
    assert len(draft.documents) == 1


def test_a_data_set_as_the_library_datasets_saves_it_is_read(tmp_path):
    datasets = pytest.importorskip("datasets")
    row = {"question": "Which colour?", "answers": {"text": ["red"]}, "context": "The door is red."}
    datasets.Dataset.from_list([row]).save_to_disk(tmp_path / "set" / "train")
    draft = IMPORTERS["records"].read(tmp_path / "set", Options(1.0, fields={"answers": "answers.text"}))
    assert said(draft) == RED


@pytest.mark.parametrize(
    ("row", "fields"),
    [
        (
            {"id": "1", "inputs": {"question": "Which colour?"}, "outputs": {"answer": "red", "context": "The door is red."}},
            {"question": "inputs.question", "answers": "outputs.answer", "contexts": "outputs.context"},
        ),
        (
            {"id": "1", "input": "Which colour?", "expectedOutput": "red", "metadata": {"context": ["The door is red."]}},
            {"question": "input", "answers": "expectedOutput", "contexts": "metadata.context"},
        ),
        (
            {"instruction": "Which colour?", "input": "The door is red.", "output": "red"},
            {"question": "instruction", "answers": "output", "contexts": "input"},
        ),
    ],
    ids=["langsmith", "langfuse", "alpaca"],
)
def test_exports_of_other_tools_are_records_whose_fields_are_called_otherwise(imported, row, fields):
    assert said(imported("records", "t.jsonl", lines([row]), Options(1.0, fields=fields))) == RED


HOTPOT = {
    "question": "Who is older?",
    "answer": "Ann",
    "supporting_facts": [["Ann", 0], ["Bob", 0]],
    "context": [["Ann", ["Ann was born", " in 1900."]], ["Cat", ["Cats purr."]], ["Bob", ["Bob was born in 1910."]]],
}


def hub(record):
    """The record as the hub has it: columns of lists in place of lists of pairs."""
    facts, context = record["supporting_facts"], record["context"]
    return {
        "id": record["_id"],
        "question": record["question"],
        "answer": record["answer"],
        "supporting_facts": {"title": [title for title, _ in facts], "sent_id": [number for _, number in facts]},
        "context": {"title": [title for title, _ in context], "sentences": [sentences for _, sentences in context]},
    }


def test_hotpotqa_keeps_the_other_paragraphs_and_names_the_supporting_ones(imported):
    record = {"_id": "5a7", **HOTPOT}
    drafts = [imported("hotpotqa", "h.json", json.dumps([record])), imported("hotpotqa", "h.parquet", [hub(record)])]
    for draft in drafts:
        assert said(draft) == {"Who is older?": (("Ann",), ("Ann was born in 1900.", "Bob was born in 1910."))}
        assert {document.title for document in draft.documents} == {"Ann", "Bob", "Cat"}
        assert draft.questions[0].id == "5a7"


def test_ms_marco_marks_the_passages_and_says_where_there_is_no_answer(imported):
    passages = {"is_selected": [0, 1], "passage_text": ["It rains.", "The door is red."], "url": ["a", "b"]}
    rows = [
        {"query": "Which colour?", "query_id": 1, "answers": ["red"], "passages": passages},
        {"query": "Who?", "query_id": 2, "answers": ["No Answer Present."], "passages": {**passages, "is_selected": [0, 0]}},
        {"query": "When?", "query_id": 3, "answers": ["now"], "passages": {**passages, "is_selected": [0, 0]}},
    ]
    draft = imported("msmarco", "m.parquet", rows)
    assert said(draft)["Which colour?"] == RED["Which colour?"]
    assert said(draft)["Who?"] == ((), ())
    assert {question.id for question in draft.questions} == {"1", "2"}
    assert "m.parquet: 1 left out: records none of whose texts is marked as holding the answer (row 3)" in draft.tally.notes()


def test_what_cannot_be_a_question_is_left_out_and_counted_by_reason(imported):
    fine = {"id": "a", "question": "Which colour?", "answer": "red", "context": "The door is red."}
    others = {"id": "b", "question": ""}, {"id": "c", "context": []}, {"id": "d", "answer": None}
    rows = [fine, fine, *(fine | other for other in others)]
    draft = imported("records", "t.jsonl", lines(rows)).unrepeated()
    assert draft.tally.count("t.jsonl")[::2] == (1, 4)
    assert {note.split(": ", 2)[2] for note in draft.tally.notes() if "left out" in note} == {
        "records without a field of answers, which is [] where the texts hold none (line 5)",
        "records with an id that an earlier one has (line 2)",
        "records without a question (line 3)",
        "records without a text that could hold the answer (line 4)",
    }


def test_questions_that_share_evidence_are_on_one_side_of_the_split(imported):
    rows = [{"question": f"Q{n}?", "answer": "a", "context": [f"Text {n // 2}."]} for n in range(40)]
    draft = imported("records", "t.jsonl", lines(rows), Options(0.5))
    asked = {question.evidence for question in draft.questions}
    assert asked.isdisjoint({example.evidence for example in draft.examples.values()})
    assert len(draft.questions) == len(draft.examples) == 20


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("t.jsonl", "{}\nnope\n[1]\n", "t.jsonl:2: no JSON that can be read"),
        ("t.json", '{"a": 1}', "a list of objects is expected"),
        ("t.txt", "x", "a file of records is expected, not .txt"),
        ("t.parquet", "x", "no Parquet file that can be read"),
        ("t.jsonl", '{"question": "Q?"}\n', "no record of it can be a question"),
    ],
)
def test_a_file_that_is_no_records_is_refused_with_a_remedy(imported, file, content, message):
    with pytest.raises(InputError, match=message.replace(".", r"\.")):
        imported("records", file, content)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("a", ["a"]),
        (" ", []),
        (None, []),
        (14, ["14"]),
        (True, []),
        ('["a", "b"]', ["a", "b"]),
        ("[a]", ["[a]"]),
        (["a", ["b"]], ["a", "b"]),
    ],
)
def test_a_field_is_read_as_texts(value, found):
    assert texts(value) == found


def test_the_command_takes_names_of_fields_and_writes_a_suite_that_loads(tmp_path, capsys):
    rows = [{"q": f"Which colour is door {n}?", "answer": "red", "context": f"Door {n} is red."} for n in range(4)]
    (tmp_path / "t.jsonl").write_text(lines(rows))
    parser = argparse.ArgumentParser()
    import_.declare(parser)
    import_.run(parser.parse_args(["records", str(tmp_path / "t.jsonl"), str(tmp_path / "mine"), "--field", "question=q"]))
    suite = load(str(tmp_path / "mine"))
    assert (len(suite.questions), len(suite.domain.documents)) == (2, 4)
    assert "t.jsonl: 4 taken, 0 changed, 0 left out" in capsys.readouterr().out


@pytest.fixture
def beir(tmp_path):
    """A folder in BEIR's layout: what a file is given otherwise, or nothing to leave it out."""

    def make(**others):
        files = {
            "corpus.jsonl": lines([{"_id": f"d/{n}", "title": f"Door {n}", "text": f"Door {n} is red."} for n in range(3)]),
            "queries.jsonl": lines([{"_id": f"q{n}", "text": f"Which colour is door {n}?", "metadata": {}} for n in range(4)]),
            "qrels/test.tsv": "query-id\tcorpus-id\tscore\nq0\td/0\t1\nq0\td/1\t2\nq0\td/2\t0\nq3\tgone\t1\nq9\td/1\t1\n",
            "qrels/train.tsv": "query-id\tcorpus-id\tscore\nq1\td/1\t1\n",
            "qrels/dev.tsv": "query-id\tcorpus-id\tscore\nq2\td/2\t1\n",
        }
        for name, content in {**files, **others}.items():
            (tmp_path / "set" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "set" / name).write_text(content)
        return tmp_path / "set"

    return make


def test_a_folder_of_beir_keeps_ids_splits_and_what_is_relevant(beir):
    draft = IMPORTERS["beir"].read(beir(), ALL)
    assert [document.id for document in draft.documents] == ["d/0", "d/1", "d/2"]
    (question,) = draft.questions
    assert (question.id, question.evidence, question.references) == ("q0", ("d/1", "d/0"), ("Door 1", "Door 0"))
    assert [example.evidence for example in draft.examples.values()] == [("d/1",)]
    notes = {note.split(": ", 2)[2] for note in draft.tally.notes() if "left out" in note}
    assert notes == {
        "judged queries that are not in queries.jsonl (q9)",
        "queries none of whose relevant documents is in corpus.jsonl (q3)",
        "queries of qrels/dev.tsv, beside those of test.tsv (q2)",
    }
    assert any("titles of the relevant documents stand in for them" in note for note in draft.tally.notes())


def test_answers_that_queries_of_beir_have_are_taken(beir):
    queries = lines([{"_id": "q0", "text": "Which?", "metadata": {"answers": ["red"]}, "gold": "blue"}])
    folder = beir(**{"queries.jsonl": queries, "qrels/train.tsv": "query-id\tcorpus-id\tscore\n"})
    assert IMPORTERS["beir"].read(folder, ALL).questions[0].references == ("red",)
    named = Options(fields={"answers": "gold"})
    assert IMPORTERS["beir"].read(folder, named).questions[0].references == ("blue",)


def test_what_is_wrong_with_a_folder_of_beir_is_said_all_at_once(beir, tmp_path):
    folder = beir(**{"queries.jsonl": '{"text": "x"}\n', "qrels/test.tsv": "query-id\tcorpus-id\tscore\nq0\td/0\thigh\n"})
    with pytest.raises(InputError) as error:
        IMPORTERS["beir"].read(folder, ALL)
    assert "queries.jsonl: line 1: no _id or no text" in str(error.value)
    assert "test.tsv:2: a query, a document and a number are expected" in str(error.value)
    with pytest.raises(InputError, match="no qrels"):
        IMPORTERS["beir"].read(tmp_path / "none", ALL)


def test_a_suite_from_beir_loads(beir, tmp_path):
    parser = argparse.ArgumentParser()
    import_.declare(parser)
    import_.run(parser.parse_args(["beir", str(beir()), str(tmp_path / "mine")]))
    assert {document.id for document in load(str(tmp_path / "mine")).domain.documents} == {"d/0", "d/1", "d/2"}


def test_triviaqa_takes_the_pages_that_hold_a_name_of_the_answer_as_evidence(imported):
    record = {
        "question": "Which colour is it?",
        "question_id": "tc_1",
        "answer": {"value": "Red", "aliases": ["Crimson"]},
        "entity_pages": {"title": ["Door"], "wiki_context": ["The door is crimson."]},
        "search_results": {"title": ["Gate", "Wall"], "search_context": ["It rains.", "RED it is."]},
    }
    draft = imported("triviaqa", "t.parquet", [record])
    assert said(draft) == {"Which colour is it?": (("Red", "Crimson"), ("The door is crimson.", "RED it is."))}
    assert {document.title for document in draft.documents} == {"Door", "Gate", "Wall"}


def test_a_page_of_triviaqa_with_the_answer_inside_of_a_word_is_no_evidence(imported):
    pages = {"title": ["A", "B"], "wiki_context": ["The bus was late.", "It is in the US."]}
    record = {"question": "Where?", "question_id": "1", "answer": {"value": "US", "aliases": []}, "entity_pages": pages}
    assert said(imported("triviaqa", "t.jsonl", lines([record]))) == {"Where?": (("US",), ("It is in the US.",))}


def test_natural_questions_are_read_by_their_tokens(imported):
    tokens = "<P> The door , once green , is red . </P> <P> It rains . </P>"
    spans = [{"start_token": 0, "end_token": 11, "top_level": True}, {"start_token": 11, "end_token": 16, "top_level": True}]
    right = {"long_answer": spans[0], "short_answers": [{"start_token": 8, "end_token": 9}], "yes_no_answer": "NONE"}
    none = {"long_answer": {"start_token": -1, "end_token": -1}, "short_answers": []}
    base = {"document_text": tokens, "long_answer_candidates": spans, "document_title": "Doors"}
    rows = [
        {**base, "example_id": 1, "question_text": "which colour", "annotations": [right]},
        {**base, "example_id": 2, "question_text": "who", "annotations": [none]},
        {**base, "example_id": 3, "question_text": "why", "annotations": [{**right, "short_answers": []}]},
    ]
    draft = imported("natural_questions", "nq.jsonl", lines(rows))
    assert said(draft) == {"which colour": (("red",), ("The door, once green, is red.",)), "who": ((), ())}
    assert "nq.jsonl: 1 left out: records whose answer is a whole passage, or yes or no (line 3)" in draft.tally.notes()


@pytest.mark.parametrize(
    "name", ["hotpotqa", "msmarco", "triviaqa", "natural_questions", "ragas", "deepeval", "records", "promptfoo", "chat"]
)
@pytest.mark.parametrize(
    "record", [{}, {"question": "Q?", "context": 7, "passages": [], "answer": None}, {"annotations": [1], "document_text": "a"}]
)
def test_a_record_of_another_layout_is_left_out_with_a_reason(imported, name, record):
    with pytest.raises(InputError, match=r"no record of it can be a question .*left out"):
        imported(name, "t.jsonl", lines([record]))


PROMPTFOO = """
prompts: ["{{context}} {{question}}"]
tests:
  - vars: {question: "Which colour?", context: "The door is red."}
    assert:
      - {type: icontains, value: red}
      - {type: llm-rubric, value: is polite}
  - vars: {question: "Who?", context: "It rains."}
    assert: [{type: llm-rubric, value: is polite}]
  - description: nothing
"""


def test_tests_of_promptfoo_are_read_where_they_assert_an_answer(imported):
    draft = imported("promptfoo", "p.yaml", PROMPTFOO)
    assert said(draft) == RED
    assert draft.tally.count("p.yaml").left_out == 2
    tests = [{"vars": {"q": "Which colour?", "context": "The door is red."}, "assert": [{"type": "equals", "value": "red"}]}]
    assert said(imported("promptfoo", "p.json", json.dumps(tests), Options(1.0, fields={"question": "q"}))) == RED


@pytest.mark.parametrize("text", ["file://red.txt", "{{colour}}", "{% if a %}red{% endif %}"])
@pytest.mark.parametrize("place", ["answer", "context"])
def test_a_test_of_promptfoo_whose_texts_stand_elsewhere_is_left_out(imported, text, place):
    texts = {"answer": "red", "context": "The door is red."} | {place: text}
    test = {"vars": {"question": "Which?", "context": texts["context"]}, "assert": [{"type": "equals", "value": texts["answer"]}]}
    whole = {"vars": {"question": "Which colour?", "context": "The door is red."}, "assert": [{"type": "equals", "value": "red"}]}
    draft = imported("promptfoo", "p.json", json.dumps([test, whole]))
    assert said(draft) == RED
    assert draft.tally.count("p.json").left_out == 1


@pytest.mark.parametrize("content", ["tests: file://tests.csv\n", "tests: [1]\n", "a: [\n"])
def test_a_configuration_of_promptfoo_without_tests_of_its_own_is_refused(imported, content):
    with pytest.raises(InputError, match=r"p\.yaml"):
        imported("promptfoo", "p.yaml", content)


def openai(*messages):
    return {"messages": [{"role": role, "content": text} for role, text in messages]}


@pytest.mark.parametrize(
    "row",
    [
        openai(("system", "The door is red."), ("user", "Which colour?"), ("assistant", "red")),
        {**openai(("system", "Be kind."), ("user", "Which colour?"), ("assistant", "red")), "context": "The door is red."},
        openai(
            ("user", [{"type": "text", "text": "Which colour?"}]),
            ("assistant", None),
            ("tool", "The door is red."),
            ("assistant", "red"),
        ),
        {
            "conversations": [
                {"from": "system", "value": "The door is red."},
                {"from": "human", "value": "Which colour?"},
                {"from": "gpt", "value": "red"},
            ]
        },
    ],
    ids=["system", "context", "tool", "sharegpt"],
)
def test_a_conversation_of_one_turn_is_a_question_about_what_was_given(imported, row):
    assert said(imported("chat", "c.jsonl", lines([row]))) == RED


def test_conversations_that_are_no_question_are_left_out_by_reason(imported):
    given, asked, answered = ("system", "The door is red."), ("user", "Which colour?"), ("assistant", "red")
    rows = [
        openai(given, asked, answered),
        openai(given, asked, answered, ("user", "Why?"), answered),
        openai(given, asked),
        openai(asked, answered),
        openai(given, asked, ("critic", "no")),
    ]
    draft = imported("chat", "c.jsonl", lines(rows))
    assert said(draft) == RED
    assert {note.split(": ", 2)[2] for note in draft.tally.notes()} == {
        "conversations of several turns (line 2)",
        "conversations without an answer (line 3)",
        "records without a text that could hold the answer (line 4)",
        "conversations with a role that is neither user, assistant, system nor tool (line 5)",
    }


REVISION = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def hub_of_data(tmp_path, monkeypatch):
    """A hub that has one data set, with a file of records in each of two folders and a script beside them."""
    row = {"question": "Which colour?", "answer": "red", "context": "The door is red."}
    files = {"a/part.jsonl": lines([row]), "b/part.jsonl": lines([row | {"context": "It is red."}]), "load.py": "1 / 0"}

    def treat(connection, request):
        method, path, _ = request.line.split(" ")
        path = path.partition("?")[0]
        info = {"id": "someone/doors", "sha": REVISION, "siblings": [{"rfilename": name} for name in files]}
        tree = [{"type": "file", "path": name, "size": len(text), "oid": "0" * 40} for name, text in files.items()]
        name = path.partition(f"/resolve/{REVISION}/")[2]
        if path == "/api/datasets/someone/doors/revision/v1":
            body, headers = json.dumps(info), {}
        elif path.startswith("/api/datasets/someone/doors/tree/"):
            body, headers = json.dumps(tree), {}
        elif name in files:
            body, headers = files[name], {"ETag": f'"{name.replace("/", "-")}"', "X-Repo-Commit": REVISION}
        else:
            connection.sendall(
                b"HTTP/1.1 404 Not Found\r\nX-Error-Code: RepoNotFound\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )
            return
        said = {"Content-Type": "application/json", "Content-Length": len(body), "Connection": "close", **headers}
        head = "HTTP/1.1 200 OK\r\n" + "".join(f"{key}: {value}\r\n" for key, value in said.items()) + "\r\n"
        connection.sendall((head + ("" if method == "HEAD" else body)).encode())

    with serving(treat) as server:
        url = server.url.removesuffix("/v1")
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", url)
        monkeypatch.setattr(
            "huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", url + "/{repo_id}/resolve/{revision}/{filename}"
        )
        monkeypatch.setattr("huggingface_hub.hf_api.api.endpoint", url)
        yield server


def imported_by_command(source, folder):
    parser = argparse.ArgumentParser()
    import_.declare(parser)
    import_.run(parser.parse_args(["records", source, str(folder), "--test-share", "1"]))
    return load(str(folder))


def test_a_data_set_of_the_hub_is_read_at_its_revision_and_none_of_its_code_is_fetched(hub_of_data, tmp_path):
    suite = imported_by_command("hf:someone/doors@v1:b", tmp_path / "mine")
    assert [document.text for document in suite.domain.documents] == ["It is red."]
    fetched = {request.line.split(" ")[1] for request in hub_of_data.requests}
    assert not any("load.py" in path or "a/part" in path for path in fetched)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("hf:someone/doors", "expected hf:OWNER/NAME@REVISION"),
        ("hf:someone/none@v1", "the hub of data sets has no data set of that name"),
    ],
)
def test_a_data_set_that_is_not_to_be_had_is_said_in_plain_words(hub_of_data, tmp_path, source, message):
    with pytest.raises(InputError, match=message):
        imported_by_command(source, tmp_path / "mine")
