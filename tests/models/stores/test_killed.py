"""Who fills a store, or the store itself, is killed in the middle: nothing is lost, nothing half filled is taken for whole."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from proctor.core.schema import UnreachedError
from proctor.core.storage.cache import Cache
from proctor.models.stores import collections, find, named
from proctor.models.stores.client import Client
from proctor.models.stores.collections import Collections
from proctor.models.stores.store import EarlierIndex, Matrix
from tests.models.stores import places
from tests.models.stores.places import Server
from tests.models.stores.test_stores import COUNT, changed, content, filled, found, nearest
from tests.runner import ROOT
from tests.waiting import line, started

BUILDS = """
import sys
from pathlib import Path
from proctor.core.storage.cache import Cache
from proctor.models.stores import find, named
from tests.models.stores.test_stores import content
written, folder, step = sys.argv[1:]
store = find.find(written, named.UNSET, Cache(Path(folder) / "cache"))
store.client.batch, real = 10, getattr(type(store.client), step)

def said(*asked):
    real(*asked)
    print("done", flush=True)
    sys.stdin.readline()

setattr(type(store.client), step, said)
store.build(Path(folder), content(origin="killed"), None)
"""
LEFT = [pytest.param(one, marks=pytest.mark.slow) for one in places.MODULES if one != "qdrant"]
"""The kinds that outlive a process."""


@pytest.mark.parametrize("step", ["upsert", "settle"])
@pytest.mark.parametrize("kind", LEFT)
def test_a_process_killed_while_it_fills_a_store_leaves_nothing_that_is_taken_for_whole(
    kind: str, step: str, tmp_path: Path
) -> None:
    with places.having(kind, tmp_path / "store") as written:
        asked = [sys.executable, "-c", BUILDS, written, str(tmp_path), step]
        with started(asked, stdin=subprocess.PIPE, cwd=ROOT) as process:
            assert line(process) == "done\n"
            process.kill()
            process.wait(60)
        store, what = find.find(written, named.UNSET, Cache(tmp_path / "cache")), content(origin="killed")
        assert isinstance(store, Collections)
        (left,) = store.own()
        assert left != store.collection(what)
        assert store.count(left) == (10 if step == "upsert" else COUNT)
        assert not filled(store, tmp_path, what).found
        assert store.own() == [store.collection(what)]
        assert found(store, tmp_path, what) == nearest(what, what.vectors[:20], 10)


@pytest.fixture(params=places.SERVERS)
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    with places.serving(request.param, tmp_path / "store") as running:
        yield running


def killing(store: Collections, server: Server, monkeypatch: pytest.MonkeyPatch, *, again: bool) -> list[Sequence[str]]:
    """Has the server killed once, after the second batch was sent; gives the batches that it was sent."""
    sent: list[Sequence[str]] = []
    real = type(store.client).upsert

    def upsert(client: Client, name: str, ids: Sequence[str], vectors: Matrix) -> None:
        sent.append(ids)
        real(client, name, ids, vectors)
        if len(sent) == 2:
            server.kill()
            if again:
                server.start()

    monkeypatch.setattr(store.client, "batch", 10)
    monkeypatch.setattr(type(store.client), "upsert", upsert)
    monkeypatch.setattr(collections, "pause", lambda _: 0.0)
    return sent


@pytest.mark.slow
def test_a_server_killed_and_started_again_while_it_is_filled_loses_nothing(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = find.find(server.written, named.UNSET, Cache(tmp_path / "cache"))
    assert isinstance(store, Collections)
    before = content(origin="before")
    filled(store, tmp_path / "a", before)
    what = content(origin="server")
    with monkeypatch.context() as patched:
        sent = killing(store, server, patched, again=True)
        assert not filled(store, tmp_path / "b", what).found
    assert len(sent) >= COUNT // 10
    assert store.own() == sorted(map(store.collection, (before, what)))
    for folder, one in (("a", before), ("b", what)):
        assert found(store, tmp_path / folder, one) == nearest(one, one.vectors[:20], 10)


@pytest.mark.slow
def test_what_a_server_that_stays_away_was_sent_is_not_taken_for_whole(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = find.find(server.written, named.UNSET, Cache(tmp_path / "cache"))
    assert isinstance(store, Collections)
    before = content(origin="before")
    filled(store, tmp_path / "a", before)
    after = changed(before)
    with monkeypatch.context() as patched:
        killing(store, server, patched, again=False)
        with pytest.raises(UnreachedError, match="not reached"):
            filled(store, tmp_path / "b", content(origin="server"))
    server.start()
    assert store.collection(content(origin="server")) not in store.own()
    for folder, one in (("c", content(origin="server")), ("d", after)):
        earlier = EarlierIndex(tmp_path / "a", before) if folder == "d" else None
        assert not filled(store, tmp_path / folder, one, earlier).found
        assert found(store, tmp_path / folder, one) == nearest(one, one.vectors[:20], 10)
    assert found(store, tmp_path / "a", before) == nearest(before, before.vectors[:20], 10)
