"""git, asked in words: what it prints, or its complaint as an error that a user can act on."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

from proctor.core.redaction import hide_addresses, redact
from proctor.core.schema import InputError
from proctor.core.subprocess_environment import without_secrets

REMOTE = ("push", "fetch", "ls-remote")
"""Commands that need to log in."""


def git(folder: Path, *words: str, given: str = "", environment: Mapping[str, str] | None = None) -> str:
    """What ``git -C folder`` prints when told ``words``, with ``given`` on its standard input.

    Its hooks may be files of the commit that is checked out: none of them is told a secret, except where git itself goes to a
    server.

    Raises:
        InputError: it failed, with its own words, or there is no git.
    """
    command = ["git", "-C", str(folder), *words]
    own = {name for name in os.environ if name.startswith("GIT_")}
    known = dict(os.environ) if words[0] in REMOTE else without_secrets(os.environ, own)
    told = {**known, **(environment or {})}
    try:
        done = subprocess.run(command, input=os.fsencode(given), capture_output=True, check=False, env=told)  # noqa: S603 # git itself
    except OSError as error:
        raise InputError(f"git cannot be run: {error.strerror}; install it") from error
    if done.returncode:
        said = f"git {shlex.join(words)}: {done.stderr.decode(errors='replace').strip()}"
        hide_addresses(said)  # a remote's may hold a token
        raise InputError(redact(said))
    return os.fsdecode(done.stdout).strip()
