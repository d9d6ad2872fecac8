"""Proctor in Python and in notebooks: take an exam, open a run, and go on with its tables. See docs/python.md."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proctor.core.counts import counted

if TYPE_CHECKING:
    import pandas as pd

    from proctor.leaderboard.board.board import Board
    from proctor.leaderboard.runs.store import Run


@dataclass(frozen=True, repr=False)
class ExamRun:
    """A run that was taken. Its tables are made when they are first read; a notebook shows it as a table."""

    run: Run
    """The run as Proctor reads it."""
    failures: tuple[str, ...] = ()
    """What the exam that was just taken fell short of: bars, and what could not be measured. Empty for a run that was opened."""

    @property
    def folder(self) -> Path:
        """The run folder; of a saved run, the folder that its file lies in."""
        return self.run.folder

    @property
    def provenance(self) -> dict[str, Any]:
        """Versions, machine, settings: what a reader needs to trust the run and to run it again."""
        return self.run.provenance

    @cached_property
    def records(self) -> pd.DataFrame:
        """A row for each value of a measure for one item: see `proctor.frames.of_records`."""
        from proctor import frames

        return frames.of_records(self.run.records)

    @cached_property
    def answers(self) -> pd.DataFrame:
        """A row for each answer, with its question; a saved run holds none: see `proctor.frames.of_answers`."""
        from proctor import frames

        return frames.of_answers(self.run)

    @cached_property
    def board(self) -> pd.DataFrame:
        """A row for each figure of the leaderboard, with its 95 % interval: see `proctor.frames.of_board`."""
        from proctor import frames

        return frames.of_board(self._board)

    @cached_property
    def _board(self) -> Board:
        from proctor.leaderboard.board.board import board

        return board([self.run])

    def __str__(self) -> str:
        """The tables of the leaderboard, for a terminal."""
        from proctor.leaderboard.board.terminal import as_text

        return "\n".join([as_text(self._board), *self.failures])

    def __repr__(self) -> str:
        """In one line: where it is and how much it holds."""
        return f"<ExamRun {str(self.folder)!r}: {counted(len(self.run.records), 'record')}>"

    def _repr_html_(self) -> str:
        """Systems against headline measures, for a notebook."""
        from proctor.leaderboard.site.notebook import as_html

        return as_html(self._board, self.failures)


def open_run(folder: str | os.PathLike[str]) -> ExamRun:
    """A run folder, or a run that ``--eval-save`` saved as a file.

    Raises:
        InputError: it is neither, or it is damaged; names what is wrong with it.
    """
    from proctor.leaderboard.runs import saved

    return ExamRun(saved.open_run(Path(folder)))
