"""Systems of the table with a store: what they find, what a store that is down does, and what is never told."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from proctor import ready
from proctor.core import redaction
from proctor.core.schema import Document, Domain, InputError, UnreachedError
from proctor.core.storage.cache import Cache
from proctor.models import systems
from proctor.models.candidates import costs
from proctor.models.retrieval import existing
from proctor.models.retrieval.diversity import relevant_and_new
from proctor.models.retrieval.existing import FILLED
from proctor.models.retrieval.fusion import scaled
from proctor.models.retrieval.index import Index
from proctor.models.runtime import Runtime
from proctor.models.search_settings import Search
from proctor.models.stores import collections, named
from proctor.models.stores.client import FoundPassage
from proctor.models.stores.find import find
from proctor.models.systems import System
from tests import tiny
from tests.missing import without
from tests.models.stores import places, teams
from tests.waiting import PATIENCE


@pytest.fixture(scope="module")
def dense(tmp_path_factory: pytest.TempPathFactory) -> System:
    """With an embedder that costs nothing."""
    return System(
        "dense", retrieve="dense", embedder=str(tiny.embedder(tmp_path_factory.mktemp("tiny"))), chunk_chars=80, chunk_overlap=0
    )


@pytest.fixture
def nobody() -> Iterator[str]:
    """An address at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


def index(system: System, domain: Domain, cache: Cache, previous: Index | None = None) -> Index:
    return Index(system, domain.documents, Runtime(cache), previous)


@dataclass(frozen=True)
class Asked:
    """A system that looks passages up, and has questions left to answer."""

    system: System
    index: Index
    abilities = frozenset({"retrieves"})

    @property
    def name(self) -> str:
        return self.system.name

    def check(self) -> None:
        self.index.check()

    def unanswered(self, questions: list[object]) -> int:
        return len(questions) + 1


def test_a_system_finds_with_a_store_what_it_finds_without(dense: System, domain: Domain, cache: Cache, tmp_path: Path) -> None:
    asked = [document.text[:60] for document in domain.documents]
    plain = index(dense, domain, cache).retrieve(asked, 3)
    with places.having("qdrant", tmp_path / "store") as written:
        with_store = index(replace(dense, store=written), domain, cache)
        found = with_store.retrieve(asked, 3)
        assert [[one.text for one in row] for row in found] == [[one.text for one in row] for row in plain]
        scores = [[one.score for one in row] for row in found]
        assert scores == [pytest.approx([one.score for one in row], abs=2e-6) for row in plain]
        assert with_store.facts()["removed"] == 0
        assert with_store.facts()["sent_bytes"] > 0
        assert not with_store.facts()["found"]
        assert with_store.version != index(dense, domain, cache).version


def test_an_update_sends_only_what_changed(dense: System, domain: Domain, cache: Cache, tmp_path: Path) -> None:
    with places.having("qdrant", tmp_path / "store") as written:
        before = index(replace(dense, store=written), domain, cache)
        before.folder()
        first, *others = domain.documents
        changed = replace(domain, documents=(replace(first, text="The gate opens at nine."), *others))
        after = index(before.system, changed, cache, before)
        after.folder()
        took, at_first = after.facts(), before.facts()["added"]
        assert 1 <= took["added"] <= 3
        assert 1 <= took["removed"] <= 5 < at_first


def test_a_store_that_is_down_is_said_before_the_exam_with_its_address(
    dense: System, domain: Domain, cache: Cache, nobody: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[int] = []
    monkeypatch.setattr(collections, "pause", lambda repeated: waited.append(repeated) or 0.0)
    down = replace(dense, store=f"qdrant:http://{nobody}")
    pytest.importorskip("qdrant_client", reason="qdrant_client is not installed")
    cells = [(Asked(one, index(one, domain, cache)), []) for one in (down, replace(down, name="other"), dense)]
    said = rf"^systems dense, other: store qdrant:http://{nobody}: not reached, asked 4 times .* see that it runs"
    with pytest.raises(InputError, match=said):
        ready.reached(cells)
    assert waited == [0, 1, 2]


def test_a_store_that_is_lost_during_the_run_leaves_its_system_unreached(
    dense: System, domain: Domain, cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with places.having("qdrant", tmp_path / "store") as written:
        one = index(replace(dense, store=written), domain, cache)
        search = one.searcher(3)
        assert search(["gate"])[0]
        store = find(written, named.UNSET, cache)
        assert isinstance(store, collections.Collections)

        def gone(*_: object) -> None:
            raise ConnectionError("gone")

        monkeypatch.setattr(collections, "pause", lambda _: 0.0)
        monkeypatch.setattr(type(store.client), "search", gone)
        monkeypatch.setattr(type(store.client), "is_down", classmethod(lambda _, error: isinstance(error, ConnectionError)))
        with pytest.raises(UnreachedError, match="store qdrant: not reached"):
            search(["gate"])


def test_a_store_of_a_teams_is_only_read_and_its_passages_are_matched_with_documents(
    dense: System, cache: Cache, tmp_path: Path
) -> None:
    documents = tuple(Document(name, f"A blue {name}.", name.title()) for name in ("lamp", "door", "cart"))
    domain = Domain(documents=documents, examples=(), instruction="")
    with places.having("qdrant", tmp_path / "store") as written:
        own = find(written, named.UNSET, cache)
        assert isinstance(own, collections.Collections)
        theirs = index(replace(dense, store=written, store_settings=teams.SETTINGS, version="1"), domain, cache)
        embedder = theirs.engines["dense"].embedder  # type: ignore[attr-defined] # of that kind
        said = [*(document.text for document in documents), "Nothing of the suite's."]
        teams.fill(own.client, said, ["notes/lamp", "", "", ""], embedder.passages(said, "cpu"))
        found = theirs.retrieve([documents[0].text], 4)[0]
        assert {context.document: context.text for context in found} == dict(zip(("lamp", "door", "cart", ""), said, strict=True))
        assert found[0].document == "lamp"
        assert own.own() == []
        assert costs.of_index(theirs.folder())["index_seconds"] == FILLED
        again = replace(theirs, system=replace(theirs.system, version="2"))
        assert again.version != theirs.version


def filled_by_a_team(system: System, cache: Cache, written: str, texts: list[str], vectors: Any) -> Index:
    """An index of a collection that somebody else has filled."""
    store = find(written, named.UNSET, cache)
    assert isinstance(store, collections.Collections)
    teams.fill(store.client, texts, [""] * len(texts), vectors)
    domain = Domain(tuple(Document(f"d{place}", text) for place, text in enumerate(texts)), (), "")
    return index(replace(system, store=written, store_settings=teams.SETTINGS), domain, cache)


def test_all_of_a_long_question_is_looked_up_in_a_store_of_a_teams(dense: System, cache: Cache, tmp_path: Path) -> None:
    texts = [f"A blue {name}." for name in ("lamp", "door", "cart")]
    long = f"{'in the rain ' * 50}{texts[1]}"
    with places.having("qdrant", tmp_path / "store") as written:
        embedder = index(dense, Domain((), (), ""), cache).engines["dense"].embedder  # type: ignore[attr-defined] # of that kind
        theirs = filled_by_a_team(dense, cache, written, texts, embedder.passages(texts, "cpu"))
        own = index(dense, Domain(theirs.documents, (), ""), cache)
        found, wanted = theirs.retrieve([long], 3)[0], own.retrieve([long], 3)[0]
        assert [one.score for one in found] == pytest.approx([one.score for one in wanted], abs=1e-5)


def test_passages_of_a_store_of_a_teams_are_chosen_so_that_they_differ(dense: System, cache: Cache, tmp_path: Path) -> None:
    texts = [f"A blue {name}." for name in ("lamp", "door", "cart", "lamp and a door", "river")]
    with places.having("qdrant", tmp_path / "store") as written:
        embedder = index(dense, Domain((), (), ""), cache).engines["dense"].embedder  # type: ignore[attr-defined] # of that kind
        vectors = embedder.passages(texts, "cpu")
        theirs = filled_by_a_team(dense, cache, written, texts, vectors)
        diverse = replace(theirs, system=replace(theirs.system, search=Search(mmr=0.3)))
        (plain,), (found,) = theirs.retrieve(["lamp"], 5), diverse.retrieve(["lamp"], 3)
        rows = vectors[[texts.index(one.text) for one in plain]]
        rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        wanted = relevant_and_new(scaled([one.score for one in plain]), rows @ rows.T, 0.3, 3)
        assert [one.text for one in found] == [plain[place].text for place in wanted]


@pytest.mark.parametrize("same", [True, False])
def test_vectors_of_another_embedder_are_warned_of(
    dense: System, cache: Cache, tmp_path: Path, caplog: pytest.LogCaptureFixture, same: object
) -> None:
    texts = [f"A blue {name}." for name in ("lamp", "door", "cart")]
    with places.having("qdrant", tmp_path / "store") as written:
        embedder = index(dense, Domain((), (), ""), cache).engines["dense"].embedder  # type: ignore[attr-defined] # of that kind
        vectors = embedder.passages(texts, "cpu")
        theirs = filled_by_a_team(dense, cache, written, texts, vectors if same else -vectors)
        theirs.retrieve([texts[0]], 3)
        assert ("see that it made the store's vectors" in caplog.text) is (not same)
        later = replace(theirs)  # of a run that reads its answers back, and searches nothing
        assert ("apart" in later.facts()) is (not same)
        assert same or later.facts()["apart"] > existing.APART


def test_stores_that_give_distances_are_read_as_nearness() -> None:
    near = [FoundPassage(str(place), "", "", score) for place, score in enumerate((0.1, 0.5, 2.0))]
    assert [one.score for one in existing._nearness(near)] == [-0.1, -0.5, -2.0]
    assert existing._nearness(near[::-1]) == near[::-1]


def test_a_collection_that_lost_vectors_is_refused_and_filled_anew_once_it_is_gone(
    dense: System, domain: Domain, cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collections, "AT_HAND", 0.0)
    with places.having("qdrant", tmp_path / "store") as written:
        kept = index(replace(dense, store=written), domain, cache)
        whole = kept.retrieve(["gate"], 5)
        store = find(written, named.UNSET, cache)
        assert isinstance(store, collections.Collections)
        (name,) = store.own()
        names = json.loads((kept.folder() / "windows.json").read_text(encoding="utf-8"))["windows"]
        store.client.delete(name, [names[0][0]])
        with pytest.raises(
            InputError, match=rf"collection {name} holds {len(names) - 1} vectors?, and {len(names)} were put in; drop"
        ):
            kept.retrieve(["gate"], 5)
        store.drop(name)
        assert kept.retrieve(["gate"], 5) == whole


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ('store = "faiss:here"', "faiss has no place of its own"),
        ('store = "chrome"', "there is no store 'chrome'"),
        ('store = "pinecone"', "needs the address of an index"),
        ('store = "qdrant:http://me:s3cr3tword@host"', "it holds a key, which does not belong"),
        ('store = "pgvector:postgresql://me:s3cr3tword@host/db"', "it holds a key, which does not belong"),
        ('store = "pgvector:host=db password=s3cr3tword"', "it holds a key, which does not belong"),
        ('store = "milvus:http://host:19530?token=s3cr3tword"', "it holds a key, which does not belong"),
        ('store_settings = {key = "MY_KEY"}', "faiss takes none"),
        ('store = "chroma"\nstore_settings = {existing = true}', "nothing says which collection"),
        ('store = "chroma"\nstore_settings = {collection = "notes"}', "unless the store is filled already"),
    ],
)
def test_what_a_row_cannot_mean_is_said_without_its_keys(row: str, said: str, tmp_path: Path) -> None:
    (table := tmp_path / "systems.toml").write_text(f'[rag]\nretrieve = "dense"\n{row}\n')
    with pytest.raises(InputError) as error:
        systems.load(table)
    assert said in str(error.value)
    assert "s3cr3tword" not in str(error.value)


def test_a_store_without_vectors_to_keep_is_refused(tmp_path: Path) -> None:
    (table := tmp_path / "systems.toml").write_text('[rag]\nretrieve = "bm25"\nstore = "chroma"\n')
    with pytest.raises(InputError, match="only a system that looks passages up by their vectors has one"):
        systems.load(table)


def test_files_of_a_store_lie_where_the_table_says(tmp_path: Path) -> None:
    (table := tmp_path / "systems.toml").write_text(
        '[a]\nretrieve = "dense"\nstore = "chroma:data/chroma"\n[b]\nretrieve = "dense"\nstore = "qdrant:http://host:6333"\n'
    )
    found = systems.load(table)
    assert found["a"].store == f"chroma:{tmp_path / 'data/chroma'}"
    assert found["b"].store == "qdrant:http://host:6333"


def test_a_key_is_taken_from_its_variable_and_shown_nowhere(
    dense: System, cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with places.having("pinecone", tmp_path / "store") as written:
        monkeypatch.setenv("OUR_PINECONE", "pc-0123456789-abcdefgh")
        settings = named.StoreSettings(key="OUR_PINECONE")
        with pytest.raises(InputError) as error:
            find(written, settings, cache).check()
        assert "Invalid API Key" in str(error.value)
        assert redaction.redact("sent pc-0123456789-abcdefgh") == "sent ***"
        assert "0123456789" not in str(error.value)
        monkeypatch.delenv("OUR_PINECONE")
        collections.forget()
        with pytest.raises(InputError, match="needs a key: set PINECONE_API_KEY"):
            find(written, settings, cache).check()


@pytest.mark.parametrize("kind", ["chroma", "qdrant", "milvus", "pgvector", "pinecone:http://127.0.0.1:9"])
def test_a_client_that_is_not_installed_is_said_with_how_to_install_it(kind: str, cache: Cache) -> None:
    store, module = find(kind, named.UNSET, cache), named.STORES.needs(named.parsed(kind).kind)[0]
    with without(module):
        assert store.version
        with pytest.raises(InputError, match=rf'the store \w+ needs .*: pip install "proctor\[{named.parsed(kind).kind}\]"'):
            store.check()


ENDING = """
import sys
from pathlib import Path
import numpy as np
from proctor.core.storage.cache import Cache
from proctor.models.stores.find import find
from proctor.models.stores.named import UNSET
from proctor.models.stores.store import StoreContent
folder = Path(sys.argv[1])
content = StoreContent([f"{place:032x}" for place in range(8)], np.eye(8, dtype="float32"), ["ending"])
find(f"qdrant:{folder / 'qdrant'}", UNSET, Cache(folder / "cache")).build(folder, content, None)
"""


@pytest.mark.slow
def test_a_process_that_used_a_store_ends_without_a_word(tmp_path: Path) -> None:
    pytest.importorskip("qdrant_client", reason="qdrant_client is not installed")
    ended = subprocess.run(
        [sys.executable, "-c", ENDING, tmp_path], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
