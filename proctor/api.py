"""Proctor in Python and in notebooks: take an exam, open a run, and go on with its tables. See docs/how-to/python.md."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from proctor.core.counts import counted

if TYPE_CHECKING:
    import pandas as pd

    from proctor.leaderboard.board.board import Board
    from proctor.leaderboard.runs.store import Run

NameOrPath: TypeAlias = "str | os.PathLike[str]"


@dataclass(frozen=True, repr=False)
class ExamRun:
    """A run that was taken. Its tables are made when they are first read; a notebook shows it as a table."""

    run: Run
    """The run as Proctor reads it."""
    failures: tuple[str, ...] = ()
    """What the exam that was just taken fell short of: thresholds, and what could not be measured. Empty for an opened run."""

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
        """A row for each value of a metric for one item: see `proctor.frames.of_records`."""
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
        """Systems against headline metrics, for a notebook."""
        from proctor.leaderboard.site.notebook import as_html

        return as_html(self._board, self.failures)


def open_run(folder: str | os.PathLike[str]) -> ExamRun:
    """A run folder, or a run that ``--eval-save`` saved, by its file or name.

    Raises:
        InputError: it is neither, or it is damaged; names what is wrong with it.
    """
    from proctor.arguments import named_run
    from proctor.leaderboard.runs import saved

    return ExamRun(saved.open_run(named_run(os.fspath(folder))))


def exam(  # noqa: PLR0913 # each is an option of the command line
    suite: NameOrPath | Sequence[NameOrPath] | None = None,
    systems: str | Sequence[str] | None = None,
    base_model: NameOrPath | Sequence[NameOrPath] | None = None,
    *,
    judge: str | None = None,
    seeds: int | None = None,
    limit: int | None = None,
    full: bool | None = None,
    axes: str | Sequence[str] = (),
    run_dir: NameOrPath | None = None,
    cache: NameOrPath | None = None,
    **options: Any,
) -> ExamRun:
    """Take the exam in this process, and return its run; progress goes to standard error.

    What is left out is as the project's ``[tool.proctor]`` says, or else as `pytest -m domain` has it by default. The same exam
    taken again goes on where it stopped, whichever way it is taken, and measures nothing twice.

    Args:
        suite: name of a suite that comes with Proctor, or the path of a folder with a ``suite.toml``; or several.
        systems: names of systems of the table; all of them by default.
        base_model: folders, or names on the hub; the embedded one by default.
        judge: ``lexical``, ``nli:MODEL``, ``openai:MODEL[@BASE_URL]``, ``anthropic:MODEL``, ``google:MODEL``, ``panel:SPEC+SPEC``
            or ``package.module:NAME``.
        seeds: how often everything is trained that is trained.
        limit: ask only the first so many questions, and as many items of each general task.
        full: take the axes, too, that train systems again.
        axes: names of axes, such as ``accuracy``; by default all, as far as ``full`` says.
        run_dir: the run folder.
        cache: where everything expensive is kept.
        options: what else the command line understands and shapes the exam: ``systems_table``, ``repeats``, ``refresh``,
            ``device``, ``trust_remote_code``, ``trust_suite_code``, ``allow_outside_files``, ``drafts``.

    Raises:
        InputError: something cannot be used. Before any work, and with the words that the command line has for it.
    """
    from proctor import progress, taking
    from proctor.leaderboard.runs import store

    named = taking.texts(axes)
    asked = {"suite": suite, "system": systems, "base_model": base_model, "judge": judge, "seeds": seeds, "limit": limit}
    with progress.on_standard_error():
        plan = taking.plan(named, cache, full=full, run_dir=run_dir, **asked, **options)
        chosen = taking.chosen(named, full=plan.option.full)
        taking.check(plan)
        failures = taking.where_no_loop_runs(partial(taking.take, plan, chosen))
    return ExamRun(store.read(plan.run_folder), failures)
