"""What a page tells of retrieval, from runs worked out by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from proctor.core.schema import row
from proctor.evals.stats.intervals import interval
from proctor.leaderboard.analysis.recall import SAVED, SHOWN_ONLY, RetrievalResult
from proctor.leaderboard.board.board import board
from proctor.leaderboard.runs.saved import load, save
from proctor.leaderboard.runs.store import Store, read
from tests.sample_run import record

COUNT = 12
RANKS = [1] * 6 + [3] * 2 + [8, 20, None, None]
CAUSES = ["shown"] * 6 + ["cut"] * 2 + ["beyond"] * 2 + ["far", "split"]
RIGHT = [1.0] * 5 + [0.0] * 6 + [1.0]


def questions() -> list[dict[str, Any]]:
    return [
        {
            "question": f"q{place}",
            "cluster": f"c{place}",
            "cause": cause,
            "pieces": [{"document": "d", "cause": cause, "rank": rank, "text": "" if cause == "shown" else "missing"}],
        }
        for place, (cause, rank) in enumerate(zip(CAUSES, RANKS, strict=True))
    ]


def run(folder: Path, *, kept: bool = True, index: dict[str, Any] | None = None, **told: Any) -> Any:
    store = Store(folder)
    rows = [record("accuracy.exact", f"q{place}", value, cluster=f"c{place}") for place, value in enumerate(RIGHT)]
    rows += [record("retrieval.recall@1", f"q{place}", float(RANKS[place] == 1), cluster=f"c{place}") for place in range(COUNT)]
    rows += [
        record("cost.index_seconds", "all", 8.0, unit="seconds", better="lower", caution="the machine was busy"),
        record("cost.index_money", "all", None, unit="money", better="lower", reason="it has no price"),
    ]
    store.add(rows)
    if kept:
        data = {"format": 1, "searched": True, "looked": 50, "top_k": 3, "why": "", "questions": questions()} | told
        store.keep_files("instruments", "tiny", "rag", 0, "retrieval", {"lost.json": json.dumps(data)})
    made = {f"{row('instruments', 'tiny', 'rag')}/0": {"index": {"passages": 800} | (index or {})}}
    settings = {"adapt": "none", "retrieve": "dense", "top_k": 3}
    store.set_provenance(
        {"systems": {"rag": {"settings": settings}}, "suites": {"instruments": {"documents": 400}}, "made": made}
    )
    return read(folder)


def found(opened: Any) -> RetrievalResult:
    (one,) = board([opened]).retrieval
    return one


def test_the_curve_is_the_share_of_evidence_among_the_first_k_with_its_interval(tmp_path: Path) -> None:
    one = found(run(tmp_path))
    assert {k: value for k, value, *_ in one.curve} == pytest.approx(
        {1: 6 / 12, 2: 6 / 12, 3: 8 / 12, 5: 8 / 12, 10: 9 / 12, 20: 10 / 12, 50: 10 / 12}
    )
    known = interval([1.0] * 8 + [0.0] * 4, [f"c{place}" for place in range(COUNT)])
    assert one.curve[2][2:] == pytest.approx((known.low, known.high))


def test_causes_part_the_questions_and_say_how_many_were_answered_wrongly(tmp_path: Path) -> None:
    one = found(run(tmp_path))
    assert one.lost == {"split": 1, "far": 1, "beyond": 2, "cut": 2, "shown": 6}
    assert one.wrong == {"split": 0, "far": 1, "beyond": 2, "cut": 2, "shown": 1}
    assert (sum(one.lost.values()), one.n, one.by) == (COUNT, COUNT, "accuracy.exact")


def test_costs_are_of_a_thousand_documents_and_say_what_is_not_measured(tmp_path: Path) -> None:
    one = found(run(tmp_path))
    assert (one.documents, one.passages) == (400, 800)
    assert one.per_thousand == {"seconds": 20.0, "tokens": None, "money": None}
    assert one.cost_notes == {"seconds": "the machine was busy", "money": "it has no price"}


def test_a_run_without_ranks_shows_what_the_board_has_and_says_what_is_missing(tmp_path: Path) -> None:
    one = found(run(tmp_path, kept=False))
    assert [(k, value) for k, value, *_ in one.curve] == [(1, 0.5)]
    assert (one.by_documents, one.n, one.lost, one.notes) == (True, 0, {}, (SAVED,))
    assert one.per_thousand["seconds"] == 20.0


def test_a_saved_run_is_such_a_one(tmp_path: Path) -> None:
    save(run(tmp_path / "run"), tmp_path / "saved.json")
    one = found(load(tmp_path / "saved.json"))
    assert (one.by_documents, one.notes) == (True, (SAVED,))


def test_what_could_not_be_looked_up_is_said(tmp_path: Path) -> None:
    assert found(run(tmp_path / "a", searched=False, looked=3)).notes == (SHOWN_ONLY,)
    (note,) = found(run(tmp_path / "b", searched=False, why="the store is down")).notes
    assert note.endswith("could not be looked up: the store is down")


@pytest.mark.parametrize(
    ("index", "warned", "noted"),
    [
        ({"long": 12}, ["12 of 800 passages are longer than the embedder reads"], []),
        ({"recall@10": 0.71, "recall_of": 100}, ["finds 71.0 % of the 10 nearest vectors (tried with 100)"], []),
        ({"recall@10": 0.99, "recall_of": 100}, [], ["finds 99.0 % of the 10 nearest"]),
        ({"apart": 0.42}, ["(0.42 apart): another one may have made its vectors"], []),
        ({"long": 0}, [], []),
    ],
)
def test_warnings_of_an_index_are_told(tmp_path: Path, index: dict[str, Any], warned: list[str], noted: list[str]) -> None:
    one = found(run(tmp_path, index=index))
    for texts, wanted in ((one.warnings, warned), (one.notes, noted)):
        assert len(texts) == len(wanted)
        assert all(part in text for text, part in zip(texts, wanted, strict=True))


def test_a_system_that_looks_nothing_up_is_not_listed(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.add([record("retrieval.recall@1", "q", None, system="base", reason="the system does not retrieve")])
    store.set_provenance({})
    assert board([read(tmp_path)]).retrieval == ()
