"""A system of a run, built once more: from what the run says that it was made of, and from the cache where it is kept."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from proctor import collect, options
from proctor.core import workspace
from proctor.core.reading.problems import near
from proctor.core.schema import NO_BASE, InputError, Suite, row
from proctor.core.storage.cache import Cache
from proctor.leaderboard.runs.store import Run
from proctor.models import runtime, systems
from proctor.models.base import base as base_models
from proctor.models.candidates import kinds
from proctor.models.candidates.kinds import Examined
from proctor.models.candidates.local import LocalCandidate
from proctor.plan import setup_of
from proctor.suites.loading import load as load_suite

NO_RUN = "-"
"""Stands for a run where there is none: what the project's settings name."""


@dataclass(frozen=True)
class Wanted:
    """Which system, and what else a command line says of it."""

    system: str
    suite: str = ""
    """Name of a suite of the run, or the path of its folder; only needed where there are several, or where it was moved."""
    base_model: str = ""
    """Likewise."""
    seed: int | None = None
    systems: str = ""
    """The table of systems, where it is not the run's."""
    device: str = ""
    trust_remote_code: bool = False
    allow_outside_files: bool = False


@dataclass(frozen=True)
class Rebuilt:
    """A system ready to answer. Nothing is trained or indexed before it is needed."""

    suite: Suite
    candidate: Examined
    base_name: str = ""
    """The base model's folder or its name on the hub, as it was given; empty where there is none."""
    run: Run | None = None
    """The run that examined it, if it is from one."""

    @property
    def built(self) -> LocalCandidate:
        """The system as one that Proctor built.

        Raises:
            InputError: it did not.
        """
        if isinstance(self.candidate, LocalCandidate):
            return self.candidate
        one = self.candidate
        raise InputError(f"system {one.name} is built elsewhere ({one.system.kind}): Proctor has no weights of it to export")

    @property
    def place(self) -> str:
        """What the run's provenance calls it in its table ``made``."""
        one = self.candidate
        return f"{row(self.suite.name, one.base_model, one.name)}/{one.seed}"

    @property
    def examined(self) -> Mapping[str, Any]:
        """What the run says of how it was made; empty where it says nothing."""
        return said_of(self.run, "made", self.place) if self.run else {}

    @cached_property
    def differences(self) -> list[str]:
        """Why it may answer otherwise than it did in the run: empty if it is the same system."""
        if self.run is None or self.examined.get("version") == self.candidate.version:
            return []
        before = said_of(self.run, "suites", self.suite.name).get("version")
        named = (
            "the suite was changed since"
            if before not in (None, self.suite.version)
            else "code, libraries, settings or device differ"
        )
        return [f"this is not quite the system that the run examined: {named}"]

    @property
    def same_weights(self) -> bool:
        """Whether its weights are those that the run examined."""
        training = self.examined.get("training")
        known = training.get("weights") if isinstance(training, dict) else None
        return known == self.built.weights_version if known else not self.differences

    def __str__(self) -> str:
        """What it is, for people."""
        one = self.candidate
        if one.system.external:
            return f"{one.name} on {self.suite.name}, {one.system.kind}{f', repeat {one.seed}' if one.seed else ''}"
        seed = f", seed {one.seed}" if one.system.trains else ""
        return f"{one.name} on {self.suite.name}, base model {one.base_model}{seed}"


def said_of(run: Run, table: str, name: str) -> Mapping[str, Any]:
    """What the run's provenance has in a table under a name; nothing where it has none."""
    found = run.provenance.get(table)
    one = found.get(name) if isinstance(found, dict) else None
    return one if isinstance(one, dict) else {}


def of_run(run: Run, wanted: Wanted) -> Rebuilt:
    """A system that a run examined.

    Raises:
        InputError: the run has no such system, or it is not said which of several is meant; or its suite or base model is
            not where it was, which ``suite`` and ``base_model`` can put right.
    """
    told = _told(run)
    there = _places(run, wanted.system)
    suite = _suite([place[0] for place in there], wanted, told)
    tables = [wanted.systems, *(option.systems for option in told)]
    system = _system(wanted.system, tables)
    _check_code(system, tables, wanted)
    base, name = (None, "") if {place[1] for place in there} == {NO_BASE} else _base(_versions(run, there), wanted, told)
    label = base.label if base else NO_BASE
    seed = _seed([place[3] for place in there if place[:2] == (suite.name, label)], wanted, f"{suite.name} with {label}")
    device = next(filter(None, [wanted.device, *(option.device for option in told)]), options.DEFAULTS["device"])
    return Rebuilt(suite, _candidate(suite, system, base, seed, str(device)), name, run)


def _check_code(system: systems.System, tables: Sequence[str], wanted: Wanted) -> None:
    """InputError where a run alone names a table with code in it: a run may come from anybody."""
    settled = argparse.Namespace(**dict.fromkeys(options.SHAPING))
    options.settle(settled, workspace.current())
    if system.callable and not wanted.systems and not settled.systems:
        table = next(filter(None, tables), "")
        raise InputError(
            f"system {system.name} is code, {system.callable}, which only the run names; add --systems {table} to say "
            "that it may run"
        )


def _versions(run: Run, there: Sequence[tuple[str, str, str, int]]) -> dict[str, str]:
    """Version -> label of the base models that the run has the system on."""
    return {str(said_of(run, "base_models", label).get("version")): label for label in (place[1] for place in there)}


def of_project(wanted: Wanted) -> Rebuilt:
    """A system of the project's settings, without a run: one that need not have been examined yet.

    Raises:
        InputError: it is not said which of several suites or base models is meant, or something cannot be found.
    """
    option = argparse.Namespace(**dict.fromkeys(options.SHAPING))
    option.suite, option.base_model = [wanted.suite] * bool(wanted.suite), [wanted.base_model] * bool(wanted.base_model)
    option.systems, option.device = wanted.systems or None, wanted.device or None
    options.settle(option, workspace.current())
    name = _one("--suite", option.suite or _there())
    suite, system = _loaded(name, wanted), _system(wanted.system, [option.systems])
    needed = [] if system.external else [str(base_models.EMBEDDED)]
    base_name = _one("--base-model", option.base_model or needed) if option.base_model or needed else ""
    base = base_models.find(base_name, _cache(), trust_remote_code=wanted.trust_remote_code) if base_name else None
    return Rebuilt(suite, _candidate(suite, system, base, wanted.seed or 0, option.device), base_name)


def _candidate(suite: Suite, system: systems.System, base: base_models.BaseModel | None, seed: int, device: str) -> Examined:
    place = runtime.Runtime(_cache(), runtime.pick_device(device))
    return kinds.candidate(system, base, setup_of(suite, base, place, workspace.current().root), seed)


def _cache() -> Cache:
    return Cache(workspace.current().cache)


def _told(run: Run) -> list[argparse.Namespace]:
    """What the commands that took the run say of what is examined, the last first."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    for option in ("--suite", "--base-model"):
        parser.add_argument(option, action="append", default=[])
    for option in ("--systems", "--device"):
        parser.add_argument(option, default="")
    lines = str(run.provenance.get("command") or "").splitlines() or [""]
    try:
        return [parser.parse_known_args(shlex.split(line))[0] for line in reversed(lines)]
    except (ValueError, argparse.ArgumentError) as error:
        raise InputError(f"{run.folder}: the command in its provenance cannot be read ({error}); name another run") from error


def _places(run: Run, system: str) -> list[tuple[str, str, str, int]]:
    """Where the run has the system: suite, base model, system and seed."""
    there = sorted({cell[:4] for cell in run.records.counts()})
    names = list(dict.fromkeys(place[2] for place in there))
    if system not in names:
        meant = near(system, names)
        hint = f"; did you mean {meant}?" if meant else ""
        raise InputError(f"--system {system}: the run has no such system{hint} (it has {', '.join(names) or 'none'})")
    return [place for place in there if place[2] == system]


def _one(option: str, names: Iterable[str]) -> str:
    """The only one of several names that are perhaps the same."""
    different = list(dict.fromkeys(names))
    if len(different) > 1:
        raise InputError(f"which one is meant? Add {option} with one of {', '.join(different)}")
    return different[0]


def _there() -> list[str]:
    """The suites that a command may mean which names none: those of the project, and those that come with Proctor."""
    return [*map(str, collect.below(workspace.current().root)), *load_suite.names()]


def _loaded(name_or_path: str, wanted: Wanted) -> Suite:
    """A suite whose general tasks are not run here, so that nobody need trust them."""
    return load_suite.load(name_or_path, trust=True, outside=wanted.allow_outside_files)


def _suite(names: Sequence[str], wanted: Wanted, told: Sequence[argparse.Namespace]) -> Suite:
    """The suite that is meant: named, or at a path."""
    if wanted.suite and wanted.suite not in names:
        found = _loaded(wanted.suite, wanted)
        if found.name not in names:
            raise InputError(
                f"--suite {wanted.suite}: its name is {found.name}, and the run is of {', '.join(dict.fromkeys(names))}"
            )
        return found
    name = wanted.suite or _one("--suite", names)
    known = dict.fromkeys(path for option in told for path in (option.suite or _there()))
    problems = []
    for path in sorted(known, key=lambda path: Path(path).name != name):
        try:
            if (found := _loaded(path, wanted)).name == name:
                return found
        except InputError as error:
            problems.append(str(error))
    why = "\n".join(problems) or f"its commands name {', '.join(known)}"
    raise InputError(f"the run's suite {name} is not where it was; name its folder with --suite. {why}")


def _base(versions: Mapping[str, str], wanted: Wanted, told: Sequence[argparse.Namespace]) -> tuple[base_models.BaseModel, str]:
    """The base model that is meant, under its label in the run, and the name that it was found by; ``versions`` -> labels."""
    labels = list(versions.values())
    given = wanted.base_model if wanted.base_model not in labels else ""
    label = "" if given else wanted.base_model or _one("--base-model", labels)
    versions = {version: one for version, one in versions.items() if label in ("", one)}
    commands = (name for option in told for name in (option.base_model or [str(base_models.EMBEDDED)]))
    problems = []
    for name in [given] if given else dict.fromkeys(commands):
        try:
            found = base_models.find(name, _cache(), trust_remote_code=wanted.trust_remote_code)
        except InputError as error:
            problems.append(str(error))
            continue
        if found.version in versions:
            return replace(found, label=versions[found.version]), name
        problems.append(f"{name} is another model, or was changed since")
    meant = label or " or ".join(dict.fromkeys(labels))
    raise InputError("\n".join([f"the run's base model {meant} is not where it was; name it with --base-model", *problems]))


def _seed(seeds: Sequence[int], wanted: Wanted, where: str) -> int:
    """The seed that is meant: the first, unless one is named."""
    if not seeds:
        raise InputError(f"the run did not examine {wanted.system} on {where}")
    if wanted.seed is not None and wanted.seed not in seeds:
        raise InputError(f"--seed {wanted.seed}: of {wanted.system} the run has {', '.join(map(str, seeds))}")
    return seeds[0] if wanted.seed is None else wanted.seed


def _system(name: str, tables: Iterable[str | None]) -> systems.System:
    """The system of the first table that is named, or of the one that comes with Proctor."""
    named = next(filter(None, tables), None)
    table = Path(named) if named else systems.TABLE
    found = systems.choose(systems.load(table), [name])
    systems.check_variables(table, found)
    return found[0]
