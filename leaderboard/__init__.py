"""What the records say: keep them, sum them up, show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from proctor.leaderboard.advice.estimates import Evidence
    from proctor.leaderboard.advice.prices import Paid
    from proctor.leaderboard.runs.store import Run


def publish(runs: Sequence[Path], site: Path, claims: Sequence[Path] = (), saved: Sequence[Path] = ()) -> Path:
    """Write the page of one or several runs into ``site``, files of claims tested too; returns the page's path.

    ``saved`` are the runs before them, or folders of such.
    """
    from proctor.leaderboard.site.page import publish as published

    return published(runs, site, claims, saved)


def present(run: Path, site: Path, claims: Sequence[Path] = (), saved: Sequence[Path] = ()) -> tuple[Path, str]:
    """Write the page of one run as `publish` does, and tell its tables; summed up once for both."""
    from proctor.leaderboard.board.board import board
    from proctor.leaderboard.board.terminal import as_text
    from proctor.leaderboard.claims.table import load
    from proctor.leaderboard.runs.store import read
    from proctor.leaderboard.site.page import write

    tested, opened = load(claims), [read(run)]
    found = board(opened, tested)
    return write(opened, found, site, saved), as_text(found)


def compared(before: Run, after: Path, saved: Path) -> str:
    """What changed from one run to another, question by question, as a table; it decides nothing.

    ``saved`` is the folder of saved runs, where those of several seeds say how much training anew changes.
    """
    from proctor.leaderboard.compare.gate import gate
    from proctor.leaderboard.compare.policy import Policy
    from proctor.leaderboard.compare.report import as_table
    from proctor.leaderboard.runs.saved import seeded
    from proctor.leaderboard.runs.store import read

    return as_table(gate(before, read(after), Policy(correction="bh"), ignore_mismatch=True, seeded=seeded(saved)))


def summary(run: Path) -> str:
    """The tables of a run folder or saved run, for a terminal."""
    from proctor.leaderboard.board.board import board
    from proctor.leaderboard.board.terminal import as_text
    from proctor.leaderboard.runs.saved import open_run

    return as_text(board([open_run(run)]))


def debated(run: Path, claims: Sequence[Path] = ()) -> str:
    """What a run says of each claim, for a terminal: of those that come with Proctor, and those of the files."""
    from proctor.leaderboard.analysis.section import sections
    from proctor.leaderboard.board.board import latest
    from proctor.leaderboard.claims.table import load
    from proctor.leaderboard.claims.text import as_text
    from proctor.leaderboard.claims.verdicts import findings
    from proctor.leaderboard.runs.saved import open_run

    tested, opened = load(claims), open_run(run)
    return as_text(list(findings(sections(latest([opened]), opened.provenance), tested)))


def advised(runs: Sequence[Path], asked: Mapping[str, Any], paid: Paid, *, as_data: bool = False) -> str:
    """What runs together, or what a `leaderboard.json` holds of them, say to do in a situation: in words, or as JSON.

    ``asked``: the situation's fields but its prices, which are chosen for each section by ``paid``.

    Raises:
        InputError: a folder is no run, two are of different exams, or a file holds no data to decide from; or the prices that
            were named are not those of any run here.
    """
    import json

    from proctor.leaderboard.advice.scenario import Situation
    from proctor.leaderboard.advice.text import advise, as_json, as_text

    evidence = _evidence(runs)
    paid.check(evidence)
    found = [advice for each in evidence for advice in advise([each], Situation(paid.of(each), **asked))]
    return json.dumps([as_json(each) for each in found], indent=1, allow_nan=False) if as_data else as_text(found)


def _evidence(runs: Sequence[Path]) -> list[Evidence]:
    from proctor.core.schema import InputError
    from proctor.leaderboard.advice import data
    from proctor.leaderboard.analysis.section import sections
    from proctor.leaderboard.board.board import latest, merged
    from proctor.leaderboard.compare.changes import incomparable
    from proctor.leaderboard.runs.saved import is_saved, open_run

    if len(runs) == 1 and runs[0].is_file() and not is_saved(runs[0]):
        return data.read(runs[0])
    opened = [open_run(run) for run in runs]
    differences = dict.fromkeys(text for run in opened[1:] for text in incomparable(opened[0], run))
    if differences:
        raise InputError("\n".join(["these runs are of different exams, and say nothing together:", *differences]))
    folder = runs[0] if len(runs) == 1 and runs[0].is_dir() else None
    found = sections(latest(opened), merged([run.provenance for run in opened]))
    return data.gathered(found, folder)
