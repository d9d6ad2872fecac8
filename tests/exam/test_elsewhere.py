"""An exam of systems that are built elsewhere: a callable and a file of answers, without a base model."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from proctor.leaderboard.runs.store import Run, read
from proctor.suites.writing.draft import write_suite
from proctor.suites.writing.starter import starter

WITHOUT = (
    "-p",
    "no:deepeval",
    "-p",
    "no:langsmith_plugin",
    "-p",
    "no:rerunfailures",
    "-p",
    "no:repeat",
    "-p",
    "no:cacheprovider",
)
BOT = """
from pathlib import Path

def answer(question: str) -> str:
    with Path(__file__).with_name("calls.log").open("a") as log:
        log.write("call\\n")
    return "I do not know"
"""
HEAVY = """
import sys

def pytest_sessionfinish():
    print("loaded:", sorted({"torch", "transformers", "faiss"} & sys.modules.keys()))
"""


class Project:
    """A project with a suite, a callable and a file of answers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        write_suite(folder / "helpdesk", starter("helpdesk", "helpdesk"))
        lines = (folder / "helpdesk" / "questions.jsonl").read_text().splitlines()
        self.questions = [json.loads(line) for line in lines]
        (folder / "bot.py").write_text(BOT)
        (folder / "conftest.py").write_text(HEAVY)
        (folder / "pyproject.toml").write_text('[tool.pytest.ini_options]\n[tool.proctor]\nsystems_table = "systems.toml"\n')
        (folder / "systems.toml").write_text('[bot]\ncallable = "bot:answer"\n[file]\nanswers = "answers.jsonl"\n')
        rows = [{"id": one["id"], "answer": "I do not know"} for one in self.questions[1:]] + [{"id": "zz", "answer": "?"}]
        (folder / "answers.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))

    @property
    def calls(self) -> int:
        log = self.folder / "calls.log"
        return len(log.read_text().splitlines()) if log.exists() else 0

    def pytest(self, *words: str, markers: str = "domain and accuracy") -> str:
        return self.run("pytest", *WITHOUT, "-m", markers, *words)

    def run(self, *words: str) -> str:
        command = [sys.executable, "-m", *words]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=300, check=False)
        return done.stdout + done.stderr

    @property
    def run_folder(self) -> Run:
        (folder,) = (self.folder / "runs").iterdir()
        return read(folder)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("PROCTOR_CACHE", str(tmp_path / "cache"))
    return Project(tmp_path)


def test_they_are_examined_without_a_base_model_and_nothing_heavy_is_loaded(project: Project) -> None:
    said = project.pytest("--full")
    assert "2 passed" in said
    assert "loaded: []" in said
    assert "no base model" in said
    assert "1 question is without an answer in it, and unmeasured" in said
    assert "1 row is about no question of the suite: zz (line" in said
    run = project.run_folder
    assert {record.base_model for record in run.records} == {"external"}
    assert run.provenance["base_models"] == {}
    assert run.provenance["systems"]["bot"]["kind"] == "callable"
    assert project.calls == len(project.questions)


def test_asked_again_only_where_that_is_wished_and_then_once_for_all_processes(project: Project) -> None:
    asked = len(project.questions)
    project.pytest("--system", "bot")
    project.pytest("--system", "bot")
    assert project.calls == asked, "what was answered is kept"
    project.pytest("--system", "bot", "--refresh", "-n", "2")
    assert project.calls == 2 * asked
    project.pytest("--system", "bot")
    assert project.calls == 2 * asked, "the run after a refresh goes on with its answers"


def test_answers_of_an_earlier_run_are_said_once_and_on_the_page(project: Project) -> None:
    count = len(project.questions)
    said = "Asked before this run, and not again: bot ("
    assert said not in project.pytest()
    again = " ".join(project.pytest().split())
    assert again.count(f"{said}all {count} answers, up to an hour old). --refresh asks again.") == 1
    page = (project.folder / "site" / "index.html").read_text()
    assert page.count(said) == 1
    assert said not in project.pytest("--refresh")


def test_repeats_are_asked_and_told_apart_by_their_names(project: Project) -> None:
    said = project.pytest("--repeats", "3", "-v")
    assert "test_accuracy[helpdesk-bot-repeat2]" in said
    assert "test_accuracy[helpdesk-file]" in said, "a file says the same each time"
    assert project.calls == 3 * len(project.questions)
    assert "with training noise" not in said
    project.pytest("--repeats", "3", "-k", "repeat1")
    assert project.calls == 3 * len(project.questions)


def test_a_dry_run_says_what_would_be_asked(project: Project) -> None:
    said = project.pytest("--dry-run", markers="domain")
    count = len(project.questions)
    assert f"{count} of {count} questions" in said
    assert "nothing is asked" in said
    assert project.calls == 0


WRONG = """
[bot]
callable = "bot:reply"
[file]
answers = "nowhere.jsonl"
[service]
service = "http://127.0.0.1:9/ask"
request = { headers = { Authorization = "Bearer $NO_SUCH_TOKEN" } }
[served]
endpoint = "openai:gpt-4o-mini"
openai = { key = "NO_SUCH_KEY" }
"""


def test_what_is_wrong_with_the_origins_of_several_systems_is_said_at_once(project: Project) -> None:
    (project.folder / "systems.toml").write_text(WRONG)
    said = project.pytest()
    errors = [line for line in said.splitlines() if line.startswith("ERROR: ")]
    assert len(errors) == 4, said
    for what in ("NO_SUCH_TOKEN is not set", "there is no reply in bot", "nowhere.jsonl", "NO_SUCH_KEY"):
        assert any(what in line for line in errors), said


def test_a_note_beside_an_error_is_no_error(project: Project) -> None:
    (project.folder / "systems.toml").write_text(WRONG)
    lines = [line for line in project.pytest().splitlines() if "pyproject.toml sets" in line]
    assert [line.partition(": ")[0] for line in lines] == ["note"]


def test_a_threshold_for_a_system_that_is_not_in_the_table_names_those_of_that_table_alone(project: Project) -> None:
    suite = project.folder / "helpdesk" / "suite.toml"
    suite.write_text(suite.read_text().replace("[thresholds]", '[thresholds]\n"retrieval.mrr" = { nobody = 0.5 }'))
    said = project.pytest("--collect-only")
    assert "thresholds.retrieval.mrr: systems.toml has no system nobody; known: bot, file." in said


def test_they_are_asked_one_by_one_and_not_exported(project: Project) -> None:
    project.pytest()
    (folder,) = (project.folder / "runs").iterdir()
    said = project.run("proctor", "ask", str(folder), "Is this a question?", "--system", "bot")
    assert "bot on helpdesk, callable" in said
    assert "Answer: I do not know" in said
    known = project.run("proctor", "ask", str(folder), project.questions[1]["question"], "--system", "file")
    assert "Answer: I do not know" in known
    refused = project.run("proctor", "export", str(folder), "--system", "bot", "--to", "out")
    assert "system bot is built elsewhere (callable): Proctor has no weights of it to export" in refused


def test_code_that_only_a_run_names_is_not_run(project: Project) -> None:
    (project.folder / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    project.pytest("--systems", "systems.toml")
    (folder,) = (project.folder / "runs").iterdir()
    asked = project.calls
    said = project.run("proctor", "ask", str(folder), "Is this a question?", "--system", "bot")
    assert "system bot is code, bot:answer, which only the run names; add --systems systems.toml to say that it may run" in said
    assert project.calls == asked
    said = project.run("proctor", "ask", str(folder), "Is this a question?", "--system", "bot", "--systems", "systems.toml")
    assert "Answer: I do not know" in said
