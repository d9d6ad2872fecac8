"""Vectors kept and found by faiss."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from proctor.models.stores import faiss, recall
from proctor.models.stores.named import UNSET, parsed
from proctor.models.stores.store import EarlierIndex, StoreContent, StorePlace

KINDS = {"faiss": faiss.flat, "faiss-hnsw": faiss.hnsw, "faiss-ivf": faiss.ivf}


def store(kind: str, folder: Path) -> faiss.Faiss:
    return KINDS[kind](StorePlace(parsed(kind), UNSET, folder))


def content(count: int, dimensions: int = 32) -> StoreContent:
    vectors = np.random.default_rng(7).normal(size=(count, dimensions)).astype("float32")
    return StoreContent([f"{place:032x}" for place in range(count)], vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [1, 3, 500])
def test_each_vector_is_nearest_to_itself(kind: str, count: int, tmp_path: Path) -> None:
    one, filled = store(kind, tmp_path), content(count)
    report = one.build(tmp_path, filled, None)
    assert (report.added, report.removed) == (count, 0)
    found = one.open(tmp_path, filled.names)(filled.vectors, 10)
    assert [near[0][0] for near in found] == list(range(count))
    assert all(near == sorted(near, key=lambda hit: -hit[1]) for near in found)
    assert np.array_equal(one.vectors(tmp_path), filled.vectors)


def test_flat_finds_all_that_is_near_and_the_others_say_how_much(tmp_path: Path) -> None:
    filled, found = content(3000), {}
    for kind in KINDS:
        (folder := tmp_path / kind).mkdir()
        one = store(kind, folder)
        one.build(folder, filled, None)
        found[kind] = recall.measured(filled.vectors, one.open(folder, filled.names))["recall@10"]
        assert one.exact == (kind == "faiss")
    assert found["faiss"] == 1
    assert 0.4 < found["faiss-ivf"] < 1
    assert 0.8 < found["faiss-hnsw"] <= 1


@pytest.mark.parametrize("kind", ["faiss-hnsw", "faiss-ivf"])
def test_an_approximate_index_built_again_finds_the_same(kind: str, tmp_path: Path) -> None:
    filled, found = content(1000), []
    for name in "ab":
        (folder := tmp_path / name).mkdir()
        one = store(kind, folder)
        one.build(folder, filled, None)
        found.append(one.open(folder, filled.names)(filled.vectors[:50], 10))
    assert found[0] == found[1]


def test_what_was_added_and_removed_is_counted(tmp_path: Path) -> None:
    one, filled = store("faiss", tmp_path), content(10)
    fewer = StoreContent(filled.names[3:], filled.vectors[3:])
    report = one.build(tmp_path, fewer, EarlierIndex(tmp_path, StoreContent(filled.names[:8], filled.vectors[:8])))
    assert (report.added, report.removed) == (2, 3)


def test_recall_counts_whichever_of_equals_is_found() -> None:
    vectors = np.ones((30, 4), dtype="float32") / 2
    assert recall.measured(vectors, lambda asked, count: [[(29 - place, 1.0) for place in range(count)]] * len(asked)) == {
        "recall@10": 1.0,
        "recall_of": 30,
    }
