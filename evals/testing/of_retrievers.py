"""What a kind of retrieval must hold: see `evals.testing.checks.retriever_checks`."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Protocol

from proctor.core.schema import Context, Document
from proctor.core.storage.cache import digest
from proctor.evals.testing.trials import ODD_TEXTS, Trial, Tried, differing, each_of, hold, of_settings

FoundPassages = Sequence[tuple[Context, ...]]
Find = Callable[[Sequence[str], int], FoundPassages]
"""Queries, and at most how many passages for each -> the passages for each, best first."""
FIRST = 3
"""Among so many passages a document is found by its own words."""
LONGEST = 300
"""Letters of a document that are asked for, which is a long question."""


class Retriever(Protocol):
    """A kind of retrieval without a system around it."""

    @property
    def version(self) -> object:
        """All that shapes what is found, besides the documents; it can be written as JSON."""

    def build(self, documents: Sequence[Document], folder: Path, previous_index: Path | None = None) -> None:
        """Leave an index in an empty folder. What ``previous_index`` holds already may be taken over from there."""

    def open(self, folder: Path) -> Find:
        """A search of what was built there."""


RetrieverCheck = Callable[[Sequence[Document], Tried[Retriever]], None]


def trials(documents: Sequence[Document]) -> list[Trial[Retriever]]:
    """All checks of a kind of retrieval."""
    return [partial(check, tuple(documents)) for check in ALL]


@contextmanager
def _index(retriever: Retriever, documents: Sequence[Document], previous_index: Path | None = None) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="proctor-check-") as name:
        retriever.build(documents, Path(name), previous_index)
        yield Path(name)


@contextmanager
def _searching(retriever: Retriever, documents: Sequence[Document]) -> Iterator[Find]:
    with _index(retriever, documents) as folder:
        yield retriever.open(folder)


def _queries(documents: Sequence[Document]) -> list[str]:
    """What each document is about: its title and how its text begins."""
    return [f"{document.title} {document.text}"[:LONGEST] for document in documents]


def has_a_version_that_stays(_: Sequence[Document], tried: Tried[Retriever]) -> None:
    """Its version can be written as JSON, and is the same for one made alike."""
    matters = "indices are kept under the version"
    first, other = (digest(one.version) for one in (tried.one, tried.another()))
    hold(first == other, f"the version {tried.one.version!r} for one made alike", tried.another().version, matters)


def has_another_version_with_other_settings(_: Sequence[Document], tried: Tried[Retriever]) -> None:
    """Those with other settings, given as ``others``, have other versions."""
    of_settings(lambda one: digest(one.version), tried, "the retriever")


def finds_no_more_than_asked_for(documents: Sequence[Document], tried: Tried[Retriever]) -> None:
    """One list a query, and at most so many passages in it, be it one or more than there are."""
    queries = _queries(documents)
    with _searching(tried.one, documents) as find:
        hold(list(find([], 3)) == [], "nothing found for no queries", find([], 3), "an axis may have nothing to ask")
        for count in (1, 2, 10_000):
            found = find(queries, count)
            hold(
                len(found) == len(queries),
                f"{len(queries)} lists of passages",
                len(found),
                "they belong to queries by their places",
            )
            sizes = [len(passages) for passages in found]
            hold(max(sizes) <= count, f"at most {count} passages for a query", sizes, "top_k is what systems are compared by")


def finds_the_best_first(documents: Sequence[Document], tried: Tried[Retriever]) -> None:
    """Scores are finite and do not rise, and fewer passages are the first of more."""
    queries = _queries(documents)
    with _searching(tried.one, documents) as find:
        many = find(queries, 10)
        for passages in many:
            scores = [passage.score for passage in passages]
            hold(all(map(math.isfinite, scores)), "finite scores", scores, "records hold finite numbers alone")
            hold(
                scores == sorted(scores, reverse=True),
                "scores that do not rise",
                scores,
                "ranks are scored, and the last are cut first",
            )
        fewer = find(queries, 2)
        first = [passages[:2] for passages in many]
        hold(
            not differing(first, fewer),
            "the first two of ten passages when two are asked for",
            differing(first, fewer),
            "systems that show two passages and ten are compared",
        )


def finds_passages_of_documents_that_exist(documents: Sequence[Document], tried: Tried[Retriever]) -> None:
    """Each passage has a text and is of one of the documents."""
    known = {document.id for document in documents}
    with _searching(tried.one, documents) as find:
        for passages in find(_queries(documents), 10):
            strange = [one for one in passages if one.document not in known or not one.text.strip()]
            hold(not strange, "passages with a text, each of one of the documents", strange, "evidence is named by documents")


def finds_every_document(documents: Sequence[Document], tried: Tried[Retriever]) -> None:
    """By its own words, a document, or one of the same text, is among the first."""
    texts = {document.id: document.text for document in documents}
    with _searching(tried.one, documents) as find:
        for document, passages in zip(documents, find(_queries(documents), FIRST), strict=True):
            found = [one.document for one in passages]
            hold(
                any(texts[name] == document.text for name in found),
                f"document {document.id} among the first {FIRST} for its own words",
                found,
                "what cannot be found by its own words is found by no question",
            )


def finds_the_same_when_opened_again(documents: Sequence[Document], tried: Tried[Retriever]) -> None:
    """What was built is found from disk by another one, and a second building finds it, too."""
    queries = _queries(documents)
    with _index(tried.one, documents) as folder:
        first = tried.one.open(folder)(queries, 5)
        again = tried.another().open(folder)(queries, 5)
    with _searching(tried.another(), documents) as find:
        anew = find(queries, 5)
    for what, found in (("opened again", again), ("built again", anew)):
        hold(
            not differing(first, found),
            f"the same passages when {what}",
            differing(first, found),
            "an index is built once and kept",
        )


def finds_the_same_for_one_query_as_for_many(documents: Sequence[Document], tried: Tried[Retriever]) -> None:
    """What is found hangs neither on the other queries nor on their order."""
    queries = _queries(documents)
    with _searching(tried.one, documents) as find:
        together = find(queries, 5)
        alone = [find([query], 5)[0] for query in reversed(queries)][::-1]
    hold(
        not differing(together, alone),
        "the same passages for a query alone as among others",
        differing(together, alone),
        "a run that is resumed asks in other batches; round scores so that no batch decides",
    )


def is_brought_up_to_date_as_if_built_anew(documents: Sequence[Document], tried: Tried[Retriever]) -> None:
    """An index that takes over from an older one finds what one finds that was built anew."""
    changed = [*(replace(one, text=f"{one.text} Looked at again in May.") for one in documents[:1]), *documents[1:]]
    with _index(tried.one, documents) as previous_index, _index(tried.one, changed, previous_index) as updated:
        taken_over = tried.one.open(updated)(_queries(changed), 5)
    with _searching(tried.one, changed) as find:
        anew = find(_queries(changed), 5)
    hold(
        not differing(anew, taken_over),
        "the same passages from an index that was brought up to date as from one that was built anew",
        differing(anew, taken_over),
        "both have the same version",
    )


def takes_no_documents_and_one(documents: Sequence[Document], tried: Tried[Retriever]) -> None:
    """Of no documents nothing is found; of one, no other."""
    with _searching(tried.one, []) as find:
        found = find(["anything"], 3)
        hold([list(one) for one in found] == [[]], "nothing found among no documents", found, "a suite may have none")
    with _searching(tried.one, documents[:1]) as find:
        names = {one.document for one in find(_queries(documents[:1]), 3)[0]}
        hold(names == {documents[0].id}, f"document {documents[0].id} alone", names, "a suite may have one document")


def takes_documents_that_are_the_same(documents: Sequence[Document], tried: Tried[Retriever]) -> None:
    """Of several documents with one text each is found, as a document of its own."""
    copies = [replace(documents[0], id=f"{documents[0].id} copy {number}") for number in range(3)]
    with _searching(tried.one, [*copies, *documents[1:]]) as find:
        (found,) = find(_queries(copies[:1]), 10_000)
    names = {one.document for one in found}
    missing = [copy.id for copy in copies if copy.id not in names]
    hold(not missing, "each of three documents with the same text", f"without {missing}", "any of them may be the evidence")


def takes_odd_texts(documents: Sequence[Document], tried: Tried[Retriever]) -> None:
    """Whatever a document or a query holds, others are found as before."""
    odd = [Document(f"odd {place}", text, name) for place, (name, text) in enumerate(ODD_TEXTS.items())]
    with _searching(tried.one, [*documents, *odd]) as find:
        raised = each_of(ODD_TEXTS, lambda text: find([text], 3))
        hold(
            not raised, "passages, or none, for each odd query", "; ".join(raised), "an exception ends the exam for all questions"
        )


ALL: tuple[RetrieverCheck, ...] = (
    has_a_version_that_stays,
    has_another_version_with_other_settings,
    finds_no_more_than_asked_for,
    finds_the_best_first,
    finds_passages_of_documents_that_exist,
    finds_every_document,
    finds_the_same_when_opened_again,
    finds_the_same_for_one_query_as_for_many,
    is_brought_up_to_date_as_if_built_anew,
    takes_no_documents_and_one,
    takes_documents_that_are_the_same,
    takes_odd_texts,
)
