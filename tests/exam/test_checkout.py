"""Where a run comes from tells the commit, and a changed tree from a clean one."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from proctor.checkout import commit_name, facts


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    who = ["-c", "user.name=Test", "-c", "user.email=test@example.invalid"]
    (tmp_path / "file").write_text("one")
    for words in (["init", "-q"], ["add", "file"], [*who, "commit", "-qm", "one"]):
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True, timeout=60)  # noqa: S607
    return tmp_path


def test_a_changed_tree_has_another_name(checkout: Path) -> None:
    clean = commit_name(checkout)
    assert len(clean) == 7
    (checkout / "file").write_text("two")
    assert commit_name(checkout) == f"{clean}+"
    assert facts(checkout)["git"]["dirty"] is True


def test_without_git(tmp_path: Path) -> None:
    assert commit_name(tmp_path) == "nogit"


def test_versions_are_those_installed() -> None:
    import numpy as np

    assert facts(Path.cwd())["versions"]["numpy"] == np.__version__
