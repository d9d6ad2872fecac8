"""Folders that are made once and only read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.made import once


def test_a_folder_is_made_once_whoever_asks(tmp_path_factory: pytest.TempPathFactory) -> None:
    calls: list[Path] = []

    def make(folder: Path) -> None:
        calls.append(folder)
        (folder / "a").write_text("a")

    for _ in range(2):
        for folder in once(tmp_path_factory, "of-a-test-once", make):
            assert (folder / "a").read_text() == "a"
    assert len(calls) == 1


def test_a_change_of_what_others_read_is_an_error(tmp_path_factory: pytest.TempPathFactory) -> None:
    made = once(tmp_path_factory, "of-a-test-changed", lambda folder: (folder / "a").write_text("a"))
    (next(made) / "b").touch()
    with pytest.raises(AssertionError, match=r"a test changed .*, which others read"):
        next(made)


def test_what_could_not_be_made_is_made_anew_by_the_next(tmp_path_factory: pytest.TempPathFactory) -> None:
    def fail(folder: Path) -> None:
        (folder / "half").touch()
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        next(once(tmp_path_factory, "of-a-test-failed", fail))
    folder = next(once(tmp_path_factory, "of-a-test-failed", lambda folder: (folder / "whole").touch()))
    assert [path.name for path in folder.iterdir()] == ["whole"]
