"""Progress of long work, shown as it happens although pytest captures output."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any


class Terminal(logging.Handler):
    """Writes messages of the logger ``proctor`` past pytest's capture, each on a line of its own."""

    def __init__(self, config: Any) -> None:
        super().__init__(logging.INFO)
        self.plugins = config.pluginmanager

    def emit(self, record: logging.LogRecord) -> None:
        """One line on the terminal; from a worker of pytest-xdist, which has none, on standard error."""
        capture = self.plugins.getplugin("capturemanager")
        reporter = self.plugins.getplugin("terminalreporter")
        with capture.global_and_fixture_disabled() if capture else nullcontext():
            if reporter:
                reporter.ensure_newline()
                reporter.write_line(f"  {record.getMessage()}")
            else:
                sys.stderr.write(f"  {record.getMessage()}\n")


def show(config: Any) -> None:
    """From now on progress goes to the terminal, until this run of pytest ends."""
    log = logging.getLogger("proctor")
    log.setLevel(logging.INFO)
    log.propagate = False
    if not any(isinstance(handler, Terminal) for handler in log.handlers):
        handler = Terminal(config)
        log.addHandler(handler)
        config.add_cleanup(partial(_hide, handler))


def _hide(handler: logging.Handler) -> None:
    """Leave the logger as it was: a program that calls pytest goes on, and the terminal is closed."""
    log = logging.getLogger("proctor")
    log.removeHandler(handler)
    log.setLevel(logging.NOTSET)
    log.propagate = True


@contextmanager
def on_standard_error() -> Iterator[None]:
    """While the context is open, progress goes to standard error, a line each: where there is no pytest that shows it.

    Where somebody has logging shown already, of Proctor or of everything, it is left to that.
    """
    log = logging.getLogger("proctor")
    if log.handlers or logging.getLogger().isEnabledFor(logging.INFO):
        yield
        return
    handler, level = logging.StreamHandler(), log.level
    handler.setFormatter(logging.Formatter("  %(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
