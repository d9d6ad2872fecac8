"""What is done with a run at its end: its page, its tables, saving it and comparing it; and how a run ends that was stopped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from proctor.core import lasting
from proctor.core.command_line import USAGE_ERROR
from proctor.core.redaction import redact
from proctor.core.schema import InputError
from proctor.core.stopping import Stopping
from proctor.core.storage import errors
from proctor.plan import Plan


@dataclass
class Ending:
    """How far a run came, and what became of it."""

    plan: Plan
    stopping: Stopping
    """Whether it is to stop, and what then."""
    asked: list[str] = field(default_factory=list)
    """Names of the tests, once they are collected."""
    undone: list[str] = field(default_factory=list)
    """What was asked for at the end and could not be done."""

    def code(self, otherwise: int) -> int:
        """The exit code: it tells that a run was stopped, or not published, saved or compared as asked."""
        return self.stopping.code or (USAGE_ERROR if self.undone else otherwise)

    def tell(self, terminal: Any) -> None:
        """Publish the page, print the tables, and say where the page is, and what could not be done."""
        if self._measured and (self.stopping.number or self._taken(terminal)):
            terminal.section("leaderboard")
            self._note_who_was_timed(terminal)
            with lasting.lasting():
                self._do_all(terminal)
        if self.stopping.number:
            kept = f"what was measured is kept in {self.plan.run_folder}" if self._measured else "nothing was measured yet"
            without = " without --refresh" if self.plan.option.refresh else ""
            said = f"Stopped by {self.stopping.name}: {kept}, and the same command{without} goes on from there."
            terminal.write_line(said, yellow=True)

    @property
    def _measured(self) -> bool:
        """Whether there is anything to publish: else a page that is there stays as it is."""
        try:
            return (self.plan.run_folder / "records.jsonl").stat().st_size > 0
        except OSError:
            return False

    def _taken(self, terminal: Any) -> bool:
        """Whether any test of the exam was run: else the page of an earlier time stays as it is."""
        cells = {self.plan.id(cell) for cell in self.plan.cells}
        return any(place(report.nodeid) in cells for report in _reports(terminal))

    def _note_who_was_timed(self, terminal: Any) -> None:
        """The processes of `-n` timed systems, and this one has collected nothing."""
        plan = self.plan
        timed = {place(report.nodeid) for report in _reports(terminal) if "::test_latency[" in report.nodeid}
        plan.timed[:] = plan.timed or [cell for cell in plan.cells if plan.id(cell) in timed]

    def _do_all(self, terminal: Any) -> None:
        """What fails is said, and keeps from the rest only what needs it."""
        steps = (("not published", self._publish), ("not saved", self._save), ("not compared", self._compare))
        if self._do(terminal, "not published, saved or compared", self._keep_provenance):
            for undone, step in steps:
                self._do(terminal, undone, step)

    def _do(self, terminal: Any, undone: str, step: Callable[[Any], None]) -> bool:
        try:
            step(terminal)
        except (InputError, OSError) as error:
            self.undone.append(undone)
            said = str(error) if isinstance(error, InputError) else f"cannot read or write {errors.sentence(error)}"
            terminal.write_line(f"{undone}: {redact(said)}", red=True)
            return False
        return True

    def _keep_provenance(self, terminal: Any) -> None:
        from proctor.provenance import provenance_of  # it loads numpy, as does the page

        left = len(self._left(terminal))
        done = f"{len(self.asked) - left} of {len(self.asked)} tests were run"
        self.plan.store.set_provenance(provenance_of(self.plan) | ({"unfinished": done} if left else {}))

    def _left(self, terminal: Any) -> list[str]:
        """Tests that were asked for and not taken."""
        ended = {report.nodeid for report in _reports(terminal) if report.when == "call" or not report.passed}
        if ended >= set(self.asked):
            return []
        from proctor.leaderboard.runs import store, unfinished

        cells = {self.plan.id(cell): cell for cell in self.plan.cells}

        def cell(name: str) -> unfinished.SystemAndSeed | None:
            one = cells.get(name)
            return (one.suite.name, one.candidate.base_model, one.candidate.name, one.candidate.seed) if one else None

        return unfinished.left(self.asked, ended, store.read(self.plan.run_folder).records, cell)

    def _publish(self, terminal: Any) -> None:
        from proctor import leaderboard

        plan = self.plan
        terminal.write_line(f"Records: {plan.run_folder}")
        page, tables = leaderboard.present(plan.run_folder, plan.site, plan.ours.paths("claims"), plan.ours.history)
        terminal.write_line(tables)
        terminal.write_line(f"Page:    {page}")

    def _save(self, terminal: Any) -> None:
        """Keep the run to be compared with, if that was asked for."""
        if place := self.plan.saving:
            from proctor.leaderboard.runs import saved, store

            saved.save(store.read(self.plan.run_folder), place)
            terminal.write_line(f"Saved:   {place}")

    def _compare(self, terminal: Any) -> None:
        """Say what changed since the run saved before, if that was asked for."""
        if before := self.plan.against:
            from proctor import leaderboard

            terminal.section("compared with the saved run")
            terminal.write_line(leaderboard.compared(before.saved, self.plan.run_folder, self.plan.ours.saved_runs))


def place(nodeid: str) -> str:
    """The cell in the name of a test."""
    return nodeid.rpartition("[")[2].rstrip("]")


def _reports(terminal: Any) -> list[Any]:
    return [report for found in terminal.stats.values() for report in found if hasattr(report, "when")]
