"""Progress of long work, shown as it happens although pytest captures output."""

from __future__ import annotations

import logging
import sys
from typing import Any


class Terminal(logging.Handler):
    """Writes messages of the logger ``proctor`` past pytest's capture."""

    def __init__(self, config: Any) -> None:
        super().__init__(logging.INFO)
        self.config = config

    def emit(self, record: logging.LogRecord) -> None:
        """One line on the terminal."""
        capture = self.config.pluginmanager.getplugin("capturemanager")
        if capture is None:
            sys.stderr.write(f"{record.getMessage()}\n")
            return
        with capture.global_and_fixture_disabled():
            sys.stderr.write(f"  {record.getMessage()}\n")


def show(config: Any) -> None:
    """From now on progress goes to the terminal."""
    log = logging.getLogger("proctor")
    log.setLevel(logging.INFO)
    log.propagate = False
    if not any(isinstance(handler, Terminal) for handler in log.handlers):
        log.addHandler(Terminal(config))
