"""How often each system was right from run to run, with what got significantly better or worse."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from proctor.evals.headline import heading
from proctor.evals.stats.intervals import Amount
from proctor.leaderboard.board.sections import BoardSection
from proctor.leaderboard.history.history import History, TrendLine
from proctor.leaderboard.plots.canvas import BEHIND, BOTTOM, LEFT, MOST_LABELS, SHOWN, WIDTH, Canvas
from proctor.leaderboard.plots.labels import Box, PlotLabel
from proctor.leaderboard.plots.palette import Look, looks
from proctor.leaderboard.plots.scales import around, exactly, scaled
from proctor.leaderboard.plots.spec import Sketch
from proctor.leaderboard.plots.words import axis_label, named, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_TICKS = 6


class Course(NamedTuple):
    """One system, run after run."""

    system: str
    look: Look
    values: tuple[tuple[int, Amount, str], ...]
    """Place of the run, accuracy, and how it stands to the run before it."""


def sketch(section: BoardSection, told: History) -> Sketch | None:
    """The systems that several runs examined; None where there are none."""
    look, runs = looks(section.systems), {run.id: place for place, run in enumerate(told.runs)}
    mine = [line for line in told.lines if (line.suite, line.base_model, line.metric) == _of(section)]
    courses = [_course(line, look[line.system], runs) for line in mine if line.system in look]
    if len(told.runs) < 2 or not any(len(course.values) > 1 for course in courses):
        return None
    names = told.names
    rows = [("system", *names), *((named(course.system), *_row(course, len(names))) for course in courses)]
    return Sketch(
        "Accuracy from run to run", _words(courses, names), rows, (courses, names, heading(section.leading.metric)), draw
    )


def _of(section: BoardSection) -> tuple[str, str, str]:
    return section.suite, section.base_model, section.leading.metric


def _course(line: TrendLine, look: Look, runs: dict[str, int]) -> Course:
    known = [point for point in line.points if point.value is not None]
    values = [(runs[p.run], Amount(p.value or 0.0, p.ci_low or 0.0, p.ci_high or 0.0), p.mark) for p in known]
    return Course(line.system, look, tuple(values))


def _row(course: Course, count: int) -> list[str]:
    values = {place: value for place, value, _ in course.values}
    return [percent(values[place]) if place in values else "not measured" for place in range(count)]


def _words(courses: list[Course], names: list[str]) -> str:
    moved = [(course, place, mark) for course in courses for place, _, mark in course.values if mark in ("better", "worse")]
    if not moved:
        return f"Over {len(names)} runs no system got significantly better or worse."
    said = [f"{named(course.system)} got significantly {mark} in {names[place]}" for course, place, mark in moved[-3:]]
    return f"{'; '.join(said)}."


def draw(courses: list[Course], names: list[str], measured: str) -> Canvas:
    """A ring marks what got significantly better or worse."""
    canvas = Canvas(300)
    axes = canvas.panel(Box(LEFT, BOTTOM, WIDTH - BEHIND, 270), "run", axis_label(measured))
    step = -(-len(names) // MOST_TICKS)
    ticks = list(range(len(names) - 1, -1, -step))[::-1]
    axes.set_xlim(-0.15, len(names) - 0.85)
    axes.set_xticks(ticks, [names[place] for place in ticks])
    axes.set_ylim(*around([scaled(value) for course in courses for _, value, _ in course.values], 0, 100))
    axes.locator_params(axis="y", nbins=5)
    ranked = sorted(courses, key=lambda course: -course.values[-1][1].value if course.values else 0.0)
    kept = courses if len(courses) <= MOST_LABELS else ranked[:SHOWN]
    for course in kept:
        _draw_course(canvas, axes, course, len(kept), names)
    ends = [course for course in kept if course.values]
    heights = [100 * course.values[-1][1].value for course in ends]
    canvas.labels_right(axes, heights, [course.look for course in ends], [PlotLabel(course.system) for course in ends])
    return canvas


def _draw_course(canvas: Canvas, axes: Axes, course: Course, lines: int, names: list[str]) -> None:
    canvas.line(axes, [(place, scaled(value)) for place, value, _ in course.values], course.look, lines)
    for place, value, mark in course.values:
        says = f"{named(course.system)} in {names[place]}: {percent(value)}"
        canvas.point(axes, (exactly(place), exactly(100 * value.value)), course.look, says)
        if mark in ("better", "worse"):
            canvas.crossing(axes, exactly(place), 100 * value.value, f"{says}, significantly {mark}")
