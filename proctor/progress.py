"""Progress of long work, shown as it happens although pytest captures output."""

from __future__ import annotations

import logging
import sys
from contextlib import nullcontext
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
    """From now on progress goes to the terminal."""
    log = logging.getLogger("proctor")
    log.setLevel(logging.INFO)
    log.propagate = False
    if not any(isinstance(handler, Terminal) for handler in log.handlers):
        log.addHandler(Terminal(config))
