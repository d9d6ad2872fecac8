"""The options of the exam. Installed as a pytest plugin, so that `pytest --suite PATH` is understood from the start.

pytest takes its settings from the folder that the paths on its command line share, before it knows which of them belong
to an option: `--suite /some/where` alone would make it overlook Proctor's own settings. The plugin sees that and starts
pytest again with them named.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from evals.ranges import COUNT, Range
from evals.schema import Suite

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = ROOT / "pyproject.toml"
SEEDS = Range(1, 1000, "trainings", whole=True)


def declare(parser: pytest.Parser) -> None:
    """Add the options; ``--help`` shows them in a group of their own."""
    group = parser.getgroup("proctor", "the exam: RAG, full fine-tuning, LoRA and hybrids on a domain")
    several = partial(group.addoption, action="append", default=[])
    several(
        "--suite",
        metavar="NAME|PATH",
        help="a suite: embedded, or a folder with a suite.toml (repeatable; default: all embedded)",
    )
    several("--system", metavar="NAME", help="a system of the table (repeatable; default: all)")
    several("--base-model", metavar="ID|PATH", help="a base model: folder or hub name (repeatable; default: the embedded one)")
    group.addoption("--systems", metavar="FILE", help="the table of systems (default: models/systems.toml)")
    group.addoption("--judge", default="lexical", metavar="SPEC", help="lexical (default), nli:MODEL or openai:MODEL[@BASE_URL]")
    group.addoption(
        "--seeds", type=SEEDS.option, default=1, metavar="N", help="train everything that is trained N times (default: 1)"
    )
    group.addoption(
        "--limit", type=COUNT.option, metavar="N", help="ask only the first N questions, and N items of each general task"
    )
    group.addoption("--full", action="store_true", help="take the axes, too, that train systems again (marked slow)")
    group.addoption("--run-dir", metavar="DIR", help="the run's folder (default: runs/<commit>-<hash of what is asked>)")
    group.addoption("--site", metavar="DIR", help="where the page is published (default: leaderboard/site)")
    group.addoption("--device", default="auto", metavar="NAME", help="cpu, cuda, cuda:1, mps or auto (default)")
    group.addoption("--dry-run", action="store_true", help="say what would be trained and asked, and how long it would take")
    saved = {"nargs": "?", "const": "", "metavar": "NAME|FILE.json"}
    group.addoption("--eval-save", **saved, help="save the run under leaderboard/baseline (default name: the run's own)")
    group.addoption("--eval-compare", **saved, help="compare with a saved run (default: the newest)")
    several(
        "--eval-compare-fail",
        metavar="MEASURE:DROP",
        help="fail where a measure is surely worse by more: accuracy.exact:-2pp, faithfulness.gold:-5%%, style.*:ci (repeatable)",
    )
    group.addoption(
        "--allow-outside-files",
        action="store_true",
        help="let suites read what links and paths in them name outside of their folders (default: never)",
    )
    group.addoption("--trust-remote-code", action="store_true", help="let base models run code of their own (default: never)")
    group.addoption(
        "--trust-suite-code",
        action="store_true",
        help="let general tasks of a suite run code and fetch data (default: never; SECURITY.md)",
    )


PATHS = {"--suite", "--systems", "--base-model", "--run-dir", "--site"}
"""Options whose value may be a path and, as a word of its own, be taken for one of pytest's."""
SHAPING = (
    *("suite", "system", "base_model", "systems", "judge", "seeds", "limit", "device", "full"),
    *("trust_remote_code", "trust_suite_code", "allow_outside_files"),
)
"""Options that shape what is measured; the others only say where it is put."""
DEFAULTS = {"judge": "lexical", "seeds": 1, "device": "auto"}


def command(option: Any) -> str:
    """The command that measures the same again: which tests, and whatever differs from the defaults, in a fixed order."""
    words = ["pytest", "-m", option.markexpr or "domain", *(["-k", option.keyword] if option.keyword else [])]
    for name in SHAPING:
        value, flag = getattr(option, name), f"--{name.replace('_', '-')}"
        if value is True:
            words.append(flag)
        elif value and value != DEFAULTS.get(name):
            words += [word for one in (value if isinstance(value, list) else [value]) for word in (flag, str(one))]
    return shlex.join(words)


def matched_too(keyword: str, systems: Iterable[str], others: Iterable[str]) -> list[str]:
    """A note for each system named in ``-k`` whose name is also part of the name of a suite or base model."""
    words = {word.casefold() for word in re.findall(r"[\w.-]+", keyword or "")}
    named, names = [system for system in systems if system.casefold() in words], list(others)
    return [
        f"note: -k {system} matches every test of {other}, too; --system {system} selects the system alone"
        for system in named
        for other in names
        if system.casefold() in other.casefold()
    ]


def left_out(limit: int | None, suites: Iterable[Suite]) -> list[str]:
    """A note for each suite of whose unanswerable questions ``--limit`` leaves none."""
    return [
        f"note: --limit {limit} leaves out all {len(missing)} unanswerable questions of {suite.name}: "
        "made-up answers are not measured"
        for suite in suites
        if (missing := [question for question in suite.questions if not question.answerable])
        and all(question.answerable for question in suite.questions[:limit])
    ]


def pytest_addoption(parser: pytest.Parser) -> None:
    """As an installed plugin: declare the options, and start again where a path on the command line hides the settings.

    It has to be here: later, pytest has begun to capture what the new start would print. A path that does not exist yet
    hides nothing now, but will in the processes that `-n` starts once the run has made its folder.
    """
    declare(parser)
    called = Path(sys.argv[0]).name in ("pytest", "py.test") or sys.argv[0].endswith("pytest/__main__.py")
    hidden = parser.extra_info.get("inifile") == "None" or ("-c" not in sys.argv and PATHS & set(sys.argv))
    if called and hidden and Path.cwd().resolve().is_relative_to(ROOT):
        os.execv(sys.executable, [sys.executable, "-m", "pytest", "-c", str(SETTINGS), *sys.argv[1:]])  # noqa: S606 # itself


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Pytest loads `conftest.py` of folders called test* beside Proctor's tests; a suite put there is data, and has none."""
    for file in ROOT.glob("suites/test*/conftest.py"):
        raise pytest.UsageError(f"{file}: a suite is data, and pytest would run this file; remove it")
