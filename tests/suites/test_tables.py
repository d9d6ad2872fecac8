"""Tables come whole or are refused: never more or fewer rows than counted, never a cell that means something else."""

from __future__ import annotations

import contextlib
import csv
import io
import json

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from proctor.core.reading import values
from proctor.core.reading.tally import Count
from proctor.core.schema import InputError
from proctor.suites.importers.split import Options
from proctor.suites.importers.table import table
from proctor.suites.loading.load import load
from proctor.suites.writing.draft import write_suite

SAME_FOLDER = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
ALL = Options(test_share=1)


@pytest.fixture
def bring(tmp_path):
    """What a table's text is read as."""

    def run(text, name="t.csv"):
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return table(tmp_path / name, ALL).unrepeated()

    return run


def refused(bring, text):
    with pytest.raises(InputError) as caught:
        bring(text)
    return str(caught.value)


def rows(*cells, head="question,answer,context"):
    return "".join(f"{line}\n" for line in (head, *cells))


# Short rows, open quotes, empty rows.


def test_a_row_of_too_few_cells_is_a_problem_with_its_line_and_no_question_without_an_answer(bring):
    cells = ("Where is it?,It is in Basel.,Basel", "Who runs it?,Ada runs it.", "When?,At six.,six")
    text = rows(*cells, head="question,context,answer")
    assert "t.csv:3: 2 cells under 3 columns" in refused(bring, text)


@pytest.mark.parametrize(
    ("cells", "line"),
    [
        (['How tall?,6 feet,"6 feet tall.', "Who?,Ada,Ada does.", "How?,by rail,By rail."], 2),
        (["Who?,Ada,Ada does.", 'How tall?,6 feet,"6 feet', "tall.", '"Why?",so,"Just so."'], 3),
        (['"Which ""one""?","the\nred","It is\nred, the', "Who?,Ada,Ada does."], 3),
        (['What?,"Tall" tales,He tells them.'], 2),
        (['What?,tales, "Tall" tales are told.'], 2),
    ],
    ids=["at the end of the file", "until the next quote", "in a row of several lines", "text behind it", "after a space"],
)
def test_a_quote_left_open_is_a_problem_with_the_line_on_which_it_opens(bring, cells, line):
    assert f"t.csv:{line}: the quote that opens here does not close at the end of a cell" in refused(bring, rows(*cells))


def test_rows_that_an_open_quote_may_have_swallowed_are_refused(bring):
    swallowed = rows('How tall?,6 feet,"6 feet tall.', "Who?,Ada,Ada does.", "Why?,so,Just so.", 'How?,by rail,By rail"')
    assert "t.csv:2: the row ends on line 5, and each line in it could be a row of its own" in refused(bring, swallowed)
    meant = rows('"How tall?","6 feet","6 feet tall.', "Who?,Ada,Ada does.", "Why?,so,Just so.", 'How?,by rail,By rail"')
    assert len(bring(meant).documents) == 1


def test_one_such_line_is_noted(bring):
    draft = bring(rows('How tall?,6 feet,"6 feet, tall, or', 'so, more, less"'))
    assert any("is a quote left open? (line 2)" in note for note in draft.tally.notes())


def test_rows_of_empty_cells_are_left_out_and_counted(bring):
    draft = bring(rows("a,b,c", ",,", "", "d,e,f", " , ,"))
    assert draft.tally.count("t.csv") == Count(taken=2, changed=0, left_out=2)
    assert "t.csv: 2 left out: rows of empty cells (line 3, line 6)" in draft.tally.notes()


def test_cells_may_be_quoted_behind_a_space_and_be_very_long(bring):
    draft = bring(rows(f'a, "b, c", {"long " * 40_000}'))
    assert draft.questions[0].references == ("b, c",)
    assert len(draft.documents[0].text) > 150_000


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_every_way_to_write_a_table_is_read_alike(bring, end, separator, mark):
    text = 'question,answer,context\n"a\nb","say ""c""","d;e"\n'.replace(",", separator).replace("\n", end)
    draft = bring(mark + text.encode())
    assert (draft.questions[0].text, draft.questions[0].references) == ("a\nb", ('say "c"',))
    assert draft.documents[0].text.replace(separator, ";") == "d;e"


def test_the_line_of_excel_that_names_the_separator_is_no_header(bring):
    draft = bring("sep=;\nquestion;answer;context\na;b;c, d, e, f\n")
    assert (draft.questions[0].id, draft.documents[0].text) == ("row-3", "c, d, e, f")


# Missing values and lists.


@pytest.mark.parametrize("column", ["question", "answer", "context", "id", "title"])
@pytest.mark.parametrize("word", ["null", "nan", "None", "NaN", "N/A", "NA", "<NA>"])
def test_what_may_be_a_missing_value_or_a_text_is_refused_with_its_line(bring, column, word):
    row = {"question": "a", "answer": "b", "context": "c", "id": "d", "title": "e"} | {column: word}
    said = refused(bring, rows("f,g,h,i,j", ",".join(row.values()), head=",".join(row)))
    assert f"t.csv:3: field '{column}': '{word}' may be a text, or what a program writes" in said
    assert f'write ["{word}"] if it is the text' in said


def test_a_list_in_a_cell_says_that_such_a_word_is_meant(bring):
    draft = bring(rows('Which code has Namibia?,"[""NA""]",Its code is NA.', "How many?,none,There are none."))
    assert [question.references for question in draft.questions] == [("NA",), ("none",)]


def test_one_of_several_answers_may_not_be_missing_either(bring):
    assert "'nan' may be a text" in refused(bring, rows("a,six | nan,c"))
    assert "one of several answers is empty" in refused(bring, rows("a,x || y,c"))


@pytest.mark.parametrize("column", ["answer", "context"])
def test_lists_are_read_as_json_or_as_pandas_writes_them(bring, column):
    for cell in (["x's", "y"], ["z"]):
        for written in (json.dumps(cell), repr(cell)):
            row = {"question": "a", "answer": "b", "context": "c"} | {column: '"' + written.replace('"', '""') + '"'}
            draft = bring(rows(",".join(row.values())))
            read = draft.questions[0].references if column == "answer" else tuple(d.text for d in draft.documents)
            assert read == tuple(cell)
            assert draft.tally.count("t.csv") == Count(1, 1, 0)


def test_a_list_as_python_prints_it_among_other_answers_may_be_an_answer(bring):
    said = refused(bring, rows("What is printed?,\"['a', 'b']\",x", "And then?,nothing,y"))
    assert "t.csv:2: field 'answer': this may be a list as Python prints it, or a text in brackets" in said


@pytest.mark.parametrize("word", ["['a' 'b']", "['a'\n 'b']", "array(['a'])", "['a', nan]", "[0, 1]", "['a'", "[None]"])
def test_what_is_half_a_list_is_refused_or_a_text_and_never_other_texts(bring, word):
    text = rows(f'q,"{word}",c')
    if word == "['a'":
        assert bring(text).questions[0].references == (word,)
    else:
        assert "t.csv:2: field 'answer': this may be" in refused(bring, text)


@pytest.mark.parametrize("word", ["{'text': ['x'], 'answer_start': array([1])}", '{""text"": [""x""]}', '{""a"": 1}'])
def test_an_object_in_a_cell_is_refused_unless_it_is_said_to_be_the_text(bring, word):
    assert "t.csv:2: field 'answer': this may be an object with the text somewhere in it" in refused(bring, rows(f'q,"{word}",c'))
    meant = json.dumps([word.replace('""', '"')]).replace('"', '""')
    assert bring(rows(f'q,"{meant}",c')).questions[0].references == (word.replace('""', '"'),)


@pytest.mark.parametrize("word", ["[citation needed]", "[Draft] x", "a [b]", "[1] and [2]", "[x](y)"])
def test_brackets_alone_make_no_list(bring, word):
    assert bring(rows(f'q,"{word}",c')).questions[0].references == (word,)


def test_several_contexts_are_several_documents_and_their_questions_stay_together(bring, tmp_path):
    lists = [["A.", "B."], ["B.", "C."], ["D."]]
    text = rows(*(f'q{n},a,"{json.dumps(one).replace(chr(34), chr(34) * 2)}"' for n, one in enumerate(lists)))
    (tmp_path / "s.csv").write_text(text)
    draft = table(tmp_path / "s.csv", Options(test_share=0.5))
    assert len(draft.documents) == 4
    assert sorted([len(draft.questions), len(draft.examples)]) == [1, 2]


# What columns mean.


def test_in_an_old_table_of_ragas_the_answer_is_what_a_system_said(bring):
    text = rows("q,wrong,found,right", head="question,answer,contexts,ground_truth")
    said = refused(bring, text)
    assert "field 'context': there is no such column: 'contexts' is what some system found for its answer" in said
    draft = bring(rows("q,wrong,found,right,text", head="question,answer,contexts,ground_truth,document"))
    assert (draft.questions[0].references, draft.documents[0].text) == (("right",), "text")
    assert any(note.startswith("t.csv: the column 'answer' is left aside") for note in draft.tally.notes())


def test_an_answer_beside_contexts_alone_may_be_either(bring):
    assert "field 'answer': beside 'contexts' this may be the right answer" in refused(
        bring, rows("q,a,c", head="question,answer,contexts")
    )


def test_deepeval_joins_contexts_by_the_sign_that_parts_answers(bring):
    head = "input,actual_output,expected_output,context"
    assert "field 'context': '|' may part several contexts" in refused(bring, rows("q,said,right,A.|B.", head=head))
    assert "field 'answer': '|' may part several right answers" in refused(bring, rows("q,said,a | b,A.", head=head))
    assert bring(rows("q,said,right,A.", head=head)).questions[0].references == ("right",)
    assert bring(rows("q,right,A | B")).documents[0].text == "A | B"


def test_columns_that_are_no_part_of_an_exam_are_named(bring):
    draft = bring(rows("1,a,b,c", head="Unnamed: 0,question,answer,context"))
    assert "t.csv: the column 'Unnamed: 0' is left aside: no part of an exam" in draft.tally.notes()


def test_marks_of_several_hops_and_tags_of_html_are_no_part_of_a_context(bring):
    page = "<html><head><style>p {}</style></head><body><p>It is <b>red</b>.</p></body></html>"
    draft = bring(rows('a,b,"[""<1-hop>\\n\\nOne."", ""<2-hop>\\n\\nTwo.""]"', f'd,red,"{page}"'))
    assert [document.text for document in draft.documents] == ["One.", "Two.", "It is red."]


def test_training_rows_that_give_way_are_counted_and_named(tmp_path):
    text = rows("Who?,Ada,Ada.,train", "who ?,Ada,Ada.,test", "Why?,so,So.,train", head="question,answer,context,split")
    (tmp_path / "t.csv").write_text(text)
    draft = table(tmp_path / "t.csv", Options()).unrepeated()
    assert draft.tally.count("t.csv") == Count(2, 0, 1)
    assert "t.csv: 1 left out: training examples whose question is asked in the test (line 2)" in draft.tally.notes()


def test_a_table_of_training_rows_alone_asks_nothing_and_is_refused(bring):
    assert "field 'split': no row is of the test" in refused(bring, rows("a,b,c,train", head="question,answer,context,split"))


def test_empty_answers_and_split_answers_are_noted(bring):
    notes = list(bring(rows("a,,c", "d,e|f,g")).tally.notes())
    assert "t.csv: an empty answer means that the context does not hold one (line 2)" in notes
    assert "t.csv: '|' parts several right answers (line 3)" in notes


# Any table.


CELLS = st.text(max_size=12) | st.text("a,;\t\"\n\r |[]'é", max_size=8) | st.sampled_from(["nan", '["a"]', "['a']", "[]", "<p>a"])
TABLES = st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=5)


def read_back(cell):
    cell = cell.replace("\r\n", "\n").replace("\r", "\n").strip()
    return cell if values.visible(cell) else ""


@SAME_FOLDER
@given(TABLES, st.sampled_from(",;\t"), st.sampled_from(["\n", "\r\n"]), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
@example([("a", "b", 'c\n"d')], ",", "\n", csv.QUOTE_MINIMAL)
def test_any_table_that_the_csv_module_writes_comes_back_whole_or_is_refused(bring, cells, separator, end, quoting):
    written = io.StringIO(newline="")
    writer = csv.writer(written, delimiter=separator, lineterminator=end, quoting=quoting)
    writer.writerows([("question", "answer", "context"), *cells])
    try:
        draft = bring(written.getvalue())
    except InputError:
        return
    kept = [row for row in cells if any(map(str.strip, row))]
    assert draft.tally.count("t.csv").taken == len(draft.questions) == len(kept)
    lines = sum(1 for _ in csv.reader(io.StringIO(written.getvalue(), newline=""), delimiter=separator))  # "\r" may end one
    assert draft.tally.count("t.csv").left_out <= lines - 1 - len(kept)
    texts = {document.id: document.text for document in draft.documents}
    for (asked, answer, context), question in zip(kept, draft.questions, strict=True):
        if asked.strip()[:1] != "[":
            assert question.text == read_back(asked)
        if answer.strip()[:1] != "[" and "|" not in answer:
            assert question.references == tuple(filter(None, [read_back(answer)]))
        if context.strip()[:1] != "[":
            assert texts[question.evidence[0]] == read_back(context)


@settings(SAME_FOLDER, max_examples=40)
@given(TABLES)
def test_what_is_imported_is_what_is_read_again(bring, tmp_path_factory, cells):
    written = io.StringIO(newline="")
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows([("question", "answer", "context"), *cells])
    try:
        draft = bring(written.getvalue())
    except InputError:
        return
    suite = write_suite(tmp_path_factory.mktemp("new") / "suite", draft.files("a", "a", []))
    assert [question.text for question in suite.questions] == [question.text for question in draft.questions]
    assert [question.references for question in suite.questions] == [question.references for question in draft.questions]
    assert [(d.id, d.text) for d in suite.domain.documents] == [(d.id, d.text) for d in draft.documents]


@SAME_FOLDER
@given(st.binary(max_size=80) | st.text('question,answer,context\n";| \t', max_size=60).map(str.encode))
def test_any_bytes_are_a_table_or_refused(bring, content):
    for head in (b"", b"question,answer,context\n"):
        with contextlib.suppress(InputError):
            bring(head + content)


def test_ids_of_documents_may_be_anything_and_stay_what_they_are(tmp_path):
    from proctor.core.schema import Document, Question
    from proctor.suites.writing.draft import Draft

    ids = ["../../etc", ".hidden", "a" * 300, "A", "a", "x/../y", 'q"uo\\te', "ünï", "con/nul", " spaced out", "", "tab\tbed"]
    documents = [Document(name, f"Text {n}.", "T") for n, name in enumerate(ids) if name.strip()]
    draft = Draft(documents, {}, [Question("q", "What?", ("x",))])
    suite = write_suite(tmp_path / "suite", draft.files("a", "a", []))
    assert {d.text: d.id for d in suite.domain.documents} == {d.text: " ".join(d.id.split()) for d in documents}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["suite"]
    assert load(str(tmp_path / "suite")).domain.documents
