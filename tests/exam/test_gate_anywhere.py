"""The action in a team's repository: ten documents, and packages of its own that would break the exam if it imported them.

Its shell steps are run as a runner does, with the wheel that its first one builds of the action's own checkout and installs.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.runner import ROOT, Runner

SUITE = """
name = "helpdesk"
title = "Help desk"
abstain = ["unknown"]

[style]
pattern = '^(?P<answer>.+) \\[(?:N\\d{3}|none)\\]$'
guide = "Answer with the value alone, and after it the id of the article in square brackets."
"""
SETTINGS = '[tool.proctor]\nsuites = ["desk/helpdesk"]\npolicy = "policy.yaml"\n'
POLICY = "version: 1\ndefaults: {tier: advisory}\nmetrics: {accuracy.exact: {tier: critical, max_drop: 0.1}}\n"
THINGS = ("Zelto", "Marvi", "Quando", "Brill", "Fanto", "Dorvis", "Hapna", "Lumet", "Ostra", "Pinzo")
ASKED = {
    "Who supplies the {}?": "Hal Systems",
    "How long does a full charge of the {} last?": "60 hours",
    "How long is the cable of the {}?": "8 m",
}
TEXT = (
    "New units of the {0} are ordered from Hal Systems. On one charge the {0} runs for 60 hours. "
    "The cable of the {0} is 8 m long."
)
BROKEN = "raise RuntimeError('a package of the team was imported')\n"


def git(folder: Path, *words: str) -> str:
    command = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@example.org", *words]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.strip()


def commit(folder: Path) -> str:
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "as it is")
    return git(folder, "rev-parse", "HEAD")


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def write_documents(folder: Path, text: str) -> None:
    for number, thing in enumerate(THINGS):
        write(folder / f"N{number + 301}.md", f"---\nid: N{number + 301}\ntitle: The {thing}\n---\n\n{text.format(thing)}\n")


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder and its first commit."""
    folder = tmp_path_factory.mktemp("team") / "repository"
    for package in ("models", "evals", "core", "suites", "leaderboard"):
        write(folder / package / "__init__.py", BROKEN)
    suite = folder / "desk" / "helpdesk"
    write(folder / "pyproject.toml", SETTINGS)
    write(folder / "policy.yaml", POLICY)
    write(folder / ".gitignore", ".proctor/\n")
    write(suite / "suite.toml", SUITE)
    write_documents(suite / "documents", TEXT)
    rows = [
        {"id": f"q{number}-{place}", "question": ask.format(thing), "references": [answer], "evidence": [f"N{number + 301}"]}
        for number, thing in enumerate(THINGS)
        for place, (ask, answer) in enumerate(ASKED.items())
    ]
    write(suite / "questions.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    git(folder, "init", "--quiet")
    return folder, commit(folder)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    """A runner on which the action's first step was run."""
    folder = tmp_path_factory.mktemp("runner")
    for name in git(ROOT, "ls-files", "-co", "--exclude-standard").splitlines():
        if (ROOT / name).is_file():
            (folder / "action" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / "action" / name)
    temp = folder / "temp"
    venv.create(temp / "proctor", symlinks=True)
    (packages,) = (temp / "proctor").glob("lib/python*/site-packages")
    # What Proctor depends on is not installed once more, which takes minutes and an index: pip finds it here, and all of it.
    (packages / "dependencies.pth").write_text("".join(f"{path}\n" for path in sys.path if path.endswith("site-packages")))
    runner = Runner(folder / "action", folder, temp, "", {})
    done = runner.run("Install")
    assert done.returncode == 0, done.stdout + done.stderr
    return runner


def gated(installed: Runner, folder: Path, base: str) -> tuple[int, Runner, str]:
    """How the action's gate ends on a pull request, the runner, and all that it printed."""
    for name in ("output", "summary"):
        (installed.temp / name).unlink(missing_ok=True)
    asked = {"arguments": "--system base --system rag -k accuracy", "comment-on-alert": "never"}
    runner = Runner(installed.action, folder, installed.temp, base, asked)
    done = runner.run("Gate")
    return done.returncode, runner, done.stdout + done.stderr


def test_the_action_installs_a_wheel_of_its_own_checkout(installed: Runner, tmp_path: Path) -> None:
    code = "import proctor.leaderboard, proctor.models; print(proctor.__file__, *proctor.models.__path__, sep='\\n')"
    python = installed.temp / "proctor" / "bin" / "python"
    said = subprocess.run([str(python), "-c", code], cwd=tmp_path, check=True, capture_output=True, text=True, timeout=60)
    assert [Path(line).is_relative_to(installed.temp / "proctor") for line in said.stdout.splitlines()] == [True, True]
    (packages,) = (installed.temp / "proctor").glob("lib/python*/site-packages")
    assert not list(packages.glob("__editable__*"))


def test_what_a_change_does_to_a_suite_of_a_team_is_go_or_no_go(installed: Runner, repository: tuple[Path, str]) -> None:
    folder, base = repository
    documents = folder / "desk" / "helpdesk" / "documents"
    write(folder / "README.md", "words")
    write(documents / "N999.md", "---\nid: N999\ntitle: Where we are\n---\n\nThe shop is in Norwick.\n")
    commit(folder)
    code, runner, said = gated(installed, folder, base)
    assert code == 0, said
    assert "## Proctor: GO" in runner.told("summary")
    assert "Suite helpdesk has other documents (new: 1 (N999))." in runner.told("summary")
    assert "decision=GO\n" in runner.told("output")
    write_documents(documents, "This page was taken down. Ask at the desk.")
    commit(folder)
    code, runner, said = gated(installed, folder, base)
    assert code == 1, said
    assert "## Proctor: NO-GO" in runner.told("summary")
    assert "changed: 10 (N301, N302" in runner.told("summary")
    assert "decision=NO-GO\n" in runner.told("output")
    assert (installed.temp / "proctor-ci" / "head-page" / "index.html").is_file()
    assert git(folder, "status", "--porcelain") == ""
    assert len(git(folder, "worktree", "list").splitlines()) == 1
    assert (folder / ".proctor").is_dir()
