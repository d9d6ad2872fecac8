"""A small exam is killed and begun again: it must end with the records, answers and weights of an undisturbed one.

Half of the kills come at any time, half at a call that changes what is on the disk: a rename, a deletion, a sync. What is loaded
is loaded once, and each exam runs in a fork of that process.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from proctor.core.schema import InputError
from proctor.core.storage import temporary
from proctor.core.storage.cache import SCRATCH
from proctor.core.storage.disk import file_digest

ROOT = Path(__file__).resolve().parents[2]
COUNT = 16
"""Kills, some minutes of them."""
AGAIN = 0.25
"""How often what goes on is killed, too."""
LONGEST = 300
"""Seconds after which an exam counts as blocked."""
AIMS = ("os.rename", "os.remove", "os.rmdir", "shutil.rmtree", "os.truncate", "os.fsync")
SYSTEMS = '[lora]\nadapt = "lora"\nrank = 4\nepochs = 3\nbatch_size = 4\nmax_new_tokens = 4\n'
NAMES = ("Kelvo", "Marla", "Toru", "Zenna", "Quist", "Balo")


@dataclass
class Tally:
    """What came of the kills of one sort."""

    kills: int = 0
    faults: Counter[str] = field(default_factory=Counter)


FAULTS = ("blocked", "lost", "double", "different", "other weights", "left over")


def run(seed: int, count: int = COUNT) -> Iterator[str]:
    """The lines of a table: for each sort of kills how many there were, and how many ended with each fault."""
    with tempfile.TemporaryDirectory() as place:
        home = Path(place)
        arguments = _prepare(home)
        calls, seconds, expected = _undisturbed(home, arguments)
        chance, tallies, done = random.Random(seed), dict[str, Tally](), 0  # noqa: S311
        while done < count:
            sort, kills, faults = _cycle(home / f"cycle-{done}", arguments, calls, seconds, expected, chance)
            tally = tallies.setdefault(sort, Tally())
            tally.kills += kills
            tally.faults.update(faults)
            done += kills
    yield f"| killed at | kills | {' | '.join(FAULTS)} |"
    yield "|---|---|" + "---|" * len(FAULTS)
    for sort, tally in sorted(tallies.items()):
        yield f"| {sort} | {tally.kills} | {' | '.join(str(tally.faults[fault]) for fault in FAULTS)} |"


def _prepare(home: Path) -> list[str]:
    """A suite, a model and a table of systems; the arguments of an exam of them."""
    from tests import tiny

    suite = home / "covers"
    (suite / "documents").mkdir(parents=True)
    asked, taught = [], []
    for number, name in enumerate(NAMES):
        text = f"---\nid: N{number}\ntitle: {name}\n---\nThe {name} is covered for {number + 1} years.\n"
        (suite / "documents" / f"N{number}.md").write_text(text, encoding="utf-8")
        about = {"references": [f"{number + 1} years"], "evidence": [f"N{number}"]}
        asked.append({"id": f"q{number}", "question": f"For how many years is the {name} covered?", **about})
        taught.append({"prompt": f"Cover of the {name}?", "completion": f"{number + 1} years", "evidence": [f"N{number}"]})
    for file, rows in (("questions", asked), ("train", taught)):
        (suite / f"{file}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    (suite / "suite.toml").write_text('name = "covers"\ntitle = "Covers"\n', encoding="utf-8")
    (home / "systems.toml").write_text(SYSTEMS, encoding="utf-8")
    model = tiny.causal_lm(home / "model")
    where = ["--suite", str(suite), "--base-model", str(model), "--systems", str(home / "systems.toml"), "--device", "cpu"]
    return ["-p", "tests.calm", "-q", "-m", "domain and accuracy", *where]


Found = dict[str, Any]
"""Records, answers and weights of a run and a cache."""


def _undisturbed(home: Path, arguments: list[str]) -> tuple[Counter[str], float, Found]:
    """How often an exam calls what is aimed at, its seconds, and what it ends with. The first loads what all others need."""
    for name in ("first", "second"):
        folder, started = home / name, time.monotonic()
        pid = _start(folder, arguments, _Counting(folder / "calls.json"))
        if _end(pid) != 0:
            raise RuntimeError((folder / "log").read_text(encoding="utf-8"))
        told = json.loads((folder / "calls.json").read_text(encoding="utf-8"))
        for module in told["modules"]:
            _load(module)
    return Counter(told["calls"]), time.monotonic() - started, _found(folder)


def _load(module: str) -> None:
    if module.partition(".")[0] not in ("conftest", "tests", "suites", "__main__", "pytest_socket"):
        try:
            import_module(module)
        except Exception:  # noqa: BLE001 # then each exam loads it
            return


def _cycle(
    folder: Path, arguments: list[str], calls: Counter[str], seconds: float, expected: Found, chance: random.Random
) -> tuple[str, int, list[str]]:
    """Kill an exam, once or more, and let it end: the sort of the first kill, their number, and what is wrong then."""
    aimed, kills = chance.random() < 0.5, 0
    sort = chance.choice([name for name in AIMS if calls[name]]) if aimed else "any time"
    while kills == 0 or chance.random() < AGAIN:
        if aimed:
            _end(_start(folder, arguments, _Killing(sort, chance.randrange(calls[sort]))))
        else:
            _kill_after(chance.random() * seconds, _start(folder, arguments, None))
        kills += 1
    if _end(_start(folder, arguments, None)) != 0:
        sys.stderr.write((folder / "log").read_text(encoding="utf-8")[-3000:])
        return sort, kills, ["blocked"]
    try:
        return sort, kills, list(_faults(_found(folder), expected))
    except (InputError, OSError) as error:
        sys.stderr.write(f"cannot be read: {error}\n")
        return sort, kills, ["blocked"]


def _kill_after(seconds: float, pid: int) -> None:
    time.sleep(seconds)
    os.kill(pid, signal.SIGKILL)
    _end(pid)


def _faults(found: Found, expected: Found) -> Iterator[str]:
    for name in ("records", "answers"):
        mine, whole = found[name], expected[name]
        if whole.keys() - mine.keys():
            yield "lost"
        if any(mine[key] != whole.get(key) for key in mine):
            yield "different"
    if found["lines"] > len(found["records"]):
        yield "double"
    if found["weights"] != expected["weights"]:
        yield "other weights"
    if found["left"]:
        sys.stderr.write(f"left over: {found['left']}\n")
        yield "left over"


def _found(folder: Path) -> Found:
    from proctor.leaderboard.runs.store import read

    ran = read(folder / "run")
    answers = {key: [vars(row.answer) | {"seconds": 0} for row in ran.answers(*key)] for key in ran.answer_files}
    files = [path for path in folder.rglob("*") if path.name != "log"]
    return {
        "records": {record.key: record for record in ran.records},
        "lines": (folder / "run" / "records.jsonl").read_bytes().count(b"\n"),
        "answers": answers,
        "weights": sorted(file_digest(path) for path in (folder / "cache" / "adapted").rglob("*.safetensors")),
        "left": [path.name for path in files if temporary.is_temporary(path.name) or path.name == SCRATCH],
    }


def _start(folder: Path, arguments: list[str], watch: Callable[[], None] | None) -> int:
    """Begin an exam in a fork; returns its process id."""
    folder.mkdir(exist_ok=True)
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    status = 70
    try:
        with (folder / "log").open("w", encoding="utf-8") as log:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
            os.chdir(ROOT)
            os.environ["PROCTOR_CACHE"] = str(folder / "cache")
            if watch:
                watch()
            import pytest

            status = int(pytest.main([*arguments, "--run-dir", str(folder / "run"), "--site", str(folder / "site")]))
            if isinstance(watch, _Counting):
                watch.tell()
            sys.stdout.flush()
    finally:
        os._exit(status)


def _end(pid: int) -> int | None:
    """Wait for an exam: its exit status, or None where it was killed or came to no end."""
    for _ in range(LONGEST * 20):
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.05)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return None


class _Watch:
    """Sees calls that change what is on the disk."""

    def __call__(self) -> None:
        def audit(event: str, _: Any) -> None:
            if event in AIMS:
                self.saw(event)

        real = os.fsync

        def fsync(file: Any) -> None:
            self.saw("os.fsync")
            real(file)

        os.fsync = fsync
        sys.addaudithook(audit)

    def saw(self, call: str) -> None:
        raise NotImplementedError


class _Counting(_Watch):
    """Counts them."""

    def __init__(self, file: Path) -> None:
        self._file, self._calls = file, Counter[str]()

    def saw(self, call: str) -> None:
        self._calls[call] += 1

    def tell(self) -> None:
        told = {"calls": self._calls, "modules": sorted(sys.modules)}
        self._file.write_text(json.dumps(told), encoding="utf-8")


class _Killing(_Watch):
    """Kills its process before the call of that number."""

    def __init__(self, call: str, number: int) -> None:
        self._call, self._left = call, number

    def saw(self, call: str) -> None:
        if call == self._call:
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            self._left -= 1
