"""Runs of pytest in this process: what its command line says and ends with, without the seconds that a process takes to begin."""

from __future__ import annotations

import io
import logging
import os
import signal
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from _pytest.assertion.rewrite import AssertionRewritingHook
from _pytest.unraisableexception import gc_collect_iterations_key

from proctor.core import redaction

HEARD = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
FOREIGN = ("PYTEST_", "GRPC_", "HF_XET_")
"""What variables that pytest sets for every test, and libraries when they are loaded, begin with."""


class Quick:
    """A plugin: no search for garbage at the end, which takes long where torch is loaded; pytest's own pytester does the same."""

    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[gc_collect_iterations_key] = 0


ROOT = str(Path(__file__).parents[2])


def _state() -> dict[str, object]:
    """What a run of pytest has to leave as it was."""
    logs = [logging.getLogger(name) for name in ("", "proctor")]
    return {
        "environment": {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)},
        "folder": Path.cwd(),
        "sys.path": [place for place in sys.path if place != ROOT],  # pytest puts the folder of a conftest.py there
        "sys.meta_path": [finder for finder in sys.meta_path if isinstance(finder, AssertionRewritingHook)],
        "signals": [signal.getsignal(number) for number in HEARD],
        "logging": [(log.level, log.propagate, log.disabled, [*log.handlers]) for log in logs],
        "warnings": [*warnings.filters],
    }


@contextmanager
def _nothing_left() -> Iterator[None]:
    before, test = _state(), os.environ.get("PYTEST_CURRENT_TEST", "")
    yield
    os.environ["PYTEST_CURRENT_TEST"] = test
    after = _state()
    wrong = {name: (before[name], after[name]) for name in before if before[name] != after[name]}
    assert not wrong, wrong


def run(*words: str, folder: Path, environment: Mapping[str, str] | None = None) -> tuple[int, str]:
    """The exit code of ``pytest WORDS`` in a folder, and all that it prints.

    Libraries stay loaded, as they cannot be loaded twice. Whatever else the run changes of this process is a fault of Proctor's,
    and fails.
    """
    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, value in (environment or {}).items():
            patch.setenv(name, value)
        with _nothing_left(), redirect_stdout(out), redirect_stderr(out):
            code = pytest.main(["-p", "no:cacheprovider", *words], [Quick()])
    redaction.forget()
    return int(code), out.getvalue()
