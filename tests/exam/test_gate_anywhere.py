"""The gate in a team's repository: ten documents, and packages of its own that would break the exam if it imported them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

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


def gated(folder: Path, base: str, work: Path) -> tuple[int, str, str]:
    """What `proctor ci` ends with on a runner, its report, and all that it printed."""
    write(work / "event.json", json.dumps({"pull_request": {"number": 7}}))
    environment = {
        **{name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ},
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_REPOSITORY": "owner/name",
        "GITHUB_WORKSPACE": str(folder),
        "GITHUB_EVENT_PATH": str(work / "event.json"),
        "GITHUB_STEP_SUMMARY": str(work / "summary.md"),
        "GITHUB_OUTPUT": str(work / "output"),
        "HOME": str(work / "home"),
        "OMP_NUM_THREADS": "1",
    }
    asked = "--system base --system rag -k accuracy"
    command = [str(Path(sys.executable).with_name("proctor")), "ci", f"--base={base}", f"--arguments={asked}"]
    done = subprocess.run(
        [*command, f"--work={work / 'ci'}"], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=900
    )
    return done.returncode, (work / "summary.md").read_text(), done.stdout + done.stderr


@pytest.mark.slow
def test_what_a_change_does_to_a_suite_of_a_team_is_go_or_no_go(repository: tuple[Path, str], tmp_path: Path) -> None:
    folder, base = repository
    documents = folder / "desk" / "helpdesk" / "documents"
    write(folder / "README.md", "words")
    write(documents / "N999.md", "---\nid: N999\ntitle: Where we are\n---\n\nThe shop is in Norwick.\n")
    commit(folder)
    code, report, said = gated(folder, base, tmp_path / "first")
    assert code == 0, said
    assert "## Proctor: GO" in report
    assert "Suite helpdesk has other documents (new: 1 (N999))." in report
    assert "decision=GO" in (tmp_path / "first" / "output").read_text()
    write_documents(documents, "This page was taken down. Ask at the desk.")
    commit(folder)
    code, report, said = gated(folder, str(tmp_path / "first" / "ci" / "base"), tmp_path / "second")  # no need to run it again
    assert code == 1, said
    assert "## Proctor: NO-GO" in report
    assert "changed: 10 (N301, N302" in report
    assert git(folder, "status", "--porcelain") == ""
    assert len(git(folder, "worktree", "list").splitlines()) == 1
    assert (folder / ".proctor").is_dir()
