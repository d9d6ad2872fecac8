"""Names of branches and commits as people type them: what git could take for an option or for another thing is refused.

No name reaches git before it was looked at here: a branch then as `refs/heads/NAME`, a commit to be made a hash.
"""

from __future__ import annotations

import re
from pathlib import Path

from proctor.core.schema import InputError
from proctor.leaderboard.hosting.git import git

FORBIDDEN = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|^/|/$|(?:^|/)\.|\.(?:/|$)|\.lock(?:/|$)|^-|^refs(?:/|$)")
"""What no name of a branch may hold: git's own rules (git-check-ref-format), a first dash, and the folder of all refs."""
SPECIAL = re.compile(r"@|(?i:head)|[A-Z_]+_HEAD|(?i:[0-9a-f]{40}|[0-9a-f]{64})")
"""Names that git reads as something else: what is checked out, or a commit."""
HELPER = re.compile(r"[\w+.-]+::")
"""Begins an address that git hands to a program (gitremote-helpers); ``ssh://[::1]/x`` is none."""


def branch(name: str, option: str = "--branch") -> str:
    """A name that a branch can have, as it is.

    Raises:
        InputError: git could not use it for a branch, or would take it for something else.
    """
    if not name or FORBIDDEN.search(name) or SPECIAL.fullmatch(name) or not _known_letters(name):
        raise InputError(f"{option} {name!r}: git does not take this as the name of a branch; name one such as gh-pages")
    return name


def commit(repository: Path, name: str, option: str = "--base") -> str:
    """The hash of the commit that a name stands for: a branch, a tag, a hash, or what git derives from one (`main~3`).

    Raises:
        InputError: it begins with a dash, holds control characters, or git knows no such commit.
    """
    if not name or name.startswith("-") or not name.isprintable():
        raise InputError(f"{option} {name!r}: no name of a commit; give a branch, a tag, a hash, or a saved run")
    try:
        return git(repository, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    except InputError as error:
        remedy = "give a branch, a tag, a hash (fetch it first: git fetch), or a saved run"
        raise InputError(f"{option} {name}: git knows no such commit; {remedy}") from error


def remote(name: str, option: str = "--push") -> str:
    """A remote's name or address, as it is.

    Raises:
        InputError: git could take it for an option, or for a command to be run.
    """
    if not name or name.startswith("-") or not name.isprintable() or HELPER.match(name):
        raise InputError(f"{option} {name!r}: no name of a remote; `git remote` lists them")
    return name


def _known_letters(name: str) -> bool:
    """Whether it is text: half a surrogate pair is none."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
