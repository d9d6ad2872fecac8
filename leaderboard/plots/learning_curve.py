"""How right trained systems are with fewer examples, against those that need none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from proctor.evals.stats.intervals import Amount
from proctor.leaderboard.advice.options import DecisionProblem
from proctor.leaderboard.analysis.break_even import SHARES, WHOLE, Crossing, sentence
from proctor.leaderboard.board.cells import Result
from proctor.leaderboard.board.sections import BoardSection
from proctor.leaderboard.plots.canvas import BEHIND, BOTTOM, LEFT, MOST_LABELS, SHOWN, WIDTH, Canvas
from proctor.leaderboard.plots.labels import Box, PlotLabel
from proctor.leaderboard.plots.palette import Look, looks
from proctor.leaderboard.plots.scales import around, doublings_axis, exactly, scaled
from proctor.leaderboard.plots.spec import Sketch
from proctor.leaderboard.plots.words import amount, left_out, named, percent, sure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

EXAMPLES = "training examples"
"""What a suite calls their number."""


class Curve(NamedTuple):
    """One trained system, from the fewest examples to all."""

    system: str
    look: Look
    accuracy: tuple[tuple[float, Amount], ...]
    """By the share of the examples."""

    @property
    def end(self) -> Amount:
        """With all examples."""
        return self.accuracy[-1][1]


class Level(NamedTuple):
    """One system that needs no examples."""

    system: str
    look: Look
    end: Amount


def sketch(section: BoardSection, _: DecisionProblem) -> Sketch | None:
    """The systems that were trained on less; None where there are none."""
    look, measured = looks(section.systems), {metric: section.of(metric) for metric in SHARES}
    cells = {system: _row(measured, system) for system in section.systems}
    cells = {system: row for system, row in cells.items() if len(row) > 1}
    if not cells:
        return None
    curves = [Curve(name, look[name], tuple((share, amount(cell)) for share, cell in row)) for name, row in cells.items()]
    needless = dict.fromkeys(found.level for found in section.crossings)
    levels = [Level(name, look[name], amount(measured[WHOLE][name])) for name in needless]
    return Sketch(
        "Accuracy by number of training examples",
        " ".join(
            [
                _words(curves, list(section.crossings)),
                *_asked(measured),
                *left_out(section, {*cells, *needless}, _lacking(measured)),
            ]
        ),
        [
            ("system", *(f"{100 * share:g} % of the examples" for share in SHARES.values())),
            *((named(name), *(_shown(row, share) for share in SHARES.values())) for name, row in cells.items()),
            *((named(name), *["needs none"] * (len(SHARES) - 1), sure(measured[WHOLE][name])) for name in needless),
        ],
        (curves, levels, list(section.crossings), section.facts.get(EXAMPLES)),
        draw,
    )


def _lacking(measured: dict[str, dict[str, Result]]) -> Callable[[str], list[str]]:
    """What a system was not measured on."""
    return lambda system: [metric for metric, cells in measured.items() if system not in cells]


def _row(measured: dict[str, dict[str, Result]], system: str) -> list[tuple[float, Result]]:
    return [(share, measured[metric][system]) for metric, share in SHARES.items() if system in measured[metric]]


def _shown(row: list[tuple[float, Result]], share: float) -> str:
    cell = dict(row).get(share)
    return sure(cell) if cell else "not measured"


def _words(curves: list[Curve], crossings: list[Crossing]) -> str:
    best = max(curves, key=lambda curve: curve.end.value)
    (least, few), (most, many) = best.accuracy[0], best.accuracy[-1]
    said = [f"{named(best.system)} goes from {percent(few)} with {_part(least)} to {percent(many)} with {_part(most)}."]
    return " ".join([*said, *map(_crossing, sorted(crossings, key=lambda found: found.system != best.system)[:2])])


def _asked(measured: dict[str, dict[str, Result]]) -> list[str]:
    """With fewer examples fewer questions may have been asked than with all."""
    *fewer, whole = (max((cell.n for cell in cells.values()), default=0) for cells in measured.values())
    few = max(fewer)
    return [f"With fewer examples {few} of the questions were asked, with all of them {whole}."] if 0 < few < whole else []


def _part(share: float) -> str:
    return "all examples" if share == 1 else f"{100 * share:g} % of the examples"


def _crossing(found: Crossing) -> str:
    return sentence(replace(found, system=named(found.system), level=named(found.level)))


def draw(curves: list[Curve], levels: list[Level], crossings: list[Crossing], examples: object) -> Canvas:
    """A curve that is still rising at its right end would have used more examples."""
    canvas, kept = Canvas(330), _standing_out(curves)
    across = f"share of the training examples{f' (all: {examples:,})' if isinstance(examples, int) else ''}"
    axes = canvas.panel(Box(LEFT, BOTTOM, WIDTH - BEHIND, 300), across, "questions answered exactly, %")
    _scales(axes, [each for curve in curves for _, each in curve.accuracy] + [level.end for level in levels])
    ends: list[Level | Curve] = [*levels, *kept]
    for level in levels:
        canvas.line(axes, [(x, scaled(level.end)) for x in axes.get_xlim()], level.look, len(ends))
    for curve in curves:
        _curve(canvas, axes, curve, len(ends) if curve in kept else 0)
    _rings(canvas, axes, crossings, ends)
    _names(canvas, axes, ends)
    return canvas


def _names(canvas: Canvas, axes: Axes, ends: list[Level | Curve]) -> None:
    heights, look = [100 * each.end.value for each in ends], [each.look for each in ends]
    canvas.labels_right(axes, heights, look, [PlotLabel(each.system) for each in ends])


def _curve(canvas: Canvas, axes: Axes, curve: Curve, lines: int) -> None:
    """One of so many that are drawn in full; faint where it is none of them."""
    points = [(share, scaled(each)) for share, each in curve.accuracy]
    if not lines:
        canvas.faint_line(axes, points, f"{named(curve.system)}: {percent(curve.end)} with all examples")
        return
    canvas.line(axes, points, curve.look, lines)
    for share, each in curve.accuracy:
        says = f"{named(curve.system)}: {percent(each)} with {_part(share)}"
        canvas.point(axes, (exactly(share), exactly(100 * each.value)), curve.look, says)


def _scales(axes: Axes, everything: list[Amount]) -> None:
    doublings_axis(axes, list(SHARES.values()), [f"{100 * share:.3g} %" for share in SHARES.values()])
    axes.set_ylim(*around([scaled(each) for each in everything], 0, 100))
    axes.locator_params(axis="y", nbins=5)


def _rings(canvas: Canvas, axes: Axes, crossings: list[Crossing], ends: list[Level | Curve]) -> None:
    """Where a curve that stands out comes up to a level, as far as it does."""
    heights = {each.system: 100 * each.end.value for each in ends}
    for found in crossings:
        if found.share is not None and found.system in heights:
            share = found.share or 1.0
            reach = Amount(share, found.ci_low or share, found.ci_high or 1.0)
            canvas.crossing(axes, reach, heights[found.level], _crossing(found))


def _standing_out(curves: list[Curve]) -> list[Curve]:
    """All where they are few, or else those that are best with all examples."""
    ranked = sorted(curves, key=lambda curve: -curve.end.value)
    return curves if len(curves) <= MOST_LABELS else ranked[:SHOWN]
