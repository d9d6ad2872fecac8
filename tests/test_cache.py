"""The cache builds once, whole or not at all, and notices damage."""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.cache import Cache, Journal, digest, write_atomically
from evals.schema import InputError

KEY = digest("a key")
ROOT = Path(__file__).resolve().parent.parent


def test_builds_once(cache: Cache) -> None:
    calls = []
    for _ in range(2):
        assert cache.json("things", KEY, lambda: calls.append(1) or {"value": 1}) == {"value": 1}
    assert len(calls) == 1


def test_other_kind_or_key_is_another_entry(cache: Cache) -> None:
    asked = [(kind, key) for kind in "ab" for key in (KEY, digest("b"))]
    values = [cache.json(kind, key, lambda pair=pair: list(pair)) for pair in asked for kind, key in [pair]]
    assert values == [list(pair) for pair in asked]


def test_failed_build_leaves_no_entry(cache: Cache) -> None:
    def fail(folder: Path) -> None:
        (folder / "half").write_text("half")
        raise RuntimeError("disk full")

    with pytest.raises(RuntimeError):
        cache.build("things", KEY, fail)
    assert not cache.has("things", KEY)


def test_next_build_finds_what_a_killed_one_left(cache: Cache) -> None:
    def killed(folder: Path) -> None:
        (folder / "checkpoint").write_text("step 10")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.build("things", KEY, killed)
    found = []
    cache.build("things", KEY, lambda folder: found.append((folder / "checkpoint").read_text()))
    assert found == ["step 10"]


@pytest.mark.parametrize("damage", [b"", b"other bytes", None], ids=["emptied", "changed", "deleted"])
def test_damage_is_said_and_repaired(cache: Cache, caplog: pytest.LogCaptureFixture, damage: bytes | None) -> None:
    logging.getLogger("proctor").propagate = True
    file = cache.build("things", KEY, lambda folder: (folder / "weights").write_bytes(b"right")) / "weights"
    file.unlink() if damage is None else file.write_bytes(damage)
    again = cache.build("things", KEY, lambda folder: (folder / "weights").write_bytes(b"right")) / "weights"
    assert again.read_bytes() == b"right"
    assert "damaged cache entry" in caplog.text


def test_broken_manifest_is_damage(cache: Cache) -> None:
    entry = cache.build("things", KEY, lambda folder: (folder / "x").write_text("x"))
    (entry / "entry.json").write_text("{torn")
    assert not cache.has("things", KEY)


def _count(folder: Path) -> None:
    def make(entry: Path) -> None:
        with (folder / "built").open("a") as file:
            file.write("once\n")
        time.sleep(0.3)
        (entry / "done").touch()

    Cache(folder).build("things", KEY, make)


def test_two_workers_build_one_thing_once(tmp_path: Path) -> None:
    workers = [multiprocessing.get_context("spawn").Process(target=_count, args=(tmp_path,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert (tmp_path / "built").read_text() == "once\n"


def _append_forever(path: Path) -> None:
    journal = Journal(path)
    for number in range(10**6):
        journal.append([{"number": number, "text": "x" * 200}])


def test_journal_survives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    worker = multiprocessing.get_context("spawn").Process(target=_append_forever, args=(path,))
    worker.start()
    while not path.exists() or path.stat().st_size < 2000:
        time.sleep(0.02)
    os.kill(worker.pid or 0, signal.SIGKILL)
    worker.join()
    before = list(Journal(path).rows())
    Journal(path).append([{"number": -1}])
    assert [row["number"] for row in Journal(path).rows()] == [*range(len(before)), -1]


@pytest.mark.parametrize("torn", [b'{"a": ', b'{"a": 2}', b"\xff\xfe", b"[1]"], ids=["half", "no line end", "bytes", "no object"])
def test_torn_line_is_dropped_and_the_next_is_kept(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b'{"a": 1}\n' + torn)
    Journal(path).append([{"a": 3}])
    kept = [row["a"] for row in Journal(path).rows()]
    assert kept[0] == 1
    assert kept[-1] == 3


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


@given(JSON)
def test_digest_depends_on_the_data_alone(value: object) -> None:
    assert digest(value) == digest(json.loads(json.dumps(value)))


def test_digest_ignores_the_order_of_keys_only() -> None:
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert digest([1, 2]) != digest([2, 1])
    assert digest("1") != digest(1)


def test_atomic_write_leaves_nothing_beside(tmp_path: Path) -> None:
    write_atomically(tmp_path / "deep" / "file", "text")
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["file"]


def test_digest_takes_whatever_json_can_hold() -> None:
    assert digest("\ud800") != digest("\ud801")


def test_a_folder_that_cannot_be_written_to_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    blocked = Cache(tmp_path / "file" / "cache")
    with pytest.raises(InputError, match=r"cannot write to the cache .*PROCTOR_CACHE"):
        blocked.json("things", KEY, dict)
    with pytest.raises(InputError, match="cannot write to the cache"), blocked.journal("answers", KEY).lock():
        pass


def test_other_failures_of_a_build_are_its_own(cache: Cache) -> None:
    def offline(_: Path) -> None:
        raise ConnectionError("no network")

    with pytest.raises(ConnectionError):
        cache.build("things", KEY, offline)


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path) -> None:
    """A process that may write files of 4 kB at most stands in for a disk that is full."""
    script = (
        "import resource, signal, sys; from pathlib import Path; from evals.cache import Cache, digest\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "Cache(Path(sys.argv[1])).json('things', digest('a key'), lambda: 'x' * 100_000)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=False, cwd=ROOT)
    assert "InputError: cannot write to the cache" in done.stderr
    assert not Cache(tmp_path).has("things", KEY)
