"""What the command lines share: they end as pytest does."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import NoReturn

USAGE_ERROR = 4
"""As pytest's."""


def interpreter() -> str:
    """What to type for the Python that runs now: its place in this folder, where that is where it is."""
    own = Path(sys.executable)
    return os.path.relpath(own) if own.is_relative_to(Path.cwd()) else "python"


class Parser(argparse.ArgumentParser):
    """argparse ends with 2 where pytest, and so all of Proctor, ends with 4."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and how it is used."""
        self.exit(USAGE_ERROR, f"{self.format_usage()}error: {message}\n")
