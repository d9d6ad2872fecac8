"""What is installed: every file that Proctor reads, and types for whoever imports it."""

from __future__ import annotations

import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SETUPTOOLS = PROJECT["tool"]["setuptools"]
FOLDERS = {"proctor": "proctor", **SETUPTOOLS["package-dir"]}
"""Package -> the folder that it is installed from."""
LEFT_OUT = ("leaderboard/baseline/",)
"""What lies in a room and belongs to this checkout alone."""


def folder(package: str) -> Path:
    inside = next(name for name in sorted(FOLDERS, key=len, reverse=True) if f"{package}.".startswith(f"{name}."))
    return ROOT.joinpath(FOLDERS[inside], *package[len(inside) :].split(".")[1:])


def git(*words: str, told: str = "") -> str:
    done = subprocess.run(
        [shutil.which("git") or "git", *words], cwd=ROOT, input=told, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


def tracked() -> Iterator[str]:
    """The files of the rooms that are no code."""
    yield from (name for name in git("ls-files", *FOLDERS.values()).splitlines() if not name.endswith(".py"))


def packed() -> set[str]:
    rules = [(folder(package), rule) for package, rules in SETUPTOOLS["package-data"].items() for rule in rules]
    return {path.relative_to(ROOT).as_posix() for place, rule in rules for path in place.glob(rule) if path.is_file()}


def test_every_file_of_a_package_is_installed_with_it():
    assert sorted(name for name in tracked() if not name.startswith(LEFT_OUT)) == sorted(packed())


def test_every_rule_of_what_is_installed_fits_something():
    rules = [(package, rule) for package, rules in SETUPTOOLS["package-data"].items() for rule in rules]
    assert [f"{package}: {rule}" for package, rule in rules if not any(folder(package).glob(rule))] == []


def test_no_code_is_hidden_from_git_and_the_linter():
    """Where the page is published, say, there is code as well: a rule of .gitignore that hides it loses what is new."""
    code = [str(path.relative_to(ROOT)) for name in FOLDERS.values() for path in (ROOT / name).rglob("*.py")]
    assert git("check-ignore", "--no-index", "--stdin", told="\n".join(code)) == ""


def test_what_cites_proctor_cites_this_version():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert (cited["version"], cited["license"]) == (PROJECT["project"]["version"], PROJECT["project"]["license"])
