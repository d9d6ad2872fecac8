"""What the command lines share: they end as pytest does."""

from __future__ import annotations

import argparse
from typing import NoReturn

USAGE_ERROR = 4
"""As pytest's."""


class Parser(argparse.ArgumentParser):
    """argparse ends with 2 where pytest, and so all of Proctor, ends with 4."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and how it is used."""
        self.exit(USAGE_ERROR, f"{self.format_usage()}error: {message}\n")
