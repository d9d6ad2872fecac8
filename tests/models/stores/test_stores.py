"""Every store: the same vectors found, and nothing done twice, half or to others' collections."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from proctor.core.schema import InputError
from proctor.core.storage.cache import Cache
from proctor.models.stores import collections, recall
from proctor.models.stores.client import Client
from proctor.models.stores.collections import Collections
from proctor.models.stores.find import find
from proctor.models.stores.named import UNSET
from proctor.models.stores.store import EarlierIndex, Matrix, StoreContent, StoreReport
from tests.models.stores import places, teams

COUNT, DIMENSIONS = 60, 16


@pytest.fixture(scope="module", params=places.PARAMS)
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collections]:
    folder = tmp_path_factory.mktemp("store")
    with places.having(request.param, folder) as written:
        found = find(written, UNSET, Cache(folder / "cache"))
        assert isinstance(found, Collections)
        yield found


def content(count: int = COUNT, seed: int = 1, origin: str = "") -> StoreContent:
    vectors = np.random.default_rng(seed).normal(size=(count, DIMENSIONS)).astype("float32")
    names = [f"{seed:08x}{place:024x}" for place in range(count)]
    return StoreContent(names, vectors / np.linalg.norm(vectors, axis=1, keepdims=True), [origin])


def nearest(content: StoreContent, asked: Matrix, count: int) -> list[list[int]]:
    return [row.argsort()[::-1][:count].tolist() for row in asked @ content.vectors.T]


def filled(store: Collections, folder: Path, what: StoreContent, earlier: EarlierIndex | None = None) -> StoreReport:
    folder.mkdir(exist_ok=True)
    return store.build(folder, what, earlier)


def changed(before: StoreContent) -> StoreContent:
    """Two removed, three added."""
    new = content(3, 99)
    vectors = np.concatenate([before.vectors[2:], new.vectors])
    return StoreContent([*before.names[2:], *new.names], vectors, before.origin)


def found(store: Collections, folder: Path, what: StoreContent, count: int = 10) -> list[list[int]]:
    near = store.open(folder, what.names)(what.vectors[:20], count)
    return [[place for place, _ in one] for one in near]


def test_the_nearest_are_those_of_exact_search_with_their_inner_products(store: Collections, tmp_path: Path) -> None:
    what = content(origin="nearest")
    assert filled(store, tmp_path, what)[:2] == (COUNT, 0)
    near = store.open(tmp_path, what.names)(what.vectors[:20], 10)
    assert [[place for place, _ in one] for one in near] == nearest(what, what.vectors[:20], 10)
    places_of = np.array([[place for place, _ in one] for one in near])
    scores = np.array([[score for _, score in one] for one in near])
    assert np.allclose(scores, np.take_along_axis(what.vectors[:20] @ what.vectors.T, places_of, 1), atol=1e-5)
    assert recall.measured(what.vectors, store.open(tmp_path, what.names))["recall@10"] == 1
    assert np.array_equal(store.vectors(tmp_path), what.vectors)


def test_the_same_content_is_sent_once_and_other_content_apart(store: Collections, tmp_path: Path) -> None:
    what = content(origin="once")
    assert not filled(store, tmp_path / "a", what).found
    again = filled(store, tmp_path / "b", what)
    assert (again.added, again.removed, again.found) == (0, 0, True)
    assert found(store, tmp_path / "b", what) == nearest(what, what.vectors[:20], 10)
    assert not filled(store, tmp_path / "c", replace(what, origin=["another embedder"])).found


def test_bringing_up_to_date_sends_what_changed_and_leaves_what_was(store: Collections, tmp_path: Path) -> None:
    before = content(origin="updates")
    filled(store, tmp_path / "a", before)
    after = changed(before)
    report = filled(store, tmp_path / "b", after, EarlierIndex(tmp_path / "a", before))
    assert (report.added, report.removed) == (3, 2)
    assert found(store, tmp_path / "b", after) == nearest(after, after.vectors[:20], 10)
    assert store.count(store.collection(after)) == COUNT + 1
    assert found(store, tmp_path / "a", before) == nearest(before, before.vectors[:20], 10)
    assert filled(store, tmp_path / "c", after).found


@pytest.mark.parametrize("step", ["upsert", "delete", "finish"])
def test_a_build_that_ends_in_the_middle_leaves_nothing(
    store: Collections, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    before = content(origin=f"middle {step}")
    filled(store, tmp_path / "a", before)
    there = store.own()

    def end(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(type(store.client), step, end)
        with pytest.raises(KeyboardInterrupt):
            filled(store, tmp_path / "b", changed(before), EarlierIndex(tmp_path / "a", before))
    assert store.own() == there
    assert not filled(store, tmp_path / "b", changed(before), EarlierIndex(tmp_path / "a", before)).found


def test_what_a_killed_process_left_is_removed_by_the_next(
    store: Collections, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    what, dead = content(origin="killed"), "2147483646_1"
    half = f"{store.collection(what)}_{collections.temporary.owner().split('_')[0]}_{dead}_1"
    assert collections.temporary.is_ownerless(half.partition("_")[2].partition("_")[2])
    store.client.create(half, DIMENSIONS)
    store.client.upsert(half, what.names[:10], what.vectors[:10])
    assert half in store.own()
    assert not filled(store, tmp_path, what).found
    assert half not in store.own()
    assert found(store, tmp_path, what) == nearest(what, what.vectors[:20], 10)


def test_a_collection_that_was_dropped_is_filled_again(store: Collections, tmp_path: Path) -> None:
    what = content(origin="dropped")
    filled(store, tmp_path, what)
    store.drop(store.collection(what))
    assert store.collection(what) not in store.own()
    assert found(store, tmp_path, what) == nearest(what, what.vectors[:20], 10)
    assert store.collection(what) in store.own()


def test_others_collections_are_neither_listed_nor_dropped(store: Collections, tmp_path: Path) -> None:
    what = content(8, origin="others")
    store.client.create("team_notes", DIMENSIONS)
    store.client.upsert("team_notes", what.names, what.vectors)
    assert "team_notes" in store.client.collections()
    assert "team_notes" not in store.own()
    with pytest.raises(ValueError, match="not made by Proctor"):
        store.drop("team_notes")
    store.client.drop("team_notes")


def test_more_than_there_is_can_be_asked_for_and_nothing_at_all(store: Collections, tmp_path: Path) -> None:
    what = content(5, 3, "few")
    filled(store, tmp_path, what)
    near = store.open(tmp_path, what.names)
    assert near(what.vectors[:0], 10) == []
    assert [sorted(place for place, _ in one) for one in near(what.vectors[:2], 50)] == [[0, 1, 2, 3, 4]] * 2


def test_a_call_is_repeated_while_the_store_is_not_reached(
    store: Collections, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    what, calls, real = content(origin="again"), [], type(store.client).upsert
    monkeypatch.setattr(collections, "pause", lambda repeated: calls.append(repeated) or 0.0)
    monkeypatch.setattr(type(store.client), "is_down", classmethod(lambda _, error: isinstance(error, ConnectionError)))

    def twice_in_vain(client: Client, name: str, ids: Sequence[str], vectors: Matrix) -> None:
        if len(calls) < 2:
            raise ConnectionError("gone")
        real(client, name, ids, vectors)

    monkeypatch.setattr(type(store.client), "upsert", twice_in_vain)
    assert filled(store, tmp_path, what).added == COUNT
    assert calls == [0, 1]


def test_a_collection_of_a_teams_is_searched_as_it_is(store: Collections, tmp_path: Path) -> None:
    what = content(12, 5)
    texts, documents = [f"Note {place}." for place in range(12)], [f"file{place % 4}.md" for place in range(12)]
    teams.fill(store.client, texts, documents, what.vectors)
    theirs = replace(store, settings=teams.SETTINGS)
    near = theirs.look_up(what.vectors[:3], 4)
    wanted = nearest(what, what.vectors[:3], 4)
    assert [[one.text for one in found] for found in near] == [[texts[place] for place in row] for row in wanted]
    assert [[one.document for one in found] for found in near] == [[documents[place] for place in row] for row in wanted]
    scores = np.array([[one.score for one in found] for found in near])
    assert np.allclose(
        scores, [what.vectors[row] @ vector for row, vector in zip(wanted, what.vectors[:3], strict=True)], atol=1e-5
    )
    assert theirs.count(teams.NAME) == 12
    unknown = replace(store, settings=replace(teams.SETTINGS, collection="no_such_notes"))
    if not store.name.kind.startswith("pinecone"):  # whose namespaces are there once something is in them
        with pytest.raises(InputError, match="no_such_notes"):
            unknown.look_up(what.vectors[:1], 1)
    store.client.drop(teams.NAME)
