"""``proctor new --project``: what a project needs beside a suite, and nothing that is there is rewritten."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proctor import scaffold
from proctor.cli import main
from proctor.core import workspace
from proctor.suites.loading.load import load


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project of somebody's, with a repository."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path.resolve()


def test_a_project_without_anything_gets_settings_ignored_folders_and_a_gate(project, capsys):
    assert main(["new", "domains/support", "--project"]) == 0
    assert load("domains/support").name == "support"
    assert workspace.at(project).settings == {"suites": ["domains/support"]}
    assert (project / ".gitignore").read_text(encoding="utf-8").splitlines() == ["/.proctor/", "/runs/", "/site/"]
    job = yaml.safe_load((project / scaffold.WORKFLOW).read_text(encoding="utf-8"))["jobs"]["gate"]
    assert [step["uses"].partition("@")[0] for step in job["steps"]] == ["actions/checkout", scaffold.ACTION.partition("@")[0]]
    assert f"in place of {scaffold.ACTION}" in capsys.readouterr().out


def test_without_the_option_nothing_but_the_suite_is_written_and_the_option_is_told(project, capsys):
    assert main(["new", "support"]) == 0
    assert sorted(path.name for path in project.iterdir()) == [".git", "support"]
    assert "--project" in capsys.readouterr().out


def test_what_is_there_stays_and_what_is_missing_is_added_at_the_end(project):
    (project / "pyproject.toml").write_bytes(b'[project]\r\nname = "ours" # not yours\r\n')
    (project / ".gitignore").write_text("*.pyc\nruns", encoding="utf-8")
    (project / scaffold.WORKFLOW).parent.mkdir(parents=True)
    (project / scaffold.WORKFLOW).write_text("ours", encoding="utf-8")
    assert main(["new", "support", "--project"]) == 0
    assert (project / "pyproject.toml").read_bytes() == (
        b'[project]\r\nname = "ours" # not yours\r\n\r\n[tool.proctor]\r\nsuites = ["support"]\r\n'
    )
    assert (project / ".gitignore").read_text(encoding="utf-8") == "*.pyc\nruns\n\n/.proctor/\n/site/\n"
    assert (project / scaffold.WORKFLOW).read_text(encoding="utf-8") == "ours"


def test_a_second_suite_leaves_the_settings_as_they_are_and_says_so(project, capsys):
    main(["new", "first", "--project"])
    files = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    capsys.readouterr()
    assert main(["new", "second", "--project"]) == 0
    assert {path: path.read_bytes() for path in files} == files
    assert 'its suites should have "second"' in capsys.readouterr().out


def test_the_folders_that_the_settings_name_are_ignored(project):
    (project / "pyproject.toml").write_text('[tool.proctor]\nsite = "public/board"\n', encoding="utf-8")
    main(["new", "support", "--project"])
    assert "/public/board/" in (project / ".gitignore").read_text(encoding="utf-8")


@pytest.mark.parametrize("toml", ["tool = {}\n", "[tool]\nproctor = 3\n", "[tool", "[tool.proctor]\nsuits = ['a']\n"])
def test_settings_that_cannot_be_added_to_are_refused_before_a_suite_is_written(project, toml, capsys):
    (project / "pyproject.toml").write_text(toml, encoding="utf-8")
    assert main(["new", "support", "--project"]) == 4
    assert "pyproject.toml" in capsys.readouterr().err
    assert not (project / "support").exists()
    assert (project / "pyproject.toml").read_text(encoding="utf-8") == toml


@pytest.mark.parametrize(
    ("place", "why"),
    [
        *((place, "no folder below the root of the project") for place in ("..", ".", "../beside")),
        ("a\x7fb", "printable"),
    ],
)
def test_a_suite_outside_of_the_project_or_that_no_setting_can_name_is_refused(project, place, why, capsys):
    assert main(["new", place, "--project"]) == 4
    assert why in capsys.readouterr().err
    assert not (project / "pyproject.toml").exists()


def test_a_project_within_a_larger_repository_is_told_where_its_workflow_belongs(project, monkeypatch, capsys):
    inner = project / "inner"
    inner.mkdir()
    (inner / "pyproject.toml").write_text("", encoding="utf-8")
    monkeypatch.chdir(inner)
    assert main(["new", "support", "--project"]) == 0
    assert not (inner / ".github").exists()
    assert str(project / scaffold.WORKFLOW) in capsys.readouterr().out


LETTERS = 'a\u00e4\U0001f6b2"\\\n #'


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(
    tables=st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.text(LETTERS, max_size=8), max_size=4),
    ends=st.sampled_from(["\n", "\r\n"]),
    last=st.booleans(),
)
def test_adding_settings_changes_nothing_that_was_said_before(tables, ends, last, tmp_path):
    lines = [f"{name} = {json.dumps(text, ensure_ascii=False)}" for name, text in tables.items() if name != "tool"]
    before = ends.join(["[project]", *lines]) + ends * last
    file = Path(tmp_path / "pyproject.toml")
    file.write_bytes(before.encode())
    list(scaffold.add(tmp_path.resolve(), tmp_path / "support"))
    after = file.read_bytes().decode()
    assert after.startswith(before)
    assert tomllib.loads(after) == tomllib.loads(before) | {"tool": {"proctor": {"suites": ["support"]}}}
