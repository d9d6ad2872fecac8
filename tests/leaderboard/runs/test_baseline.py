"""Baselines: a run as one small file, and back."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest

from proctor.cli import main
from proctor.core.schema import InputError
from proctor.leaderboard.compare.gate import gate
from proctor.leaderboard.compare.policy import Policy
from proctor.leaderboard.runs import saved
from proctor.leaderboard.runs.store import Store, read
from tests import sample_run


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return sample_run.make_run(tmp_path_factory.mktemp("saved") / "run", sample_run.Sample(seeds=2))


@pytest.fixture
def run(made):
    return read(made)


def test_a_run_comes_back_but_for_its_reasons(run, tmp_path):
    saved.save(run, tmp_path / "b.json")
    again = saved.open_run(tmp_path / "b.json")
    assert [replace(r, reason="") for r in again.records] == [replace(r, reason="") for r in run.records]
    assert again.provenance == run.provenance


def test_cautions_come_back_with_the_items_that_they_hold_for(tmp_path):
    told = [sample_run.record("m", "a"), sample_run.record("m", "b", caution="the answer was cut off after 8 new tokens")]
    Store(tmp_path / "run").add(told)
    saved.save(read(tmp_path / "run"), tmp_path / "b.json")
    assert list(saved.open_run(tmp_path / "b.json").records) == told


def test_a_run_against_its_own_baseline_is_unchanged(run, tmp_path):
    saved.save(run, tmp_path / "b.json")
    held = gate(saved.open_run(tmp_path / "b.json"), run, Policy())
    assert {ruling.outcome for ruling in held.rulings} == {"unchanged"}
    assert held.decision == "GO"


COMMANDS = ("show {}", "claims {}", "advise {}", "publish {} --to page", "compare {} {}", "gate {} {}")


@pytest.mark.slow
@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_about_a_run_takes_a_saved_one_by_its_name(run, tmp_path, monkeypatch, capsys, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text("[tool.proctor]\nsaved_runs = 'kept'\n")
    saved.save(run, tmp_path / "kept" / "first.json")
    told = []
    for name in ("first", "kept/first.json"):
        assert main(words.format(name, name).split()) == 0
        told.append(capsys.readouterr().out)
    assert told[0] == told[1]
    assert main(words.format("second", "second").split()) > 2
    assert "second" in capsys.readouterr().err


def test_a_misspelt_name_of_a_run_is_guessed_and_the_saved_ones_are_named(run, tmp_path, monkeypatch, capsys):
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)
    for name in ("first", "second"):
        saved.save(run, tmp_path / "baselines" / f"{name}.json")
    assert main(["gate", "frist", "second"]) == 3
    assert "frist: there is no such run folder, nor a saved run of that name; did you mean first? (saved: first, second)" in (
        capsys.readouterr().err
    )


def test_it_is_small_and_one_line_a_series(run, tmp_path):
    saved.save(run, tmp_path / "b.json")
    text = (tmp_path / "b.json").read_text()
    assert len(text) < sum(path.stat().st_size for path in run.folder.glob("records.jsonl")) / 5
    assert sum('"values"' in line for line in text.splitlines()) == text.count('"values"')


def test_the_same_run_gives_the_same_bytes(run, tmp_path):
    for name in ("a.json", "b.json"):
        saved.save(run, tmp_path / name)
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda data: data | {"format": 7}, "format 7 is not 3"),
        (lambda data: data, "not a saved run.*checksum is missing.*; name a run folder, or a file that --eval-save wrote"),
        (lambda _: {"format": 1}, "not a saved run"),
        (lambda data: data | {"format": 1, "items": {}}, "not a saved run"),
        (lambda data: [data], "not a saved run"),
    ],
)
def test_what_is_no_baseline_is_said(run, tmp_path, change, said):
    path = tmp_path / "b.json"
    saved.save(run, path)
    data = json.loads(path.read_text())
    del data["crc"]
    path.write_text(json.dumps(change(data)))
    with pytest.raises(InputError, match=rf"b\.json: {said}"):
        saved.open_run(path)


def test_a_baseline_of_the_format_without_checksum_is_read(run, tmp_path):
    path = tmp_path / "b.json"
    saved.save(run, path)
    expected, data = saved.load(path), json.loads(path.read_text())
    path.write_text(json.dumps({name: value for name, value in data.items() if name != "crc"} | {"format": 1}))
    assert saved.load(path) == expected


def test_a_baseline_whose_line_ends_git_changed_is_read(run, tmp_path):
    path = tmp_path / "b.json"
    saved.save(run, path)
    expected = saved.load(path)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert saved.load(path) == expected


@pytest.mark.parametrize("seed", range(30))
def test_a_changed_baseline_is_refused(run, tmp_path, seed):
    path = tmp_path / "b.json"
    saved.save(run, path)
    data, chance = bytearray(path.read_bytes()), random.Random(seed)  # noqa: S311
    data[chance.randrange(len(data) - 1)] ^= 1 << chance.randrange(8)
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"b\.json:"):
        saved.load(path)
