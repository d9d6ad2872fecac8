"""Passages of systems that Proctor does not build: which of the suite's documents they are of."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.core.schema import Answer, Context, Document, Question
from proctor.core.storage.cache import Journal
from proctor.models.candidates import contexts
from proctor.models.candidates.asking import kept
from proctor.models.candidates.contexts import UNKNOWN, KnownDocuments, SourcePassage

DOCUMENTS = (
    Document("hr/leave.md", "Everybody has thirty days of leave in a year.\n\nThey are taken by March.", "Leave"),
    Document("it/laptop.md", "A laptop is replaced after four years, or when it breaks.", "Laptops"),
    Document("copy", "Everybody has thirty days of leave in a year.\n\nThey are taken by March."),
    Document("7", "The canteen opens at half past eleven on working days."),
)


def placed(*passages: SourcePassage) -> list[str]:
    return [context.document for context in KnownDocuments(DOCUMENTS).contexts(passages)]


@pytest.mark.parametrize("name", ["hr/leave.md", "HR/Leave.md", "/srv/kb/hr/leave.md", "C:\\kb\\leave.md", "Leave", "leave"])
def test_a_passage_is_of_the_document_that_it_names(name: str) -> None:
    assert placed(SourcePassage("summed up in other words", (name,))) == ["hr/leave.md"]


def test_the_first_name_that_names_a_document_counts() -> None:
    assert placed(SourcePassage("...", ("chunk-9f31", "it/laptop.md", "7"))) == ["it/laptop.md"]


def test_a_passage_without_a_name_is_of_the_document_that_says_it_word_for_word() -> None:
    assert (
        placed(
            SourcePassage("replaced  after four\nyears, or when"), SourcePassage("Laptops. A laptop is replaced after four years")
        )
        == ["it/laptop.md"] * 2
    )


def test_a_number_that_counts_passages_is_not_believed_against_what_the_passage_says() -> None:
    assert placed(SourcePassage("A laptop is replaced after four years", ("7",))) == ["it/laptop.md"]


def test_a_passage_of_no_document_stays_a_passage() -> None:
    corpus = KnownDocuments(DOCUMENTS)
    found = corpus.contexts(
        [SourcePassage("Something of the web, which the suite does not have.", ("https://example.com/x",), 0.5)]
    )
    assert found == (Context(UNKNOWN, "Something of the web, which the suite does not have.", 0.5),)
    assert corpus.take_matched() == {"of no document of the suite": 1}


def test_words_that_are_too_few_to_be_no_chance_are_of_no_document() -> None:
    assert placed(SourcePassage("a year"), SourcePassage("")) == [UNKNOWN, UNKNOWN]


def test_only_names_of_documents_are_citations() -> None:
    assert KnownDocuments(DOCUMENTS).cited(["it/laptop.md", "nobody", "Leave", "it/laptop.md"]) == ("it/laptop.md", "hr/leave.md")


@given(st.text(max_size=60), st.lists(st.text(max_size=20), max_size=3))
def test_whatever_comes_is_one_passage_of_some_document_or_of_none(text: str, names: list[str]) -> None:
    (found,) = KnownDocuments(DOCUMENTS).contexts([SourcePassage(text, tuple(names))])
    assert found.text == text
    assert found.document in {UNKNOWN, *(document.id for document in DOCUMENTS)}


def test_how_passages_were_matched_is_counted_over_all_runs(tmp_path: Path) -> None:
    journal, (one,) = Journal(tmp_path / "matched.lines"), kept.asked([Question("q", "What?")])
    for passage in (SourcePassage("", ("7",)), SourcePassage("A laptop is replaced after four years"), SourcePassage("")):
        corpus = KnownDocuments(DOCUMENTS)
        list(contexts.counting(corpus, journal, [[(one, Answer("q", "so", corpus.contexts([passage])))]]))
    assert contexts.matched(journal) == {"by name": 1, "by text": 1, "of no document of the suite": 1}
