"""What a disk does not take ends as one sentence that names the file, the reason and the remedy."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from proctor.core.schema import InputError
from proctor.core.storage import errors
from proctor.core.storage.cache import Cache, digest
from proctor.leaderboard.output import Site

ROOT = Path(__file__).parents[2]
KEY = digest("a key")


def told(error: Exception, folder: Path) -> str:
    try:
        with errors.told("cannot write to", folder, "choose another"):
            raise error
    except InputError as plain:
        return str(plain)


def failed(number: int, path: object = None) -> OSError:
    return OSError(number, os.strerror(number), *([str(path)] if path else []))


def test_the_sentence_names_file_reason_and_remedy(tmp_path):
    said = told(failed(errno.ENOSPC, tmp_path / "a"), tmp_path)
    assert said == f"cannot write to {tmp_path}: {tmp_path}/a: No space left on device; make room there, or choose another"


@pytest.mark.parametrize("number", errors.REMEDIES)
def test_every_failure_of_a_disk_has_a_remedy_of_its_own(tmp_path, number):
    assert told(failed(number, tmp_path), tmp_path).endswith(f"; {errors.REMEDIES[number]}, or choose another")


@pytest.mark.parametrize(
    "text",
    [
        "Error while serializing: I/O error: No space left on device (os error 28)",
        'IoError(Os { code: 28, kind: StorageFull, message: "" })',
        "[enforce fail at inline_container.cc:672] . unexpected pos 64 vs 0",
        "16384 requested and 12272 written",
    ],
)
def test_libraries_that_have_their_own_words_for_a_full_disk_are_understood(tmp_path, text):
    assert "make room there" in told(RuntimeError(text), tmp_path)


def test_the_error_behind_an_error_is_found(tmp_path):
    outer = RuntimeError("the writer failed")
    outer.__cause__ = failed(errno.EDQUOT)
    assert "make room there" in told(outer, tmp_path)


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("shapes (3, 4) and (28, 28) do not match"),
        ConnectionError("no network"),
        FileNotFoundError(errno.ENOENT, "No such file or directory", "/elsewhere/model"),
        PermissionError(errno.EACCES, "Permission denied", "/elsewhere/model"),
    ],
)
def test_other_errors_and_those_of_other_places_stay_what_they_are(tmp_path, error):
    with pytest.raises(type(error)):
        told(error, tmp_path)


# What can be known before any work.


def blocked(folder: Path, how: str) -> Path:
    """A folder in which nothing can be written."""
    if how == "a file in its place":
        (folder / "x").write_text("")
        return folder / "x"
    if how == "a file above it":
        (folder / "x").write_text("")
        return folder / "x" / "y" / "z"
    if how == "a name too long":
        return folder / "new" / ("n" * 300)
    (folder / "x").symlink_to(folder / ("x" if how == "a circle of links" else "nowhere"))
    return folder / "x"


WAYS = ["a file in its place", "a file above it", "a name too long", "a circle of links"]


@pytest.mark.parametrize("how", WAYS)
def test_a_cache_that_cannot_be_written_is_said_before_work_and_during_it(tmp_path, how):
    cache = Cache(blocked(tmp_path, how))
    with pytest.raises(InputError, match=r"cannot write to the cache .*PROCTOR_CACHE"):
        cache.check()
    with pytest.raises(InputError, match=r"cannot write to the cache .*PROCTOR_CACHE"):
        cache.json("things", KEY, dict)
    with pytest.raises(InputError, match="cannot write to the cache"), cache.journal("answers", KEY).lock():
        pass


@pytest.mark.parametrize("how", [*WAYS, "a link to nowhere"])
def test_a_page_that_cannot_be_written_is_said_before_work(tmp_path, how):
    with pytest.raises(InputError, match=r"cannot publish into .*; .*, or choose another folder for the page"):
        Site(blocked(tmp_path, how)).check()


@pytest.mark.parametrize("name", ["index.html", "plots", "answers"])
def test_what_stands_in_the_way_of_a_page_is_said_before_work(tmp_path, name):
    Site(tmp_path).finish()
    if name == "index.html":
        (tmp_path / name).mkdir()
    else:
        (tmp_path / name).write_text("")
    with pytest.raises(InputError, match=rf"{tmp_path}/{name} is .*; move it, or choose another folder"):
        Site(tmp_path).check()


def test_a_folder_that_can_be_made_is_not_made_by_looking(tmp_path):
    errors.probe(tmp_path / "deep" / "er")
    assert list(tmp_path.iterdir()) == []


AS_NOBODY = """
import filelock, os, psutil, sys  # all that is loaded later, as nobody may not read it here
from pathlib import Path
from proctor.core.storage.cache import Cache; from proctor.core.storage.cache import digest
os.setuid(65534)
cache = Cache(Path(sys.argv[1]))
for look in (cache.check, lambda: cache.json("things", digest("new"), dict), lambda: cache.journal("a", "k").lock().__enter__()):
    try:
        look()
    except Exception as error:
        print(type(error).__name__, error)
print(cache.json("things", digest("a key"), lambda: "made"))
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root may become somebody who may not write")
def test_a_warm_cache_that_is_read_only_gives_what_it_has_and_says_what_it_cannot():
    with tempfile.TemporaryDirectory() as folder:  # pytest's own folders let nobody else in
        Path(folder).chmod(0o755)
        Cache(Path(folder, "cache")).json("things", KEY, lambda: "kept")
        command = [sys.executable, "-c", AS_NOBODY, f"{folder}/cache"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    *said, kept = done.stdout.splitlines()
    assert (len(said), kept) == (3, "kept"), done.stderr
    assert all(
        "InputError cannot write to the cache" in line and "change its permissions, or name another" in line for line in said
    )


def test_an_entry_that_somebody_removed_is_said(tmp_path, monkeypatch):
    cache = Cache(tmp_path / "cache")
    monkeypatch.setattr(Cache, "build", lambda *_: tmp_path / "cache" / "things" / "gone")
    with pytest.raises(InputError, match="run the same command again, if it was removed meanwhile"):
        cache.json("things", KEY, dict)
