"""The file of a run that says where evidence was lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.core.schema import InputError
from proctor.evals.axes.losses import Piece
from proctor.leaderboard.runs.lost import LostQuestion, lost
from proctor.leaderboard.runs.store import Store, read

PLACE = ("instruments", "tiny", "rag", 0)


def row(**changes: Any) -> dict[str, Any]:
    piece = {"document": "d", "cause": "beyond", "rank": 7, "text": "missing"}
    return {"question": "q", "cluster": "c", "cause": "beyond", "pieces": [piece]} | changes


def told(folder: Path, **changes: Any) -> Any:
    data = {"format": 1, "searched": True, "looked": 50, "top_k": 3, "why": "", "questions": [row()]} | changes
    store = Store(folder)
    store.set_provenance({})
    store.keep_files(*PLACE, "retrieval", {"lost.json": json.dumps(data)})
    return lost(read(folder), *PLACE)


def test_what_was_kept_is_read_back(tmp_path: Path) -> None:
    found = told(tmp_path)
    assert (found.searched, found.looked, found.top_k) == (True, 50, 3)
    assert found.questions == (LostQuestion("q", "c", "beyond", (Piece("d", "beyond", 7, "missing"),)),)


def test_a_run_that_kept_none_says_nothing(tmp_path: Path) -> None:
    Store(tmp_path).set_provenance({})
    assert lost(read(tmp_path), *PLACE) is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format": 2}, "format 2 is not 1"),
        ({"questions": [row(cause="eaten")]}, "'eaten' is none of split, far"),
        ({"questions": [row(pieces=[])]}, "pieces of evidence"),
        ({"questions": [row(question=1)]}, "all of them texts"),
        ({"questions": [row(pieces=[{"document": "d", "cause": "far", "rank": 0, "text": ""}])]}, "a rank is a whole number"),
        ({"questions": [{"question": "q"}]}, "pieces"),
        ({"questions": 3}, "not iterable"),
    ],
)
def test_a_file_that_is_damaged_is_named(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=rf"lost\.json is damaged: .*{said}.*; run the exam again"):
        told(tmp_path, **changes)


@given(st.lists(st.none() | st.integers(1, 60), min_size=1, max_size=5), st.integers(1, 60))
def test_recall_grows_with_k_and_is_the_share_of_the_pieces(ranks: list[int | None], k: int) -> None:
    one = LostQuestion("q", "c", "far", tuple(Piece("d", "far", rank) for rank in ranks))
    assert one.recall(k) == sum(rank is not None and rank <= k for rank in ranks) / len(ranks)
    assert one.recall(k) <= one.recall(k + 1)
