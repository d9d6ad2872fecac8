"""A plugin of pytest, for `python -m tests.benchmark checks`: how long a run spends in checks, by kind, written to `FILE`.

The public functions of the checks' modules are timed before anything else imports them. Time in one kind that another calls
counts for the one that is called, and once. What the timers take themselves counts as the checks' time.
"""

from __future__ import annotations

import atexit
import inspect
import json
import os
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from importlib import import_module
from pathlib import Path
from time import perf_counter
from types import ModuleType
from typing import Any

FILE = "PROCTOR_TIMED_CHECKS"
"""The environment variable that names the file."""
APART = "hashes of cached entries"
"""Not counted as a check: they are what a cache needs."""
KINDS = {
    "checksums of lines": ("proctor.core.storage.sealed",),
    APART: ("proctor.core.storage.manifest",),
    "redaction": ("proctor.core.redaction",),
    "task files and templates": (
        "proctor.evals.tasks.task_yaml",
        "proctor.evals.tasks.task_code",
        "proctor.evals.tasks.templates",
    ),
    "patterns": ("proctor.core.language.patterns",),
}
READING = "opened"
"""Reads the JSON of a line, which has to be done with or without a checksum; the check that it makes is timed by itself."""


class Timers:
    """Seconds by kind, of the innermost one that is running."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(KINDS, 0.0)
        self.calls = dict.fromkeys(KINDS, 0)
        self._running: list[str] = []
        self._since = 0.0

    def timed(self, kind: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, timed; of a generator each of its steps is."""

        @wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            if self._running and self._running[-1] == kind:
                return function(*args, **kwargs)
            self.calls[kind] += 1
            self._enter(kind)
            try:
                return function(*args, **kwargs)
            finally:
                self._leave()

        @wraps(function)
        def steps(*args: Any, **kwargs: Any) -> Iterator[Any]:
            inner, none_left = function(*args, **kwargs), object()
            step = self.timed(kind, lambda: next(inner, none_left))
            while (one := step()) is not none_left:
                yield one

        return steps if inspect.isgeneratorfunction(function) else call

    def _enter(self, kind: str) -> None:
        now = perf_counter()
        if self._running:
            self.seconds[self._running[-1]] += now - self._since
        self._running.append(kind)
        self._since = now

    def _leave(self) -> None:
        now = perf_counter()
        self.seconds[self._running.pop()] += now - self._since
        self._since = now


def _public(owner: ModuleType | type, module: str) -> dict[str, Any]:
    """The functions that others call of a module, or of a class in it."""
    mine = {name: part for name, part in vars(owner).items() if inspect.isfunction(part) and part.__module__ == module}
    return {name: part for name, part in mine.items() if not name.startswith("_") and name != READING}


def install(timers: Timers) -> None:
    """Put timers around the public functions of all kinds, and around the rendering of templates."""
    for kind, modules in KINDS.items():
        for module in map(import_module, modules):
            owners = [module, *(part for part in vars(module).values() if _is_class_of(part, module.__name__))]
            for owner in owners:
                for name, function in _public(owner, module.__name__).items():
                    setattr(owner, name, timers.timed(kind, function))


def shares(told: Mapping[str, Mapping[str, float]], seconds: float) -> str:
    """What was found, as shares of the ``seconds`` that the whole process took."""
    parts = [f"{kind} {spent / seconds:.2%} ({told['calls'][kind]:,} calls)" for kind, spent in told["seconds"].items()]
    checks = sum(spent for kind, spent in told["seconds"].items() if kind != APART)
    return f"{checks / seconds:.2%} of {seconds:.1f} s, without {APART}: {', '.join(parts)}"


def _is_class_of(part: Any, module: str) -> bool:
    return inspect.isclass(part) and part.__module__ == module


def pytest_configure() -> None:
    """See to it that what was found is written at the end of the process, after the page and all else."""
    file = os.environ.get(FILE)
    if file:
        told = {"seconds": TIMERS.seconds, "calls": TIMERS.calls}
        atexit.register(lambda: Path(file).write_text(json.dumps(told), encoding="utf-8"))


TIMERS = Timers()
if os.environ.get(FILE):
    install(TIMERS)
