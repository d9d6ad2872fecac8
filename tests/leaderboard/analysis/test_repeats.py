"""Asking a system again is no training: what differs from time to time is noise of answers, told apart from that of questions."""

from __future__ import annotations

import random
from pathlib import Path
from statistics import fmean, pstdev

import pytest

from proctor.core.schema import NO_BASE, Record
from proctor.leaderboard.analysis import retraining
from proctor.leaderboard.analysis.origins import beside, external, kinds
from proctor.leaderboard.analysis.section import sections
from proctor.leaderboard.analysis.series import Series
from proctor.leaderboard.board.board import board
from proctor.leaderboard.board.terminal import as_text
from proctor.leaderboard.compare.changes import answer_noise, as_before, changes
from proctor.leaderboard.runs.records import Records
from proctor.leaderboard.runs.store import Run, Store, read
from tests.sample_run import record

BOT = {"bot": {"kind": "service", "settings": {"service": "http://localhost"}}}


def rows(repeats: int, questions: int = 40, noise: float = 0.2, seed: int = 1, system: str = "bot") -> list[Record]:
    """Half of the questions are known; any answer goes wrong by itself."""
    chance = random.Random(seed)  # noqa: S311 # made up, and the same each time
    known = [number % 2 for number in range(questions)]
    return [
        record("accuracy.exact", f"q{number:03}", float(right and chance.random() > noise), system=system, seed=repeat)
        for repeat in range(repeats)
        for number, right in enumerate(known)
    ]


def series(repeats: int, *, repeated: bool, **more: float) -> Series:
    return Series(Records.of(rows(repeats, **more)), repeated)  # type: ignore[arg-type]


def run(folder: Path, records: list[Record], version: str = "v1") -> Run:
    store = Store(folder)
    store.add(records)
    names = {(one.system, one.seed) for one in records}
    made = {f"instruments/tiny/{system}/{seed}": {"version": version, "training": {}} for system, seed in names}
    store.set_provenance({"systems": BOT, "made": made})
    return read(folder)


def test_repeats_widen_no_interval_as_other_trainings_do() -> None:
    asked, trained = series(3, repeated=True), series(3, repeated=False)
    assert asked.interval
    assert trained.interval
    assert asked.interval.value == trained.interval.value
    assert asked.interval.high - asked.interval.low < trained.interval.high - trained.interval.low
    assert (len(asked.by_seed), asked.seed_sd, asked.repeats) == (1, None, 3)


def test_noise_of_answers_is_what_the_mean_does_when_all_is_asked_again() -> None:
    found = [series(5, repeated=True, seed=seed).answer_sd for seed in range(30)]
    means = [fmean(row.value or 0.0 for row in rows(1, seed=seed)) for seed in range(1000, 1400)]
    assert fmean(sd or 0.0 for sd in found) == pytest.approx(pstdev(means), rel=0.15)


def test_asked_once_nothing_is_said_of_noise_and_asked_alike_there_is_none() -> None:
    assert series(1, repeated=True).answer_sd is None
    steady = series(3, repeated=True, noise=0.0)
    assert (steady.answer_sd, steady.varied) == (0.0, 0)


def test_a_gate_over_repeats_knows_no_trainings(tmp_path: Path) -> None:
    (change,) = changes(run(tmp_path / "a", rows(3)), run(tmp_path / "b", rows(3, seed=2), "v2"))
    assert (change.retrained, change.noise_known, change.taken) == (False, False, (1, 1))
    assert change.found
    assert "training" not in change.found.difference.method


def test_a_gate_s_report_tells_noise_of_answers_where_there_were_several(tmp_path: Path) -> None:
    once, thrice = run(tmp_path / "a", rows(1)), run(tmp_path / "b", rows(3))
    assert list(answer_noise(once)) == []
    (said,) = answer_noise(thrice)
    assert said.startswith("accuracy.exact of bot \u00b1 ")
    assert said.endswith("(3 times)")


def test_two_runs_with_one_version_are_said_to_share_answers(tmp_path: Path) -> None:
    before, same, other = run(tmp_path / "a", rows(1)), run(tmp_path / "b", rows(1)), run(tmp_path / "c", rows(1), "v2")
    assert as_before(before, same) == ["bot"]
    assert as_before(before, other) == []


def test_a_board_shows_how_often_it_was_asked_and_no_seeds(tmp_path: Path) -> None:
    (cell,) = board([run(tmp_path, rows(3))]).cells
    assert (cell.repeats, cell.seeds, cell.seed_sd) == (3, 1, None)
    assert cell.answer_sd
    assert 0 < cell.varied < cell.n


def test_a_board_of_external_systems_names_no_base_model(tmp_path: Path) -> None:
    records = [Record(**{**vars(one), "base_model": NO_BASE}) for one in rows(1)]
    text = as_text(board([run(tmp_path, records)]))
    assert "(instruments), no base model" in text
    assert beside("tiny") == "base model tiny"


def test_what_a_system_is_is_read_from_the_table_of_systems() -> None:
    built = {"settings": {"adapt": "lora", "retrieve": "none"}}
    finished = {"settings": {"adapt": "lora", "weights": "w"}}
    systems = {"lora": built, "ours": finished, **BOT, "broken": "?"}
    assert kinds(systems) == {"ours": "finished weights", "bot": "service"}
    assert external(systems) == {"bot"}
    assert retraining.trained(systems) == {"lora"}, "no other seed changes finished weights"


def test_finished_weights_are_said_to_allow_for_no_other_training(tmp_path: Path) -> None:
    def said(**settings: str) -> str:
        told = {"systems": {"ours": {"settings": {"adapt": "lora", **settings}}, "rag": {"settings": {"adapt": "none"}}}}
        both = [*rows(1, system="ours"), *rows(1, system="rag", seed=2)]
        return as_text(board([Run(tmp_path, Records.of(both), told)]))

    assert "Training was done once" in said()
    assert "Training was done once" not in said(weights="adapters/ours")


def test_what_adapting_adds_is_not_told_by_systems_of_another_base_model() -> None:
    systems = {
        "served": {"kind": "endpoint", "settings": {"adapt": "none", "retrieve": "none"}},
        "served_rag": {"kind": "endpoint", "settings": {"adapt": "none", "retrieve": "dense"}},
        "lora": {"settings": {"adapt": "lora", "retrieve": "none"}},
        "hybrid": {"settings": {"adapt": "lora", "retrieve": "dense"}},
    }
    records = [one for name in systems for one in rows(1, system=name, seed=len(name))]
    (section,) = sections(records, {"systems": systems})
    from proctor.leaderboard.analysis.effects import effects

    assert not list(effects([section]))
