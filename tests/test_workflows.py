"""The action and the workflows: sound by their schemas, and calling what there is."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import tomllib
from importlib.metadata import files
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft7Validator

from proctor import scaffold
from proctor.cli import parser

ROOT = Path(__file__).resolve().parent.parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))


SHOWN = [
    text
    for name in ("publishing", "gate")
    for text in re.findall(r"```yml\n(.*?)```", (ROOT / "docs" / "how-to" / f"{name}.md").read_text(encoding="utf-8"), re.DOTALL)
]
"""Workflows that the documentation shows."""


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        pytest.param("actions", (ROOT / "action.yml").read_text(encoding="utf-8"), id="action"),
        *(pytest.param("workflows", path.read_text(encoding="utf-8"), id=path.stem) for path in WORKFLOWS),
        *(pytest.param("workflows", text, id=f"shown-{number}") for number, text in enumerate(SHOWN)),
        pytest.param("workflows", scaffold.GATE, id="new"),
    ],
)
def test_schemas_are_followed(schema, text):
    read = yaml.safe_load(text)
    follows(f"github-{schema}", {"on" if name is True else name: value for name, value in read.items()})  # YAML 1.1: `on` is true


@pytest.mark.parametrize("form", FORMS, ids=lambda path: path.stem)
def test_forms_of_issues_are_forms(form):
    schema = "github-issue-config" if form.stem == "config" else "github-issue-forms"
    follows(schema, yaml.safe_load(form.read_text(encoding="utf-8")))


def test_what_says_how_to_cite_is_read_by_what_reads_such_files():
    follows("citation-file-format", yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8")))


def follows(schema, data):
    """The package's schemas, without its command, which wants another click than deepeval."""
    (file,) = [file for file in files("check-jsonschema") or () if file.name == f"{schema}.json"]
    found = Draft7Validator(json.loads(Path(file.locate()).read_text(encoding="utf-8"))).iter_errors(data)
    assert not [f"{'/'.join(map(str, error.path))}: {error.message}" for error in found]


def test_the_documentation_gives_the_action_inputs_that_it_has():
    jobs = [job for text in SHOWN for job in yaml.safe_load(text)["jobs"].values()]
    steps = [step for job in jobs for step in job["steps"] if "with" in step and not step["uses"].startswith("actions/")]
    assert [step["with"].keys() <= ACTION["inputs"].keys() for step in steps] == [True] * len(SHOWN)


def test_no_workflow_runs_a_forks_code_with_secrets():
    for path in WORKFLOWS:
        text = path.read_text(encoding="utf-8")
        assert "pull_request_target" not in text
        assert "secrets." not in text
        assert "permissions:" in text


def test_what_runs_an_exam_finds_no_credentials_in_its_checkout_and_may_not_publish():
    """But for the token of the action's comment, which `proctor ci` keeps from its exams."""
    for path in WORKFLOWS:
        for job in yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].values():
            checkouts = [step for step in job["steps"] if step.get("uses", "").startswith("actions/checkout")]
            assert all(step["with"]["persist-credentials"] is False for step in checkouts), path
            assert not (checkouts and "id-token" in job.get("permissions", {})), path


def gate_script():
    (step,) = [step for step in ACTION["runs"]["steps"] if step.get("id") == "gate"]
    return step


def told(folder, code):
    """A command that notes what it is told, one word a line, and ends with a code."""
    fake = folder / "proctor" / "bin" / "proctor"
    fake.parent.mkdir(parents=True)
    fake.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$@\" > called\nexit {code}\n")
    fake.chmod(0o755)


def stepped(folder, step, environment):
    """The exit code of a step, and what the command was told."""
    environment = {"PATH": "/usr/bin:/bin", "INTO": str(folder / "proctor"), "WORK": str(folder / "work")} | environment
    done = subprocess.run(["/bin/bash", "-e", "-c", step["run"]], cwd=folder, env=environment, check=False, timeout=60)
    words = (folder / "called").read_text().splitlines()
    return done.returncode, parser(words).parse_args(words)


def test_every_shell_step_is_shell():
    for step in ACTION["runs"]["steps"]:
        if "run" in step:
            assert step["shell"] == "bash"
            subprocess.run(["/bin/bash", "-n", "-c", step["run"]], check=True, timeout=60)


def test_inputs_reach_the_shell_through_the_environment_alone():
    """An expression inside a script would let a branch name become a command."""
    assert not any("${{" in step["run"] for step in ACTION["runs"]["steps"] if "run" in step)


def test_every_input_is_used_and_every_one_used_is_there():
    text = (ROOT / "action.yml").read_text(encoding="utf-8").partition("runs:")[2]
    for name in ACTION["inputs"]:
        assert f"inputs.{name}" in text, name


@pytest.mark.parametrize(
    ("code", "fail", "ends"), [(0, "true", 0), (1, "true", 1), (2, "true", 2), (1, "false", 0), (3, "false", 3)]
)
def test_the_gate_step_calls_the_command_and_ends_as_asked(tmp_path, code, fail, ends):
    told(tmp_path, code)
    given = {"BASE": "abc", "POLICY": "my policy.yaml", "ARGUMENTS": "--seeds 3", "LINK": "https://example.org", "FAIL": fail}
    ended, parsed = stepped(tmp_path, gate_script(), given)
    assert ended == ends
    assert (parsed.base, parsed.policy, shlex.split(parsed.arguments)) == ("abc", Path("my policy.yaml"), ["--seeds", "3"])
    assert (parsed.suite, parsed.ignore_mismatch, parsed.work) == ([], False, tmp_path / "work")


def test_suites_are_words_and_anyway_is_only_what_is_asked_for(tmp_path):
    told(tmp_path, 0)
    asked = {"BASE": "abc", "SUITES": " helpdesk\nother/*  --odd\n", "IGNORE_MISMATCH": "true"}
    _, parsed = stepped(tmp_path, gate_script(), asked)
    assert (parsed.suite, parsed.ignore_mismatch, parsed.policy) == (["helpdesk", "other/*", "--odd"], True, None)


def test_the_action_writes_nothing_into_the_callers_tree_but_its_cache():
    """Whatever it installs comes from its own checkout, which in another repository is not the caller's."""
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    assert "build/ci" not in text
    assert ".venv" not in text
    (install,) = [step for step in ACTION["runs"]["steps"] if step.get("name") == "Install"]
    assert install["env"] == {"PROCTOR": "${{ github.action_path }}", "INTO": "${{ runner.temp }}/proctor"}
    assert '"$PROCTOR/constraints.txt" "$PROCTOR[' in install["run"]


def test_the_page_goes_to_its_branch_only_where_that_is_asked_and_never_from_a_pull_request(tmp_path):
    (step,) = [step for step in ACTION["runs"]["steps"] if "gh-pages" in step.get("run", "")]
    assert "inputs.auto-push == 'true'" in step["if"]
    assert "!startsWith(github.event_name, 'pull_request')" in step["if"]
    assert ACTION["inputs"]["auto-push"]["default"] == "false"
    told(tmp_path, 0)
    ended, parsed = stepped(tmp_path, step, {"PAGE": "build/ci/my page", "BRANCH": "--odd"})
    assert ended == 0
    assert (parsed.site, parsed.branch, parsed.push, parsed.keep) == (Path("build/ci/my page"), "--odd", "origin", True)


def test_only_a_tag_of_the_version_is_published_and_only_what_was_tried():
    release = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8"))
    build, publish = release["jobs"]["build"], release["jobs"]["publish"]
    assert release[True] == {"push": {"tags": ["v*"]}}
    assert publish["needs"] == "build"
    check, *_, tried, kept = [step for step in build["steps"] if "run" in step or "upload" in step["uses"]]
    assert (tried["run"], kept["with"]["path"]) == (".ci/installed dist/*.whl", "dist/")
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    for tag, ends in ((f"v{version}", 0), (f"v{version}0", 1)):
        environment = {"PATH": os.environ["PATH"], "GITHUB_REF_NAME": tag}
        assert (
            subprocess.run(["/bin/bash", "-c", check["run"]], cwd=ROOT, env=environment, check=False, timeout=60).returncode
            == ends
        )


def test_scripts_of_the_workflows_are_shell():
    for script in ("run", "installed"):
        subprocess.run(["/bin/bash", "-n", str(ROOT / ".ci" / script)], check=True, timeout=60)
