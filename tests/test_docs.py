"""What the documentation says to type or to write works as it says."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import textwrap
import tomllib
from functools import cache
from pathlib import Path
from typing import get_args

import pytest

from proctor.cli import main, parser
from proctor.core import workspace
from proctor.evals.judges.agreement import read_labels
from proctor.leaderboard.board.board import Board
from proctor.leaderboard.claims import table as claims
from proctor.leaderboard.claims.table import Claim
from proctor.leaderboard.claims.verdicts import Finding
from proctor.leaderboard.compare import policy
from proctor.leaderboard.history import history, trends
from proctor.leaderboard.history.runs import Moment
from proctor.leaderboard.history.trends import Point
from proctor.leaderboard.site import export, page
from proctor.models import systems
from proctor.suites.loading import load as load_suite
from tests.sample_run import make_run

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def blocks(page, language):
    """The fenced blocks of a page in a language, those inside of lists too."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^\1```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(body) for _, body in found]


def every(language):
    pages = [page for page in PAGES if page.stem != "extending"]  # its snippets are one package: tests/test_extending.py
    return [pytest.param(body, id=f"{page.stem}-{n}") for page in pages for n, body in enumerate(blocks(page, language), 1)]


def commands(body):
    """The single commands of a block of shell."""
    return [shlex.split(part) for line in body.splitlines() for part in line.split("&&")]


# The two lines that a newcomer types.


def test_the_first_line_sets_up_and_runs_the_exam_and_the_second_the_tests():
    first, second = blocks(ROOT / "README.md", "sh")[:2]
    assert first.endswith(".venv/bin/pytest -m domain\n")
    assert second.endswith(".venv/bin/pytest tests -n 2\n")
    for line in (first, second):
        assert line.count("\n") == 1
        assert [command[:3] for command in commands(line)[:2]] == [["python3", "-m", "venv"], ["python3", "-m", "pip"]]
        assert "-c constraints.txt" in line


def test_the_ci_script_runs_the_second_line():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert 'README.md").read_text(encoding="utf-8"), re.M | re.S)[1]' in script
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111
    subprocess.run(["/bin/bash", "-n", ROOT / ".ci" / "run"], check=True, timeout=60)


# Every command.


@pytest.mark.slow
@pytest.mark.parametrize("body", every("sh"))
def test_every_command_is_one_that_its_program_takes(body):
    subprocess.run(["/bin/bash", "-n", "-c", body], check=True, timeout=60)
    for command in commands(body):
        check(command)


def check(command):
    known = {"pytest": check_pytest, "python": check_python, "python3": check_python, "tox": check_tox, "proctor": check_proctor}
    program = Path(command[0]).name
    if program in known:
        known[program](command[1:])
    else:
        assert program in ("git", "ruff", "mypy", "pre-commit"), f"no test knows {program}"


def check_python(words):
    if words[:2] == ["-m", "pip"]:
        check_pip(words[2:])
    else:
        assert words == ["-m", "venv", "--without-pip", ".venv"]


def check_proctor(words):
    parser(words).parse_args(words)


def check_pip(words):
    assert words[:6] == ["--python", ".venv", "install", "-c", "constraints.txt", "-e"]
    extras = re.fullmatch(r"\.\[(.*)\]", words[6])[1].split(",")
    assert set(extras) <= PROJECT["optional-dependencies"].keys()


def check_tox(words):
    assert words[:2] == ["run", "-e"]
    assert f"[testenv:{words[2]}]" in (ROOT / "tox.ini").read_text(encoding="utf-8")


def check_pytest(words):
    options = [word.partition("=")[0] for word in words if word.startswith("-")]
    text = shown("--help")
    for option in options:
        assert re.search(rf"(?m)^\s.*(?<![\w-]){re.escape(option)}\b", text), f"pytest has no option {option}"
    if "-m" in words:
        names = set(re.findall(r"\w+", words[words.index("-m") + 1])) - {"and", "or", "not"}
        assert all(f"@pytest.mark.{name}:" in shown("--markers") for name in names)
    for word in (word for word in words[:1] if not word.startswith("-")):
        assert (ROOT / word).exists()


@cache
def shown(option):
    done = subprocess.run(
        [sys.executable, "-m", "pytest", option], cwd=ROOT, capture_output=True, text=True, check=True, timeout=300
    )
    return done.stdout


def test_the_readme_names_every_option_of_the_exam_and_no_other():
    named = set(re.findall(r"^\| `(--[\w-]+)", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE))
    group = shown("--help").partition("the exam:")[2].partition("\n\n")[0]
    assert named == set(re.findall(r"^  (--[\w-]+)", group, re.MULTILINE))


# Every table, and what it lists.


def test_the_readme_names_every_system():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE) == list(systems.load())


def test_the_suites_page_names_every_key_and_column():
    from proctor.suites.loading import columns, settings

    text = (ROOT / "docs" / "suites.md").read_text(encoding="utf-8")
    names = {name for table in (columns.QUESTION, columns.EXAMPLE) for field, also in table.items() for name in (field, *also)}
    for name in {*names, *columns.REVISION, *columns.REVISED} - {"id"}:
        assert name in text, f"docs/suites.md does not say {name}"
    for key in settings.Written.__dataclass_fields__:
        assert re.search(rf"^\| `\[?{key}\b", text, re.MULTILINE), f"docs/suites.md does not explain {key}"


def test_the_project_page_names_every_setting():
    text = (ROOT / "docs" / "project.md").read_text(encoding="utf-8")
    for key in workspace.KEYS:
        assert re.search(rf"^\| .*`{key}`", text, re.MULTILINE), f"docs/project.md does not say {key}"


def test_the_claims_page_names_every_field_of_a_claim_and_of_a_finding():
    text = (ROOT / "docs" / "claims.md").read_text(encoding="utf-8")
    for name in {*Claim.__dataclass_fields__, *Finding.__dataclass_fields__}:
        assert f"`{name}`" in text, f"docs/claims.md does not say {name}"


def test_the_publishing_page_names_every_file_field_and_mark(tmp_path):
    text = (ROOT / "docs" / "publishing.md").read_text(encoding="utf-8")
    told = export.files(Board({}, ()), history.History((), ()))
    fields = {field for kind in (history.Line, Point, Moment) for field in kind.__dataclass_fields__}
    for name in {*told, *fields, *get_args(trends.Mark), "direction", "before", "now", "regressions", "improvements", "cautions"}:
        assert f"`{name}`" in text, f"docs/publishing.md does not say {name}"


def test_tox_and_the_workflow_name_extras_and_environments_that_exist():
    tox = (ROOT / "tox.ini").read_text(encoding="utf-8")
    for line in re.findall(r"^extras = (.*)$", tox, re.MULTILINE):
        assert {extra.strip() for extra in line.split(",")} <= PROJECT["optional-dependencies"].keys()
    assert {"domain", "gpu", "lint", "tests", "types"} <= set(re.findall(r"^\[testenv:(\w+)\]", tox, re.MULTILINE))


# Every snippet.


@pytest.fixture
def folder(tmp_path):
    main(["new", str(tmp_path / "suite")])
    (tmp_path / "general-tasks").mkdir()
    (tmp_path / "general-tasks" / "task.yaml").write_text("task: task", encoding="utf-8")
    return tmp_path / "suite"


@pytest.mark.parametrize("body", every("toml"))
def test_every_toml_snippet_loads(folder, tmp_path, body):
    if "tool" in tomllib.loads(body):
        (tmp_path / "pyproject.toml").write_text(body, encoding="utf-8")
        assert workspace.at(tmp_path).settings == tomllib.loads(body)["tool"]["proctor"]
    elif "claim" in tomllib.loads(body):
        (tmp_path / "claims.toml").write_text(body, encoding="utf-8")
        assert len(claims.load([tmp_path / "claims.toml"])) == len(claims.load()) + len(tomllib.loads(body)["claim"])
    elif "name" in tomllib.loads(body):
        (folder / "suite.toml").write_text(body, encoding="utf-8")
        assert load_suite.load(str(folder)).name in body
    else:
        (tmp_path / "systems.toml").write_text(body, encoding="utf-8")
        assert systems.load(tmp_path / "systems.toml").keys() == tomllib.loads(body).keys()


def test_the_smallest_suite_is_at_most_ten_lines_of_toml():
    assert blocks(ROOT / "docs" / "suites.md", "toml")[0].count("\n") <= 10


@pytest.mark.parametrize("body", every("json"))
def test_every_json_snippet_loads(folder, body):
    first = json.loads(body.splitlines()[0])
    if "supported" in first:
        (folder / "labels.jsonl").write_text(body + json.dumps(first | {"supported": False}), encoding="utf-8")
        assert len(read_labels(folder / "labels.jsonl")) == 2
        return
    name = "train.jsonl" if "prompt" in first else "revisions.jsonl" if "document" in first else "questions.jsonl"
    (folder / name).write_text(body, encoding="utf-8")
    load_suite.load(str(folder))


@pytest.mark.slow
@pytest.mark.parametrize("body", every("python"))
def test_every_python_snippet_runs(body, tmp_path, monkeypatch):
    names = {}
    monkeypatch.chdir(tmp_path)
    if "leaderboard/site" in body:
        page.publish([make_run(tmp_path / "run")], tmp_path / "leaderboard" / "site")
    exec(compile(body, "snippet", "exec"), names)  # noqa: S102 # it is ours
    assert "table" in names or names["AXIS"].measures


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_files_that_are_named_exist(page):
    for name in re.findall(r"`((?:models|evals|suites|leaderboard|tests|docs)/[\w/.]+\.\w+)`", page.read_text(encoding="utf-8")):
        assert (ROOT / name).exists() or name == "leaderboard/site/index.html", name


@pytest.mark.parametrize("body", every("yaml"))
def test_every_policy_is_one(body, tmp_path):
    (tmp_path / "policy.yaml").write_text(body, encoding="utf-8")
    fields = ("alpha", "correction", "min_pairs", "judge_kappa_min", "inconclusive", "defaults")
    shown, default = policy.load(tmp_path / "policy.yaml"), policy.Policy()
    assert [getattr(shown, name) for name in fields] == [getattr(default, name) for name in fields]
