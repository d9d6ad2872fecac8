"""The options of the exam: what they are called, where their defaults come from, and what is said of them."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import pytest

from proctor.core.reading.ranges import COUNT, SEEDS
from proctor.core.redaction import hide_addresses, redact
from proctor.core.schema import Suite
from proctor.core.workspace import FILE, FOLDERS, Workspace, of_help, root_of

if TYPE_CHECKING:
    from proctor.plan import Plan


def declare(parser: pytest.Parser) -> None:
    """Add the options; ``--help`` shows them in a group of their own, with the defaults of this project.

    What is left out on the command line is None or an empty list until `settle` knows better.

    Raises:
        ValueError: another plugin has an option of the same name.
    """
    root = parser.extra_info.get("rootdir")
    ours = of_help(Path(root) if root else None)
    group = parser.getgroup("proctor", "the exam: RAG, full fine-tuning, LoRA and hybrids on a domain")
    default = partial(_default, ours)
    _declare_who(group, default)
    _declare_how_much(group, default)
    _declare_where(group, default, ours)
    _declare_saved_runs(group, ours)
    _declare_trust(group)
    what = "ask questions, and teach examples, that a model drafted and nobody has reviewed (default: refuse them)"
    group.addoption("--drafts", action="store_true", help=what)


def _several(group: pytest.OptionGroup, name: str, what: str, metavar: str) -> None:
    """An option that may be given more than once."""
    group.addoption(name, action="append", default=[], metavar=metavar, help=what)


def _declare_who(group: pytest.OptionGroup, default: Callable[..., str]) -> None:
    """What is examined, on what, and who judges."""
    what = f"a suite: embedded, or a folder with a suite.toml (repeatable; {default('suites', 'all embedded')})"
    _several(group, "--suite", what, "NAME|PATH")
    _several(group, "--system", f"a system of the table (repeatable; {default('systems', 'all')})", "NAME")
    what = f"a base model: folder or hub name (repeatable; {default('base_models', 'the embedded one')})"
    _several(group, "--base-model", what, "ID|PATH")
    what = f"the table of systems ({default('systems_table', 'models/systems.toml')})"
    group.addoption("--systems", metavar="FILE", help=what)
    chats = "openai:, anthropic: or google:MODEL[@BASE_URL]"
    what = f"lexical, nli:MODEL, {chats} or panel:SPEC+SPEC ({default('judge', DEFAULTS['judge'])})"
    group.addoption("--judge", metavar="SPEC", help=what)


def _declare_how_much(group: pytest.OptionGroup, default: Callable[..., str]) -> None:
    """How often is trained, how many questions are asked, and whether axes are taken that train again."""
    what = f"train everything that is trained N times ({default('seeds', DEFAULTS['seeds'])})"
    group.addoption("--seeds", type=SEEDS.option, metavar="N", help=what)
    what = f"ask every system that is built elsewhere N times ({default('repeats', DEFAULTS['repeats'])})"
    group.addoption("--repeats", type=SEEDS.option, metavar="N", help=what)
    what = (
        "ask every system again that is built elsewhere, as it may have changed unseen; its answers so far are not used any more"
    )
    group.addoption("--refresh", action="store_true", help=what)
    what = f"ask only the first N questions, and N items of each general task; none: all ({default('limit', 'none')})"
    group.addoption("--limit", type=_limit, metavar="N", help=what)
    full = partial(group.addoption, dest="full", default=None)
    what = f"take the axes, too, that train systems again, marked slow ({default('full', DEFAULTS['full'])})"
    full("--full", action="store_true", help=what)
    full("--no-full", action="store_false", help="leave them out")


def _declare_where(group: pytest.OptionGroup, default: Callable[..., str], ours: Workspace) -> None:
    """Where records and page go, and on what is computed."""
    own = f"{ours.settings.get('runs', FOLDERS['runs'])}/<commit>-<hash of what is asked>"
    group.addoption("--run-dir", metavar="DIR", help=f"the run's folder ({default('run_dir', own)})")
    group.addoption("--site", metavar="DIR", help=f"where the page is published ({default('site')})")
    group.addoption("--device", metavar="NAME", help=f"cpu, cuda, cuda:1, mps or auto ({default('device', DEFAULTS['device'])})")
    group.addoption("--dry-run", action="store_true", help="say what would be trained and asked, and how long it would take")


def _declare_saved_runs(group: pytest.OptionGroup, ours: Workspace) -> None:
    """Saving a run, and comparing one with a saved one."""
    saved = {"nargs": "?", "const": "", "metavar": "NAME|FILE.json"}
    what = f"save the run under a name in {ours.shown('saved_runs')}, or as a file (default name: the run's own)"
    group.addoption("--eval-save", **saved, help=what)
    group.addoption("--eval-compare", **saved, help="compare with a saved run (default: the newest)")
    what = "fail where a metric is surely worse by more: accuracy.exact:-2pp, faithfulness.gold:-5%%, style.*:ci (repeatable)"
    _several(group, "--eval-compare-fail", what, "METRIC:DROP")


def _declare_trust(group: pytest.OptionGroup) -> None:
    """What lifts a protection."""
    what = "let suites read what links and paths in them name outside of their folders (default: never)"
    group.addoption("--allow-outside-files", action="store_true", help=what)
    what = "let base models run code of their own (default: never)"
    group.addoption("--trust-remote-code", action="store_true", help=what)
    what = "let general tasks of a suite run code and fetch data (default: never; SECURITY.md)"
    group.addoption("--trust-suite-code", action="store_true", help=what)


CLASH = re.compile(r"option names? \{(?P<names>[^}]*)\} already added|option dest '[^']*' already used by \[(?P<used>[^]]*)\]")
"""How pytest says that an option is there already."""


def clash(error: ValueError, parser: pytest.Parser) -> str:
    """What to do where an option of Proctor's and one of somebody else's have one name; nothing for any other error."""
    found = CLASH.search(str(error))
    names = set(re.findall(r"-[\w-]+", found["names"] or found["used"])) if found else set()
    frames = [each.tb_frame for each in _traced(error) if each.tb_frame.f_code.co_name == "pytest_addoption"]
    others = [frame.f_code.co_filename for frame in frames if frame.f_globals.get("__name__") != "proctor.plugin"]
    if others:
        names &= {name for option in parser.getgroup("proctor").options for name in option.names()}
    if not names:
        return ""
    return (
        f"{others[-1] if others else 'another plugin of pytest'} declares the option {', '.join(sorted(names))}, and Proctor has "
        "one of that name. Rename it, or leave Proctor out of this project's pytest with `-p no:proctor`"
    )


def _traced(error: BaseException) -> Iterator[TracebackType]:
    """The way of an error, the outermost call first."""
    at = error.__traceback__
    while at:
        yield at
        at = at.tb_next


def _default(ours: Workspace, key: str, otherwise: object = None) -> str:
    """What help says of a default: that of the project's settings, or else of Proctor."""
    value = ours.settings.get(key, FOLDERS.get(key) if otherwise is None else otherwise)
    said = ", ".join(value) if isinstance(value, list) else str(value).lower() if isinstance(value, bool) else str(value)
    hide_addresses(said)  # a judge's may hold a key
    return f"default: {redact(said)}{f', as {FILE} says' if key in ours.settings else ''}".replace("%", "%%")


PATHS = {"--suite", "--systems", "--base-model", "--run-dir", "--site"}
"""Options whose value may be a path and, as a word of its own, be taken for one of pytest's."""
CHOSEN = {"-c", "--config-file", "--rootdir"}
SETTINGS = {
    **dict.fromkeys(("pytest.ini", ".pytest.ini", "tox.ini"), "[pytest]"),
    "pyproject.toml": "[tool.pytest",
    "setup.cfg": "[tool:pytest]",
}
"""Files of pytest's settings -> the section that they have."""
SHAPING = (
    *("suite", "system", "base_model", "systems", "judge", "seeds", "repeats", "limit", "device", "full"),
    *("trust_remote_code", "trust_suite_code", "allow_outside_files", "drafts"),
)
"""Options that shape what is measured; the others only say where it is put."""
DEFAULTS = {"judge": "lexical", "seeds": 1, "repeats": 1, "device": "auto", "full": False}
UNSET: dict[str, list[str]] = {"limit": ["--limit", "none"], "full": ["--no-full"]}
"""How an option is told that overrides a setting with nothing."""


SETTINGS_OF = {"suites": "suite", "systems": "system", "systems_table": "systems", "base_models": "base_model"} | {
    name: name for name in ("judge", "seeds", "repeats", "limit", "full", "device")
}
"""Setting of `[tool.proctor]` -> the option that it is the default of."""
NONE = 0
"""What ``--limit none`` gives: to have no limit is not to leave the limit to the settings."""


def _limit(word: str) -> float:
    return NONE if word == "none" else COUNT.option(word)


def settle(option: Any, ours: Workspace) -> None:
    """Give the options that the command line leaves out the project's defaults, or else Proctor's own."""
    for name in SHAPING:
        if getattr(option, name) in (None, []):
            key = next((key for key, of in SETTINGS_OF.items() if of == name and key in ours.settings), None)
            setattr(option, name, ours.option(key) if key else DEFAULTS.get(name, getattr(option, name)))
    option.limit = option.limit or None
    hide_addresses(option.judge)


def from_settings(ours: Workspace) -> list[str]:
    """A note of what the project's settings say of the exam."""
    told = [f"{key} = {json.dumps(ours.settings[key], ensure_ascii=False)}" for key in SETTINGS_OF if key in ours.settings]
    hide_addresses(str(ours.settings.get("judge", "")))
    return [redact(f"note: {FILE} sets {', '.join(told)} (options override it)")] if told else []


def command(option: Any, ours: Workspace) -> str:
    """The command that measures the same again, here or without the project's settings.

    Which tests, and whatever differs from Proctor's defaults or from what the settings say, in a fixed order.
    """
    words = ["pytest", "-m", option.markexpr or "domain", *(["-k", option.keyword] if option.keyword else [])]
    told = {SETTINGS_OF[key] for key in ours.settings.keys() & SETTINGS_OF}
    for name in SHAPING:
        value, flag = getattr(option, name), f"--{name.replace('_', '-')}"
        if value is True:
            words.append(flag)
        elif value and (value != DEFAULTS.get(name) or name in told):
            words += [word for one in (value if isinstance(value, list) else [value]) for word in (flag, str(one))]
        elif name in told:
            words += UNSET[name]
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


def notes(plan: Plan) -> list[str]:
    """What the project's settings say, who is left out, and what ``-k`` selects beside what was meant."""
    names = [*(suite.name for suite in plan.suites), *(base.label for base in plan.bases if len(plan.bases) > 1)]
    found = from_settings(plan.ours) + matched_too(plan.option.keyword, [system.name for system in plan.systems], names)
    found += left_out(plan.option.limit, plan.suites)
    untaught = {suite.name: [one.name for one in plan.systems if one not in plan.taught(suite)] for suite in plan.suites}
    return found + [
        f"suite {suite} has no train.jsonl: {', '.join(names)} left out" for suite, names in untaught.items() if names
    ]


def overlooked(config: pytest.Config) -> list[str]:
    """What has to be said for pytest to find the project's settings, where ``--suite /some/where`` keeps it from that.

    It looks for them in the folder that the paths on its command line share, before it knows which of them belong to an option.
    """
    told, folder = config.invocation_params, config.invocation_params.dir
    home, words = root_of(folder), list(map(str, told.args))
    if CHOSEN & {word.partition("=")[0] for word in words} or not any(
        _lies_outside(home, folder, *pair) for pair in pairwise(words)
    ):
        return []
    file = next((home / name for name, section in SETTINGS.items() if section in _text(home / name)), None)
    return [] if config.inipath == file and config.rootpath == home else ["-c", str(file)] if file else ["--rootdir", str(home)]


def _lies_outside(home: Path, folder: Path, flag: str, value: str) -> bool:
    """Whether a path belongs to an option, and is there, but not in the project."""
    return flag in PATHS and (folder / value).exists() and not (folder / value).resolve().is_relative_to(home)


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
