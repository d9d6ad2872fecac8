"""The process and the checkout that a run comes from: the commit, the machine, the versions."""

from __future__ import annotations

import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from proctor.core import machine
from proctor.core.schema import Suite

PACKAGES = (
    *("torch", "transformers", "peft", "accelerate", "sentence-transformers"),
    *("faiss-cpu", "faiss-gpu", "bm25s", "ir-measures"),
    *("ragas", "deepeval", "lm-eval", "numpy", "pytest"),
)


def now() -> str:
    """The time in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def facts(root: Path) -> dict[str, Any]:
    """Of this process and this checkout."""
    return {
        "git": {"commit": _git(root, "rev-parse", "HEAD"), "dirty": _dirty(root)},
        "versions": {"python": platform.python_version()} | {name: found for name in PACKAGES if (found := _installed(name))},
        "machine": machine.facts(),
    }


def suite_facts(suite: Suite) -> dict[str, Any]:
    """What was asked: enough to tell two versions of a suite apart."""
    domain = suite.domain
    return {
        "title": suite.title,
        "version": suite.version,
        "documents": len(domain.documents),
        "training examples": len(domain.examples),
        "questions": len(suite.questions),
        "general": [Path(name).name for name in suite.general],
    } | ({"notes": list(suite.notes)} if suite.notes else {})


def commit_name(root: Path) -> str:
    """Short name of the commit, with a + where the tree differs from it; ``nogit`` outside a checkout."""
    commit = _git(root, "rev-parse", "--short=7", "HEAD")
    return f"{commit}{'+' if _dirty(root) else ''}" if commit else "nogit"


def _dirty(root: Path) -> bool:
    return bool(_git(root, "status", "--porcelain", "--untracked-files=no"))


def _git(root: Path, *words: str) -> str:
    """What git says, or nothing where there is no git or no checkout."""
    try:
        done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True, check=False)  # noqa: S603, S607
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
