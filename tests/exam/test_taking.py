"""The exam taken in Python, and what is done with a system of a run afterwards: asked and exported."""

from __future__ import annotations

import asyncio
import json
import logging
import shlex
import subprocess
import sys

import pytest
import yaml

import proctor
from proctor import exporting, progress, rebuilt
from proctor.cli import main
from proctor.core.storage import manifest
from proctor.evals.exam import Exam
from proctor.leaderboard.runs.store import Store, read
from proctor.models.candidates.local import LocalCandidate
from proctor.models.systems import System
from proctor.suites.loading.load import load

TABLE = """
[bm25]
retrieve = "bm25"
[adapter]
adapt = "lora"
rank = 2
epochs = 1
[whole]
adapt = "full"
epochs = 1
"""
PROMPT = "How much is a cargo bike a day?"


@pytest.fixture(scope="module")
def home(tmp_path_factory, tiny_llama):
    """A project with a suite, a table of systems and a tiny base model, and the current folder."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("PROCTOR_CACHE", raising=False)
        settings = f"[tool.proctor]\nbase_models = [{json.dumps(str(tiny_llama))}]\n"
        (folder / "pyproject.toml").write_text(settings, encoding="utf-8")
        (folder / "systems.toml").write_text(TABLE, encoding="utf-8")
        assert main(["new", "shop"]) == 0
        yield folder


@pytest.fixture
def pytester_command(home):
    """What pytest says as a command in the project."""

    def run(*words):
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *words]
        return subprocess.run(command, cwd=home, capture_output=True, text=True, check=False, timeout=300).stdout

    return run


@pytest.fixture(scope="module")
def taken(home):
    """The run of an exam that was taken in Python."""
    return proctor.exam("shop", systems_table="systems.toml", axes=["accuracy", "retrieval"], limit=4, run_dir="runs/one")


def test_an_exam_in_python_gives_a_run_with_every_system_and_axis_that_was_asked_for(taken):
    assert set(taken.records["system"]) == {"bm25", "adapter", "whole"}
    assert {name.partition(".")[0] for name in taken.records["metric"]} == {"accuracy", "retrieval"}
    assert taken.records.groupby("system", observed=True)["item"].nunique().tolist() == [4, 4, 4]
    assert len(taken.answers) == 12
    assert taken.failures == ()


def test_pytest_goes_on_where_the_exam_in_python_ended(taken, home, pytester_command):
    records = (home / "runs/one/records.jsonl").read_bytes()
    done = pytester_command(*shlex.split(taken.provenance["command"])[1:], "--run-dir", "runs/one")
    assert "6 passed" in done
    assert (home / "runs/one/records.jsonl").read_bytes() == records


def test_its_provenance_has_the_command_that_measures_the_same(taken, home, tiny_llama):
    words = shlex.split(taken.provenance["command"])
    assert words[:3] == ["pytest", "-m", "domain and (accuracy or retrieval)"]
    for flag, value in (("--suite", "shop"), ("--systems", "systems.toml"), ("--limit", "4")):
        assert words[words.index(flag) + 1] == value


def test_an_exam_that_was_taken_measures_nothing_twice(taken, home, caplog):
    kept = [path for path in (home / ".proctor").rglob("*") if path.is_file() and path.suffix != ".lock"]
    before = {path: path.stat().st_mtime_ns for path in kept}
    records = (home / "runs/one/records.jsonl").read_bytes()
    caplog.set_level(logging.INFO, "proctor")
    proctor.exam("shop", systems_table="systems.toml", axes=["accuracy", "retrieval"], limit=4, run_dir="runs/one")
    assert (home / "runs/one/records.jsonl").read_bytes() == records
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert not [line for line in caplog.messages if "training" in line or "scoring" in line]


def test_a_bar_that_is_missed_ends_nothing_and_is_told(home, taken):
    text = (home / "shop/suite.toml").read_text(encoding="utf-8")
    (home / "shop/suite.toml").write_text(
        text.replace("[thresholds]", '[thresholds]\n"accuracy.exact" = { bm25 = 1.0 }'), encoding="utf-8"
    )
    try:
        run = proctor.exam("shop", "bm25", systems_table="systems.toml", axes="accuracy", run_dir="runs/thresholds", limit=4)
    finally:
        (home / "shop/suite.toml").write_text(text, encoding="utf-8")
    assert all("accuracy.exact of bm25 on shop" in text for text in run.failures)
    assert len(run.records)


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"suite": "shap"}, "there is no suite 'shap'"),
        (
            {"suite": "shop", "systems": "bn25", "systems_table": "systems.toml"},
            "--system bn25: no such system; did you mean bm25",
        ),
        ({"suite": "shop", "base_model": "nowhere/at/all"}, "--base-model nowhere/at/all"),
        ({"suite": "shop", "judge": "lexcal"}, "lexcal"),
        ({"suite": "shop", "axes": "acuracy"}, "accuracy"),
        ({"suite": "shop", "seeds": 0}, "seeds: expected"),
        ({"suite": "shop", "limit": "3"}, "limit: expected"),
        ({"suite": "shop", "devise": "cpu"}, "devise: no such option; did you mean 'device'?"),
        ({}, "suite: name one"),
    ],
)
def test_what_cannot_be_used_is_said_before_any_work(home, asked, why, tmp_path):
    with pytest.raises(proctor.InputError) as found:
        proctor.exam(**asked, run_dir=tmp_path / "run")
    assert why in str(found.value)
    assert not (tmp_path / "run").exists()


def test_the_cache_can_lie_elsewhere(home, tmp_path):
    named = {"systems_table": "systems.toml", "run_dir": tmp_path / "run", "cache": tmp_path / "kept"}
    proctor.exam("shop", "bm25", axes="accuracy", limit=1, **named)
    assert (tmp_path / "kept" / "answers").is_dir()


def test_progress_is_not_sent_to_the_terminal_of_a_pytest_that_ended(pytestconfig):
    class Config:
        pluginmanager = pytestconfig.pluginmanager
        cleanups = ()

        def add_cleanup(self, cleanup):
            self.cleanups = (*self.cleanups, cleanup)

    log, config = logging.getLogger("proctor"), Config()
    before = list(log.handlers)
    progress.show(config)
    for cleanup in config.cleanups:
        cleanup()
    assert log.handlers == before


def test_a_notebook_whose_event_loop_runs_can_take_it(home, tmp_path):
    async def cell():
        return proctor.exam("shop", "bm25", systems_table="systems.toml", axes="faithfulness", run_dir=tmp_path, limit=1)

    run = asyncio.run(cell())
    assert run.failures == ()
    assert set(run.records["status"]) <= {"scored", "not_applicable"}


def test_an_interrupt_keeps_what_was_measured_and_says_how_far_it_came(home, tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    real = Exam.run
    monkeypatch.setattr(Exam, "run", lambda exam, axis: interrupted() if axis.name == "retrieval" else real(exam, axis))
    with pytest.raises(KeyboardInterrupt):
        proctor.exam("shop", "bm25", systems_table="systems.toml", axes=["accuracy", "retrieval"], run_dir=tmp_path, limit=1)
    run = proctor.open_run(tmp_path)
    assert {name.partition(".")[0] for name in run.records["metric"]} == {"accuracy"}
    assert run.provenance["unfinished"] == "1 of 2 tests were run"


# Asking.


def test_a_question_is_answered_with_the_passages_that_were_looked_up(taken, home, capsys):
    assert main(["ask", "runs/one", "--system", "bm25", PROMPT]) == 0
    printed = capsys.readouterr().out
    assert "bm25 on shop, base model" in printed
    assert "[1] prices (score " in printed
    assert "cargo bike costs 32 euros" in printed
    assert "Answer: " in printed
    assert "note:" not in printed


def test_a_trained_system_is_asked_from_the_cache_and_that_is_said(taken, home, capsys):
    assert main(["ask", "runs/one", "--system", "adapter", PROMPT]) == 0
    printed = capsys.readouterr().out
    assert "seed 0 (its weights are in the cache)" in printed
    assert "[1]" not in printed


def test_a_system_of_the_project_is_asked_without_a_run(home, capsys):
    assert main(["ask", "-", "--suite", "shop", "--systems", "systems.toml", "--system", "bm25", PROMPT]) == 0
    assert "[1] prices" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["runs/one", "--system", "bm26"], "--system bm26: the run has no such system; did you mean bm25?"),
        (["runs/one", "--system", "adapter", "--seed", "7"], "--seed 7: of adapter the run has 0"),
        (["runs/one", "--system", "bm25", "--suite", "instruments"], "the run is of shop"),
        (["runs/two", "--system", "bm25"], "there is no such run folder"),
        (["-", "--system", "base"], "which one is meant? Add --suite with one of"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_what_to_do(taken, home, words, why, capsys):
    assert main(["ask", *words, PROMPT]) == 4
    assert why in capsys.readouterr().err


def test_a_suite_that_moved_is_found_by_its_new_place_and_one_that_changed_is_told(taken, home, capsys):
    (home / "shop").rename(home / "moved")
    documents = home / "moved" / "documents" / "prices.md"
    text = documents.read_text(encoding="utf-8")
    try:
        assert main(["ask", "runs/one", "--system", "bm25", PROMPT]) == 4
        assert "name its folder with --suite" in capsys.readouterr().err
        documents.write_text(text.replace("32 euros", "35 euros"), encoding="utf-8")
        assert main(["ask", "runs/one", "--system", "bm25", "--suite", "moved", PROMPT]) == 0
        printed = capsys.readouterr().out
        assert "note: this is not quite the system that the run examined: the suite was changed since" in printed
        assert "35 euros" in printed
        assert main(["export", "runs/one", "--system", "adapter", "--suite", "moved", "--to", "out/changed"]) == 0
    finally:
        documents.write_text(text, encoding="utf-8")
        (home / "moved").rename(home / "shop")


def test_a_suite_that_the_command_does_not_name_is_found_in_the_project(taken, home, capsys):
    run = read(home / "runs/one")
    command = run.provenance["command"].replace(" --suite shop", "")
    Store(home / "runs/found").add(run.records)
    Store(home / "runs/found").set_provenance(run.provenance | {"command": command})
    assert "--suite" not in command
    assert main(["ask", "runs/found", "--system", "bm25", PROMPT]) == 0
    assert "[1] prices" in capsys.readouterr().out


# Exporting.


def generated(model, tokenizer, prompt):
    import torch

    tokens = tokenizer(prompt, return_tensors="pt")
    with torch.no_grad():
        return model.generate(**tokens, max_new_tokens=8, do_sample=False)[0].tolist()


@pytest.mark.parametrize("system", ["adapter", "whole"])
def test_what_is_exported_loads_in_the_libraries_and_says_the_same_tokens(taken, home, tiny_llama, system):
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    assert main(["export", "runs/one", "--system", system, "--to", f"out/{system}"]) == 0
    folder = home / "out" / system
    tokenizer = AutoTokenizer.from_pretrained(folder)
    if system == "adapter":
        model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(tiny_llama), folder)
    else:
        model = AutoModelForCausalLM.from_pretrained(folder)
    asked = rebuilt.of_run(read(home / "runs/one"), rebuilt.Wanted(system, systems="systems.toml"))
    with asked.candidate.model_and_tokenizer() as (ours, own):
        expected = generated(ours, own, PROMPT)
    assert generated(model.eval(), tokenizer, PROMPT) == expected
    assert len(expected) > len(tokenizer(PROMPT)["input_ids"])


@pytest.mark.parametrize(("system", "adapt"), [("adapter", "lora"), ("whole", "full")])
def test_what_is_exported_can_be_examined_as_finished_weights_with_what_they_took(taken, home, tiny_llama, system, adapt):
    assert main(["export", "runs/one", "--system", system, "--to", f"out/{system} again"]) == 0
    trained = rebuilt.of_run(read(home / "runs/one"), rebuilt.Wanted(system, systems="systems.toml")).candidate
    row = System("finished", adapt=adapt, weights=str(home / "out" / f"{system} again"))
    finished = LocalCandidate(row, trained.base, trained.domain, trained.runtime, limits=trained.limits)
    questions = load("shop").questions
    assert [one.text for one in finished.answers(questions)] == [one.text for one in trained.answers(questions)]
    for name in ("train_flops", "train_seconds", "peak_bytes"):
        assert finished.costs()[name] == trained.costs()[name], name


def test_the_card_says_what_was_trained_how_it_scored_and_by_which_run(taken, home, tiny_llama):
    main(["export", "runs/one", "--system", "adapter", "--to", "out/card"])
    text = (home / "out/card/README.md").read_text(encoding="utf-8")
    told = yaml.safe_load(text.split("---")[1])
    assert told == {"library_name": "peft", "pipeline_tag": "text-generation", "tags": ["proctor", "lora"]}
    assert "| training examples | 8 |" in text
    assert "| LoRA rank | 2 |" in text
    assert "| seed | 0 |" in text
    assert "accuracy.exact | " in text
    assert " to " in next(line for line in text.splitlines() if line.startswith("| accuracy.exact"))
    assert taken.provenance["command"].split()[0] in text
    assert "license" not in told


def test_nothing_of_this_machine_is_in_an_export(taken, home, tiny_llama):
    main(["export", "runs/one", "--system", "adapter", "--to", "out/private"])
    for path in (home / "out/private").iterdir():
        assert str(tiny_llama).encode() not in path.read_bytes(), path
        assert str(home).encode() not in path.read_bytes(), path


def test_an_export_is_written_anew_and_what_is_not_one_stays(taken, home, capsys):
    words = ["export", "runs/one", "--system", "adapter", "--to"]
    assert main([*words, "out/again"]) == main([*words, "out/again"]) == 0
    assert manifest.damage(home / "out/again") == []
    card = home / "out/again" / exporting.CARD
    card.write_text(card.read_text(encoding="utf-8") + "license: ours\n", encoding="utf-8")
    (home / "out/mine").mkdir()
    (home / "out/mine/notes.txt").write_text("mine", encoding="utf-8")
    capsys.readouterr()
    for place in ("again", "mine"):
        assert main([*words, f"out/{place}"]) == 4
        assert "it holds what no export wrote" in capsys.readouterr().err
    assert card.read_text(encoding="utf-8").endswith("license: ours\n")
    assert [path.name for path in (home / "out/mine").iterdir()] == ["notes.txt"]


@pytest.mark.parametrize(
    ("system", "why"),
    [("bm25", "there is nothing to export"), ("adaptor", "did you mean adapter?")],
)
def test_what_is_not_trained_or_not_there_is_not_exported(taken, home, system, why, capsys):
    assert main(["export", "runs/one", "--system", system, "--to", "out/none"]) == 4
    assert why in capsys.readouterr().err
    assert not (home / "out/none").exists()


def test_weights_that_the_run_did_not_examine_are_not_exported_under_its_figures(taken, home, capsys):
    text = (home / "shop/train.jsonl").read_text(encoding="utf-8")
    (home / "shop/train.jsonl").write_text("".join(text.splitlines(keepends=True)[:-1]), encoding="utf-8")
    try:
        assert main(["export", "runs/one", "--system", "adapter", "--to", "out/other"]) == 4
    finally:
        (home / "shop/train.jsonl").write_text(text, encoding="utf-8")
    assert "these would be other weights than those that the run examined" in capsys.readouterr().err


def test_weights_that_the_cache_lost_are_trained_once_more_and_the_card_says_so(taken, home, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("PROCTOR_CACHE", str(tmp_path / "empty"))
    assert main(["export", "runs/one", "--system", "adapter", "--to", "out/anew"]) == 0
    assert "it is trained again" in capsys.readouterr().out
    assert "For this export it was trained again" in (home / "out/anew/README.md").read_text(encoding="utf-8")
