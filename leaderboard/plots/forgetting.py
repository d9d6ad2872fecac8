"""What training changed in each of the base model's general abilities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from proctor.evals.stats.intervals import Amount
from proctor.leaderboard.advice.options import DecisionProblem
from proctor.leaderboard.analysis.origins import KINDS
from proctor.leaderboard.board.cells import Result
from proctor.leaderboard.board.sections import BoardSection
from proctor.leaderboard.plots.canvas import BOTTOM, MOST_LABELS, SHOWN, WIDTH, Canvas, placed_keys
from proctor.leaderboard.plots.labels import FONT, Box, PlotLabel
from proctor.leaderboard.plots.palette import SOFT, Look, looks
from proctor.leaderboard.plots.scales import around, exactly, scaled, turned
from proctor.leaderboard.plots.spec import Sketch
from proctor.leaderboard.plots.words import MOST, ONCE, gain, left_out, named

GENERAL = "general."
LOST = "forgetting"
STEP = 11.0
"""From one system of a task to the next."""
MOST_TASKS = 12
"""So many are drawn, those with the largest losses; the table has all."""


class TaskChange(NamedTuple):
    """One system on one task: its share of right items less the base model's on the same."""

    system: str
    look: Look
    change: Amount
    significant: bool
    """By the paired test, corrected for all pairs of the section."""


TaskRow = tuple[str, tuple[TaskChange, ...]]


def sketch(section: BoardSection, case: DecisionProblem) -> Sketch | None:
    """The systems with weights of their own, task by task; None where no task was asked of them and of the base model."""
    base, look = _base(section, case), looks(section.systems)
    trained = {system: look[system] for system in section.systems if case.evidence.systems[system] or _finished(section, system)}
    heads = {cell.metric: cell for cell in section.cells if cell.metric.startswith(GENERAL) and cell.unit == "share"}
    tasks = [_task(head, trained, base, section) for head in heads.values()] if base else []
    tasks = sorted((task for task in tasks if task[1]), key=lambda task: (min(each.change.value for each in task[1]), task[0]))
    if not tasks:
        return None
    title, rows = "General ability by task, against the base model", _rows(tasks, list(trained))
    once = any(cell.seeds == 1 for cell in heads.values() if case.evidence.systems[cell.system])
    rest = left_out(section, {each.system for _, changes in tasks for each in changes}, lambda _: [*heads])
    return Sketch(title, " ".join([_words(tasks, once=once), *rest]), rows, (tasks[:MOST_TASKS],), draw)


def _finished(section: BoardSection, system: str) -> bool:
    """Whether its weights were trained elsewhere, and are here to be tested beside the base model's."""
    return section.kinds.get(system) == KINDS["weights"]


def _task(head: Result, trained: Mapping[str, Look], base: str, section: BoardSection) -> TaskRow:
    """Each system's mean less the base's on the same items, so that more is better."""
    found = ((system, section.apart(head.metric, system, base)) for system in trained)
    changes = ((system, Amount(*each)) for system, each in found if each)
    better = ((system, each if head.better == "higher" else turned(each)) for system, each in changes)
    marked = ((system, each, section.significant(head.metric, system, base)) for system, each in better)
    return head.metric.removeprefix(GENERAL), tuple(
        TaskChange(system, trained[system], each, sure) for system, each, sure in marked
    )


def _base(section: BoardSection, case: DecisionProblem) -> str | None:
    """A system that has the base model's weights: not trained, and without any loss."""
    lost = section.of(LOST)
    plain = (name for name in lost if name not in section.kinds and not case.evidence.systems[name])
    return next((name for name in plain if lost[name].value == 0), None)


def _words(tasks: list[TaskRow], *, once: bool) -> str:
    count = f"{len(tasks)} {'task' if len(tasks) == 1 else 'tasks'}"
    changes = [(task, each) for task, all_changes in tasks for each in all_changes]
    lost = [(task, each) for task, each in changes if each.change.high < 0 and each.significant]
    if not lost:
        return f"No significant loss on any of {count} (paired tests, corrected for their number)."
    task, worst = min(lost, key=lambda pair: pair[1].change.value)
    counts = {each.system: sum(other.system == each.system for _, other in lost) for _, each in changes}
    ranked = sorted(counts.items(), key=lambda pair: -pair[1])[:MOST]
    counted = ", ".join(f"{named(system)} on {number or 'none'}" for system, number in ranked)
    said = f"The largest loss is {named(worst.system)}'s on {named(task)}, {gain(worst.change)}."
    return f"{said} Significant losses among {count} (corrected): {counted}.{f' {ONCE}' if once else ''}"


def _rows(tasks: list[TaskRow], trained: list[str]) -> list[tuple[str, ...]]:
    rows = [("task", *map(named, trained))]
    for task, changes in tasks:
        found = {each.system: gain(each.change) for each in changes}
        rows.append((named(task), *(found.get(system, "\u2013") for system in trained)))
    return rows


def draw(tasks: list[TaskRow]) -> Canvas:
    """A row for each task, in it a line for each system: left of zero is lost."""
    tasks = _standing_out(tasks)
    looked = {each.system: each.look for _, changes in tasks for each in changes}
    systems = list(looked)
    names = [PlotLabel(system) for system in systems]
    row = FONT + 8 + STEP * len(systems)
    key = placed_keys(names)[-1][1] + 24
    canvas = Canvas(BOTTOM + row * len(tasks) + key)
    top = BOTTOM + row * len(tasks)
    axes = canvas.panel(Box(8, BOTTOM, WIDTH - 8, top), "change against the base model, points", grid="x")
    axes.set_ylim(BOTTOM, top)
    axes.set_xlim(*around([scaled(each.change) for _, changes in tasks for each in changes] + [exactly(0)], -100, 100))
    axes.set_yticks([])
    axes.axvline(0, color=SOFT, linewidth=1)
    canvas.keys(canvas.height - 9, list(looked.values()), names)
    for place, (task, changes) in enumerate(tasks):
        y = top - row * place - FONT - 2
        canvas.heading(8, y, task)
        for each in changes:
            level = y - 9 - STEP * systems.index(each.system)
            says = f"{named(each.system)}, {named(task)}: {gain(each.change)}"
            canvas.point(axes, (scaled(each.change), exactly(level)), each.look, says)
    return canvas


def _standing_out(tasks: list[TaskRow]) -> list[TaskRow]:
    """All systems where they are few, or else those that lost most; the table has all."""
    lost: dict[str, float] = {}
    for each in (each for _, changes in tasks for each in changes):
        lost[each.system] = lost.get(each.system, 0.0) + each.change.value
    kept = set(lost if len(lost) <= MOST_LABELS else sorted(lost, key=lambda system: lost[system])[:SHOWN])
    return [(task, tuple(each for each in changes if each.system in kept)) for task, changes in tasks]
