"""Names that git could take for something else never reach it."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor import ci
from proctor.core.schema import InputError
from proctor.leaderboard.compare.policy import Policy
from proctor.leaderboard.hosting import references
from proctor.leaderboard.hosting.gh_pages import Target, commit
from tests.faults.escapes import BASES, BRANCHES, REMOTES

GOOD = ["gh-pages", "pages", "docs/site", "release-1.0", "fix_head", "é", "a.b", "user@host", "HEADER", "a-", "refsx/y"]


@pytest.fixture
def repository(tmp_path):
    for words in (["init", "--quiet", "-b", "main"], ["commit", "--quiet", "--allow-empty", "-m", "first"]):
        who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        subprocess.run(["git", "-C", tmp_path, *who, *words], check=True, timeout=60)  # noqa: S607
    return tmp_path


def git_takes(name):
    command = ["git", "check-ref-format", "--branch", name]
    return subprocess.run(command, check=False, capture_output=True, timeout=60).returncode == 0


@pytest.mark.parametrize("name", GOOD)
def test_a_name_that_git_takes_is_taken(name):
    assert references.branch(name) == name
    assert git_takes(name)


@pytest.mark.parametrize("name", BRANCHES)
def test_a_branch_that_git_would_misread_is_refused_with_a_remedy(name):
    with pytest.raises(InputError, match="name one such as gh-pages"):
        references.branch(name)


@given(st.text(alphabet=st.sampled_from("aZ0-./@{}~^:?*[\\ \x07\né_HEAD"), max_size=8))
def test_every_name_that_is_taken_is_one_that_git_takes(name):
    try:
        references.branch(name)
    except InputError:
        return
    assert git_takes(name)


def test_a_refused_branch_or_remote_is_said_before_anything_else(repository, tmp_path):
    with pytest.raises(InputError, match="--branch 'HEAD'"):
        commit(tmp_path / "no site", Target(repository, "HEAD"))
    for name in REMOTES:
        with pytest.raises(InputError, match="no name of a remote"):
            commit(tmp_path / "no site", Target(repository, remote=name))


@pytest.mark.parametrize(
    "name", ["origin", "https://example.org/a.git", "git@example.org:a/b.git", "ssh://[::1]/a", "../b", "/a b"]
)
def test_a_remote_that_git_takes_is_taken(name):
    assert references.remote(name) == name


@pytest.mark.parametrize("name", BASES)
def test_a_base_that_is_no_commit_is_refused_before_any_exam(repository, tmp_path, name):
    with pytest.raises(InputError, match="give a branch, a tag, a hash"):
        ci.take(ci.Request(repository, name, (), Policy(), tmp_path / "work"), {})


def test_a_base_is_a_commit_by_any_of_its_names(repository):
    found = references.commit(repository, "main")
    assert len(found) == 40
    assert {references.commit(repository, name) for name in ("HEAD", "main", found[:8], found, "main^{}")} == {found}
