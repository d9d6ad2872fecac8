"""Options, and the paths among them that pytest would take for its own."""

from __future__ import annotations

import argparse
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from proctor.core.reading.ranges import SEEDS
from proctor.core.schema import Question
from proctor.core.workspace import Workspace
from proctor.options import command, left_out, matched_too
from proctor.scheduling import worker_scope
from tests.exam.here import run

ROOT = Path(__file__).resolve().parents[2]
DEFAULTS = {
    "suite": [], "system": [], "base_model": [], "systems": None, "judge": "lexical", "seeds": 1, "limit": None, "device": "auto"
} | {"trust_remote_code": False, "trust_suite_code": False, "allow_outside_files": False, "drafts": False, "full": False} | {
    "markexpr": "domain", "keyword": "", "repeats": 1
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "pytest -m domain"),
        ({"suite": ["a b", "c"]}, "pytest -m domain --suite 'a b' --suite c"),
        ({"base_model": ["m"], "seeds": 3}, "pytest -m domain --base-model m --seeds 3"),
        ({"trust_remote_code": True, "judge": "openai:x"}, "pytest -m domain --judge openai:x --trust-remote-code"),
        ({"repeats": 3}, "pytest -m domain --repeats 3"),
        ({"full": True}, "pytest -m domain --full"),
        ({"suite": ["s"], "trust_suite_code": True}, "pytest -m domain --suite s --trust-suite-code"),
        ({"markexpr": "domain and style", "keyword": "rag or lora"}, "pytest -m 'domain and style' -k 'rag or lora'"),
        ({"markexpr": ""}, "pytest -m domain"),
    ],
)
def test_the_command_that_makes_the_run_again(changed: dict[str, object], said: str) -> None:
    assert command(SimpleNamespace(**(DEFAULTS | changed)), Workspace(ROOT)) == said


def test_what_a_keyword_selects_beside_the_system_that_was_meant_is_said() -> None:
    (note,) = matched_too("rag or lora", ["base", "rag", "lora"], ["storage", "four"])
    assert note == "note: -k rag matches every test of storage, too; --system rag selects the system alone"
    assert matched_too("storage", ["rag"], ["storage"]) == matched_too("", ["rag"], ["storage"]) == []


@pytest.mark.parametrize("text", ["0", "-1", "x", "1.5"])
def test_counts_are_whole_and_positive(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="expected a whole number from 1"):
        SEEDS.option(text)


@pytest.mark.parametrize("form", ["--suite={}", "--suite {}"])
def test_a_path_elsewhere_does_not_hide_the_settings(tmp_path: Path, form: str) -> None:
    asked = form.format(tmp_path).split()
    code, out = run("-m", "domain", *asked, folder=ROOT)
    assert code == 4
    assert f"{tmp_path / 'suite.toml'}: the file is missing" in out


def test_a_run_folder_that_is_made_on_the_way_does_not_hide_them_from_workers(tmp_path: Path) -> None:
    asked = ["-m", "domain", "-k", "nothing", "--system", "base", "-n", "1", "--run-dir", str(tmp_path / "new")]
    code, out = run(*asked, folder=ROOT)
    assert code == pytest.ExitCode.NO_TESTS_COLLECTED, out


@pytest.mark.parametrize("look", ["--markers", "--fixtures", "--co", "--dry-run"])
def test_who_only_looks_gets_no_run_folder(tmp_path: Path, look: str) -> None:
    asked = ["-m", "domain", "-k", "test_accuracy and base", "--system", "base", look, "--run-dir", str(tmp_path / "new")]
    code, out = run(*asked, folder=ROOT)
    assert code == 0, out
    assert not (tmp_path / "new").exists()


def test_a_misspelt_marker_leaves_no_run_folder(tmp_path: Path) -> None:
    asked = ["-m", "domain and citation", "--system", "base", "--run-dir", str(tmp_path / "new")]
    code, out = run(*asked, folder=ROOT)
    assert code == pytest.ExitCode.USAGE_ERROR, out
    assert not (tmp_path / "new").exists()


def test_a_run_folder_that_cannot_be_made_is_said_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    asked = ["-m", "domain and accuracy", "--system", "base", "--run-dir", str(tmp_path / "file" / "new")]
    code, out = run(*asked, folder=ROOT)
    assert code == pytest.ExitCode.USAGE_ERROR, out
    assert str(tmp_path / "file") in out
    assert "scoring" not in out


def test_workers_share_what_a_candidate_or_a_file_makes() -> None:
    tests = ["suites/loans/suite.toml::test_accuracy[loans-rag]", "suites/loans/suite.toml::test_style[loans-rag]"]
    tests += [
        "suites/loans/suite.toml::test_style[loans-lora]",
        "tests/leaderboard/site/test_page.py::test_a[x]",
        "tests/leaderboard/site/test_page.py::test_b",
    ]
    scopes = [worker_scope(test) for test in tests]
    assert [scopes.index(scope) for scope in scopes] == [0, 0, 2, 3, 3]


def test_a_limit_that_leaves_no_unanswerable_question_is_said() -> None:
    questions = [Question(str(place), "?", ("a",) if place < 5 else ()) for place in range(7)]
    suites: list[Any] = [SimpleNamespace(name="storage", questions=questions), SimpleNamespace(name="q", questions=questions[:5])]
    (note,) = left_out(5, suites)
    assert note == "note: --limit 5 leaves out all 2 unanswerable questions of storage: made-up answers are not measured"
    assert left_out(6, suites) == left_out(None, suites) == []
