"""``python -m tests.documentation``: the documentation as a site, in build/docs.

The site's generator is given a folder of pages: those of ``docs``, with all commands as their own parsers describe them, and
files that GitHub expects elsewhere in the repository. Links from file to file become links from page to page.
"""

from __future__ import annotations

import argparse
import posixpath
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "build" / "pages"
SOURCES = ROOT / "build" / "sources"
ELSEWHERE = {
    "CHANGELOG.md": "changes.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "explanation/threat-model.md",
    "suites/general/README.md": "explanation/embedded/general.md",
    "suites/instruments/README.md": "explanation/embedded/instruments.md",
    "suites/judge/README.md": "explanation/embedded/judge.md",
    "suites/loans/README.md": "explanation/embedded/loans.md",
}
"""A file of the repository that is no page of ``docs`` -> the page of the site that shows it."""
LINK = re.compile(r"\[((?:[^\[\]`]|`[^`]*`)*)\]\(([^)\s]+)\)")
FENCED = re.compile(r"(^ *```.*?^ *```$)", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"(?<![\w/.])(docs/[\w/-]+\.md|SECURITY\.md)")
"""A page, where a command's help names it."""


def write() -> None:
    """Make the pages, and the packages as they are imported, for the reference of the API, anew."""
    for folder in (PAGES, SOURCES):
        shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "docs", PAGES)
    for file, page in (
        *((path.relative_to(ROOT).as_posix(), None) for path in (ROOT / "docs").rglob("*.md")),
        *ELSEWHERE.items(),
    ):
        _put(page or file.removeprefix("docs/"), shown((ROOT / file).read_text(encoding="utf-8"), file))
    with (PAGES / "reference" / "commands.md").open("a", encoding="utf-8") as page:
        page.write(commands())
    folders = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["package-dir"]
    for name, folder in {"proctor": "proctor", **folders}.items():
        shutil.copytree(ROOT / folder, SOURCES / name.replace(".", "/"), ignore=_no_code, dirs_exist_ok=True)


def _put(page: str, text: str) -> None:
    (PAGES / page).parent.mkdir(parents=True, exist_ok=True)
    (PAGES / page).write_text(text, encoding="utf-8")


def _no_code(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if name == "__pycache__" or not (name.endswith(".py") or (Path(folder) / name).is_dir())]


def shown(text: str, file: str) -> str:
    """A file of the repository as the site's Markdown: code is left as it is."""
    return "".join(part if n % 2 else _links(_bars(part), file) for n, part in enumerate(FENCED.split(text)))


def page_of(file: str) -> str | None:
    """The page of the site that shows a file of the repository; ``None`` if there is none."""
    if file == "README.md":
        return "index.md"
    return file.removeprefix("docs/") if file.startswith("docs/") else ELSEWHERE.get(file)


def _links(text: str, file: str) -> str:
    def replaced(match: re.Match[str]) -> str:
        words, target = match.groups()
        path, _, anchor = target.partition("#")
        if not path or re.match(r"\w+:", path):
            return match[0]
        page = page_of(posixpath.normpath(posixpath.join(posixpath.dirname(file), path)))
        if page is None:
            return str(words)
        where = posixpath.relpath(page, posixpath.dirname(page_of(file) or "") or ".")
        return f"[{words}]({where}{'#' + anchor if anchor else ''})"

    return LINK.sub(replaced, text)


def _bars(text: str) -> str:
    """In the cells of a table GitHub needs a backslash before a bar within code, and Python's Markdown would show it."""
    lines = text.split("\n")
    return "\n".join(re.sub(r"`[^`]*`", _bare, line) if line.startswith("|") else line for line in lines)


def _bare(code: re.Match[str]) -> str:
    return code[0].replace("\\|", "|")


def commands() -> str:
    """All commands, with the defaults that they have outside of Proctor's own checkout."""
    from proctor.cli import parser

    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        return "\n" + "\n".join(line for command in _under(parser()) for line in _described(command, "##"))


def _under(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """The commands of a command, in the order in which its help lists them."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices.values()


def _described(command: argparse.ArgumentParser, level: str) -> Iterator[str]:
    command.formatter_class = _wide
    yield from (f"{level} {command.prog}", "", _text(command.description), "")
    yield from ("```text", command.format_usage().removeprefix("usage: ").strip(), "```", "")
    rows = [action for action in command._actions if action.help not in (None, argparse.SUPPRESS) and action.dest != "help"]
    if rows:
        yield from ("| argument | meaning |", "|---|---|", *(_row(action) for action in rows), "")
    if command.epilog:
        yield from ("```text", command.epilog, "```", "")
    for one in _under(command):
        yield from _described(one, f"{level}#")


def _wide(prog: str) -> argparse.HelpFormatter:
    return argparse.HelpFormatter(prog, width=90)


def _row(action: argparse.Action) -> str:
    value = "" if action.nargs == 0 else str(action.metavar or action.dest.upper())
    name = ", ".join(f"{option} {value}".strip() for option in action.option_strings) or value
    return f"| `{name}` | {_text((action.help or '').replace('%%', '%'))} |"


def _text(words: str | None) -> str:
    """Plain text, none of it markup; pages that it names become links, and what it has in double backticks code."""
    escaped = re.sub(r"([<>|*\[\]])", r"\\\1", (words or "").strip()).replace("``", "`")
    linked = NAMED.sub(lambda found: f"[{found[1]}](../../{found[1]})", escaped)
    return _links(linked, "docs/reference/commands.md")


if __name__ == "__main__":
    write()
    sys.exit(
        subprocess.run(
            [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet"], cwd=ROOT, check=False, timeout=600
        ).returncode
    )
