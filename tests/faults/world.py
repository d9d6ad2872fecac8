"""What a fault is done to: a run, its cache, its page and its saved copy, and commands that read and write them."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
SECONDS = 120
"""Until a command counts as hanging."""


@dataclass(frozen=True)
class World:
    """Where everything is. Each is a folder of its own, so that each can be spoilt alone."""

    run: Path
    cache: Path
    site: Path
    saved: Path
    """A file, in the folder that is spoilt."""
    work: Path

    @classmethod
    def under(cls, folder: Path) -> World:
        """All of it in one folder."""
        return cls(folder / "run", folder / "cache", folder / "site", folder / "saved" / "run.json", folder / "work")


class Ended(NamedTuple):
    """How a command ended; 124 for one that hung."""

    code: int
    said: str
    hung: bool = False


def exam(world: World) -> list[str]:
    """Words of an exam that takes seconds, and less once it was taken."""
    asked = ["--suite", "instruments", "--system", "base", "--system", "rag", "--limit", "4", "-k", "accuracy or retrieval"]
    where = ["--run-dir", str(world.run), "--site", str(world.site), f"--eval-save={world.saved}"]
    return ["-c", str(ROOT / "pyproject.toml"), "-p", "no:cacheprovider", "-q", "-m", "domain", "--device", "cpu", *asked, *where]


def make(folder: Path) -> World:
    """A world in which all went well."""
    world = World.under(folder)
    world.saved.parent.mkdir(parents=True)
    world.work.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *exam(world)],
        cwd=ROOT,
        env={**os.environ, "PROCTOR_CACHE": str(world.cache)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    return world


@contextmanager
def copied(world: World, folder: Path) -> Iterator[World]:
    """Another world of the same kind, which may be spoilt."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(world.run.parent, folder)
    try:
        yield World.under(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def forked(do: Callable[[], int], environment: Mapping[str, str], limits: Callable[[], object], output: Path) -> Ended:
    """Run something in a process of its own that has all modules already, so that a hundred take no more than some minutes."""
    child = os.fork()
    if child == 0:
        code = 99
        with suppress(BaseException):
            code = _alone(do, environment, limits, output)
        os._exit(code)
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return Ended(os.waitstatus_to_exitcode(status), output.read_text(errors="replace"))
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return Ended(124, output.read_text(errors="replace"), hung=True)


def _alone(do: Callable[[], int], environment: Mapping[str, str], limits: Callable[[], object], output: Path) -> int:
    file = os.open(output, os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
    for number in (1, 2):
        os.dup2(file, number)
    sys.stdout, sys.stderr = (os.fdopen(os.dup(number), "w", buffering=1) for number in (1, 2))
    os.environ.update(environment)
    os.chdir(ROOT)
    try:
        limits()
        code = do()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:  # noqa: BLE001 # as an interpreter ends
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def small_files(size: int) -> None:
    """Have this process write no file of more than so many bytes, as a disk with a quota does."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def as_anybody() -> None:
    """Have root keep to the permissions of files, as everybody else does."""
    import ctypes

    class Header(ctypes.Structure):
        _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))

    class Sets(ctypes.Structure):
        _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))

    libc, header, sets = ctypes.CDLL(None, use_errno=True), Header(0x20080522, 0), (Sets * 2)()
    libc.capget(ctypes.byref(header), ctypes.byref(sets))
    for capability in (1, 2, 3):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER
        sets[0].effective &= ~(1 << capability)
    libc.capset(ctypes.byref(header), ctypes.byref(sets))
