"""A site on a branch: real repositories, whose work tree, index and checked-out branch stay as they are."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from proctor.cli import main
from proctor.core.schema import InputError
from proctor.core.storage import temporary
from proctor.leaderboard.hosting.gh_pages import Target, commit
from proctor.leaderboard.site.page import publish
from tests.sample_run import TWO, Sample, make_run

WHO = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main")


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", folder, *WHO, *words], check=True, capture_output=True, text=True, timeout=60)  # noqa: S607
    return done.stdout.strip()


@pytest.fixture(autouse=True)
def _nobody_else(monkeypatch, tmp_path):
    """Neither the user's settings nor their name."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "none"))
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", str(tmp_path / "none"))
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "a")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "a@example.org")


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    folder = tmp_path_factory.mktemp("published")
    return publish([make_run(folder / "run", Sample(questions=6, systems=TWO))], folder / "site").parent


@pytest.fixture
def site(published, tmp_path):
    """A small one, to be changed."""
    folder = tmp_path / "site"
    (folder / "answers").mkdir(parents=True)
    (folder / "answers" / "one.js").write_text("// answers that the page asks for")
    for name in ("index.html", "leaderboard.json"):
        (folder / name).write_bytes((published / name).read_bytes())
    return folder


@pytest.fixture
def repository(tmp_path):
    """One with a commit, something staged, something changed and something unknown."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "--quiet")
    for name in ("a.txt", "b.txt"):
        (folder / name).write_text("as committed")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "first")
    (folder / "a.txt").write_text("staged")
    git(folder, "add", "a.txt")
    (folder / "a.txt").write_text("changed since")
    (folder / "unknown.txt").write_text("unknown")
    return folder


def state(folder: Path) -> tuple[str, ...]:
    """All that must not change."""
    index = (folder / ".git" / "index").read_bytes().hex()
    files = [f"{path.name} {path.read_text()}" for path in sorted(folder.glob("*.txt"))]
    return (
        index,
        git(folder, "status", "--porcelain"),
        git(folder, "symbolic-ref", "HEAD"),
        git(folder, "rev-parse", "main"),
        *files,
    )


def listed(folder: Path, branch: str = "gh-pages") -> list[str]:
    return git(folder, "ls-tree", "-r", "--name-only", branch).splitlines()


def subjects(folder: Path, branch: str = "gh-pages") -> list[str]:
    return git(folder, "log", "--format=%s", branch).splitlines()


FILES = [".nojekyll", ".proctor-site", "answers/one.js", "index.html", "leaderboard.json"]


def test_a_branch_is_made_without_history_and_nothing_else_is_touched(site, repository):
    before = state(repository)
    done = commit(site, Target(repository))
    assert state(repository) == before
    assert (done.new, done.files, done.commit) == (True, 5, git(repository, "rev-parse", "gh-pages"))
    assert listed(repository) == FILES
    assert subjects(repository) == ["Publish the leaderboard of 0123456"]
    shown = subprocess.run(["git", "-C", repository, "show", "gh-pages:index.html"], capture_output=True, check=True, timeout=60)  # noqa: S607
    assert shown.stdout == (site / "index.html").read_bytes()


def test_the_whole_site_of_a_run_goes_there_byte_for_byte(published, repository):
    git(repository, "config", "core.autocrlf", "input")
    commit(published, Target(repository))
    for name in listed(repository):
        shown = subprocess.run(["git", "-C", repository, "show", f"gh-pages:{name}"], capture_output=True, check=True, timeout=60)  # noqa: S607
        assert shown.stdout == ((published / name).read_bytes() if name != ".nojekyll" else b"")
    assert {"leaderboard.parquet", "history.json", "feed.xml"} < set(listed(repository))


def test_nothing_new_is_no_commit(site, repository):
    first = commit(site, Target(repository))
    again = commit(site, Target(repository))
    assert (again.new, again.commit) == (False, first.commit)
    assert len(subjects(repository)) == 1


def test_a_site_replaces_the_one_before(site, repository):
    commit(site, Target(repository), "one")
    (site / "answers" / "one.js").unlink()
    (site / "new.html").write_text("new")
    commit(site, Target(repository), "two\n\nand why")
    assert listed(repository) == [".nojekyll", ".proctor-site", "index.html", "leaderboard.json", "new.html"]
    assert subjects(repository) == ["two", "one"]


def test_what_else_is_on_the_branch_may_be_kept(site, repository):
    commit(site, Target(repository))
    (site / "answers" / "one.js").unlink()
    (site / "answers").rmdir()
    (site / "answers").write_text("now a file")
    (site / ".nojekyll").write_text("mine")
    commit(site, Target(repository, keep=True))
    assert listed(repository) == [".nojekyll", ".proctor-site", "answers", "index.html", "leaderboard.json"]
    assert git(repository, "show", "gh-pages:.nojekyll") == "mine"
    (site / "index.html").write_text("another")
    (site / ".nojekyll").unlink()
    (site / "answers").unlink()
    commit(site, Target(repository, keep=True))
    assert "answers" in listed(repository)
    assert git(repository, "show", "gh-pages:index.html") == "another"


def test_hidden_files_and_odd_names_go_there_and_links_do_not(site, repository, tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    (site / "link.txt").symlink_to(tmp_path / "secret.txt")
    (site / "folder").symlink_to(tmp_path)
    (site / "ignored.pyc").write_text("x")
    (site / ".gitignore").write_text("*.pyc")
    (site / 'a "name" \u00e9 \t.txt').write_text("odd")
    commit(site, Target(repository))
    assert {".gitignore", "ignored.pyc"} < set(listed(repository))
    names = git(repository, "ls-tree", "-r", "-z", "--name-only", "gh-pages").split("\0")
    assert 'a "name" \u00e9 \t.txt' in names
    assert not [name for name in names if "link" in name or "folder" in name]
    (site / "two\nlines").write_text("x")
    with pytest.raises(InputError, match="line break"):
        commit(site, Target(repository))


def test_what_a_killed_process_left_stays_away(site, repository):
    for folder in (site, site / "answers"):
        temporary.beside(folder / "index.html").write_text("half of")
    name = temporary.beside(site / "index").name
    dead = f"{name.rpartition('-')[0].rpartition('-')[0]}-1000-1"  # the process that had this number started long ago
    for left in (dead, f"{dead}.lock"):
        (repository / ".git" / left).write_text("")
    commit(site, Target(repository))
    assert listed(repository) == FILES
    assert not [path for path in (repository / ".git").iterdir() if temporary.is_temporary(path.name)]


def test_a_bare_repository_takes_one_too(site, tmp_path):
    git(tmp_path, "init", "--quiet", "--bare", "bare.git")
    commit(site, Target(tmp_path / "bare.git"))
    assert listed(tmp_path / "bare.git") == FILES


# What is refused.


@pytest.mark.parametrize("missing", ["index.html", "leaderboard.json", ""])
def test_a_folder_that_is_no_site_is_refused(site, repository, missing):
    folder = site if missing else site / "nowhere"
    if missing:
        (site / missing).unlink()
    with pytest.raises(InputError, match="is no published site"):
        commit(folder, Target(repository))
    assert git(repository, "branch", "--list", "gh-pages") == ""


def test_a_folder_outside_of_a_repository_is_refused(site, tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    (tmp_path / "plain").mkdir()
    with pytest.raises(InputError, match="plain is in no git repository"):
        commit(site, Target(tmp_path / "plain"))


def test_a_branch_that_is_checked_out_is_refused(site, repository, tmp_path):
    with pytest.raises(InputError, match=f"branch main is checked out in {repository}"):
        commit(site, Target(repository, "main"))
    commit(site, Target(repository))
    git(repository, "worktree", "add", "--quiet", str(tmp_path / "beside"), "gh-pages")
    with pytest.raises(InputError, match=r"branch gh-pages is checked out in .*beside"):
        commit(site, Target(repository))


def test_a_branch_that_is_yet_unborn_is_refused_too(site, tmp_path):
    git(tmp_path, "init", "--quiet", "young")
    with pytest.raises(InputError, match="branch main is checked out"):
        commit(site, Target(tmp_path / "young", "main"))


@pytest.mark.parametrize("name", ["a..b", "with space", "ends.lock", ""])
def test_a_name_that_no_branch_can_have_is_refused(site, repository, name):
    with pytest.raises(InputError, match="does not take this as the name of a branch"):
        commit(site, Target(repository, name))


def test_git_s_own_reason_is_said(site, repository):
    with pytest.raises(InputError, match="git ls-remote"):
        commit(site, Target(repository, remote=str(repository.parent / "nowhere.git")))
    assert git(repository, "branch", "--list", "gh-pages") == ""


def sources_on(repository: Path, branch: str) -> str:
    """A branch that holds what is on the one that is checked out; its commit."""
    git(repository, "branch", branch)
    return git(repository, "rev-parse", branch)


@pytest.mark.parametrize("where", ["here", "on the remote"])
def test_a_branch_that_holds_files_and_no_site_is_refused_unless_they_are_kept(site, repository, remote, where):
    before = sources_on(repository, "dev")
    if where == "on the remote":
        git(repository, "push", "--quiet", "origin", "dev")
        git(repository, "branch", "-D", "dev")
    with pytest.raises(InputError) as caught:
        commit(site, Target(repository, "dev", remote="origin"))
    assert str(caught.value) == (
        "branch dev holds files (a.txt, b.txt) and no site that Proctor published (there is no .proctor-site in it): "
        "these files would be gone from it; name another branch, or add --keep, and they stay beside the site"
    )
    at = remote if where == "on the remote" else repository
    assert git(at, "rev-parse", "dev") == before
    commit(site, Target(repository, "dev", remote="origin", keep=True))
    assert {"a.txt", "b.txt", *FILES} == set(listed(remote, "dev"))
    commit(site, Target(repository, "dev", remote="origin"))  # now it is a site's


def test_a_branch_that_holds_nothing_is_taken(site, repository):
    empty = git(repository, "commit-tree", "-m", "empty", "4b825dc642cb6eb9a060e54bf8d69288fbee4904")
    git(repository, "branch", "gh-pages", empty)
    commit(site, Target(repository))
    assert listed(repository) == FILES


# Remotes.


@pytest.fixture
def remote(repository, tmp_path):
    git(tmp_path, "init", "--quiet", "--bare", "remote.git")
    git(repository, "remote", "add", "origin", str(tmp_path / "remote.git"))
    return tmp_path / "remote.git"


def test_it_is_pushed_where_that_is_asked(site, repository, remote):
    done = commit(site, Target(repository))
    assert git(remote, "branch") == ""
    pushed = commit(site, Target(repository, remote="origin"))
    assert (pushed.new, git(remote, "rev-parse", "gh-pages")) == (False, done.commit)


def test_a_fresh_clone_goes_on_from_what_the_remote_has(site, repository, remote, tmp_path):
    first = commit(site, Target(repository, remote="origin"))
    git(repository, "push", "--quiet", "origin", "main")
    git(tmp_path, "clone", "--quiet", "--depth", "1", "--branch", "main", remote.as_uri(), "clone")
    (site / "index.html").write_text("another")
    commit(site, Target(tmp_path / "clone", remote="origin"), "second")
    assert subjects(remote) == ["second", "Publish the leaderboard of 0123456"]
    assert git(remote, "rev-parse", "gh-pages^") == first.commit
    (site / "index.html").write_text("a third")
    commit(site, Target(repository, remote="origin"), "third")  # here the branch is behind the remote's
    assert subjects(remote)[0] == "third"
    assert len(subjects(remote)) == 3


def test_a_clone_that_knows_the_remote_s_branch_follows_it_without_pushing(site, repository, remote, tmp_path):
    commit(site, Target(repository, remote="origin"))
    git(repository, "push", "--quiet", "origin", "main")
    git(tmp_path, "clone", "--quiet", "--branch", "main", remote.as_uri(), "clone")
    (site / "index.html").write_text("another")
    commit(site, Target(tmp_path / "clone"), "second")
    assert len(subjects(tmp_path / "clone")) == 2
    assert len(subjects(remote)) == 1


def test_branches_that_went_different_ways_are_refused(site, repository, remote, tmp_path):
    git(tmp_path, "clone", "--quiet", remote.as_uri(), "clone")
    commit(site, Target(tmp_path / "clone", remote="origin"), "theirs")
    commit(site, Target(repository), "mine")
    (site / "index.html").write_text("another")
    with pytest.raises(InputError, match="went different ways: 1 commits here, 1 there"):
        commit(site, Target(repository, remote="origin"))
    assert subjects(repository) == ["mine"]
    assert subjects(remote) == ["theirs"]


# The command.


def test_the_command_says_what_it_did(site, repository, remote, monkeypatch, capsys):
    monkeypatch.chdir(repository)
    assert main(["gh-pages", str(site), "--branch", "pages", "--message", "mine"]) == 0
    assert subjects(repository, "pages") == ["mine"]
    at = git(repository, "rev-parse", "--short=7", "pages")
    assert main(["gh-pages", str(site), "--branch", "pages", "--push", "origin"]) == 0
    assert capsys.readouterr().out == f"pages: 5 files committed, at {at}\npages: nothing changed, at {at}, pushed to origin\n"
    assert main(["gh-pages", str(site), "--branch", "main"]) == 4
    assert "branch main is checked out" in capsys.readouterr().err
