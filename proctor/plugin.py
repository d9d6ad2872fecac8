"""pytest's plugin: options, the tests of suites, the fixture that takes the exam, and what is done at its end. Wiring only.

Where nothing asks for the exam, none of it is loaded and nothing is done.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from proctor import collect, options
from proctor.core import environment
from proctor.core.schema import InputError

if TYPE_CHECKING:
    from proctor.ending import Ending
    from proctor.evals.exam import EvalContext, Exam
    from proctor.models.systems import System
    from proctor.plan import ExamCell, Plan

PLAN: pytest.StashKey[Plan] = pytest.StashKey()
ENDING: pytest.StashKey[Ending] = pytest.StashKey()
PASSED_OVER = pytest.StashKey[list[Path]]()
"""Suites that nobody asked for."""
CELL = "proctor_cell"
"""What tests of the exam are parametrised by."""
NOTHING = pytest.StashKey[bool]()
"""Whether no test was found."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options. Called before any other plugin is at work: what an extra brings sends nothing, nor does its plugin."""
    environment.quiet_plugins()
    with _clashes_told(parser):
        options.declare(parser)


@contextmanager
def _clashes_told(parser: pytest.Parser) -> Iterator[None]:
    """Say in words that two options have one name, without the way through pytest's code."""
    try:
        yield
    except ValueError as error:
        if told := options.clash(error, parser):
            raise pytest.UsageError(told) from None
        raise


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(parser: pytest.Parser) -> Generator[None]:
    """The project's own conftest.py may declare an option that has the name of one of Proctor's."""
    with _clashes_told(parser):
        return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | pytest.ExitCode | None:
    """Start again with the project's settings, where a path on the command line kept pytest from finding them."""
    if words := options.overlooked(config):
        return pytest.main([*words, *config.invocation_params.args], config.invocation_params.plugins)
    return None


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers; where the exam is asked for, look everything up before any work: a mistake costs a second, no hour."""
    config.addinivalue_line("markers", "domain: the exam itself, every axis on every suite and system")
    try:
        asked = collect.asks_for_exam(config)
    except InputError as error:
        raise _usage_error(str(error)) from None
    if asked:
        from proctor.core.command_line import begin

        begin()
        _prepare(config)
        collect.add(config, config.stash[PLAN].folders)


def _prepare(config: pytest.Config, *where: Path) -> None:
    """Make the plan, of suites in some folders or where pytest looks, and listen for what stops it."""
    from proctor import ending, progress
    from proctor.core import workspace
    from proctor.core.stopping import Stopping
    from proctor.evals import own
    from proctor.evals.axes import catalogue

    environment.quiet()
    environment.patient()
    try:
        own.load(workspace.at(config.rootpath))
    except InputError as error:
        raise _usage_error(str(error)) from None
    config.addinivalue_line("markers", "slow: of the exam: trains systems again; --full takes it, or its name in -m")
    for axis in dict.fromkeys(map(catalogue.marker, catalogue.AXES)):
        config.addinivalue_line("markers", f"{axis}: the {axis} axis of the exam")
    stopping = Stopping("nothing begun", partial(_last_line, config))
    if not collect.only_looks(config):
        config.add_cleanup(stopping.stop_listening)
        stopping.listen()
    config.stash[PLAN] = plan = _plan(config, where)
    if not collect.only_looks(config) and not hasattr(config, "workerinput"):
        plan.refresh()
    config.stash[ENDING] = ending.Ending(plan, stopping)
    progress.show(config)


def _plan(config: pytest.Config, where: Sequence[Path]) -> Plan:
    """What the exam is taken on."""
    from proctor import plan as plans

    plan = plans.Plan(config.option, config.rootpath)
    try:
        options.settle(config.option, plan.ours)
        plan.found[:] = [] if config.option.suite else collect.find(config, where)
        plan.cells, plan.judge.name, plan.against  # noqa: B018 # looked up for their errors
    except InputError as error:
        raise _usage_error("\n".join([str(error), *plan.settings])) from None
    return plan


def _usage_error(text: str) -> pytest.UsageError:
    from proctor.core.redaction import redact

    return pytest.UsageError(*redact(text).splitlines())


def _last_line(config: pytest.Config, text: str) -> None:
    """A line past pytest's capture, for a process that ends with it; a worker of `-n` has no terminal."""
    if not hasattr(config, "workerinput"):
        writer = config.get_terminal_writer()
        writer.line()
        writer.line(text, yellow=True)
        writer.flush()


def pytest_sessionstart(session: pytest.Session) -> None:
    """What was changed, left out or found odd in the suites: said once, and with ``-q`` as well, which hides the header."""
    plan = session.config.stash.get(PLAN, None)
    if plan and not hasattr(session.config, "workerinput"):
        for note in plan.notes:
            logging.getLogger("proctor").info("%s", note)


def pytest_report_header(config: pytest.Config) -> list[str]:
    """What the project's settings say, who is left out, and what ``-k`` selects beside what was meant."""
    plan = config.stash.get(PLAN, None)
    return options.notes(plan) if plan else []


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A suite that is to be examined is collected from its ``suite.toml``."""
    if file_path.name not in (collect.FILE, collect.ELSEWHERE.name):
        return None
    plan = parent.config.stash.get(PLAN, None)
    if plan and file_path == collect.ELSEWHERE:
        return collect.SuiteFile.from_parent(parent, path=file_path, nodeid=file_path.name)
    if plan and file_path.parent.resolve() in plan.folders:
        return collect.SuiteFile.from_parent(parent, path=file_path)
    if not plan and file_path.name == collect.FILE:
        parent.config.stash.setdefault(PASSED_OVER, []).append(file_path.parent)
    return None


def pytest_collect_directory(path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A suite is data: an ``__init__.py`` there is not run."""
    return pytest.Dir.from_parent(parent, path=path) if collect.holds_data(path) else None


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """A suite is data: beside its ``suite.toml`` no conftest.py and no test is loaded."""
    return True if collect.lies_in_suite(collection_path) else None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test a cell. Cells are the outer loop, so that a candidate is examined on every axis while it is in memory."""
    if CELL not in metafunc.fixturenames:
        return
    config, test = metafunc.config, metafunc.definition
    if PLAN not in config.stash and collect.is_named(config, test.path):
        _prepare(config, config.rootpath)  # a test of the project's own takes the exam
    if plan := config.stash.get(PLAN, None):
        cells = collect.cells(plan, test)
        metafunc.parametrize(CELL, cells, ids=[plan.id(cell) for cell in cells], scope="session")
    else:
        unasked = pytest.param(None, marks=pytest.mark.skip(reason=collect.UNASKED), id="unasked")
        metafunc.parametrize(CELL, [unasked], scope="session")


def pytest_itemcollected(item: pytest.Item) -> None:
    """A test of the project's own that takes the exam belongs to it."""
    if CELL in getattr(item, "fixturenames", ()):
        item.add_marker(collect.MARK)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What says nothing of a suite is left out; what trains systems again waits for ``--full`` or its marker."""
    if PLAN not in config.stash:
        return
    waits = not (config.option.full or "slow" in config.option.markexpr)
    left_out = [item for item in items if not collect.says_something(item) or (waits and _is_slow(item))]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


def _is_slow(item: pytest.Item) -> bool:
    return bool(item.get_closest_marker("domain") and item.get_closest_marker("slow"))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Note which systems are timed, as they are timed in turn: those that no option, `-k` or `-m` leaves out."""
    session.config.stash[NOTHING] = not session.items
    if plan := session.config.stash.get(PLAN, None):
        session.config.stash[ENDING].asked[:] = [item.nodeid for item in session.items]
        items = [item for item in session.items if isinstance(item, pytest.Function) and item.get_closest_marker("latency")]
        cells: list[Any] = [item.callspec.params[CELL] for item in items if CELL in item.fixturenames]
        plan.timed[:] = cells


@pytest.fixture(scope="session")
def proctor_evaluation(proctor_cell: ExamCell, pytestconfig: pytest.Config) -> Iterator[EvalContext]:
    """What the axes of one cell share: its answers are kept with the run once it was asked, now or before."""
    plan = pytestconfig.stash[PLAN]
    asked = plan.evaluation(proctor_cell)
    yield asked
    plan.keep_answers(proctor_cell, asked)


@pytest.fixture
def exam(proctor_evaluation: EvalContext, request: pytest.FixtureRequest) -> Exam:
    """One candidate before one suite: ``exam.run(AXIS)`` scores, records and holds it against the suite's thresholds."""
    told: list[tuple[str, object]] = request.node.user_properties
    return request.config.stash[PLAN].exam(proctor_evaluation, lambda name, value: told.append((name, value)))


def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """With ``--dry-run`` nothing is run: the estimate is printed instead. Else a run folder must be one to write to."""
    plan = session.config.stash.get(PLAN, None)
    if plan and (session.config.option.dry_run or not collect.only_looks(session.config)):
        _check_libraries(session.config)
    if plan and session.config.option.dry_run:
        from proctor import dry_run

        sys.stdout.write(dry_run.estimate(plan, session.items))
        return True
    if plan and not collect.only_looks(session.config):
        from proctor import ready  # it loads numpy, which nobody needs who only collects

        try:
            ready.check(plan.store, plan.cache, plan.site, plan.saving, plan.base_facts)
            ready.stores(_selected(session.config)[1], plan.cache)
        except InputError as error:
            raise _usage_error(str(error)) from error
    return None


def _check_libraries(config: pytest.Config) -> None:
    """Refuse to begin where something that was selected needs a library that is not installed."""
    from proctor import ready  # it loads numpy, which nobody needs who only collects

    try:
        ready.libraries(*_selected(config))
    except InputError as error:
        raise _usage_error(str(error)) from error


def _selected(config: pytest.Config) -> tuple[list[str], list[System]]:
    """The axes and the systems of the tests that were selected."""
    plan, tests = config.stash[PLAN], list(map(collect.TEST.search, config.stash[ENDING].asked))
    cells = {test["cell"] for test in tests if test}
    systems = [cell.candidate.system for cell in plan.cells if plan.id(cell) in cells]
    return [test["axis"] for test in tests if test], systems


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What a user can mend, and a threshold that was missed, is said in words, without the way through Proctor's code."""
    report = yield
    plan = item.config.stash.get(PLAN, None)
    if plan:
        from proctor import reporting

        error = call.excinfo.value if call.excinfo and CELL in getattr(item, "fixturenames", ()) else None
        reporting.shorten(report, error, plan)
    return report


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """What needs the same candidate goes to one worker, which then makes it once."""
    from proctor.scheduling import ByCandidate

    return ByCandidate(config, log) if PLAN in config.stash else None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any, ids: Sequence[str]) -> None:
    """The workers of `-n` collect the same tests, and this process none."""
    if ENDING in node.config.stash:
        node.config.stash[ENDING].asked[:] = ids
        _check_libraries(node.config)


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """From now on what is stopped has an end of its own, where the page is written."""
    if ENDING in session.config.stash:
        session.config.stash[ENDING].stopping.phase = "at work"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Not another test where a library caught the exception that was to stop the one before."""
    if ENDING in item.config.stash:
        item.config.stash[ENDING].stopping.check()


@pytest.hookimpl(tryfirst=True)
def pytest_keyboard_interrupt(excinfo: pytest.ExceptionInfo[BaseException]) -> None:
    """Say at once that Ctrl-C was heard: what was measured is published before the end."""
    from proctor.core.stopping import Stopped

    if isinstance(excinfo.value, Stopped):
        _keep_what_pytest_can_show(excinfo)
        logging.getLogger("proctor").warning("stopping (%s); once more to stop at once", str(excinfo.value).removeprefix("by "))


def _keep_what_pytest_can_show(excinfo: pytest.ExceptionInfo[BaseException]) -> None:
    """A signal may come at an instruction that belongs to no line (Python 3.11 makes such): pytest fails to show its place."""
    excinfo.value.__context__ = None  # what was being handled just then is no cause, and may have such places, too
    places = zip(excinfo.traceback, traceback.walk_tb(excinfo.tb), strict=True)
    excinfo.traceback = type(excinfo.traceback)(entry for entry, (_, line) in places if line is not None)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    """After all is said: end with what tells that the run was stopped, or not published, saved or compared as asked."""
    ending = session.config.stash.get(ENDING, None)
    if ending:
        ending.stopping.phase = "finishing"
    yield
    if ending:
        session.exitstatus = ending.code(session.exitstatus)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """After the exam: publish the page, print the table, and say where the page is. Without it: say how it is taken."""
    if config.stash.get(NOTHING, False) and (said := collect.meant(config)):
        terminalreporter.write_line(said, yellow=True)
    if ENDING in config.stash and not collect.only_looks(config):
        config.stash[ENDING].tell(terminalreporter)
    elif PASSED_OVER in config.stash:
        names = ", ".join(folder.name for folder in config.stash[PASSED_OVER])
        terminalreporter.write_line(f"not examined: {names} (pytest -m domain does it)")
    elif config.stash.get(NOTHING, False) and config.option.markexpr == collect.MARK:
        terminalreporter.write_line(collect.NO_SUITE)
