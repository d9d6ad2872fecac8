"""How right a system that retrieves is, by where the evidence stands among its passages, and by the room in its prompt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from proctor.evals.stats.intervals import Amount
from proctor.leaderboard.advice.options import DecisionProblem
from proctor.leaderboard.analysis.places import PLACES, Places
from proctor.leaderboard.board.sections import BoardSection
from proctor.leaderboard.plots.canvas import BEHIND, BOTTOM, LEFT, MOST_LABELS, SHOWN, WIDTH, Canvas
from proctor.leaderboard.plots.labels import Box, PlotLabel
from proctor.leaderboard.plots.palette import Look, looks
from proctor.leaderboard.plots.scales import around, doublings_axis, exactly, scaled
from proctor.leaderboard.plots.spec import Sketch
from proctor.leaderboard.plots.words import amount, left_out, named, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ANSWERED = "questions answered exactly, %"
WHOLE = Box(LEFT, BOTTOM, WIDTH - BEHIND + 6, 300)
BUDGET = "context.budget@"


class Trace(NamedTuple):
    """One system."""

    system: str
    look: Look
    places: tuple[tuple[str, Amount], ...]
    room: tuple[tuple[int, Amount], ...]
    """By tokens."""

    @property
    def end(self) -> Amount:
        """What is drawn last."""
        return (self.room or self.places)[-1][1]


def sketch(section: BoardSection, _: DecisionProblem) -> Sketch | None:
    """The systems that were shown passages in either way; None where there are none."""
    rooms = sorted({int(cell.metric.removeprefix(BUDGET)) for cell in section.cells if _is_room(cell.metric)})
    by_place = [(place, section.of(f"context.{place}")) for place in PLACES]
    by_room = [(tokens, section.of(f"{BUDGET}{tokens}")) for tokens in rooms]
    look = looks(section.systems)
    traces = [
        Trace(
            system,
            look[system],
            tuple((place, amount(cells[system])) for place, cells in by_place if system in cells),
            tuple((tokens, amount(cells[system])) for tokens, cells in by_room if system in cells),
        )
        for system in section.systems
    ]
    traces = [trace for trace in traces if trace.places or trace.room]
    if not traces:
        return None
    rooms = [tokens for tokens, cells in by_room if cells]
    return Sketch(
        "Accuracy by evidence position and prompt budget",
        " ".join([_words(traces, section.places), *_left_out(section, traces)]),
        _rows(traces, rooms),
        (traces, rooms),
        draw,
    )


def _left_out(section: BoardSection, traces: Sequence[Trace]) -> list[str]:
    asked = [metric.metric for metric in section.table.metrics if metric.metric.startswith("context.")]
    return left_out(section, [trace.system for trace in traces], lambda _: asked)


def _is_room(metric: str) -> bool:
    return metric.startswith(BUDGET) and metric.removeprefix(BUDGET).isdecimal()


def _rows(traces: Sequence[Trace], rooms: Sequence[int]) -> list[Sequence[str]]:
    def shown(found: Sequence[tuple[object, Amount]], which: object) -> str:
        cell = dict(found).get(which)
        return percent(cell) if cell else "\u2013"

    head = ("system", *(f"evidence {place}" for place in PLACES), *(f"{tokens} tokens" for tokens in rooms))
    rows = [
        (named(trace.system), *(shown(trace.places, place) for place in PLACES), *(shown(trace.room, tokens) for tokens in rooms))
        for trace in traces
    ]
    return [head, *rows]


def _words(traces: Sequence[Trace], tested: Sequence[Places]) -> str:
    """Of the system that is best at what is shown, and whether places differ significantly."""
    placed = [trace for trace in traces if len(trace.places) > 1]
    roomy = [trace for trace in traces if len(trace.room) > 1]
    return " ".join([*([_by_place(placed, tested)] if placed else []), *([_by_room(roomy)] if roomy else [])])


def _by_place(traces: Sequence[Trace], tested: Sequence[Places]) -> str:
    best = max(traces, key=lambda trace: max(each.value for _, each in trace.places))
    shown = ", ".join(f"{percent(each)} {place}" for place, each in best.places)
    return (
        f"By evidence position, {named(best.system)} answers {shown}: {_apart([t for t in tested if t.system == best.system])}."
    )


def _by_room(traces: Sequence[Trace]) -> str:
    """With the smallest budget, the largest, and that with which it is best."""
    best = max(traces, key=lambda trace: max(each.value for _, each in trace.room))
    tokens, most = max(best.room, key=lambda pair: (pair[1].value, -pair[0]))
    room = dict([best.room[0], best.room[-1], (tokens, most)])
    steps = ", ".join(f"{percent(room[size])} at {size}{' (highest)' if size == tokens else ''}" for size in sorted(room))
    return f"By prompt budget in tokens, {named(best.system)} answers {steps}."


def _apart(tested: Sequence[Places]) -> str:
    """By paired tests: intervals of one system's figures on the same questions overlap however surely they differ."""
    if not tested:
        return "too few questions to compare positions"
    found = [f"{each.better} is significantly better than {each.worse}" for each in tested if each.significant]
    return " and ".join(found) or "no significant difference between positions"


def draw(traces: Sequence[Trace], rooms: Sequence[int]) -> Canvas:
    """Two panels with one scale; one where only places, or only rooms, were tried."""
    canvas, kept = Canvas(330), _standing_out(traces)
    limits = around([scaled(each) for trace in traces for _, each in (*trace.places, *trace.room)], 0, 100)
    placed = [trace for trace in kept if trace.places]
    if placed:
        axes = canvas.panel(WHOLE._replace(right=LEFT + 112) if rooms else WHOLE, "evidence position", ANSWERED)
        axes.set(xlim=(-0.35, 2.35), xticks=range(len(PLACES)), xticklabels=PLACES)
        _traces(canvas, axes, placed, limits, rooms=False)
    if rooms:
        axes = canvas.panel(
            WHOLE._replace(left=LEFT + 126) if placed else WHOLE, "prompt budget, tokens", "" if placed else ANSWERED
        )
        axes.tick_params(labelleft=not placed)
        _rooms_axis(axes, rooms)
        _traces(canvas, axes, [trace for trace in kept if trace.room], limits, rooms=True)
    canvas.labels_right(
        axes,
        [100 * trace.end.value for trace in kept],
        [trace.look for trace in kept],
        [PlotLabel(trace.system) for trace in kept],
    )
    return canvas


def _rooms_axis(axes: Axes, rooms: Sequence[int]) -> None:
    """Each is named where there is room for its name."""
    every = 1 if len(rooms) < 4 else 2
    doublings_axis(axes, rooms, ["" if place % every else _tokens(tokens) for place, tokens in enumerate(rooms)])


def _traces(canvas: Canvas, axes: Axes, traces: Sequence[Trace], limits: tuple[float, float], *, rooms: bool) -> None:
    """All of one panel."""
    axes.set_ylim(limits)
    axes.locator_params(axis="y", nbins=5)
    for trace in traces:
        by_place = [(float(PLACES.index(place)), place, each) for place, each in trace.places]
        by_room = [(float(tokens), f"in {tokens} tokens", each) for tokens, each in trace.room]
        _trace(canvas, axes, trace, by_room if rooms else by_place, len(traces))


def _trace(canvas: Canvas, axes: Axes, trace: Trace, points: Sequence[tuple[float, str, Amount]], lines: int) -> None:
    canvas.line(axes, [(x, scaled(each)) for x, _, each in points], trace.look, lines)
    for x, where, each in points:
        at = exactly(x), exactly(100 * each.value)
        canvas.point(axes, at, trace.look, f"{named(trace.system)}, {where}: {percent(each)}")


def _standing_out(traces: Sequence[Trace]) -> Sequence[Trace]:
    """All where they are few, or else the best; the table has all."""
    ranked = sorted(traces, key=lambda trace: -trace.end.value)
    return traces if len(traces) <= MOST_LABELS else ranked[:SHOWN]


def _tokens(tokens: int) -> str:
    return f"{tokens // 1024}k" if tokens >= 1024 else f"{tokens}"
