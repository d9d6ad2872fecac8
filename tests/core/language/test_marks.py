from __future__ import annotations

import pytest

from proctor.core.language.marks import without_citations
from proctor.core.schema import Document, Domain, Suite


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("in 1969 [2, 4].", "in 1969."),
        ("in 1969 [1-3][5]", "in 1969"),
        ("Turin [doc-1]", "Turin"),
        ("Turin (doc-1.md).", "Turin."),
        ("Turin (see doc-1; doc 2)", "Turin"),
        ("[doc-1] Turin", "Turin"),
        ("Turin【3】", "Turin"),
        ("Turin [Doc-1]", "Turin"),
        ("Turin [The Bridge]", "Turin"),
        ("Turin [documents/far/doc-7.txt]", "Turin"),
        ("Turin 【4†source】", "Turin"),
        ("Turin [Source 3]", "Turin"),
        ("Turin (see milan)", "Turin"),
        ("Turin (Milan)", "Turin (Milan)"),
        ("Turin (doc-1 and 5 more)", "Turin (doc-1 and 5 more)"),
        ("Turin.\nSource: doc-1, doc 2", "Turin."),
        ("Turin\nSources: the files", "Turin\nSources: the files"),
        ("array [0]", "array [0]"),
        ("teh [sic]", "teh [sic]"),
        ("[1, 2]", "[1, 2]"),
        ("[doc-1].", "[doc-1]."),
        ("Turin (1969)", "Turin (1969)"),
        ("Turin [1969]", "Turin [1969]"),
        ("Turin (2)", "Turin (2)"),
        ("x[1]", "x[1]"),
        ("Turin [doc-9]", "Turin [doc-9]"),
    ],
)
def test_marks_that_cite_are_no_part_of_an_answer(text: str, bare: str) -> None:
    documents = (Document("doc-1", "x"), Document("doc 2", "x", "The Bridge"), Document("far/doc-7", "x"), Document("milan", "x"))
    assert without_citations(text, Suite("s", "S", "1", Domain(documents), ()).names) == bare
