"""Files that are being written: what a killed process left is known and removed, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from proctor.core.storage import temporary
from proctor.core.storage.disk import write_atomically
from proctor.leaderboard.output import MARKER, Site
from proctor.leaderboard.runs.store import Store
from tests.sample_run import make_run

ROOT = Path(__file__).parents[2]
KILLED = """
import os, signal, sys
from pathlib import Path
from proctor.core.storage import disk
os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)
disk.write_atomically(Path(sys.argv[1]), "text")
"""


def left_by_a_kill(path: Path) -> list[Path]:
    """What a process leaves that is killed while it writes a file."""
    subprocess.run(
        [sys.executable, "-c", KILLED, str(path)], cwd=ROOT, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=300
    )
    return [each for each in path.parent.iterdir() if temporary.is_temporary(each.name)]


def test_what_a_killed_process_left_is_removed_and_what_a_living_one_writes_is_not(tmp_path):
    (killed,) = left_by_a_kill(tmp_path / "a.txt")
    mine = temporary.beside(tmp_path / "b.txt")
    others = [tmp_path / name for name in ("a.txt", ".proctor", ".proctor-notes.txt", ".a.txt.4711")]
    for path in (mine, *others):
        path.write_text("")
    temporary.sweep(tmp_path, tmp_path / "nowhere")
    assert not killed.exists()
    assert all(path.exists() for path in (mine, *others))


def test_a_number_that_another_process_has_now_protects_nothing(tmp_path):
    name = temporary.beside(tmp_path / "a").name
    host, process, start, number = name.removeprefix(".proctor-").split("-")
    earlier = tmp_path / f".proctor-{host}-{process}-{int(start) - 1000}-{number}"
    lock = earlier.with_name(f"{earlier.name}.lock")
    for path in (earlier, lock):
        path.write_text("")
    temporary.sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_files_of_another_machine_are_removed_once_they_are_old(tmp_path):
    old, new = (tmp_path / f".proctor-00000000-1-{number}-1" for number in (1, 2))
    for path in (old, new):
        path.write_text("")
    os.utime(old, (time.time() - 2 * temporary.DAY,) * 2)
    temporary.sweep(tmp_path)
    assert list(tmp_path.iterdir()) == [new]


@pytest.mark.parametrize("where", ["", "answers/suite"])
def test_a_run_that_goes_on_clears_its_folder(tmp_path, where):
    run = make_run(tmp_path / "run")
    (run / where).mkdir(parents=True, exist_ok=True)
    assert left_by_a_kill(run / where / "records.jsonl")
    Store(run).check()
    assert not [path for path in run.rglob("*") if temporary.is_temporary(path.name)]


def test_publishing_again_clears_the_site(tmp_path):
    (tmp_path / "plots").mkdir()
    assert left_by_a_kill(tmp_path / "index.html")
    assert left_by_a_kill(tmp_path / "plots" / "a.svg")
    Site(tmp_path).finish()
    assert {path.name for path in tmp_path.rglob("*")} == {"plots", MARKER}


def test_a_first_publication_that_was_killed_leaves_a_folder_that_can_be_published_into(tmp_path):
    assert left_by_a_kill(tmp_path / "index.html")
    Site(tmp_path).check()


def test_the_longest_name_that_a_folder_takes_can_be_written(tmp_path):
    write_atomically(tmp_path / ("n" * 255), "text")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["text"]
