"""Base models have the shortest names that tell them apart."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.core.schema import InputError
from proctor.core.storage.cache import Cache
from proctor.models.base.base import find_all
from proctor.models.base.labels import distinct, parts
from tests import tiny


def test_the_last_part_where_it_is_enough() -> None:
    assert distinct([("work", "one"), ("Qwen", "Qwen3-0.6B")]) == ["one", "Qwen3-0.6B"]


def test_more_parts_where_the_last_are_alike() -> None:
    assert distinct([("a", "one", "final"), ("a", "two", "final"), ("b", "two", "final"), ("x",)]) == [
        "one/final",
        "a/two/final",
        "b/two/final",
        "x",
    ]


def test_case_alone_tells_nothing_apart() -> None:
    assert distinct([("one", "Final"), ("two", "final")]) == ["one/Final", "two/final"]
    with pytest.raises(InputError, match="cannot be told apart"):
        distinct([("a", "final"), ("A", "final")])


@given(st.lists(st.lists(st.sampled_from("abAB"), min_size=1, max_size=4).map(tuple), max_size=5))
def test_labels_are_ends_of_the_paths_and_distinct_or_refused(paths: list[tuple[str, ...]]) -> None:
    try:
        labels = distinct(paths)
    except InputError:
        whole = ["/".join(path).casefold() for path in paths]
        assert len(set(whole)) < len(whole)
    else:
        assert all("/".join(path).endswith(label) for path, label in zip(paths, labels, strict=True))
        assert len({label.casefold() for label in labels}) == len(paths)


def test_a_snapshot_of_the_hub_is_called_by_its_name_there() -> None:
    folder = Path("/home/me/hub/models--Qwen--Qwen3-0.6B/snapshots/0123abc")
    assert parts(str(folder), folder, from_hub=False) == ("Qwen", "Qwen3-0.6B")
    assert parts("Qwen/Qwen3-0.6B", folder, from_hub=True) == ("Qwen", "Qwen3-0.6B")


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("two")
    return tiny.causal_lm(folder / "one" / "final"), tiny.causal_lm(folder / "two" / "final", seed=1)


def test_two_folders_of_one_name_get_two_labels(two: tuple[Path, Path], cache: Cache) -> None:
    assert [base.label for base in find_all([str(path) for path in two], cache)] == ["one/final", "two/final"]
    assert [base.label for base in find_all([str(two[0])], cache)] == ["final"]


def test_one_model_given_twice_gets_one_row(
    two: tuple[Path, Path], cache: Cache, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    link, copied = tmp_path / "link", shutil.copytree(two[0], tmp_path / "copied")
    link.symlink_to(two[0])
    names = [str(two[0]), str(two[0]), str(link), str(copied), str(two[1])]
    with caplog.at_level(logging.WARNING, "proctor"):
        assert [base.label for base in find_all(names, cache)] == ["one/final", "two/final"]
    assert caplog.text.count("are the same model, which gets one row") == 3


def test_two_models_of_one_name_on_the_hub(two: tuple[Path, Path], cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    table = {"Qwen/X": two[0], "other/X": two[1], "other/Y": two[1]}
    monkeypatch.setattr("proctor.models.base.base._from_hub", lambda name, **_: table[name])
    assert [base.label for base in find_all(["Qwen/X", "other/X"], cache)] == ["Qwen/X", "other/X"]
    assert [base.label for base in find_all(["Qwen/X", "other/Y"], cache)] == ["X", "Y"]
