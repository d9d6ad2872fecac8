"""Public formats become suites that load, split as promised."""

from __future__ import annotations

import json

import pytest

from proctor.core.reading.tally import Count
from proctor.core.schema import InputError
from proctor.suites.importers import IMPORTERS
from proctor.suites.importers.choices import choices
from proctor.suites.importers.split import Options
from proctor.suites.loading.load import load
from proctor.suites.writing.draft import Draft, write_suite


@pytest.fixture
def bring(tmp_path):
    """Imports a file's content, and gives the suite."""

    def run(name, content, options=None, file="data.json"):
        path = tmp_path / file
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        draft = IMPORTERS[name].read(path, options or Options()).unrepeated()
        return write_suite(tmp_path / "suite", draft.files("imported", "Imported", []))

    return run


# SQuAD.


def article(title, *paragraphs):
    return {"title": title, "paragraphs": list(paragraphs)}


def paragraph(context, **answers):
    return {"context": context, "qas": [qa(name, answer) for name, answer in answers.items()]}


def qa(name, answer):
    found = [{"text": answer, "answer_start": 0}] * 2 if answer else []
    return {"id": name, "question": f"What is {name}?", "answers": found, "is_impossible": not answer}


SQUAD = {
    "version": "v2.0",
    "data": [
        article(f"Place_{n}", paragraph(f"Red {n}.", **{f"a{n}": f"Red {n}"}), paragraph("Blue.", **{f"b{n}": ""}))
        for n in range(10)
    ],
}


def test_squad_paragraphs_are_documents_and_hold_the_answers(bring):
    suite = bring("squad", SQUAD)
    assert len(suite.domain.documents) == 20
    assert suite.document("Place_3/001").title == "Place 3"
    for question in suite.questions:
        assert all(reference in suite.document(question.evidence[0]).text for reference in question.references)


def test_squad_articles_are_wholly_trained_on_or_wholly_asked(bring):
    suite = bring("squad", SQUAD, Options(test_share=0.3))
    asked = {question.cluster for question in suite.questions}
    trained = {example.evidence[0].partition("/")[0] for example in suite.domain.examples}
    assert len(asked) == 3
    assert len(trained) == 7
    assert not asked & trained


def test_squad_2_has_questions_without_an_answer(bring):
    suite = bring("squad", SQUAD)
    unanswerable = [question for question in suite.questions if not question.answerable]
    assert len(unanswerable) == 5
    assert unanswerable[0].tags == ("unanswerable",)
    assert {example.completion for example in suite.domain.examples if example.prompt.startswith("What is b")} == {"unknown"}


def test_the_split_is_the_same_every_time_and_another_with_another_seed():
    groups = [str(n) for n in range(20)]
    splits = [Options(seed=seed).test_groups(reversed(groups), None) for seed in (0, 0, 1)]
    assert splits[0] == splits[1] != splits[2]
    assert [len(split) for split in splits] == [10] * 3


def test_a_question_that_is_asked_is_not_trained_on(bring):
    data = [article(f"P{n}", {"context": "Red.", "qas": [qa(f"x{n}", "Red") | {"question": "Which colour?"}]}) for n in range(4)]
    suite = bring("squad", {"data": data})
    assert (len(suite.questions), suite.domain.examples) == (2, ())


def test_articles_of_one_name_keep_their_own_folders(bring):
    suite = bring("squad", {"data": [article("A/b", paragraph("Red.", x="Red")), article("a b", paragraph("Blue.", y="Blue"))]})
    assert len({document.id for document in suite.domain.documents}) == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "data.json:1: not JSON"),
        ("[1]", "an object is expected"),
        ("[" * 100_000, "cannot be read"),
        ({"data": 1}, "field 'data': a list is expected"),
        ({"data": [{"title": "a"}]}, r"field 'data\[0\]': 'paragraphs' is missing"),
        (
            {"data": [article("a", paragraph("Red.", x="Blue"))]},
            r"data\[0\].paragraphs\[0\].qas\[0\].*'Blue' is not in its paragraph",
        ),
        ({"data": [article("a", {"context": "", "qas": []})]}, r"paragraphs\[0\].context.*empty"),
        ({"data": [article("a", {"context": "Red.", "qas": [qa("x", "") | {"is_impossible": False}]})]}, "there is no answer"),
        ({"data": []}, "there is no question"),
    ],
)
def test_what_is_not_squad_is_refused_with_its_place(bring, content, said):
    with pytest.raises(InputError, match=said):
        bring("squad", content)


def test_every_problem_of_squad_is_said_at_once_with_its_id(bring):
    data = [
        article("One", paragraph("Red &.", a="Blue", b="Red &amp;", c="Red"), {"context": "", "qas": []}),
        article("Two", paragraph("Green.", d="Yellow"), {"qas": []}),
        {"title": "Three"},
        article("Four", {"context": "x", "qas": [qa("e", "x") | {"is_impossible": "false"}, qa("a", "x")]}),
        article("Five", {"context": "x", "qas": [qa("f", "x") | {"is_impossible": True}]}),
    ]
    with pytest.raises(InputError) as caught:
        bring("squad", {"data": data})
    said = str(caught.value)
    assert said.startswith("import of data.json: 9 problems\n") or said.count("\n") >= 9
    for part in (
        "'Blue' is not in its paragraph (id a)",
        "'Red &amp;' is not in its paragraph (id b)",
        "paragraphs[1].context'",
        "'Yellow' is not in its paragraph (id d)",
        "data[1].paragraphs[1]': 'context' is missing",
        "data[2]': 'paragraphs' is missing",
        "is_impossible of the question with id e is 'false'; write true or false",
        "the id 'a' is already that of data[0].paragraphs[0].qas[0]",
        "the question with id f is_impossible and has answers",
    ):
        assert part in said, part


@pytest.mark.parametrize("title", [{}, {"title": ""}, {"title": None}])
def test_articles_without_a_title_get_one(bring, title):
    data = [{"paragraphs": [paragraph(f"Red {n}.", **{f"a{n}": "Red"})]} | title for n in range(2)]
    suite = bring("squad", {"data": data})
    assert [document.id for document in suite.domain.documents] == ["Article_1/001", "Article_2/001"]
    assert suite.domain.documents[0].title == "Article 1"


def test_long_titles_and_odd_ones_are_safe_names_of_files_and_stay_apart(bring, tmp_path):
    long = "Valves and pumps " * 30
    titles = [long, f"{long}!", "../../etc", ".hidden", "水" * 200, "Caf\u00e9", "Cafe\u0301", "CAFÉ", "A-5", "a", "A"]
    data = [article(title, paragraph(f"Red {n}.", **{f"a{n}": "Red"})) for n, title in enumerate(titles)]
    suite = bring("squad", {"data": data})
    assert len(suite.domain.documents) == len(titles)
    assert long.strip() in {document.title for document in suite.domain.documents}
    assert max(len(path.name.encode()) for path in (tmp_path / "suite/documents").iterdir()) <= 90
    assert len({path.name.casefold() for path in (tmp_path / "suite/documents").iterdir()}) == len(titles)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data.json", "suite"]


def test_answers_may_differ_from_their_paragraph_in_white_space_and_composed_accents(tmp_path):
    data = {"data": [article("A", paragraph("The  cafe\u0301\nis red.", a="caf\u00e9 is red"))]}
    (tmp_path / "d.json").write_text(json.dumps(data), encoding="utf-8")
    draft = IMPORTERS["squad"].read(tmp_path / "d.json", Options()).unrepeated()
    assert draft.questions[0].references == ("caf\u00e9 is red",)
    assert draft.tally.count("d.json") == Count(1, 1, 0)


@pytest.mark.parametrize("name", ["squad", "pubmedqa"])
def test_a_key_that_is_there_twice_is_refused(bring, name):
    with pytest.raises(InputError, match=r"data.json: field '1': an object has this key twice"):
        bring(name, '{"data": [], "1": 2, "1": 3}')


def test_ids_may_be_numbers(bring):
    data = [article("A", {"context": "Red.", "qas": [qa("x", "Red") | {"id": n} for n in (7, 8)]})]
    assert [question.id for question in bring("squad", {"data": data}).questions] == ["7", "8"]


def test_half_a_character_is_a_problem_and_no_crash(bring):
    content = json.dumps({"data": [article("A", paragraph("Red \ud800.", a="Red"))]})
    with pytest.raises(InputError, match="half of a surrogate pair"):
        bring("squad", content)


# PubMedQA.

PAPERS = {
    str(n): {
        "QUESTION": f"Does {n} help?",
        "CONTEXTS": [f"Aim {n}.", "Method."],
        "final_decision": answer,
        "LONG_ANSWER": "It helps.",
    }
    for n, answer in enumerate(["yes", "no", "maybe", "yes"] * 3)
}


def test_pubmedqa_abstracts_are_documents_without_their_conclusion(bring):
    suite = bring("pubmedqa", PAPERS)
    assert suite.document("7").text == "Aim 7.\n\nMethod."
    assert suite.domain.instruction == "Answer yes, no or maybe."
    assert len(suite.questions) == len(suite.domain.examples) == 6
    assert all(question.evidence == (question.id,) for question in suite.questions)


def test_pubmedqa_takes_the_official_test_beside_the_file(bring, tmp_path):
    (tmp_path / "test_ground_truth.json").write_text('{"3": "yes", "1": "no"}', encoding="utf-8")
    suite = bring("pubmedqa", PAPERS)
    assert [question.id for question in suite.questions] == ["1", "3"]
    assert len(suite.domain.examples) == 10


def test_pubmedqa_takes_the_test_that_is_named(bring, tmp_path):
    (tmp_path / "mine.json").write_text("[2]", encoding="utf-8")
    suite = bring("pubmedqa", PAPERS, Options(test_ids=tmp_path / "mine.json"))
    assert [(question.id, question.references) for question in suite.questions] == [("2", ("maybe",))]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"final_decision": "perhaps"}, "'perhaps' is not yes, no or maybe"),
        ({"CONTEXTS": "x"}, "0.CONTEXTS': a list is expected"),
        ({"QUESTION": ""}, "0.QUESTION': a text is expected, and it is empty"),
    ],
)
def test_what_is_not_pubmedqa_is_refused_with_its_place(bring, change, said):
    with pytest.raises(InputError, match=said):
        bring("pubmedqa", {"0": PAPERS["0"] | change})


def test_every_problem_of_pubmedqa_is_said_at_once(bring, tmp_path):
    (tmp_path / "mine.json").write_text('["77", "1", "78"]', encoding="utf-8")
    odd = {"2": PAPERS["2"] | {"final_decision": "perhaps"}, "3": PAPERS["3"] | {"CONTEXTS": [" "]}, "4": 5}
    papers = {"1": PAPERS["1"], **odd}
    with pytest.raises(InputError) as caught:
        bring("pubmedqa", papers, Options(test_ids=tmp_path / "mine.json"))
    for part in (
        "5 problems",
        "'2'",
        "'3': the CONTEXTS are empty",
        "'4': an object is expected",
        "'77' is none",
        "'78' is none",
    ):
        assert part in str(caught.value), part


def test_ids_of_papers_name_no_files_elsewhere(bring, tmp_path):
    suite = bring("pubmedqa", {"../../x": PAPERS["1"], "a/b": PAPERS["2"]})
    assert {document.id for document in suite.domain.documents} == {"../../x", "a/b"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data.json", "suite"]


def test_a_test_id_that_is_no_question_is_refused(bring, tmp_path):
    (tmp_path / "mine.json").write_text('["77"]', encoding="utf-8")
    with pytest.raises(InputError, match=r"mine.json: '77' is none of the questions"):
        bring("pubmedqa", PAPERS, Options(test_ids=tmp_path / "mine.json"))


# Tables.

TABLE = """question,answer,context,split
How much?,14 | 14 euros,"A bike costs
14, all told.",test
When?,9,Open from 9.,train
Who?,,Open from 9.,test
"""


def test_a_table_with_a_split(bring):
    suite = bring("csv", TABLE, file="data.csv")
    assert [document.text for document in suite.domain.documents] == ["A bike costs\n14, all told.", "Open from 9."]
    assert [question.references for question in suite.questions] == [("14", "14 euros"), ()]
    assert suite.questions[0].id == "row-2"
    assert [(example.prompt, example.completion) for example in suite.domain.examples] == [("When?", "9")]


def test_a_table_without_a_split_is_split_by_document(bring):
    rows = "".join(f"q{n}\tx\tdocument {n % 4}\n" for n in range(12))
    suite = bring("csv", "Input\tExpected_Output\tText\n" + rows, file="data.tsv")
    assert len(suite.domain.documents) == 4
    assert len(suite.questions) == len(suite.domain.examples) == 6
    trained = {example.evidence[0] for example in suite.domain.examples}
    assert not trained & {question.cluster for question in suite.questions}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", r"data.csv:1: field 'question': there is no such column"),
        ("qestion,answer,context\n", r"data.csv:1: field 'question'.*is 'qestion' meant\?"),
        ("question,input,answer,context\n", r"data.csv:1: field 'question': two columns"),
        ("question,answer,context\na,b,c\n,b,c\n", r"data.csv:3: field 'question': the cell is empty"),
        ('question,answer,context\n"a\nb",b,c\nd,e,\n', r"data.csv:4: field 'context': the cell is empty"),
        ("question,answer,context\na,b,c,d\n", r"data.csv:2: 4 cells under 3 columns"),
        ("question,answer,context,split\na,b,c,dev\n", r"data.csv:2: field 'split': 'dev'.*write train or test"),
        ("id,question,answer,context\n1,a,b,c\n1,d,e,f\n", r"data.csv:3: field 'id'.*already that of line 2"),
        ("question,answer,context\n", "there is no question"),
        ("question,answer,context\na,b\n", r"data.csv:2: 2 cells under 3 columns; write all of them"),
    ],
)
def test_what_is_no_such_table_is_refused_with_its_row(bring, content, said):
    with pytest.raises(InputError, match=said):
        bring("csv", content, file="data.csv")


def test_a_table_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match=r"none.csv: the file is missing"):
        IMPORTERS["csv"].read(tmp_path / "none.csv", Options())


# Multiple choice.


def item(query="Question: one and one?\n", listed=("one", "two"), gold=1):
    return json.dumps({"query": query, "choices": list(listed), "gold": gold}) + "\n"


def test_multiple_choice_becomes_a_folder_of_tasks(tmp_path):
    (tmp_path / "sums.jsonl").write_text(item() * 2, encoding="utf-8")
    files, _ = choices([tmp_path / "sums.jsonl"])
    assert sorted(files) == ["sums.jsonl", "sums.yaml"]
    assert files["sums.jsonl"].count("\n") == 2
    assert "task: sums\n" in files["sums.yaml"]
    assert str(tmp_path) not in files["sums.yaml"], "the folder can be moved"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (item() + item(gold=2), r"sums.jsonl:2: field 'gold': the index of a choice is expected: 0 to 1"),
        (item(gold=True), r"sums.jsonl:1: field 'gold'"),
        (item(listed=["one", "one"]), r"sums.jsonl:1: field 'choices': two choices are the same"),
        ('{"query": "a", "query": "b", "choices": ["a", "b"], "gold": 0}', r"sums.jsonl:1: field 'query': .* there twice"),
        (item(listed=["one"]), r"sums.jsonl:1: field 'choices': a list of two texts"),
        (item(query=""), r"sums.jsonl:1: field 'query': a text is expected, and it is empty"),
        ("", r"sums.jsonl: no questions"),
    ],
)
def test_what_is_no_multiple_choice_is_refused_with_its_line(tmp_path, content, said):
    (tmp_path / "sums.jsonl").write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        choices([tmp_path / "sums.jsonl"])


def test_two_files_cannot_be_one_task(tmp_path):
    for name in ("sums.jsonl", "sums.json"):
        (tmp_path / name).write_text(item(), encoding="utf-8")
    with pytest.raises(InputError, match="rename the file"):
        choices([tmp_path / "sums.jsonl", tmp_path / "sums.json"])


def test_every_problem_of_every_file_is_said_and_rows_are_counted(tmp_path):
    for name, content in (("a.jsonl", item(gold=2)), ("b.jsonl", item(query="")), ("A.jsonl", item())):
        (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"(?s)3 problems.*a.jsonl:1.*b.jsonl:1.*A.jsonl: 'A' cannot name a task"):
        choices([tmp_path / name for name in ("a.jsonl", "b.jsonl", "A.jsonl")])
    assert choices([tmp_path / "A.jsonl"])[1].count("A.jsonl") == Count(1, 0, 0)


# What all of them share.


def test_what_is_wrong_with_the_suite_is_said_of_the_folder_that_was_asked_for(tmp_path):
    (tmp_path / "t.csv").write_text("question,answer,context\na,b,c\n", encoding="utf-8")
    draft = IMPORTERS["csv"].read(tmp_path / "t.csv", Options())
    with pytest.raises(InputError) as caught:
        write_suite(tmp_path / "suite", draft.files("a", "a", ["../nowhere"]))
    assert f"{tmp_path / 'suite' / 'suite.toml'}:3" in str(caught.value)
    assert "partial" not in str(caught.value)


def test_a_suite_that_would_not_load_leaves_nothing_behind(tmp_path):
    with pytest.raises(InputError, match="no questions"):
        write_suite(tmp_path / "suite", Draft([], {}, []).files("a", "a", []))
    assert list(tmp_path.iterdir()) == []


def test_odd_titles_survive_the_way_to_disk_and_back(bring, tmp_path):
    odd = 'Say "hi": #1 \\ ø ünï\nand on'
    suite = bring(
        "csv", f'question,answer,context,title\na,b,---,"{odd.replace(chr(34), chr(34) * 2)}"\n', Options(test_share=1), "x.csv"
    )
    assert suite.domain.documents[0].text == "---"
    assert suite.domain.documents[0].title.startswith('Say "hi": #1')
    assert load(str(tmp_path / "suite")) == suite
