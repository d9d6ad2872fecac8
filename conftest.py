"""pytest's face: options, the cells of the exam, the fixture that takes it, and publishing. Wiring only.

This is the one file that joins suites, models, evals and leaderboard.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from proctor import dry_run, leaderboard, options, progress, provenance
from proctor.core import environment, workspace
from proctor.core.command_line import USAGE_ERROR, begin
from proctor.core.redaction import redact
from proctor.core.schema import InputError, Suite, row
from proctor.core.stopping import Stopped, Stopping
from proctor.core.storage import errors
from proctor.core.storage.cache import Cache, digest
from proctor.evals.axes import catalogue, latency
from proctor.evals.exam import NOTHING, Effort, Exam, Sheet
from proctor.evals.judges.kept import kept
from proctor.evals.judges.protocols import Judge, load_judge
from proctor.models import comparability, runtime, systems
from proctor.models.base import base as base_models
from proctor.models.candidates.local import Candidate
from proctor.models.generation import limits
from proctor.suites.loading import load as load_suite

if TYPE_CHECKING:
    from proctor.leaderboard.compare.thresholds import Against
    from proctor.leaderboard.runs.store import Store

environment.quiet()
environment.patient()

PLAN = pytest.StashKey["Plan"]()


class Cell(NamedTuple):
    """One candidate before one suite."""

    suite: Suite
    candidate: Candidate
    base: Candidate


@dataclass(frozen=True)
class Plan:
    """What the command line asks for. Its parts are looked up once, before any work."""

    option: Any
    root: Path
    started: str = field(default_factory=provenance.now)
    timed: list[Cell] = field(default_factory=list)
    """The cells whose latency is asked for, once the tests are collected."""
    asked: list[str] = field(default_factory=list)
    """Names of the tests, once they are collected."""
    undone: list[str] = field(default_factory=list)
    """What was asked for at the end and could not be done."""
    stopping: Stopping = field(default_factory=partial(Stopping, "nothing begun"))
    """Whether the run is to stop, and what then."""

    @cached_property
    def cache(self) -> Cache:
        """Where everything expensive is kept."""
        return Cache(self.ours.cache)

    @cached_property
    def ours(self) -> workspace.Workspace:
        """The project: its folders and its settings."""
        return workspace.at(self.root)

    @cached_property
    def judge(self) -> Judge:
        """What decides whether a text supports a claim."""
        return kept(load_judge(self.option.judge), self.cache)

    def taught(self, suite: Suite) -> list[systems.System]:
        """All that were named; of a whole table, where the suite has no examples, those that need none."""
        if self.option.system or suite.domain.examples:
            return self.systems
        return [system for system in self.systems if not system.needs_examples]

    @cached_property
    def systems(self) -> list[systems.System]:
        """The systems to examine."""
        return systems.choose(
            systems.load(Path(self.option.systems) if self.option.systems else systems.TABLE), self.option.system
        )

    @cached_property
    def suites(self) -> list[Suite]:
        """The suites to examine on: every problem of every suite is said at once."""
        option = self.option
        allowed = {"trust": option.trust_suite_code, "outside": option.allow_outside_files}
        found = load_suite.load_all(option.suite or load_suite.names(), **allowed)
        if problems := [text for suite in found for text in self._unknown_bars(suite)]:
            raise InputError("\n".join(problems))
        return found

    def _unknown_bars(self, suite: Suite) -> Iterator[str]:
        """A bar for a system that no table has would hold nothing, and look as if it did."""
        tables = {systems.TABLE, Path(self.option.systems or systems.TABLE)}
        known = {name for table in tables for name in systems.load(table)}
        for measure, bars in suite.bars.items():
            for name in [name for name in bars if name not in known]:
                yield f"suite {suite.name}: bars.{measure}: no system is called {name}; there are {', '.join(sorted(known))}"

    @cached_property
    def bases(self) -> list[base_models.BaseModel]:
        """The base models."""
        remote = self.option.trust_remote_code
        names = self.option.base_model or [str(base_models.EMBEDDED)]
        return base_models.find_all(names, self.cache, trust_remote_code=remote)

    @cached_property
    def cells(self) -> list[Cell]:
        """Suite x base model x system x seed. What is not trained has one seed."""
        stand = runtime.Bench(self.cache, runtime.pick_device(self.option.device))
        return [
            Cell(
                suite,
                Candidate(system, base, suite.domain, stand, seed, limits=room),
                Candidate(systems.System("base"), base, suite.domain, stand, limits=room),
            )
            for suite in self.suites
            for base in self.bases
            for room in [limits.limits(suite, base)]
            for system in self.taught(suite)
            for seed in range(self.option.seeds if system.adapts else 1)
        ]

    def id(self, cell: Cell) -> str:
        """A cell's part of a test's name: suite and system, and base model and seed where there are several."""
        candidate = cell.candidate
        model = [candidate.base_model] if len(self.bases) > 1 else []
        seed = [f"seed{candidate.seed}"] if self.option.seeds > 1 and candidate.system.adapts else []
        return "-".join([cell.suite.name, *model, candidate.name, *seed])

    @cached_property
    def run_folder(self) -> Path:
        """Named by the commit and by all that shapes the records, so that the same run goes on where it stopped."""
        if named := self.option.run_dir or self.ours.path("run_dir"):
            return Path(named)
        asked = [
            self.judge.name,
            self.option.limit,
            [(cell.suite.version, cell.candidate.name, cell.candidate.version) for cell in self.cells],
        ]
        return self.ours.runs / f"{provenance.commit_name(self.root)}-{digest(*asked)[:8]}"

    @cached_property
    def against(self) -> Against | None:
        """The saved run to compare with, and what may be lost against it."""
        if self.option.eval_compare is None:
            if self.option.eval_compare_fail:
                raise InputError("--eval-compare-fail needs --eval-compare, to say what to compare with")
            return None
        from proctor.leaderboard.compare import thresholds  # they load numpy, which nobody needs who does not compare
        from proctor.leaderboard.runs import saved as baseline

        saved = baseline.open_run(thresholds.find(self.option.eval_compare or None, self.ours.saved_runs))
        return thresholds.Against(saved, [thresholds.demand(text) for text in self.option.eval_compare_fail])

    @cached_property
    def store(self) -> Store:
        """The run's folder."""
        from proctor.leaderboard.runs.store import Store  # loads numpy, which pytest can do without while it collects

        return Store(self.run_folder)

    def sheet(self, cell: Cell) -> Sheet:
        """What the axes are given for a cell."""
        questions, beside = cell.suite.questions[: self.option.limit], self._beside(cell)
        return Sheet(cell.suite, questions, cell.candidate, cell.base, self.judge, self.cache, self.option.limit, beside)

    def _beside(self, cell: Cell) -> tuple[Candidate, ...]:
        """The candidates of the same suite and base model that are timed in this run."""
        mine = [each for each in self.timed if each.suite is cell.suite and each.candidate.base is cell.candidate.base]
        return tuple(each.candidate for each in mine)

    def _fair(self, cell: Cell) -> bool | list[str]:
        own = cell.suite.name not in load_suite.names()
        facts = cell.suite.source == "documents"
        return comparability.verdict(cell.candidate, cell.suite.questions, self.judge.name, own_suite=own, facts=facts)

    def _made(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """How each system is set, and what came of it on each suite with each base model and seed."""
        systems_of: dict[str, Any] = {}
        made: dict[str, Any] = {}
        rooms: dict[str, dict[str, int]] = {}
        for cell in self.cells:
            candidate, told = cell.candidate, cell.candidate.facts()
            place = f"{row(cell.suite.name, candidate.base_model, candidate.name)}/{candidate.seed}"
            made[place] = {name: told.pop(name) for name in ("version", "training", "answers")}
            made[place]["answers"]["stops"] = candidate.stops(self.sheet(cell).questions)
            systems_of[candidate.name] = told
            of = rooms.setdefault(candidate.name, {})
            of[f"{cell.suite.name}/{candidate.base_model}"] = candidate.room
            told["settings"]["max_new_tokens"] = of if len(set(of.values())) > 1 else candidate.room
        return systems_of, made

    def _timing(self) -> dict[str, Any]:
        """How the systems of each suite and base model were timed in turn."""
        found = {f"{cell.suite.name}/{cell.candidate.base_model}": (cell.candidate, self.sheet(cell)) for cell in self.timed}
        return {name: candidate.timed(latency.asked(sheet), sheet.beside) for name, (candidate, sheet) in found.items()}

    def provenance(self) -> dict[str, Any]:
        """What a reader needs to trust the run and to run it again."""
        suites_of = {suite.name: provenance.suite_facts(suite) for suite in self.suites}
        systems_of, made = self._made()
        asked = {
            "started": self.started,
            "command": options.command(self.option, self.ours),
            "judge": self.judge.name,
            "seeds": self.option.seeds,
            "limit": self.option.limit,
        }
        trusted = {"general tasks of suites": self.option.trust_suite_code, "base models": self.option.trust_remote_code}
        if any(trusted.values()):
            asked["code that was trusted"] = ", ".join(name for name, trust in trusted.items() if trust)
        from proctor.evals.judges import agreement  # it loads numpy, as does the board after it

        asked["fair"] = {
            row(cell.suite.name, cell.candidate.base_model, cell.candidate.name): self._fair(cell) for cell in self.cells
        }
        asked["timing"] = self._timing()
        asked["judges"] = {self.judge.name: [vars(row) for row in agreement.load(self.judge.name, self.ours.judge_agreement)]}
        tables = {"suites": suites_of, "systems": systems_of, "made": made, "base_models": self.base_facts}
        return provenance.facts(self.root) | asked | tables

    @property
    def base_facts(self) -> dict[str, Any]:
        """What provenance says of the base models."""
        return {base.label: {"version": base.version, "parameters": base.parameters} for base in self.bases}

    @property
    def settings(self) -> list[str]:
        """A note of the project's settings, where they could be read."""
        return options.from_settings(self.ours) if "ours" in vars(self) else []

    @property
    def site(self) -> Path:
        """Where the page goes."""
        return Path(self.option.site or self.ours.site)

    @property
    def saving(self) -> Path | None:
        """Where the run is saved, if it is."""
        if self.option.eval_save is None:
            return None
        from proctor.leaderboard.compare import thresholds  # it loads numpy

        name, folder = self.option.eval_save, self.ours.saved_runs
        return thresholds.place(name, folder) if name else thresholds.own_place(self.run_folder, folder)


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Proctor's options, unless the installed plugin has declared them already."""
    if not pluginmanager.hasplugin("proctor"):
        options.declare(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers; look everything up before any work, so that a mistake costs a second and not an hour."""
    config.addinivalue_line("markers", "domain: the exam itself, every axis on every suite and system")
    for axis in dict.fromkeys(name.partition("_")[0] for name in catalogue.AXES):
        config.addinivalue_line("markers", f"{axis}: the {axis} axis of the exam")
    say = partial(_last_line, config)
    config.stash[PLAN] = plan = Plan(config.option, config.rootpath, stopping=Stopping("nothing begun", say))
    if _takes_exam(config) and not _only_looks(config):
        config.add_cleanup(plan.stopping.stop_listening)
        plan.stopping.listen()
    takes = _takes_exam(config)
    if takes:
        begin()
    try:
        options.settle(config.option, plan.ours)
        if takes:
            plan.cells, plan.judge.name, plan.against  # noqa: B018 # looked up for their errors
    except InputError as error:
        raise pytest.UsageError(*redact("\n".join([str(error), *plan.settings])).splitlines()) from None
    if takes:
        progress.show(config)


def _last_line(config: pytest.Config, text: str) -> None:
    """A line past pytest's capture, for a process that ends with it; a worker of `-n` has no terminal."""
    if not hasattr(config, "workerinput"):
        writer = config.get_terminal_writer()
        writer.line()
        writer.line(text, yellow=True)
        writer.flush()


def pytest_sessionstart(session: pytest.Session) -> None:
    """What was changed, left out or found odd in the suites: said once, and with ``-q`` as well, which hides the header."""
    if _takes_exam(session.config) and not hasattr(session.config, "workerinput"):
        for suite in session.config.stash[PLAN].suites:
            for note in suite.notes:
                logging.getLogger("proctor").info("suite %s: %s", suite.name, note)


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Who is left out where a suite has no examples to learn from, and what ``-k`` selects beside what was meant."""
    if not _takes_exam(config):
        return []
    plan = config.stash[PLAN]
    names = [*(suite.name for suite in plan.suites), *(base.label for base in plan.bases if len(plan.bases) > 1)]
    notes = plan.settings + options.matched_too(config.option.keyword, [system.name for system in plan.systems], names)
    notes += options.left_out(config.option.limit, plan.suites)
    left = {suite.name: [system.name for system in plan.systems if system not in plan.taught(suite)] for suite in plan.suites}
    return notes + [f"suite {suite} has no train.jsonl: {', '.join(names)} left out" for suite, names in left.items() if names]


def _takes_exam(config: pytest.Config) -> bool:
    """Whether the paths that are collected hold the exam."""
    folder = (config.rootpath / "suites").resolve()
    paths = [(config.invocation_params.dir / str(arg).split("::")[0]).resolve() for arg in config.args]
    return any(path == config.rootpath or path.is_relative_to(folder) for path in paths)


def _only_looks(config: pytest.Config) -> bool:
    looks = ("dry_run", "collectonly", "markers", "showfixtures", "show_fixtures_per_test", "setupplan")
    return any(getattr(config.option, option) for option in looks)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test a cell. Cells are the outer loop, so that a candidate is examined on every axis while it is in memory."""
    if "cell" in metafunc.fixturenames:
        plan = metafunc.config.stash[PLAN]
        metafunc.parametrize("cell", plan.cells, ids=[plan.id(cell) for cell in plan.cells], scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What trains systems again waits to be asked for, by ``--full`` or by its marker."""
    if config.option.full or "slow" in config.option.markexpr:
        return
    waiting = [item for item in items if item.get_closest_marker("domain") and item.get_closest_marker("slow")]
    items[:] = [item for item in items if item not in waiting]
    config.hook.pytest_deselected(items=waiting)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """A suite is data, wherever it lies: of the folders beside Proctor's own tests no conftest.py and no test is loaded."""
    suites = config.rootpath / "suites"
    return True if collection_path.parent == suites and collection_path.is_dir() else None


def pytest_collection_finish(session: pytest.Session) -> None:
    """Note which systems are timed, as they are timed in turn: those that no option, `-k` or `-m` leaves out."""
    items = [item for item in session.items if isinstance(item, pytest.Function) and item.get_closest_marker("latency")]
    session.config.stash[PLAN].asked[:] = [item.nodeid for item in session.items]
    cells: list[Any] = [item.callspec.params["cell"] for item in items if "cell" in item.fixturenames]
    session.config.stash[PLAN].timed[:] = cells


@pytest.fixture(scope="session")
def sheet(cell: Cell, pytestconfig: pytest.Config) -> Iterator[Sheet]:
    """What the axes of one cell share: its answers are kept with the run once it was asked, now or before."""
    plan = pytestconfig.stash[PLAN]
    asked = plan.sheet(cell)
    yield asked
    candidate = cell.candidate
    if "answers" in vars(asked) or not candidate.unanswered(asked.questions):  # scores may be read back without them
        plan.store.add_answers(cell.suite.name, candidate.base_model, candidate.name, candidate.seed, asked.pairs)


@pytest.fixture
def exam(sheet: Sheet, pytestconfig: pytest.Config, record_property: Any) -> Exam:
    """One candidate before one suite: ``exam.take(AXIS)`` scores, records and holds it against the suite's bars."""
    plan, candidate = pytestconfig.stash[PLAN], sheet.candidate
    store, against = plan.store, plan.against
    keep = partial(store.keep_lm_eval, sheet.suite.name, candidate.base_model, candidate.name, candidate.seed)
    return Exam(sheet, store.add, record_property, keep, against.complaints if against else None)


def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """With ``--dry-run`` nothing is run: the estimate is printed instead. Else a run folder must be one to write to."""
    plan = session.config.stash[PLAN]
    if session.config.option.dry_run:
        sys.stdout.write(_estimate(plan, session.items))
        return True
    if _takes_exam(session.config) and not _only_looks(session.config):
        from proctor import ready  # it loads numpy, which nobody needs who only collects

        try:
            ready.check(plan.store, plan.cache, plan.site, plan.saving, plan.base_facts)
        except InputError as error:
            raise pytest.UsageError(*redact(str(error)).splitlines()) from error
    return None


def _estimate(plan: Plan, items: list[pytest.Item]) -> str:
    efforts: dict[int, list[Effort]] = {}
    for item in items:
        if isinstance(item, pytest.Function) and "cell" in item.callspec.params:
            cell: Any = item.callspec.params["cell"]
            efforts.setdefault(id(cell), []).append(_effort(item, plan.sheet(cell)))
    asked = [(cell, efforts[id(cell)]) for cell in plan.cells if id(cell) in efforts]
    parts = [dry_run.Part(cell.suite.name, cell.candidate, plan.sheet(cell).questions, found) for cell, found in asked]
    return dry_run.table(parts) + "".join(f"{line}\n" for line in _reaches(asked, parts))


def _reaches(asked: Sequence[tuple[Cell, Any]], parts: Sequence[dry_run.Part]) -> Iterator[str]:
    """What each suite can show with the questions that would be asked of it."""
    from proctor.suites.loading.reach import summary  # it loads numpy

    limited = {
        cell.suite.name: replace(cell.suite, questions=tuple(part.questions))
        for (cell, _), part in zip(asked, parts, strict=True)
    }
    yield from (f"{name}: {summary(suite)} (proctor validate says more)" for name, suite in limited.items())


def _effort(item: pytest.Function, sheet: Sheet) -> Effort:
    """What the axis of a test asks for, beyond what a candidate is trained on and asked anyway, and was not asked before."""
    name = item.originalname.removeprefix("test_")
    axis = catalogue.AXES.get(name)
    if axis is None or axis.effort == NOTHING or Exam(sheet, lambda _: None).taken(axis):
        return NOTHING
    return axis.effort


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What a user can mend, and a bar that was missed, is said in words, without the way through Proctor's code."""
    report = yield
    error = call.excinfo.value if call.excinfo and "cell" in getattr(item, "fixturenames", ()) else None
    if isinstance(error, InputError | AssertionError):
        report.longrepr = str(error)
    elif isinstance(error, Exception) and (said := _of_storage(error, item.config.stash[PLAN])):
        report.longrepr = said
    _redact(report)
    return report


def _of_storage(error: Exception, plan: Plan) -> str:
    """What failed on the disk, where that was it: libraries write into the cache and read from it, too."""
    if not plan.cache.folder.exists():
        return f"the cache {plan.cache.folder} was removed while the exam ran; run the same command again"
    places = ((plan.cache.folder, "name another folder in PROCTOR_CACHE"), (plan.run_folder, "choose another folder (--run-dir)"))
    return next((text for place in places if (text := errors.said(error, "cannot read or write in", *place))), "")


def _redact(report: pytest.TestReport) -> None:
    """Keep secrets out of what is printed of a test, its values of variables and what it logged included."""
    said = str(report.longrepr or "")
    if (shown := redact(said)) != said:
        report.longrepr = shown
    report.sections = [(name, redact(text)) for name, text in report.sections]


def worker_scope(nodeid: str) -> str:
    """What a test shares its worker with: its candidate's other axes, or, where it is none of the exam, its file."""
    return nodeid.rpartition("[")[2] if "suites/" in nodeid and "[" in nodeid else nodeid.partition("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """What needs the same candidate, site or browser goes to one worker, which then makes it once."""
    from xdist.scheduler import LoadScopeScheduling

    class ByCandidate(LoadScopeScheduling):  # type: ignore[misc] # xdist exports it untyped
        """Groups tests by what they share."""

        def _split_scope(self, nodeid: str) -> str:
            return worker_scope(nodeid)

    return ByCandidate(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any, ids: Sequence[str]) -> None:
    """The workers of `-n` collect the same tests, and this process none."""
    node.config.stash[PLAN].asked[:] = ids


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """From now on what is stopped has an end of its own, where the page is written."""
    session.config.stash[PLAN].stopping.phase = "at work"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Not another test where a library caught the exception that was to stop the one before."""
    item.config.stash[PLAN].stopping.check()


def pytest_keyboard_interrupt(excinfo: pytest.ExceptionInfo[BaseException]) -> None:
    """Say at once that Ctrl-C was heard: what was measured is published before the end."""
    if isinstance(excinfo.value, Stopped):
        logging.getLogger("proctor").warning("stopping (%s); once more to stop at once", str(excinfo.value).removeprefix("by "))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    """After all is said: end with what tells that the run was stopped, or not published, saved or compared as asked."""
    plan = session.config.stash[PLAN]
    plan.stopping.phase = "finishing"
    yield
    session.exitstatus = plan.stopping.code or (USAGE_ERROR if plan.undone else session.exitstatus)


def _timed_by_workers(terminalreporter: Any, plan: Plan) -> None:
    """Note which systems the processes of `-n` timed, as this one has collected nothing."""
    reports = (report for found in terminalreporter.stats.values() for report in found if hasattr(report, "nodeid"))
    timed = {report.nodeid.rpartition("[")[2].rstrip("]") for report in reports if "/test_latency.py::" in report.nodeid}
    plan.timed[:] = plan.timed or [cell for cell in plan.cells if plan.id(cell) in timed]


def _left(terminalreporter: Any, plan: Plan) -> list[str]:
    """Tests that were asked for and not taken."""
    reports = [report for found in terminalreporter.stats.values() for report in found if hasattr(report, "when")]
    ended = {report.nodeid for report in reports if report.when == "call" or not report.passed}
    if ended >= set(plan.asked):
        return []
    from proctor.leaderboard.runs import store, unfinished

    cells = {plan.id(cell): cell.candidate for cell in plan.cells}
    suites = {plan.id(cell): cell.suite.name for cell in plan.cells}

    def cell(place: str) -> unfinished.Cell | None:
        one = cells.get(place)
        return (suites[place], one.base_model, one.name, one.seed) if one else None

    records = store.read(plan.run_folder).records
    return unfinished.left(plan.asked, ended, records, cell)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """After the exam: publish the page, print the table, and say where the page is, and what could not be done."""
    plan = config.stash[PLAN]
    if not _takes_exam(config) or _only_looks(config):
        return
    if _measured(plan):
        terminalreporter.section("leaderboard")
        _timed_by_workers(terminalreporter, plan)
        _do_all(terminalreporter, plan)
    if plan.stopping.number:
        _say_stopped(terminalreporter, plan)


def _measured(plan: Plan) -> bool:
    """Whether there is anything to publish: else a page that is there stays as it is."""
    try:
        return (plan.run_folder / "records.jsonl").stat().st_size > 0
    except OSError:
        return False


def _do_all(terminalreporter: Any, plan: Plan) -> None:
    """What is done with a run at its end; what fails is said, and keeps from the rest only what needs it."""
    try:
        left = _left(terminalreporter, plan)
        done = len(plan.asked) - len(left)
        plan.store.set_provenance(
            plan.provenance() | ({"unfinished": f"{done} of {len(plan.asked)} tests were run"} if left else {})
        )
    except (InputError, OSError) as error:
        _complain(terminalreporter, plan, "not published, saved or compared", error)
        return
    for undone, step in (("not published", _published), ("not saved", _saved), ("not compared", _compared)):
        try:
            step(terminalreporter, plan)
        except (InputError, OSError) as error:
            _complain(terminalreporter, plan, undone, error)


def _complain(terminalreporter: Any, plan: Plan, undone: str, error: InputError | OSError) -> None:
    plan.undone.append(undone)
    said = str(error) if isinstance(error, InputError) else f"cannot read or write {errors.sentence(error)}"
    terminalreporter.write_line(f"{undone}: {redact(said)}", red=True)


def _published(terminalreporter: Any, plan: Plan) -> None:
    terminalreporter.write_line(f"Records: {plan.run_folder}")
    page, tables = leaderboard.present(plan.run_folder, plan.site, plan.ours.paths("claims"), plan.ours.history)
    terminalreporter.write_line(tables)
    terminalreporter.write_line(f"Page:    {page}")


def _saved(terminalreporter: Any, plan: Plan) -> None:
    """Where this run is saved, if that was asked for."""
    if plan.saving:
        from proctor.leaderboard.runs import saved as baseline
        from proctor.leaderboard.runs import store

        baseline.save(store.read(plan.run_folder), plan.saving)
        terminalreporter.write_line(f"Saved:   {plan.saving}")


def _compared(terminalreporter: Any, plan: Plan) -> None:
    """What changed since the run saved before, if that was asked for."""
    if plan.against:
        terminalreporter.section("compared with the saved run")
        terminalreporter.write_line(leaderboard.compared(plan.against.saved, plan.run_folder, plan.ours.saved_runs))


def _say_stopped(terminalreporter: Any, plan: Plan) -> None:
    """What is kept of a run that was stopped, and how it goes on."""
    kept = f"what was measured is kept in {plan.run_folder}" if _measured(plan) else "nothing was measured yet"
    terminalreporter.write_line(f"Stopped by {plan.stopping.name}: {kept}, and the same command goes on from there.", yellow=True)
