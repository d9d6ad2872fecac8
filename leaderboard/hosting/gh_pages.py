"""A published site as a commit on a branch, for hosts that serve one (GitHub Pages does).

Made with git's plumbing and an index of its own: the work tree, the index and the branch that is checked out stay as they are.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from proctor.core.schema import InputError
from proctor.core.storage import temporary
from proctor.leaderboard.hosting import references
from proctor.leaderboard.hosting.git import git
from proctor.leaderboard.output import HEAD, MARKER

NO_JEKYLL = ".nojekyll"
"""Tells GitHub Pages to serve the files as they are."""


@dataclass(frozen=True)
class Target:
    """Where a site goes."""

    repository: Path
    """Any folder in it."""
    branch: str = "gh-pages"
    remote: str | None = None
    """Where the branch is pushed to; its commits there are what the new one follows."""
    keep: bool = False
    """Whether files of the branch that the site does not have stay."""

    @property
    def ref(self) -> str:
        """The branch's whole name."""
        return f"refs/heads/{self.branch}"


@dataclass(frozen=True)
class Committed:
    """What came of it."""

    commit: str
    files: int
    new: bool
    """Whether there was anything to commit."""


def commit(site: Path, target: Target, message: str = "") -> Committed:
    """Commit a published site to a branch, which is made without history where there is none, and push it if asked to.

    Raises:
        InputError: the branch or the remote has a name that none can have, the folder is no published site, there is no
            repository, the branch is checked out, holds files that would be lost and no site, or has another history than the
            remote's, or git refuses for a reason of its own. What could not be pushed stays committed here.
    """
    references.branch(target.branch)
    if target.remote is not None:
        references.remote(target.remote)
    files = _files(site)
    _check(target)
    mine = _tip(target, target.ref)
    parent = _parent(target, mine)
    _check_ours(target, parent)
    with _index(target.repository) as index:
        tree = _tree(site, files, target, parent, {"GIT_INDEX_FILE": str(index)})
    new = not parent or git(target.repository, "rev-parse", f"{parent}^{{tree}}") != tree
    made = _commit(target, tree, parent, message or _message(site)) if new else parent
    if made != mine:
        git(target.repository, "update-ref", "-m", "leaderboard gh-pages", target.ref, made, mine)
    if target.remote is not None:
        git(target.repository, "push", "--quiet", "--", target.remote, f"{target.ref}:{target.ref}")
    return Committed(made, len({*files, NO_JEKYLL, MARKER}), new)


@contextmanager
def _index(repository: Path) -> Iterator[Path]:
    """A path for an index of git's that is nobody else's, where the next run finds what a kill leaves of it."""
    folder = Path(git(repository, "rev-parse", "--absolute-git-dir"))
    temporary.sweep(folder)
    index = temporary.beside(folder / "index")
    try:
        yield index
    finally:
        index.unlink(missing_ok=True)


def _files(site: Path) -> list[str]:
    """Names of the site's files, from its folder on.

    Links are left out, as they could lead anywhere, and so is what a process that was killed left of files being written.
    """
    page, data = site / "index.html", site / "leaderboard.json"
    if not page.is_file() or not data.is_file() or page.is_symlink() or data.is_symlink():
        raise InputError(
            f"{site} is no published site: it holds no index.html with a leaderboard.json; "
            "write one: proctor publish RUN --to DIR"
        )
    names = sorted(_walked(site))
    odd = [name for name in names if "\n" in name]
    if odd:
        raise InputError(f"{site}: a file's name holds a line break: {odd[0]!r}; rename it")
    if "\n" in str(site.resolve()):
        raise InputError(f"{site.resolve()!s:.200}: the folder's name holds a line break; rename it")
    return names


def _walked(site: Path) -> Iterator[str]:
    for folder, folders, files in os.walk(site):
        folders[:] = [name for name in folders if name != ".git"]
        for path in [Path(folder, name) for name in files if name != ".git" and not temporary.is_temporary(name)]:
            if not path.is_symlink():
                yield path.relative_to(site).as_posix()


def _check(target: Target) -> None:
    """InputError where nothing may be committed."""
    try:
        git(target.repository, "rev-parse", "--git-dir")
    except InputError as error:
        where = target.repository.resolve()
        raise InputError(f"{where} is in no git repository; run this in the one whose branch the site goes to") from error
    try:
        git(target.repository, "check-ref-format", target.ref)
    except InputError as error:
        raise InputError(f"--branch {target.branch}: git does not take this as the name of a branch") from error
    for tree in git(target.repository, "worktree", "list", "--porcelain").split("\n\n"):
        if f"branch {target.ref}" in tree.splitlines():
            there = tree.splitlines()[0].removeprefix("worktree ")
            raise InputError(f"branch {target.branch} is checked out in {there}; check out another there, or name another here")


def _check_ours(target: Target, parent: str) -> None:
    """InputError where the branch holds files and no published site: these would be lost, as in a folder."""
    held = git(target.repository, "ls-tree", "-z", "--name-only", parent).split("\0")[:-1] if parent and not target.keep else []
    if not held or MARKER in held:
        return
    shown = ", ".join(held[:3]) + (", ..." if len(held) > 3 else "")
    raise InputError(
        f"branch {target.branch} holds files ({shown}) and no site that Proctor published (there is no {MARKER} in it): "
        "these files would be gone from it; name another branch, or add --keep, and they stay beside the site"
    )


def _tip(target: Target, ref: str) -> str:
    """The commit that a ref names; nothing if there is no such ref."""
    return git(target.repository, "for-each-ref", "--format=%(objectname)", "--count=1", ref)


def _parent(target: Target, mine: str) -> str:
    """What the new commit follows: the remote's branch where that is ahead of the one here; nothing where there is none."""
    theirs = _fetched(target) if target.remote is not None else _tip(target, f"refs/remotes/origin/{target.branch}")
    if not mine or not theirs or target.remote is None:
        return mine or theirs
    ahead, behind = map(int, git(target.repository, "rev-list", "--count", "--left-right", f"{mine}...{theirs}").split())
    if ahead and behind:
        raise InputError(
            f"branch {target.branch} here and on {target.remote} went different ways: {ahead} commits here, {behind} there; "
            f"delete the one here (git branch -D {target.branch}), and the site follows theirs"
        )
    return theirs if behind else mine


def _fetched(target: Target) -> str:
    """The remote's branch, its commits brought here; nothing if it has none."""
    remote = str(target.remote)
    listed = dict(line.split("\t")[::-1] for line in git(target.repository, "ls-remote", "--", remote, target.ref).splitlines())
    if target.ref in listed:
        git(target.repository, "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--", remote, target.ref)
    return listed.get(target.ref, "")


def _tree(site: Path, files: list[str], target: Target, parent: str, index: Mapping[str, str]) -> str:
    """The tree of the new commit, as an object in the repository."""
    if target.keep and parent:
        git(target.repository, "read-tree", parent, environment=index)
    paths = "".join(f"{(site / name).resolve()}\n" for name in files)
    hashes = git(target.repository, "hash-object", "-w", "--no-filters", "--stdin-paths", given=paths).split()
    blobs = dict(zip(files, hashes, strict=True))
    for name, text in ((NO_JEKYLL, ""), (MARKER, "\n".join([HEAD, *files, ""]))):  # a copy of a site may lack hidden files
        if name not in blobs:
            blobs[name] = git(target.repository, "hash-object", "-w", "--stdin", given=text)
    entries = "".join(f"100644 {blob}\t{name}\0" for name, blob in blobs.items())
    git(target.repository, "update-index", "--add", "--replace", "-z", "--index-info", given=entries, environment=index)
    return git(target.repository, "write-tree", environment=index)


def _commit(target: Target, tree: str, parent: str, message: str) -> str:
    follows = ["-p", parent] if parent else []
    return git(target.repository, "commit-tree", tree, *follows, "-F", "-", given=message)


def _message(site: Path) -> str:
    """Names the commit of the run that the site shows."""
    try:
        run = json.loads((site / "leaderboard.json").read_text(encoding="utf-8"))["run"]
        known = str((run.get("git") or {}).get("commit") or "")
    except (ValueError, KeyError, TypeError, AttributeError):
        known = ""
    return f"Publish the leaderboard{f' of {known[:7]}' if known else ''}"
