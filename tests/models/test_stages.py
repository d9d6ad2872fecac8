"""A search of several stages: finds put together, chosen so that they differ, widened, and filtered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.core.schema import Context, Document, InputError
from proctor.core.storage.cache import Cache
from proctor.models.retrieval import fusion
from proctor.models.retrieval.diversity import relevant_and_new
from proctor.models.retrieval.index import Index
from proctor.models.runtime import Runtime
from proctor.models.search_settings import Search
from proctor.models.systems import System, load

A, B, C, D = (Context(name, name.upper()) for name in "abcd")
BOTH = System("both", retrieve=("dense", "bm25"))
TOWNS = ("Turin", "Lyon", "Ghent", "Porto", "Graz", "Bergen", "Split", "Cork")
DOCUMENTS = tuple(
    Document(
        town.lower(),
        " ".join([f"{town} has a market.", *(f"Stall {number} of {town} sells things." for number in range(40))]),
        town,
        (("country", "Italy" if town == "Turin" else "elsewhere"),),
    )
    for town in TOWNS
)
Find = Callable[..., list[tuple[Context, ...]]]


@pytest.fixture
def found(cache: Cache) -> Find:
    def find(system: System, queries: Sequence[str], count: int = 3, documents: Sequence[Document] = DOCUMENTS) -> Any:
        index = Index(system, tuple(documents), Runtime(cache))
        index.refuse()
        return index.retrieve(queries, count)

    return find


def named(ranking: Sequence[Context]) -> list[str]:
    return [one.document for one in ranking]


def test_ranks_are_put_together_as_by_hand() -> None:
    fused = fusion.by_rank([(A, B, C), (C, A, D)])
    assert named(fused) == ["a", "c", "b", "d"]
    expected = [1 / 61 + 1 / 62, 1 / 63 + 1 / 61, 1 / 62, 1 / 63]
    assert [one.score for one in fused] == pytest.approx(expected, abs=1e-12)


def test_scores_are_weighed_after_they_were_scaled() -> None:
    first = tuple(replace(one, score=score) for one, score in ((A, 9.0), (B, 5.0), (C, 1.0)))
    second = tuple(replace(one, score=score) for one, score in ((C, 0.4), (D, 0.2)))
    fused = fusion.by_weights([1.0, 3.0])([first, second])
    assert [(one.document, one.score) for one in fused] == [("c", 3.0), ("a", 1.0), ("b", 0.5), ("d", 0.0)]


RANKINGS = st.lists(st.permutations([A, B, C, D]).map(lambda all_of: tuple(all_of[:3])), min_size=1, max_size=4)


@given(RANKINGS)
def test_a_passage_that_comes_nowhere_later_than_another_is_not_behind_it(rankings: list[tuple[Context, ...]]) -> None:
    order = named(fusion.by_rank(rankings))
    assert sorted(order) == sorted({one.document for ranking in rankings for one in ranking})

    def places(name: str) -> list[int]:
        return [named(ranking).index(name) if name in named(ranking) else 9 for ranking in rankings]

    for place, one in enumerate(order):
        for later in order[place + 1 :]:
            mine, theirs = places(one), places(later)
            assert not (all(x <= y for x, y in zip(theirs, mine, strict=True)) and theirs < mine)


@given(st.integers(0, 10**6), st.integers(1, 12), st.integers(1, 8), st.sampled_from((0.0, 0.3, 0.5, 0.7, 1.0)))
def test_what_is_chosen_to_differ_is_what_langchain_chooses(seed: int, many: int, count: int, weight: float) -> None:
    vectorstores = pytest.importorskip("langchain_core.vectorstores.utils", reason="langchain-core is not installed")
    rows = np.random.default_rng(seed).normal(size=(many + 1, 6)).astype("float32")
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    query, passages = rows[0], rows[1:]
    theirs = vectorstores.maximal_marginal_relevance(query, list(passages), lambda_mult=weight, k=count)
    assert relevant_and_new((passages @ query).tolist(), passages @ passages.T, weight, count) == theirs


def test_what_says_the_same_again_makes_room(found: Find) -> None:
    same = [Document(f"copy{number}", "The market of Turin opens at nine.") for number in range(3)]
    other = Document("other", "In Turin there is a river, and a market hall beside it.")
    plain = System("plain", retrieve="dense")
    assert "other" not in named(found(plain, ["When does the market of Turin open?"], 2, [*same, other])[0])
    diverse = replace(plain, search=Search(mmr=0.3))
    assert named(found(diverse, ["When does the market of Turin open?"], 2, [*same, other])[0]) == ["copy0", "other"]


def test_two_retrievers_find_what_either_would_miss(found: Find) -> None:
    documents = [
        Document("code", "Part XJ-4471 fits."),
        Document("meaning", "Bicycles can be rented at the station."),
        *(Document(f"noise{number}", f"Nothing of note happened on day {number}.") for number in range(30)),
    ]
    code, meaning = found(BOTH, ["XJ-4471", "Where may I hire a bike?"], 2, documents)
    assert code[0].document == "code"
    assert meaning[0].document == "meaning"


SMALL = System("small", retrieve="bm25", chunk_chars=100, chunk_overlap=20)


def test_a_passage_is_shown_with_its_neighbours_once(found: Find) -> None:
    (plain,) = found(SMALL, ["Stall 20 of Turin"], 1)
    (wide,) = found(replace(SMALL, search=Search(expand="window:1")), ["Stall 20 of Turin"], 1)
    assert plain[0].text.removeprefix("Turin. ") in wide[0].text
    assert 2 * len(plain[0].text) < len(wide[0].text) < 4 * len(plain[0].text)
    assert wide[0].text.removeprefix("Turin. ") in DOCUMENTS[0].text
    assert wide[0].score == plain[0].score


def test_text_that_is_repeated_does_not_stretch_a_window(found: Find) -> None:
    again = " ".join(["The gate opens at nine."] * 60)
    document = Document("gate", f"{again} The code is 77. {again}", "Gate")
    (wide,) = found(replace(SMALL, search=Search(expand="window:1")), ["code 77"], 1, [document])
    assert "The code is 77." in wide[0].text
    assert 100 < len(wide[0].text) < 350


def test_expansions_that_touch_become_one_at_the_better_place(found: Find) -> None:
    (plain,) = found(SMALL, ["Stall 20 of Turin"], 6)
    (wide,) = found(replace(SMALL, search=Search(expand="window:100")), ["Stall 20 of Turin"], 6)
    assert named(wide) == list(dict.fromkeys(named(plain)))
    assert wide[0].text == "Turin. " + DOCUMENTS[0].text or wide[0].text == DOCUMENTS[0].text


@pytest.mark.parametrize(("expand", "most"), [("parent", 4000), ("parent:500", 500)])
def test_the_document_is_shown_or_as_much_of_it_as_fits(found: Find, expand: str, most: int) -> None:
    (plain,) = found(SMALL, ["Stall 20 of Turin"], 1)
    (wide,) = found(replace(SMALL, search=Search(expand=expand)), ["Stall 20 of Turin"], 1)
    body = wide[0].text.removeprefix("Turin. ")
    assert body in DOCUMENTS[0].text
    assert plain[0].text.removeprefix("Turin. ") in body
    assert (body == DOCUMENTS[0].text) == (len(DOCUMENTS[0].text) <= most)
    assert most - 200 < len(body) <= most or body == DOCUMENTS[0].text


def test_a_section_is_shown_where_the_document_is_too_long(found: Find) -> None:
    filler = " ".join(f"Line {number} of filler." for number in range(60))
    refunds = "## Refunds\n\n" + " ".join(f"Ada looks at refund {number}." for number in range(8))
    document = Document("guide", f"# Guide\n\n{filler}\n\n{refunds}\n\n## Else\n\n{filler}", "Guide")
    system = replace(SMALL, chunker="markdown", chunk_overlap=0, search=Search(expand="parent:300"))
    (wide,) = found(system, ["Ada looks at refund 3"], 1, [document])
    assert wide[0].text.removeprefix("Guide. ") == refunds


def test_only_documents_with_the_fields_asked_for_are_found(found: Find) -> None:
    plain = System("plain", retrieve="bm25", chunk_chars=5000)
    assert len(found(plain, ["market"], 5)[0]) == 5
    assert named(found(replace(plain, search=Search(filter=(("country", ("Italy",)),))), ["market"], 5)[0]) == ["turin"]


@pytest.mark.parametrize("value", ["ITALY", "italy", "Italy"])
def test_the_case_of_letters_is_nothing_to_a_filter(found: Find, value: str) -> None:
    system = System("plain", retrieve="bm25", search=Search(filter=(("Country", (value,)),)))
    assert {*named(found(system, ["market"], 5)[0])} == {"turin"}


def test_values_of_a_filter_may_be_numbers_dates_and_true_or_false(tmp_path: Path) -> None:
    table = tmp_path / "systems.toml"
    table.write_text('[a]\nretrieve = "bm25"\n[a.search]\nfilter = { year = 2026, public = true, date = 2026-01-02 }\n')
    assert load(table)["a"].search.filter == (("year", ("2026",)), ("public", ("true",)), ("date", ("2026-01-02",)))


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ((("contry", ("Italy",)),), "no document has 'contry' in its front matter; did you mean 'country'?"),
        ((("country", ("Spain",)),), "no document has country = Spain; documents have Italy, elsewhere"),
    ],
)
def test_a_filter_that_leaves_nothing_is_refused(found: Find, wanted: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        found(replace(BOTH, search=Search(filter=wanted)), ["market"])


def test_a_filter_where_no_document_has_fields_is_refused(found: Find) -> None:
    with pytest.raises(InputError, match="no document has any field in its front matter; begin them with lines such as"):
        found(replace(BOTH, search=Search(filter=(("country", ("Italy",)),))), ["market"], 1, [Document("a", "A market.")])


def test_every_stage_tells_what_it_handed_on(cache: Cache) -> None:
    system = replace(BOTH, search=Search(candidates=6, mmr=0.7, expand="parent"))
    (steps,) = Index(system, DOCUMENTS, Runtime(cache)).steps(["market of Lyon"], 2)
    assert [step.stage for step in steps] == ["dense", "bm25", "fused", "mmr", "top_k", "expanded"]
    assert [len(step.passages) for step in steps][:2] == [6, 6]
    assert len(steps[-2].passages) == 2


def test_a_plain_search_is_kept_as_it_was_before_there_were_stages(cache: Cache) -> None:
    plain = Index(System("rag", retrieve="dense"), DOCUMENTS, Runtime(cache))
    assert plain.version == plain._content
    assert Index(BOTH, DOCUMENTS, Runtime(cache)).version != Index(BOTH, DOCUMENTS, Runtime(cache))._content


ITALY = Search(filter=(("country", ("Italy",)),))


def test_a_document_of_several_values_is_found_by_each_of_them(found: Find) -> None:
    both = replace(DOCUMENTS[1], fields=(("country", "elsewhere"), ("country", "Italy")))
    (ranking,) = found(System("plain", retrieve="bm25", search=ITALY), ["market"], 100, [DOCUMENTS[0], both])
    assert {*named(ranking)} == {"turin", "lyon"}


def test_the_passages_of_evidence_are_known_though_a_filter_leaves_it_out(cache: Cache) -> None:
    plain, filtered = (Index(replace(SMALL, search=search), DOCUMENTS, Runtime(cache)) for search in (Search(), ITALY))
    assert filtered.chunks_of(["turin", "lyon"]) == plain.chunks_of(["turin", "lyon"])
    assert filtered.chunks_of(["nowhere"]) == {"nowhere": ()}


@pytest.mark.parametrize("search", [Search(), Search(mmr=0.5, expand="parent"), Search(expand="window:1")])
def test_nothing_is_found_where_there_are_no_documents(found: Find, search: Search) -> None:
    assert found(replace(BOTH, search=search), ["market"], 3, []) == [()]
