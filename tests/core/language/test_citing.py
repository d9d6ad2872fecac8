"""What counts as a citation, and of which document."""

# signs of other scripts are what is tested
from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.core.language.citing import Citations, Citing
from proctor.core.schema import Context, Document

DOCUMENTS = (
    Document("doc-1", "The bridge was built in 1874.", "The old bridge"),
    Document("doc-2", "The tower has 214 steps.", "Tower"),
    Document("river/café", "The café is closed on Mondays.", "Opening hours"),
    Document("a/pump", "The pump takes oil.", "Pump"),
    Document("b/pump", "The  pump takes oil.", "Pump"),
    Document("a/valve", "It is red.", "Valve"),
    Document("b/valve", "It is blue.", "Valve"),
    Document("line", "A line is drawn.", "Lines"),
    Document("Smith, J. (2020)", "A study.", "A study of bridges"),
    Document("[draft] plan", "A plan.", "Plan"),
    Document("7", "The seventh.", "Seventh"),
)
CITING = Citing(DOCUMENTS)
SHOWN = (Context("doc-2", "..."), Context("doc-1", "..."), Context("line", "..."))


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("1874 [doc-1]", "doc-1"),
        ("1874 [doc-1][doc-2].", "doc-1 doc-2"),
        ("1874 [doc-1, doc-2]", "doc-1 doc-2"),
        ("1874 [doc-2; doc-1]", "doc-2 doc-1"),
        ("1874 [doc-1 and doc-2]", "doc-1 doc-2"),
        ("1874 (doc-1)", "doc-1"),
        ("1874 (doc-1; doc-2)", "doc-1 doc-2"),
        ("1874 [doc-1.md]", "doc-1"),
        ("1874 [documents/doc-1.md]", "doc-1"),
        ("1874 [./documents/river/café.txt]", "river/café"),
        ("1874 【doc-1】", "doc-1"),
        ("1874【doc-1†L3-L9】", "doc-1"),
        ("1874 [^doc-1]", "doc-1"),
        ("1874 [[doc-1]]", "doc-1"),
        ("1874 [DOC-1]", "doc-1"),
        ("1874 [doc-1, p. 3]", "doc-1"),
        ("1874 [doc-1#2]", "doc-1"),
        ("1874 ['doc-1']", "doc-1"),
        ("1874 **[doc-1]**", "doc-1"),
        ("1874. Source: doc-1.", "doc-1"),
        ("1874\nSources: doc-1, doc-2", "doc-1 doc-2"),
        ("1874 (Source: doc-1)", "doc-1"),
        ("1874 (see doc-1)", "doc-1"),
        ("1874 [source: doc-1]", "doc-1"),
        ("1874 [Source: The old bridge]", "doc-1"),
        ("1874年。来源：doc-1", "doc-1"),
        ("1874 [The old bridge](doc-1.md)", "doc-1"),
        ("1874, as [the text](documents/doc-1.md) says", "doc-1"),
        ("1874 [the old bridge]", "doc-1"),
        ("Mondays [café]", "river/café"),
        (unicodedata.normalize("NFD", "Mondays [river/café]"), "river/café"),
        ("Oil [pump.md]", "a/pump"),
        ("Oil [b/pump]", "b/pump"),
        ("A study [Smith, J. (2020)]", "Smith, J. (2020)"),
        ("A plan [[draft] plan]", "[draft] plan"),
        ("1874 [1].\n\n[1] doc-1", "doc-1"),
        ("1874 [^a].\n\n[^a]: doc-1", "doc-1"),
        ("1874\n\nSources:\n- doc-1\n- doc-2", "doc-1 doc-2"),
        ("It is the seventh [7]", "7"),
        ("1874 [doc-1 doc-2]", "doc-1 doc-2"),
        ("1874 [doc-1: The old bridge]", "doc-1"),
        ("1874 [doc-1 \u2013 of bridges]", "doc-1"),
        ("1874 [doc\u20111]", "doc-1"),
        ("1874 {doc-1}", "doc-1"),
        ("1874 <doc-1>", "doc-1"),
        ("1874 <cite>doc-1</cite>", "doc-1"),
        (r"1874 \cite{doc-1,doc-2}", "doc-1 doc-2"),
        ('{"answer": "1874", "source": "doc-1"}', "doc-1"),
        ('{"answer": "1874 [doc-1]", "steps": [1, 2]}', "doc-1"),
    ],
)
def test_every_style_in_use_is_read(text: str, cited: str) -> None:
    known = {document.id for document in DOCUMENTS}
    names = (cited,) if cited in known else tuple(cited.split())
    assert CITING.read(text) == Citations(names)
    assert CITING.read(text, SHOWN) == Citations(names)


@pytest.mark.parametrize(
    ("text", "cited"),
    [("214 [1]", "doc-2"), ("214 [1, 2]", "doc-2 doc-1"), ("214 [2-3]", "doc-1 line"), ("[passage 2]", "doc-1")],
)
def test_a_number_is_the_place_of_a_passage_as_shown(text: str, cited: str) -> None:
    assert CITING.read(text, SHOWN) == Citations(tuple(cited.split()), numbered=True)
    assert CITING.read(text).documents == ()
    assert CITING.read(text).unread


@pytest.mark.parametrize(
    "text",
    [
        "Red [a valve]",
        "Red [valve]",
        "1874 [doc-99]",
        "1874 [9]",
        "1874 【4:0†source】",
        "1874. Source: a book",
        "[the web](x.org)",
    ],
)
def test_what_names_no_document_for_certain_is_no_citation_and_is_told(text: str) -> None:
    assert CITING.read(text, SHOWN).documents == ()
    assert CITING.read(text, SHOWN).unread


def test_an_invented_name_beside_a_known_one_is_told() -> None:
    assert CITING.read("1874 [doc-1, doc-99]") == Citations(("doc-1",), unread=("doc-99",))


@pytest.mark.parametrize(
    "text",
    [
        *("", "1874", "The old bridge", "See the tower (built later).", "A (line) is drawn", "[sic]", "[...]", "[ ]", "[x]"),
        *("(1874)", "3 [p. 4]", "f(x) = [", "doc-1", "resources: none", '{"steps": [1, 2]}', "The outsource: x"),
    ],
)
def test_what_is_no_mark_is_no_citation(text: str) -> None:
    assert CITING.read(text, SHOWN) == Citations()


@given(st.sampled_from(DOCUMENTS), st.text(alphabet="ab .,:;!?\n"), st.text(alphabet="ab .,:;!?\n"))
def test_an_id_in_square_brackets_is_read_wherever_it_stands(document: Document, before: str, after: str) -> None:
    assert document.id in CITING.read(f"{before}[{document.id}]{after}", SHOWN).documents


@given(st.text())
def test_whatever_is_said_can_be_read(text: str) -> None:
    found = CITING.read(text, SHOWN)
    assert set(found.documents) <= {document.id for document in DOCUMENTS}
    assert CITING.read(json.dumps({"answer": text}), SHOWN)


def test_the_number_of_a_passage_of_no_document_cites_nothing_and_is_told() -> None:
    found = Citing(DOCUMENTS).read("It is so [2].", [Context(DOCUMENTS[0].id, "a"), Context("", "b")])
    assert (found.documents, found.numbered, found.unread) == ((), False, ("2",))
