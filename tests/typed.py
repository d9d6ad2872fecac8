"""``python -m tests.typed``: mypy, over the names under which the folders are installed.

mypy finds packages in folders and does not follow an editable install, so a folder of links stands for it.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NAMES = ROOT / "build" / "names" / "proctor"


def link() -> None:
    """Make the folder anew."""
    folders = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["package-dir"]
    NAMES.mkdir(parents=True, exist_ok=True)
    for old in NAMES.iterdir():
        old.unlink()
    for path in (ROOT / "proctor").iterdir():
        if path.name != "__pycache__":
            (NAMES / path.name).symlink_to(path)
    for name, folder in folders.items():
        (NAMES / name.removeprefix("proctor.")).symlink_to(ROOT / folder)


if __name__ == "__main__":
    link()
    sys.exit(subprocess.run([sys.executable, "-m", "mypy", *sys.argv[1:]], cwd=ROOT, check=False).returncode)
