"""Effects of one part of retrieval: which systems are paired, and what is told of them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.core.schema import Record
from proctor.leaderboard.analysis.pairwise import pairs
from proctor.leaderboard.analysis.parts import PARTS, differing, part_effects
from proctor.leaderboard.analysis.section import sections
from proctor.models.reranking import Reranking
from proctor.models.search_settings import Search
from proctor.models.systems import System
from tests.sample_run import record

PLAIN = {"adapt": "none", "retrieve": "dense", "top_k": 3, "chunk_chars": 1000, "embedder": "minilm", "embedder_content": "ab"}


def table(**rows: dict[str, Any]) -> dict[str, Any]:
    return {name: {"settings": PLAIN | changes} for name, changes in rows.items()}


def said(**rows: dict[str, Any]) -> list[tuple[str, str, str, str, str]]:
    return list(differing(table(**rows)))


@pytest.mark.parametrize(
    ("changes", "part", "before", "after"),
    [
        ({"chunker": "sentences"}, "chunker", "recursive", "sentences"),
        ({"chunk_chars": 400}, "chunker", "chunk_chars 1000", "chunk_chars 400"),
        ({"chunker": "tokens", "chunk_tokens": 64}, "chunker", "recursive, chunk_tokens none", "tokens, chunk_tokens 64"),
        ({"embedder": "small", "embedder_content": "cd"}, "embedder", "minilm", "small"),
        ({"embedder_content": "cd"}, "embedder", "embedder_content ab", "embedder_content cd"),
        ({"store": "qdrant"}, "store", "faiss", "qdrant"),
        ({"retrieve": "bm25"}, "retrieval and fusion", "dense", "bm25"),
        ({"retrieve": ["dense", "bm25"]}, "retrieval and fusion", "dense", "dense + bm25"),
        ({"search": {"rerank": "cross-encoder:m"}}, "reranker", "none", "cross-encoder:m"),
        (
            {"search": {"rerank": "cross-encoder:m", "candidates": 40}},
            "reranker",
            "none, candidates none",
            "cross-encoder:m, candidates 40",
        ),
        ({"search": {"rewrite": "hyde"}}, "query rewriting", "none", "hyde"),
        ({"top_k": 1}, "passages shown", "3", "1"),
    ],
)
def test_systems_that_differ_in_one_part_are_paired(changes: dict[str, Any], part: str, before: str, after: str) -> None:
    assert said(rag={}, other=changes) == [(part, before, after, "rag", "other")]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"retrieve": "none"},
        {"adapt": "lora"},
        {"chunker": "sentences", "embedder": "small"},
        {"chunker": "sentences", "few_shot": 4},
        {"few_shot": 4},
        {"chunker": "sentences", "unknown": 1},
    ],
)
def test_those_that_differ_in_nothing_or_in_more_are_not(changes: dict[str, Any]) -> None:
    assert said(rag={}, other=changes) == []


def test_of_several_that_differ_in_the_same_part_the_first_is_what_the_others_are_compared_with() -> None:
    found = said(rag={}, chroma={"store": "chroma"}, small={"chunk_chars": 400}, qdrant={"store": "qdrant"})
    assert [(part, than, system) for part, _, _, than, system in found] == [
        ("store", "rag", "chroma"),
        ("chunker", "rag", "small"),
        ("store", "rag", "qdrant"),
    ]


def test_what_a_row_sets_of_its_search_is_told_from_one_that_sets_nothing() -> None:
    both = System("both", retrieve=("dense", "bm25"))
    rows = {
        "fused": both,
        "diverse": replace(both, search=Search(mmr=0.7)),
        "wide": replace(both, search=Search(expand="window:1")),
        "weighed": replace(both, search=Search(fusion="weights", weights=(0.6, 0.4))),
        "ranked": replace(both, search=Search(rerank="rerank:m@http://host", reranking=Reranking(timeout=9))),
    }
    told = {name: {"settings": json.loads(json.dumps(row.settings))} for name, row in rows.items()}
    assert "search" not in told["fused"]["settings"]
    assert [(part, than, system) for part, _, _, than, system in differing(told)] == [
        ("diversity", "fused", "diverse"),
        ("expansion", "fused", "wide"),
        ("retrieval and fusion", "fused", "weighed"),
        ("reranker", "fused", "ranked"),
    ]


SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "chunker": st.sampled_from(["recursive", "sentences"]),
        "store": st.sampled_from(["faiss", "chroma"]),
        "adapt": st.sampled_from(["none", "lora"]),
        "top_k": st.integers(1, 3),
        "search": st.fixed_dictionaries({}, optional={"rerank": st.sampled_from(["a", "b"]), "mmr": st.just(0.5)}),
    },
)


@given(st.lists(SETTINGS, min_size=2, max_size=4))
def test_a_pair_differs_in_the_settings_of_its_part_and_of_no_other(rows: list[dict[str, Any]]) -> None:
    systems = table(**{f"s{place}": changes for place, changes in enumerate(rows)})
    found = list(differing(systems))
    assert len({(than, system) for *_, than, system in found}) == len(found)
    assert all(part in PARTS and before != after and than < system for part, before, after, than, system in found)


def answered(**right: int) -> list[Record]:
    return [record("accuracy.exact", f"q{i}", float(i < n), system=name) for name, n in right.items() for i in range(100)]


def effects(records: list[Record], **rows: dict[str, Any]) -> Any:
    return list(part_effects(sections(records, {"systems": table(**rows)})))


def test_the_effect_is_the_later_less_the_earlier_as_it_is_told_everywhere() -> None:
    records = answered(rag=50, other=80)
    (one,) = effects(records, rag={}, other={"chunker": "sentences"})
    assert (one.value, one.n, one.significant, one.better) == (pytest.approx(0.3), 100, True, "higher")
    (pair,) = pairs(sections(records, {"systems": table(rag={}, other={"chunker": "sentences"})}))
    ends = (-pair.ci_high, -pair.ci_low) if pair.system == "rag" else (pair.ci_low, pair.ci_high)
    assert (one.ci_low, one.ci_high) == pytest.approx(ends)


def test_effects_of_a_section_are_corrected_together() -> None:
    alone = effects(answered(rag=50, other=58), rag={}, other={"chunker": "sentences"})
    more = {f"x{number}": {"store": f"store{number}"} for number in range(12)}
    records = answered(rag=50, other=58, **dict.fromkeys(more, 50))
    together = effects(records, rag={}, other={"chunker": "sentences"}, **more)
    (mine,) = [one for one in together if one.part == "chunker"]
    assert alone[0].significant
    assert not mine.significant
    assert mine.p > alone[0].p


def test_what_is_measured_of_one_of_the_two_alone_has_no_effect() -> None:
    assert effects(answered(rag=50), rag={}, other={"chunker": "sentences"}) == []
