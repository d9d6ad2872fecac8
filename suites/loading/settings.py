"""``suite.toml``: what a suite is called, how it is asked and what it demands."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from proctor.core import extras
from proctor.core.reading.problems import Place, Problems, closest
from proctor.core.reading.ranges import AMOUNT, Range
from proctor.core.reading.shown import short, shown
from proctor.core.reading.tables import SettingsTable
from proctor.core.reading.user_files import YAML, UnreadableError, raw
from proctor.core.schema import AnswerIn, Rule, Style, Suite
from proctor.evals.axes.catalogue import metrics
from proctor.suites.loading import style as house_format

FILE = "suite.toml"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
TASK = re.compile(r"""^task\s*:[ \t]*["']?([^\s"'#\[]+)""", re.MULTILINE)
LONGEST_NAME = 100
RUBRIC = re.compile(r"[a-z0-9_]{1,60}")
EMBEDDED = Path(__file__).parents[1]
GENERAL = EMBEDDED.resolve() / "general"
"""The general tasks that come with Proctor: the only ones whose code runs without being asked for."""
RANGES = {"share": Range(0, 1, "a share: 0.8 is 80 %"), "difference": Range(-1, 1, "a difference of shares: 0.05 is five points")}
"""Unit of a metric -> what a threshold of it may be; amounts are 0 or more."""


@dataclass(frozen=True)
class Format:
    """``[style]`` as it is written; `house_format` checks what is in it."""

    pattern: Any = ""
    schema: Any = None
    answer: Any = ""
    rubric: Any = ""
    guide: str = ""


@dataclass(frozen=True)
class Written:
    """What a ``suite.toml`` may hold."""

    name: str = ""
    title: str = ""
    general: tuple[str, ...] = ()
    instruction: str = ""
    abstain: tuple[str, ...] = Suite.abstain
    answer_in: AnswerIn = "documents"
    normalise: Rule = Suite.normalise
    headline: str = ""
    style: Format = Format()
    rubrics: Mapping[str, Any] = field(default_factory=dict)
    thresholds: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Settings:
    """The checked content of a ``suite.toml``."""

    name: str
    title: str
    instruction: str = ""
    general: tuple[str, ...] = ()
    trusted: tuple[str, ...] = ()
    abstain: tuple[str, ...] = Suite.abstain
    answer_in: AnswerIn = "documents"
    normalise: Rule = Suite.normalise
    style: Style | None = None
    rubrics: Mapping[str, str] = field(default_factory=dict)
    guide: str = ""
    headline: str = ""
    thresholds: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


def read_settings(folder: Path, problems: Problems, *, trust: bool = False) -> Settings:
    """The settings of the suite in a folder; the defaults where something is wrong with them.

    With ``trust`` the code of its general tasks may run.
    """
    table = SettingsTable(folder / FILE, problems, remedy="write one, or start with `proctor new DIR`")
    return _Checks(table, table.read(Written) or Written(), trust).settings()


def _tasks(entry: str) -> Iterator[tuple[str, str]]:
    """The names of the tasks of an entry of ``general``, as far as their files say them, with where each is."""
    if not Path(entry).is_absolute():
        yield entry, "lm-eval's own"
        return
    for file in sorted(Path(entry).rglob("*.yaml")):
        try:
            text = raw(file, YAML).decode(errors="replace")
        except UnreadableError:  # which is said of it by itself
            continue
        yield from ((found[1], str(file)) for found in TASK.finditer(text))


@dataclass(frozen=True)
class _Checks:
    """What is to be checked of a ``suite.toml`` beyond the types of its fields."""

    table: SettingsTable
    given: Written
    trust: bool

    @property
    def file(self) -> Path:
        return self.table.path

    @property
    def problems(self) -> Problems:
        return self.table.problems

    def settings(self) -> Settings:
        name = self._name()
        general = self._apart(tuple(self._general(entry) for entry in self.given.general))
        return Settings(
            name=name,
            title=self.given.title or name,
            instruction=self.given.instruction,
            general=general,
            trusted=tuple(entry for entry in general if Path(entry).is_absolute() and (self.trust or entry == str(GENERAL))),
            abstain=self.given.abstain,
            answer_in=self.given.answer_in,
            normalise=self.given.normalise,
            style=self._style(),
            rubrics={name: self._rubric(name, text) for name, text in self.given.rubrics.items()},
            guide=self.given.style.guide,
            headline=self._headline(),
            thresholds={metric: self._thresholds(metric, thresholds) for metric, thresholds in self.given.thresholds.items()},
        )

    def _name(self) -> str:
        name = self.given.name or self.file.parent.resolve().name
        if not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
            what = f"'{short(name)}' cannot be the name of a suite: it becomes part of test and file names"
            self._problem("name", what, f"use letters, digits, dots, dashes and underscores, {LONGEST_NAME} at most")
        return name

    def _general(self, entry: str) -> str:
        """A folder of tasks as an absolute path, an embedded one by its name; anything else is the name of a task."""
        from proctor.evals.tasks import lm_eval_tasks

        for folder in ((self.file.parent / entry), EMBEDDED / entry):
            if folder.is_dir():
                self._check_links(folder, entry)
                if not any(folder.rglob("*.yaml")):
                    self._problem("general", f"the folder '{entry}' holds no task", "put the YAML file of an lm-eval task there")
                self._tell_links(folder)
                if folder.resolve() != GENERAL:  # Proctor's own tests look at those that come with it
                    self._check_files(folder)
                    self._check_code(folder.resolve())
                return str(folder.resolve())
        if re.search(r"[/\\]|^\.", entry):
            remedy = "give a folder (relative to the suite's) or the name of an lm-eval task"
            self._problem("general", f"there is no folder '{entry}'", remedy)
        elif extras.missing(["lm_eval"]):
            what = f"'{entry}' is no folder, and whether lm-eval has such a task cannot be seen, as it is not installed"
            self._problem("general", what, f"correct the name, or {extras.install('lm_eval')}")
        elif not lm_eval_tasks.knows(entry):
            remedy = "give a folder of tasks, 'general' for those that come with Proctor, or a name that `lm-eval ls tasks` lists"
            self._problem("general", f"'{entry}' is neither a folder nor a task that lm-eval knows", remedy)
        else:
            self._tell_fetched(entry)
        return entry

    def _check_files(self, folder: Path) -> None:
        from proctor.evals.tasks import task_files

        for problem in task_files.problems(folder):
            self.problems.add(Place(problem.file, problem.line), problem.what, problem.remedy)

    def _check_code(self, folder: Path) -> None:
        """What of a folder of tasks would run code or be fetched: refused, or noted where it is trusted.

        Templates of a folder that is data alone are tried on the first items.
        """
        from proctor.evals.tasks import task_code

        known = len(self.problems.found)
        for problem in task_code.refused(folder):
            place = Place(problem.file, problem.line)
            if self.trust:
                self.problems.tally.note("general", f"trusted by --trust-suite-code: {problem.what}", place)
            else:
                self.problems.add(place, problem.what, problem.remedy)
        if not self.trust and len(self.problems.found) == known:
            from proctor.evals.tasks import rehearsal  # it loads jinja2, which a suite without tasks of its own can do without

            for problem in rehearsal.problems(folder):
                self.problems.add(Place(problem.file, problem.line), problem.what, problem.remedy)

    def _tell_fetched(self, name: str) -> None:
        """What a task of lm-eval's own needs of the hub; one that runs what a model wrote is refused whoever trusts whom."""
        from proctor.evals.tasks.lm_eval_tasks import fetches

        needed = fetches(name)
        for what in needed.refused:
            remedy = "leave it out, or copy it into a folder of tasks that is data only"
            self._problem("general", f"lm-eval's own task '{name}' {what}", remedy)
        listed = ", ".join(needed.data_sets[:3]) + (", ..." if len(needed.data_sets) > 3 else "")
        what = f"lm-eval's own task '{name}' downloads its data, unless it was downloaded before"
        self.problems.tally.note("general", f"{what}: {listed or 'what its code in lm-eval names'}")

    def _check_links(self, folder: Path, entry: str) -> None:
        """Refuse tasks that links lead out of the suite to, and tell of a folder that is named outside of it."""
        place = Place(self.file, self.table.line(("general",)), "general")
        named, own, shipped = (Path(os.path.normpath(path.absolute())) for path in (folder, self.file.parent, EMBEDDED))
        if named.is_relative_to(own):
            self.problems.may_read(folder, place)
        elif not named.is_relative_to(shipped):
            self.problems.tally.note("general", "a folder of tasks outside of the suite's folder", entry)
        for path in sorted(folder.rglob("*")):
            if path.is_symlink() and path.is_file() and not path.resolve().is_relative_to(folder.resolve()):
                self.problems.may_read(path)

    def _tell_links(self, folder: Path) -> None:
        for path in sorted(folder.rglob("*")):
            if path.is_symlink() and path.is_dir():
                why = "linked folders of tasks, which lm-eval does not follow: name them under `general` themselves"
                self.problems.tally.leave_out("general", why, path.relative_to(folder).as_posix())

    def _apart(self, general: tuple[str, ...]) -> tuple[str, ...]:
        """The entries, each once. Scores are kept by a task's name: of two tasks of one name one would be lost."""
        entries = tuple(dict.fromkeys(general))
        known: dict[str, str] = {}
        for entry in entries:
            for name, place in _tasks(entry):
                if name in known:
                    remedy = "rename one of them (`task:` in its YAML file), or leave it out"
                    self._problem("general", f"two tasks are called '{name}': {known[name]} and {place}", remedy)
                known.setdefault(name, place)
        return entries

    def _style(self) -> Style | None:
        style = self.table.values.get("style")
        if not isinstance(style, dict):
            return None
        schema, key = style.get("schema"), ("style", "schema")
        place = Place(self.file, self.table.line(key), self.table.field(key))
        if isinstance(schema, str) and not self.problems.may_read(self.file.parent / schema, place):
            return None
        return house_format.read(style, self.file.parent, lambda name, *said: self.table.problem(("style", name), *said))

    def _rubric(self, name: str, text: Any) -> str:
        """A demand in words, under the name that its metric has."""
        if not RUBRIC.fullmatch(name):
            what = f"'{short(name)}' cannot be the name of a rubric: it becomes the metric rubric.NAME"
            self.table.problem(("rubrics", name), what, "use lower case letters, digits and underscores: polite")
        if not isinstance(text, str) or not text.strip():
            what = f"a demand in words is expected, not {shown(text)}"
            self.table.problem(("rubrics", name), what, 'write it for a judge to decide: polite = "The answer is polite."')
        return str(text)

    def _headline(self) -> str:
        """The metric of accuracy that leads."""
        from proctor.evals.axes import accuracy

        known = [metric.name for metric in accuracy.LEADING]
        if self.given.headline and self.given.headline not in known:
            what = f"there is no metric of accuracy called '{short(self.given.headline)}'"
            self._problem("headline", what, f"{closest(self.given.headline, known)} Rename or remove it")
        return self.given.headline

    def _thresholds(self, metric: str, thresholds: Any) -> Mapping[str, float]:
        key = ("thresholds", metric)
        if not isinstance(thresholds, dict):
            what = f"expected a table of systems, not {shown(thresholds)}"
            self.table.problem(key, what, f'write "{metric}" = {{ rag = 0.8 }}')
            return {}
        known = {one.name: one for one in metrics()}
        found = next((known[name] for name in known if fnmatchcase(metric, name)), None)
        nested = any(isinstance(value, dict) for value in thresholds.values())
        if found is None and not nested:
            self.table.problem(key, "there is no such metric", f"{closest(metric, known)} Rename or remove it")
        for system, value in thresholds.items():
            self._check_threshold(metric, system, value, found.unit if found else "")
        return thresholds

    def _check_threshold(self, metric: str, system: str, value: Any, unit: str) -> None:
        key = ("thresholds", metric)
        if isinstance(value, dict):
            remedy = f'put the metric in quotes: "{metric}.{system}" = {{ ... }}'
            self.table.problem(key, "a threshold is a number, not a table", remedy)
        elif wrong := RANGES.get(unit, AMOUNT).wrong(value):
            remedy = f"write {system} = 0.8" if unit in RANGES else "write a number"
            self.table.problem(key, f"the threshold of {system}: {wrong}", remedy)

    def _problem(self, key: str, what: str, remedy: str) -> None:
        self.table.problem((key,), what, remedy)
