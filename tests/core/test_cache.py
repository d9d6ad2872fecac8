"""The cache builds once, whole or not at all, and notices damage."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import time
from multiprocessing.context import BaseContext
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.core.schema import InputError
from proctor.core.storage import cache as cache_module
from proctor.core.storage import sealed
from proctor.core.storage.cache import SCRATCH, Cache, Journal, digest
from proctor.core.storage.disk import write_atomically
from tests.waiting import PATIENCE, until

KEY = digest("a key")
ROOT = Path(__file__).resolve().parents[2]


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


@pytest.mark.slow
def test_two_workers_build_one_thing_once(tmp_path: Path, spawning: BaseContext) -> None:
    workers = [spawning.Process(target=_count, args=(tmp_path,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(PATIENCE)
    assert (tmp_path / "built").read_text() == "once\n"


def _append_forever(path: Path) -> None:
    journal = Journal(path)
    for number in range(10**6):
        journal.append([{"number": number, "text": "x" * 200}])


def test_journal_survives_a_kill(tmp_path: Path, spawning: BaseContext) -> None:
    path = tmp_path / "journal.jsonl"
    worker = spawning.Process(target=_append_forever, args=(path,))
    worker.start()
    until(lambda: path.exists() and path.stat().st_size >= 2000)
    os.kill(worker.pid or 0, signal.SIGKILL)
    worker.join(PATIENCE)
    before = list(Journal(path).rows())
    Journal(path).append([{"number": -1}])
    assert [row["number"] for row in Journal(path).rows()] == [*range(len(before)), -1]


ROWS = [{"asked": letter, "answer": {"text": "\u2028 \x85 \r"}} for letter in "abcd"]


def journal(folder: Path) -> Journal:
    """A journal of four lines."""
    found = Journal(folder / "journal.lines")
    with found.lock():
        found.append(ROWS[:2])
        found.append(ROWS[2:])
    return found


@given(st.integers(0), st.integers(0, 7))
def test_a_flipped_bit_of_a_journal_costs_its_line_alone(place: int, bit: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = journal(Path(folder))
        data = bytearray(found.path.read_bytes())
        data[place % len(data)] ^= 1 << bit
        found.path.write_bytes(data)
        kept = list(found.rows())
        assert len(kept) >= len(ROWS) - 2  # a line end that is none joins two lines
        assert all(row in ROWS for row in kept)


def test_a_journal_s_lines_are_looked_at_once_where_it_is_added_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = journal(tmp_path)
    looked_at: list[bytes] = []

    def opened(line: bytes) -> object:
        looked_at.append(line)
        return sealed.opened(line)

    monkeypatch.setattr(cache_module, "opened", opened)
    with found.lock() as rows:
        assert rows == ROWS
    assert len(looked_at) == len(ROWS)


@given(st.integers(0))
def test_a_journal_that_was_cut_goes_on_with_its_whole_lines(size: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = journal(Path(folder))
        data = found.path.read_bytes()
        data = data[: size % len(data)]
        found.path.write_bytes(data)
        kept = list(found.rows())
        assert kept == ROWS[: len(kept)]
        assert len(kept) >= data.count(b"\n")
        with found.lock():
            found.append(ROWS[len(kept) :])
        assert list(found.rows()) == ROWS


@pytest.mark.parametrize("line", [b"{}", b"[1]", b"\xff\xfe", b'{"asked": "a", "answer": {}}', b"", b"[" * 10**5])
def test_a_damaged_line_of_a_journal_is_taken_out_and_said(tmp_path: Path, caplog: pytest.LogCaptureFixture, line: bytes) -> None:
    logging.getLogger("proctor").propagate = True
    found = journal(tmp_path)
    lines = found.path.read_bytes().splitlines(keepends=True)
    found.path.write_bytes(lines[0] + line + b"\n" + lines[2])
    for _ in range(2):
        with found.lock():
            assert list(found.rows()) == [ROWS[0], ROWS[2]]
    assert found.path.read_bytes() == lines[0] + lines[2]
    assert caplog.text.count("journal.lines: 1 damaged line dropped") == 1


def test_a_manifest_that_lists_less_than_there_is_is_damage(cache: Cache) -> None:
    entry = cache.build("things", KEY, lambda folder: [(folder / name).write_text(name) for name in "xy"])
    files = json.loads((entry / "entry.json").read_text())
    for listed in ({}, {"x": files["x"]}, files | {"z": ""}, [], None, "x", dict.fromkeys(files)):
        (entry / "entry.json").write_text(json.dumps(listed))
        assert not cache.has("things", KEY)
    (entry / "entry.json").write_text(json.dumps(files))
    (entry / ".DS_Store").touch()
    assert cache.has("things", KEY)


def test_what_a_build_needed_on_its_way_is_no_part_of_it(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    def make(folder: Path) -> None:
        made.append(folder)
        (folder / SCRATCH / "checkpoint").mkdir(parents=True)
        (folder / "weights").write_text("right")

    def killed(_: Path) -> None:
        raise KeyboardInterrupt

    made: list[Path] = []
    with monkeypatch.context() as patch:
        patch.setattr("shutil.rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            cache.build("things", KEY, make)
    entry = cache.build("things", KEY, make)
    assert len(made) == 1
    assert sorted(path.name for path in entry.iterdir()) == ["entry.json", "weights"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


@pytest.mark.slow
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
        "import resource, signal, sys; from pathlib import Path; from proctor.core.storage.cache import Cache, digest\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "Cache(Path(sys.argv[1])).json('things', digest('a key'), lambda: 'x' * 100_000)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=False, cwd=ROOT, timeout=300
    )
    assert "InputError: cannot write to the cache" in done.stderr
    assert not Cache(tmp_path).has("things", KEY)
