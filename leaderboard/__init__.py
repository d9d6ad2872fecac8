"""What the records say: keep them, sum them up, show them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def publish(runs: Sequence[Path], site: Path) -> Path:
    """Write the page of one or several run folders into ``site``; returns the page's path."""
    from leaderboard.page import publish as write

    return write(runs, site)


def summary(run: Path) -> str:
    """The tables of a run folder, for a terminal."""
    from leaderboard.board import board
    from leaderboard.store import read
    from leaderboard.text import as_text

    return as_text(board([read(run)]))
