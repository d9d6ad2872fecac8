"""Storage that fails in every place that is written: full, read-only, in the way, torn, removed.

Every fault is done to a fresh copy of a run, its cache, its page and its saved copy, and a real command then meets it. It should
end with 3 or 4 and one sentence that names the place and a remedy, before any work where that can be known; or with 0 where it
can go on as if nothing had been. Full and read-only disks are small file systems of their own, which need root.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from proctor.core.storage import errors, temporary
from tests.faults.world import World, as_anybody, copied, exam, forked, make, small_files

REMEDIES = ("choose another", "name another", "names its own", "name a ", "run .* again", "delete", "save .* ")
REMEDY = re.compile("|".join([*map(re.escape, errors.REMEDIES.values()), *REMEDIES]))
TRACE = re.compile(r"Traceback \(most recent|INTERNALERROR|^E  +\w|Exception ignored", re.MULTILINE)
MOUNT, UMOUNT = shutil.which("mount") or "", shutil.which("umount") or ""
PLACES = ("run", "cache", "site", "saved")


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong while one command runs."""

    command: str
    place: str
    way: str
    fatal: bool = True
    """Whether the command cannot do what it should; else it must end as if nothing had been."""
    early: bool = False
    """Whether an exam can know it before any test."""


@dataclass(frozen=True)
class Outcome:
    """What came of one."""

    fault: Fault
    code: int
    said: str
    path: Path
    left: int
    """Temporary files that are left afterwards."""

    @property
    def problems(self) -> list[str]:
        """What should not be."""
        fatal, found = self.fault.fatal, []
        if TRACE.search(self.said):
            found.append("traceback")
        if fatal and self.code == 0:
            found.append("wrong ok")
        if fatal and self.code not in (0, 3, 4) and not (self.code == 1 and self.fault.way in WHILE):
            found.append("another code")
        if not fatal and self.code != 0:
            found.append("refused")
        if fatal and not any(str(path) in self.said for path in (self.path, *list(self.path.parents)[:1])):
            found.append("no file")
        if fatal and not REMEDY.search(self.said):
            found.append("no remedy")
        if self.fault.early and " passed" in self.said:
            found.append("late")
        return found + (["temporary files"] if self.left else [])


# Ways in which a place is spoilt: each is given the place and returns where it is from then on.


def mounted(place: Path, stack: ExitStack, room: int, *, read_only: bool = False) -> Path:
    """The place as a file system of its own, with so many bytes free."""
    held = sum(-(-path.stat().st_size // 4096) * 4096 + 4096 for path in [place, *place.rglob("*")] if path.exists())
    aside = place.with_name(f"{place.name}-aside")
    place.rename(aside)
    place.mkdir()
    size = held + 2**20
    subprocess.run([MOUNT, "-t", "tmpfs", "-o", f"size={size},mode=755", "none", str(place)], check=True, timeout=60)
    stack.callback(subprocess.run, [UMOUNT, "--lazy", str(place)], check=False)
    shutil.copytree(aside, place, dirs_exist_ok=True)
    filler = place / ".filler"
    with filler.open("wb", buffering=0) as file:
        free = os.statvfs(place)
        file.write(bytes(max(0, free.f_bavail * free.f_frsize - room)))
    if read_only:
        subprocess.run([MOUNT, "-o", "remount,ro", str(place)], check=True, timeout=60)
    return place


def no_permission(place: Path, _: ExitStack) -> Path:
    for path in [place, *place.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    return place


def file_in_place(place: Path, _: ExitStack) -> Path:
    shutil.rmtree(place)
    place.write_text("something else")
    return place


def file_above(place: Path, _: ExitStack) -> Path:
    (place.parent / "note.txt").write_text("something else")
    return place.parent / "note.txt" / place.name


def too_long(place: Path, _: ExitStack) -> Path:
    return place.parent / "new" / ("n" * 300)


def circle(place: Path, _: ExitStack) -> Path:
    (place.parent / "circle").symlink_to(place.parent / "circle")
    return place.parent / "circle"


def no_parent(place: Path, _: ExitStack) -> Path:
    return place.parent / "not" / "yet" / place.name


def leftovers(place: Path, _: ExitStack) -> Path:
    """As a killed process leaves them: a lock, and files that were being written."""
    name = temporary.beside(place / "file").name.split("-")
    dead = "-".join([*name[:-2], str(int(name[-2]) - 1000), name[-1]])
    for folder in [place, *(path for path in place.rglob("*") if path.is_dir())]:
        if place in (folder, folder.parent):
            (folder / dead).write_text("half of")
    (place / ".lock").write_text("")
    return place


WAYS: dict[str, Callable[[Path, ExitStack], Path]] = {
    "full": partial(mounted, room=0),
    "full soon": partial(mounted, room=2**21),
    **{f"{room} kB left": partial(mounted, room=room * 1024) for room in (40, 160, 320)},
    "read-only": partial(mounted, room=2**20, read_only=True),
    "no permission": no_permission,
    "small files": lambda place, _: place,
    "a file in its place": file_in_place,
    "a file above it": file_above,
    "a name too long": too_long,
    "a circle of links": circle,
    "no parent": no_parent,
    "leftovers": leftovers,
    "removed": lambda place, _: place,
}
LIMITS: dict[str, Callable[[], object]] = {"no permission": as_anybody, "small files": partial(small_files, 4096)}
WHILE = ("removed", "full soon")
"""Ways that come while an exam is at work, where it can only say so."""
TORN: dict[str, tuple[str, Callable[[Path], object]]] = {
    "torn provenance": ("provenance.json", lambda path: path.write_bytes(path.read_bytes()[:-40])),
    "empty provenance": ("provenance.json", lambda path: path.write_bytes(b"")),
    "a folder as provenance": ("provenance.json", lambda path: (path.unlink(), path.mkdir())),
    "a torn record": ("records.jsonl", lambda path: path.write_bytes(path.read_bytes().replace(b'"seed"', b'"se', 1))),
    "a folder as records": ("records.jsonl", lambda path: (path.unlink(), path.mkdir())),
    "a torn saved run": ("run.json", lambda path: path.write_bytes(path.read_bytes()[:-40])),
    "a folder as saved run": ("run.json", lambda path: (path.unlink(), path.mkdir())),
    "a folder as page": ("index.html", lambda path: (path.unlink(), path.mkdir())),
    "another's page": ("index.html", lambda path: path.write_text("<title>Ours</title>")),
    "a file as plots": ("plots", lambda path: (shutil.rmtree(path), path.write_text(""))),
}
"""Damage to one file of a place."""


def _torn_manifests(cache: Path) -> None:
    for path in cache.rglob("entry.json"):
        path.write_text("{torn")


# Commands, each with what it is told in a world.


def _exam(world: World) -> int:
    import pytest

    return int(pytest.main(exam(world)))


def _main(*words: object) -> int:
    from proctor.cli import main

    return main([str(word) for word in words])


def _trained(world: World) -> int:
    """Train a small model, as a fixture of an exam would."""
    from proctor.core.command_line import ended
    from proctor.core.schema import Document, Domain, Example
    from proctor.core.storage.cache import Cache
    from proctor.models.base.base import find
    from proctor.models.runtime import Runtime
    from proctor.models.systems import System
    from proctor.models.training.weights import Weights

    cache = Cache(world.cache)
    domain = Domain(
        (Document("a", "The Kelvo is covered for 2 years."),), (Example("Cover of the Kelvo?", "2 years", ("a",)),) * 8
    )
    system = System("full_ft", adapt="full", epochs=2, batch_size=4)
    base = find(str(world.work / "model"), cache)
    return ended(lambda: Weights(system, base, domain, Runtime(cache)).folder() and None)


COMMANDS: dict[str, Callable[[World], int]] = {
    "exam": _exam,
    "publish": lambda world: _main("publish", world.run, "--to", world.site, "--history", world.saved.parent),
    "show": lambda world: _main("show", world.run),
    "claims": lambda world: _main("claims", world.run),
    "advise": lambda world: _main("advise", world.run),
    "compare": lambda world: _main("compare", world.saved, world.run),
    "gate": lambda world: _main("gate", world.saved, world.run, "--seeds", world.saved, "--to", world.work / "report.md"),
    "ci": lambda world: _main("ci", "--base", "HEAD", "--work", world.work),
    "train": _trained,
}


def faults() -> list[Fault]:
    """All of them."""
    ways = [way for way in WAYS if way not in ("no parent", "leftovers", *WHILE) and not way.endswith("left")]
    found = [
        Fault("exam", place, way, early=True) for place in PLACES for way in ways if (place, way) != ("saved", "small files")
    ]
    found += [Fault("exam", place, "no parent", fatal=False) for place in PLACES[1:]]
    found += [Fault("exam", place, "leftovers", fatal=False) for place in PLACES]
    found += [Fault("exam", place, "removed", fatal=place == "run") for place in ("run", "cache", "site")]
    found += [Fault("exam", place, "full soon") for place in ("run", "site")]
    found += [Fault("exam", "run", way, early=True) for way in ("a folder as provenance", "a folder as records")]
    found += [Fault("exam", "site", way, early=True) for way in ("a folder as page", "another's page", "a file as plots")]
    found += [Fault("exam", "saved", way, early=True) for way in ("a torn saved run", "a folder as saved run")]
    found += [Fault("exam", "cache", "torn manifests", fatal=False)]
    found += [Fault("publish", "site", way) for way in (*ways, "a folder as page")]
    found += [Fault("publish", "site", way, fatal=False) for way in ("no parent", "leftovers")]
    torn = ("torn provenance", "empty provenance", "a folder as provenance", "a torn record", "a folder as records")
    gone = ("a file in its place", "a file above it", "a name too long", "a circle of links", "no parent")
    for command in ("publish", "show", "claims", "advise", "compare", "gate"):
        found += [Fault(command, "run", way) for way in (*torn[:: 1 if command in ("publish", "gate") else 2], *gone[::2])]
    for command in ("compare", "gate"):
        found += [Fault(command, "saved", way) for way in ("a torn saved run", "a folder as saved run", *gone)]
    found += [Fault("show", "run", way, fatal=False) for way in ("read-only", "full")]
    found += [Fault("gate", "work", way) for way in ("full", "read-only", "no permission", *gone[:3])]
    found += [Fault("ci", "work", way) for way in ("read-only", "no permission", *gone[:4])]
    return found + [Fault("train", "cache", way) for way in WAYS if way.endswith("left") or way in ways[:4]]


def happens(fault: Fault, world: World) -> Outcome:
    """Do it to a world, which is spoilt by it."""
    with ExitStack() as stack:
        path = _spoil(fault, world, stack)
        place = world.saved if fault.place == "saved" and fault.way not in WAYS else path
        changed: Any = {fault.place: path / world.saved.name if fault.place == "saved" else path}
        world = replace(world, **changed)
        command = partial(COMMANDS[fault.command], world)
        if fault.way in WHILE:
            command = partial(_meanwhile, command, partial(_remove if fault.way == "removed" else _fill, path))
        output = world.run.parent.parent / "output.txt" if fault.place != "run" else world.cache.parent.parent / "output.txt"
        ended = forked(command, {"PROCTOR_CACHE": str(world.cache)}, LIMITS.get(fault.way, lambda: None), output)
        left = sum(temporary.is_temporary(name) for _, _, names in os.walk(path) for name in names)
    return Outcome(fault, ended.code, ended.said, place, left)


def _spoil(fault: Fault, world: World, stack: ExitStack) -> Path:
    """Where the place is from then on."""
    place = world.saved.parent if fault.place == "saved" else getattr(world, fault.place)
    if fault.command == "train":
        from tests import tiny

        tiny.causal_lm(world.work / "model")
    if fault.place == "site" and fault.way in WAYS and (fault.command == "publish" or fault.way in WHILE):
        (place / "index.html").unlink()  # else there is nothing to write
    if fault.way == "torn manifests":
        _torn_manifests(place)
        return place
    if fault.way in TORN:
        name, damage = TORN[fault.way]
        damage(place / name)
        return place
    return WAYS[fault.way](place, stack)


def _remove(place: Path) -> None:
    shutil.rmtree(place, ignore_errors=True)


def _fill(place: Path) -> None:
    with suppress(OSError), (place / ".more").open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


def _meanwhile(command: Callable[[], int], do: Callable[[], object]) -> int:
    """The command, and what is done before the second test of its exam."""
    from proctor.evals.exam import Exam

    take, calls = Exam.run, count()

    def taking(self: Exam, axis: Any) -> Any:
        if next(calls) == 1:
            do()
        return take(self, axis)

    Exam.run = taking  # type: ignore[method-assign]
    return command()


def results(chosen: Sequence[Fault]) -> Iterator[Outcome]:
    """What came of each of these."""
    with tempfile.TemporaryDirectory() as folder:
        world = make(Path(folder) / "world")
        _load_all()
        for fault in chosen:
            if fault.way.startswith(("full", "read-only")) and not can_mount():
                continue
            with copied(world, Path(folder) / "copy") as copy:
                yield happens(fault, copy)


@contextmanager
def _mount() -> Iterator[bool]:
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([MOUNT, "-t", "tmpfs", "none", folder], capture_output=True, check=False, timeout=60)
        yield done.returncode == 0
        if done.returncode == 0:
            subprocess.run([UMOUNT, "--lazy", folder], check=False, timeout=60)


def can_mount() -> bool:
    """Whether disks of any size can be had here."""
    if os.getuid() or not MOUNT:
        return False
    with _mount() as done:
        return done


def _load_all() -> None:
    """Load what the commands need, once for all processes that are forked."""
    from proctor import ready  # noqa: F401


def run(seed: int, count: int = 0) -> Iterator[str]:
    """The lines of a table: a row for each command and place, and what should not be, one by one."""
    del seed
    rows: dict[tuple[str, str], list[Outcome]] = {}
    bad: list[Outcome] = []
    for outcome in results(faults()[: count or None]):
        rows.setdefault((outcome.fault.command, outcome.fault.place), []).append(outcome)
        bad += [outcome] if outcome.problems else []
    kinds = ("traceback", "wrong ok", "another code", "refused", "late", "no file", "no remedy", "temporary files")
    yield f"| command | place | faults | as it should be | {' | '.join(kinds)} |"
    yield "|" + "---|" * (len(kinds) + 4)
    for (command, place), found in [*rows.items(), (("all", ""), [one for each in rows.values() for one in each])]:
        counts = [sum(kind in outcome.problems for outcome in found) for kind in kinds]
        good = sum(not outcome.problems for outcome in found)
        yield f"| {command} | {place} | {len(found)} | {good} | {' | '.join(map(str, counts))} |"
    for outcome in bad:
        fault = outcome.fault
        last = [line for line in outcome.said.splitlines() if line.strip()][-3:]
        yield f"- {fault.command}, {fault.place}, {fault.way}: {outcome.code}, {', '.join(outcome.problems)}: {' / '.join(last)}"
