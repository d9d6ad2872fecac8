"""What earlier versions wrote is read with the names of today, and what users wrote by old names is refused with the new."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from proctor.core import former_names
from proctor.core.schema import FORMAT, InputError, Record, as_json
from proctor.core.storage.sealed import sealed
from proctor.leaderboard.board.board import board
from proctor.leaderboard.claims.table import load as load_claims
from proctor.leaderboard.compare.gate import gate
from proctor.leaderboard.compare.policy import Policy
from proctor.leaderboard.compare.policy import load as load_policy
from proctor.leaderboard.history import feeds, history
from proctor.leaderboard.runs import contents, labels, saved
from proctor.leaderboard.runs.store import PROVENANCE, RECORDS, Run, Store, read
from proctor.models import systems
from proctor.suites.loading.load import load as load_suite
from tests.sample_evaluation import suite
from tests.sample_run import record

OLD = {new: old for old, new in former_names.FIELDS.items()}
METRICS = {
    "robustness.none": "dependence.none",
    "data_efficiency.half": "hunger.half",
    "style.format_followed": "style.followed",
    "accuracy.exact": "accuracy.exact",
}
SETTINGS = {"top_k": 3, "few_shot": 0, "train_with_context": None, "gold_in_context": 0.8, "adapter_when": "always"}
TOLD: dict[str, Any] = {
    "started": "2026-01-01T00:00:00+00:00",
    "comparable": {"instruments/tiny/rag": True},
    "systems": {"rag": {"settings": SETTINGS}},
}
SETTINGS_THEN = {"top_k": 3, "shots": 0, "passages": None, "gold_share": 0.8, "adapter": "always"}
TOLD_THEN = {
    "started": "2026-01-01T00:00:00+00:00",
    "fair": TOLD["comparable"],
    "systems": {"rag": {"settings": SETTINGS_THEN}},
}
ROWS = [record(metric, f"q{n:02}", float(n % 3 > 0)) for metric in METRICS for n in range(30)]


def then(row: Record, number: int) -> dict[str, Any]:
    """A record as an earlier version wrote it."""
    told = {OLD.get(name, name): value for name, value in as_json(row).items()}
    left_out = {"caution"} if number == 1 else set()
    return {name: value for name, value in told.items() if name not in left_out} | {
        "measure": METRICS[row.metric],
        "format": number,
    }


def folder_of(folder: Path, number: int) -> Path:
    """A run folder of an earlier version."""
    folder.mkdir()
    lines = [json.dumps(then(row, number)).encode() for row in ROWS]
    (folder / RECORDS).write_bytes(b"".join((sealed(line) if number > 2 else line) + b"\n" for line in lines))
    (folder / PROVENANCE).write_bytes(sealed(json.dumps(TOLD_THEN).encode()))
    counts = [["instruments", "tiny", "rag", 0, METRICS[metric], 30] for metric in METRICS]
    (folder / contents.FILE).write_bytes(sealed(json.dumps({"format": 1, "records": counts}).encode()))
    return folder


def saved_of(path: Path, number: int) -> Path:
    """A saved run of an earlier version."""
    saved.save(now(path.parent / f"for-{path.name}"), path)
    data = json.loads(path.read_text())
    del data["crc"]
    series = [
        {OLD.get(name, name): value for name, value in row.items()} | {"measure": METRICS[row["metric"]]}
        for row in data["series"]
    ]
    text = json.dumps(data | {"format": number, "run": TOLD_THEN, "series": series}).encode()
    path.write_bytes(sealed(text) if number > 1 else text)
    return path


def now(folder: Path) -> Run:
    """The same run as it is written now."""
    store = Store(folder)
    store.add(ROWS)
    store.set_provenance(TOLD)
    return read(folder)


@pytest.mark.parametrize("number", range(1, FORMAT))
def test_a_run_folder_of_an_earlier_format_is_read_with_the_names_of_today(tmp_path, number):
    found = read(folder_of(tmp_path / "run", number))
    assert found.records == now(tmp_path / "now").records
    assert found.provenance == TOLD


def test_an_exam_goes_on_in_a_run_folder_of_an_earlier_format(tmp_path):
    folder = folder_of(tmp_path / "run", 3)
    before = (folder / RECORDS).read_bytes()
    store = Store(folder)
    store.add(ROWS)
    assert (folder / RECORDS).read_bytes() == before  # nothing is new
    store.add([record("robustness.none", "q30")])
    store.set_provenance({"comparable": {"instruments/tiny/lora": True}})
    found = read(folder)
    assert len(found.records) == len(ROWS) + 1
    assert found.provenance["comparable"] == {"instruments/tiny/rag": True, "instruments/tiny/lora": True}
    assert "fair" not in found.provenance


def test_what_an_earlier_run_lost_is_missed_by_its_new_name(tmp_path):
    folder = folder_of(tmp_path / "run", 3)
    lines = (folder / RECORDS).read_bytes().splitlines(keepends=True)
    (folder / RECORDS).write_bytes(b"".join(line for line in lines if b"hunger.half" not in line))
    with pytest.raises(InputError, match=r"30 records of data_efficiency\.half of rag"):
        read(folder)


@pytest.mark.parametrize("number", range(1, saved.FORMAT))
def test_a_saved_run_of_an_earlier_format_is_read_and_compared(tmp_path, number):
    path = saved_of(tmp_path / "old.json", number)
    found, after = saved.open_run(path), now(tmp_path / "now")
    assert found.provenance == TOLD
    assert list(found.records) == list(after.records)
    held = gate(found, after, Policy())
    assert not held.differences
    assert {(ruling.change.metric, ruling.outcome) for ruling in held.rulings} == {(name, "unchanged") for name in METRICS}
    assert set(saved.load(path, ["robustness.none"]).records.column("metric")) == {"robustness.none"}


def test_a_history_goes_on_from_a_saved_run_of_an_earlier_format(tmp_path):
    old = saved.open_run(saved_of(tmp_path / "old.json", 2))
    after = replace(now(tmp_path / "now"), provenance=TOLD | {"started": "2026-01-02T00:00:00+00:00"})
    told = history.history([old, after])
    (line,) = [line for line in told.lines if line.metric == "style.format_followed"]
    assert [point.mark for point in line.points] == ["first", "tied"]


def test_a_history_that_an_earlier_version_published_is_made_anew(tmp_path):
    text = feeds.history_json(history.history([now(tmp_path / "now")]))
    assert feeds.history_of(text)
    assert feeds.history_of(text.replace(f'"format": {feeds.FORMAT}', '"format": 1').replace('"metric"', '"measure"')) is None


def test_whether_systems_may_be_compared_is_on_the_board_of_an_earlier_run(tmp_path):
    found = board([read(folder_of(tmp_path / "run", 3))])
    assert {cell.comparable for cell in found.cells} == {True}


def test_labels_that_people_gave_under_the_former_names_count(tmp_path):
    folder = folder_of(tmp_path / "run", 3)
    row = {name: then(ROWS[0], 3)[OLD.get(name, name)] for name in labels.FIELDS if name != "metric"}
    (folder / former_names.LABELS).write_text(json.dumps(row | {"measure": "dependence.none", "label": 1.0}) + "\n")
    ((key, label),) = labels.labels([read(folder)]).items()
    assert ("robustness.none" in key, label) == (True, 1.0)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("shots = 0", "few_shot"),
        ("passages = true", "train_with_context"),
        ("gold_share = 1.0", "gold_in_context"),
        ('adapter = "always"', "adapter_when"),
    ],
)
def test_an_old_name_in_a_table_of_systems_is_refused_with_the_new(tmp_path, old, new):
    (tmp_path / "systems.toml").write_text(f"[base]\n{old}\n")
    name = old.partition(" ")[0]
    with pytest.raises(InputError, match=rf"systems\.toml:2: base\.{name}: {name} is called {new} now; rename it"):
        systems.load(tmp_path / "systems.toml")


@pytest.mark.parametrize(("old", "new"), [('source = "question"', "answer_in"), ("[bars]", "thresholds")])
def test_an_old_name_in_a_suite_is_refused_with_the_new(tmp_path, old, new):
    (tmp_path / "suite.toml").write_text(f'name = "shop"\n{old}\n')
    with pytest.raises(InputError, match=rf"suite\.toml:2: .* is called {new} now; rename it"):
        load_suite(str(tmp_path))


def test_old_names_in_claims_and_policies_are_refused_with_the_new(tmp_path):
    (tmp_path / "policy.yaml").write_text("version: 1\nmeasures: {accuracy.exact: {tier: critical}}\n")
    with pytest.raises(InputError, match="measures is called metrics now"):
        load_policy(tmp_path / "policy.yaml")
    (tmp_path / "claims.toml").write_text(
        '[[claim]]\nclaim = "c"\nmeasure = "accuracy.exact"\nsystem = "rag"\nexpect = "higher"\n'
    )
    with pytest.raises(InputError, match="measure is called metric now"):
        load_claims([tmp_path / "claims.toml"])


def test_a_field_that_is_called_otherwise_makes_no_other_suite():
    asked = replace(suite(), answer_in="question")
    assert former_names.in_versions(as_json(asked)).keys() >= {"source", "bars"}
    assert not former_names.in_versions(as_json(asked)).keys() & {"answer_in", "thresholds"}
    for name, version in (("instruments", "cda2a5ba3f3b"), ("loans", "8037f7860ce8")):
        assert load_suite(name).version.startswith(version)  # as in the saved runs of earlier versions
