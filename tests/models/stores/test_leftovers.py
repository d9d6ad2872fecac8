"""What is left in stores is listed and dropped, and nothing else is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from proctor.cli import main
from proctor.core.storage.cache import Cache
from proctor.models.stores import collections, find, named
from tests.models.stores import places
from tests.models.stores.test_stores import DIMENSIONS, content


def test_what_is_left_over_is_listed_and_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with places.having("chroma", tmp_path / "store") as written:
        monkeypatch.setenv("PROCTOR_CACHE", str(tmp_path / "cache"))
        monkeypatch.chdir(tmp_path)
        cache = Cache(tmp_path / "cache")
        store = find.find(written, named.UNSET, cache)
        assert isinstance(store, collections.Collections)
        used, left = content(origin="used"), content(7, origin="left")
        (folder := cache.folder / "indices" / "one").mkdir(parents=True)
        store.build(folder, used, None)
        (tmp_path / "other").mkdir()
        store.build(tmp_path / "other", left, None)
        half = f"{store.collection(used)}_{collections.temporary.owner().split('_')[0]}_2147483646_1_1"
        making = f"{store.collection(used)}_{collections.temporary.owner()}"
        for name in ("team_notes", half, making):
            store.client.create(name, DIMENSIONS)
        (tmp_path / "systems.toml").write_text(f'[rag]\nretrieve = "dense"\nstore = {json.dumps(written)}\n[plain]\n')

        assert main(["stores", "--systems", "systems.toml"]) == 0
        said = capsys.readouterr().out
        assert f"{store.collection(used)}  60 vectors, used\n" in said
        assert f"{store.collection(left)}  7 vectors, not used by this cache\n" in said
        assert f"{half}  0 vectors, half filled\n" in said
        assert f"{making}  0 vectors, being filled\n" in said
        assert "team_notes" not in said

        assert main(["stores", "--systems", "systems.toml", "--prune"]) == 0
        assert capsys.readouterr().out.count(": dropped") == 2
        assert sorted(store.client.collections()) == sorted([making, store.collection(used), "team_notes"])


def test_a_table_without_such_stores_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (table := tmp_path / "systems.toml").write_text('[rag]\nretrieve = "dense"\n[memory]\nretrieve = "dense"\nstore = "qdrant"\n')
    assert main(["stores", "--systems", str(table)]) == 0
    assert "names no store in which something could be left" in capsys.readouterr().out
