"""The exam taken in this process, without pytest: every axis that is asked for, of every cell of a plan."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any, TypeVar

from proctor import options
from proctor.core import environment, workspace
from proctor.core.counts import counted
from proctor.core.reading.problems import closest
from proctor.core.reading.ranges import COUNT, SEEDS
from proctor.core.redaction import redact, start
from proctor.core.schema import InputError
from proctor.evals import own
from proctor.evals.axes.catalogue import AXES, marker
from proctor.evals.exam import Axis
from proctor.leaderboard.runs.store import RECORDS
from proctor.plan import ExamCell, Plan
from proctor.provenance import provenance_of
from proctor.suites.loading.load import names

log = logging.getLogger("proctor")
Done = TypeVar("Done")
TIMED = "latency"
"""The axis whose systems are timed in turn."""
TABLE = "systems_table"
"""What the option ``--systems`` is called here, where ``systems`` are their names."""
LISTS = ("suite", "system", "base_model")
RANGES = {"seeds": SEEDS, "repeats": SEEDS, "limit": COUNT}


def plan(axes: Sequence[str], cache: str | os.PathLike[str] | None = None, **asked: Any) -> Plan:
    """What is to be examined, in the project of the current folder: as the options of pytest of these names would have it.

    What is left out or None is as the project's settings say. ``cache``: the folder for what is expensive, if not the project's.

    Raises:
        InputError: an axis or option is unknown, or a number outside of its range; or no suite is named.
    """
    environment.quiet()
    environment.patient()
    start(sys.argv, os.environ)
    own.load(workspace.current())
    chosen(axes, full=True)  # refuses a name that is none
    option = _option(axes, **asked)
    found = Plan(option, workspace.root_of(Path.cwd()), kept_in=None if cache is None else Path(cache))
    options.settle(option, found.ours)
    if not option.suite:
        raise InputError(f"suite: name one: a folder with a suite.toml, or one that comes with Proctor ({', '.join(names())})")
    return found


def _option(axes: Sequence[str], **asked: Any) -> argparse.Namespace:
    known = {*options.SHAPING, "run_dir", "refresh"} - {"systems"}
    for name in asked.keys() - known - {TABLE}:
        raise InputError(f"{name}: no such option; {closest(name, [*known, TABLE])}")
    for name, allowed in RANGES.items():
        if asked.get(name) is not None and (wrong := allowed.wrong(asked[name])):
            raise InputError(f"{name}: {wrong}")
    told: dict[str, Any] = dict.fromkeys((*options.SHAPING, "run_dir", "site", "eval_save", "eval_compare"))
    told |= {"refresh": False} | asked | {name: texts(asked.get(name)) for name in LISTS}
    told["systems"] = told.pop(TABLE, None)
    markers = " or ".join(dict.fromkeys(map(marker, axes)))
    return argparse.Namespace(**told, eval_compare_fail=[], keyword="", markexpr=f"domain and ({markers})" if axes else "domain")


def texts(given: Any) -> list[str]:
    """One name or path, or several of them, as a list of texts."""
    if given is None:
        return []
    return [os.fspath(one) for one in ([given] if isinstance(given, str | os.PathLike) else given)]


def chosen(names: Sequence[str], *, full: bool) -> Mapping[str, Axis]:
    """The named axes, or else all; without ``full`` those that train systems again wait to be named.

    Raises:
        InputError: there is no such axis.
    """
    return {name: AXES[name] for name in names or AXES if names or full or not AXES[name].slow}


def check(plan: Plan) -> None:
    """Look everything up before any work, so that a mistake costs a second and not an hour.

    Raises:
        InputError: something is not there or not right, or cannot be written to.
    """
    plan.look_up()
    plan.refresh()
    plan.store.check()
    plan.cache.check()
    from proctor import ready  # it loads numpy

    ready.reached((cell.candidate, plan.evaluation(cell).questions) for cell in plan.cells)


def take(plan: Plan, axes: Mapping[str, Axis], stopped: Event | None = None) -> tuple[str, ...]:
    """Examine every cell; returns what fell short: of thresholds, and what could not be measured.

    What is measured already is not measured again. However it ends, what was measured until then is kept. No axis is begun once
    ``stopped`` is set.

    Raises:
        KeyboardInterrupt: it was stopped.
    """
    plan.timed[:] = plan.cells if TIMED in axes else []
    for note in plan.notes:
        log.info("%s", note)
    outcomes: list[str] = []
    try:
        for cell in plan.cells:
            for outcome in _examined(plan, cell, axes.values()):
                outcomes.append(outcome)
                if stopped and stopped.is_set():
                    raise KeyboardInterrupt
    finally:
        asked = len(plan.cells) * len(axes)
        left = {"unfinished": f"{len(outcomes)} of {counted(asked, 'test')} were run"} if len(outcomes) < asked else {}
        if _measured(plan.run_folder):
            plan.store.set_provenance(provenance_of(plan) | left)
    return tuple(filter(None, outcomes))


def where_no_loop_runs(work: Callable[[Event], Done]) -> Done:
    """Do some work; in a thread of its own where this one runs an event loop, as a notebook's does, and libraries want their own.

    An interrupt of this thread sets the event that ``work`` is given, and waits until it has come to an end.
    """
    stopped = Event()
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return work(stopped)
    with ThreadPoolExecutor(1, "proctor") as thread:
        done = thread.submit(work, stopped)
        try:
            return done.result()
        except KeyboardInterrupt:
            stopped.set()
            raise


def _measured(folder: Path) -> bool:
    """Whether there is anything that a provenance could be of."""
    try:
        return (folder / RECORDS).stat().st_size > 0
    except OSError:
        return False


def _examined(plan: Plan, cell: ExamCell, axes: Iterable[Axis]) -> Iterator[str]:
    """Take each axis of one cell; what it fell short of, or nothing."""
    evaluation = plan.evaluation(cell)
    exam = plan.exam(evaluation, lambda _name, _value: None)
    for axis in axes:
        if axis.suits and not axis.suits(cell.suite):
            yield ""
            continue
        try:
            exam.run(axis)
        except (AssertionError, InputError) as error:
            log.warning("%s", failure := redact(str(error)))
            yield failure
        else:
            yield ""
    plan.keep_answers(cell, evaluation)
