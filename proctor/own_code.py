"""Proctor's own checkout, in which a commit changes what takes the exam: its code comes before the one that is installed.

Everywhere else the same installed Proctor takes the exam of every commit.
"""

from __future__ import annotations

import os
import shutil
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from proctor.core.workspace import FILE


def of(tree: Path) -> Mapping[str, str]:
    """Package -> its folder from the root, of a checkout of Proctor's; nothing of any other project."""
    try:
        table: dict[str, Any] = tomllib.loads((tree / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if table.get("project", {}).get("name") != "proctor":
        return {}
    found: dict[str, str] = table.get("tool", {}).get("setuptools", {}).get("package-dir", {})
    return found


def first(tree: Path, names: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Variables with which Python finds a checkout's packages first, as links in the folder ``names``, which is made anew."""
    packages = of(tree)
    if not packages:
        return {}
    if names.exists():
        shutil.rmtree(names)
    own = names / "proctor"
    own.mkdir(parents=True)
    for path in (tree / "proctor").iterdir():
        (own / path.name).symlink_to(path)
    for package, folder in packages.items():
        (own / package.removeprefix("proctor.")).symlink_to(tree / folder)
    found = os.pathsep.join(filter(None, [str(names), environment.get("PYTHONPATH")]))
    return {"PYTHONPATH": found, "PYTHONSAFEPATH": "1"}  # the current folder, a checkout, has no `proctor.core`
