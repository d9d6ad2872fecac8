"""What a system knows of the domain against what it kept of the base model's general ability."""

from __future__ import annotations

from typing import NamedTuple

from proctor.evals.headline import Headline, heading
from proctor.evals.stats.intervals import Amount
from proctor.leaderboard.advice.options import DecisionProblem
from proctor.leaderboard.board.cells import Result
from proctor.leaderboard.board.sections import BoardSection
from proctor.leaderboard.board.summary import no_accuracy
from proctor.leaderboard.plots.canvas import BESIDE, BOTTOM, LEFT, MOST_LABELS, WIDTH, Canvas
from proctor.leaderboard.plots.labels import Box, PlotLabel
from proctor.leaderboard.plots.palette import Look, looks
from proctor.leaderboard.plots.scales import around, scaled
from proctor.leaderboard.plots.spec import Sketch, frontier
from proctor.leaderboard.plots.words import amount, axis_label, left_out, listed, named, percent, sure

FORGETTING = "forgetting"


class ForgettingSpot(NamedTuple):
    """One system, both as shares."""

    system: str
    look: Look
    kept: Amount
    known: Amount
    on_frontier: bool


def sketch(section: BoardSection, _: DecisionProblem) -> Sketch | None:
    """The systems that were measured on both; None where there are none."""
    known, lost = section.of(section.leading.metric), section.of(FORGETTING)
    asked = ((section.leading.metric, known), (FORGETTING, lost))
    both = [system for system in known if system in lost]
    if not both:
        return None
    kept = {system: _kept(lost[system]) for system in both}
    best = frontier([(kept[system].value, amount(known[system]).value) for system in both])
    look = looks(section.systems)
    spots = [
        ForgettingSpot(system, look[system], kept[system], amount(known[system]), place in best)
        for place, system in enumerate(both)
    ]
    rows = [
        ("system", heading(section.leading.metric), "general ability kept"),
        *((named(spot.system), percent(spot.known), percent(spot.kept)) for spot in spots),
    ]
    at = len({(spot.kept.value, spot.known.value) for spot in spots if spot.on_frontier})
    words = [_leader([known[system] for system in both]), _frontier([both[place] for place in best], len(both), at)]
    words += left_out(section, both, lambda name: [metric for metric, cells in asked if name not in cells])
    return Sketch(
        "Accuracy against general ability kept",
        " ".join(filter(None, words)),
        rows,
        (spots, heading(section.leading.metric)),
        draw,
    )


def _kept(lost: Result) -> Amount:
    value, low, high = amount(lost)
    return Amount(1 - value, 1 - high, 1 - low)


def _leader(cells: list[Result]) -> str:
    """Who answers best, as far as the paired tests tell."""
    best, tied = [cell for cell in cells if cell.best], [cell for cell in cells if cell.tied]
    if not best:
        return ""
    if not best[0].value:
        return no_accuracy(best[0].metric)
    most = (
        "answered the most questions exactly" if best[0].metric == Headline().metric else f"reached the highest {best[0].metric}"
    )
    who = f"{listed([cell.system for cell in best])} {most}, {sure(best[0])}"
    if few := next((cell.too_few for cell in tied if cell.too_few), ""):
        return f"{who}; the questions make only {few}, too few to tell the others from {'it' if len(best) == 1 else 'them'}."
    others = f"{listed([cell.system for cell in tied])} {'is' if len(tied) == 1 else 'are'}" if tied else ""
    return f"{who}; {others} statistically tied with {'it' if len(best) == 1 else 'them'}." if tied else f"{who}."


def _frontier(best: list[str], count: int, points: int) -> str:
    """Of so many systems, those that no other beats, at so many points of the plot."""
    if count < 2:
        return ""
    if points == 1 < len(best):
        return f"By the means, no other both answers and keeps as much as {listed(best)}, which are at one point."
    if len(best) == 1:
        return f"By the means, no other both answers and keeps as much as {listed(best)}."
    return f"By the means, {listed(best)} are on the Pareto frontier: among them, more accuracy costs general ability."


def draw(spots: list[ForgettingSpot], measured: str) -> Canvas:
    """Up and to the right is the place to be."""
    canvas = Canvas(330)
    axes = canvas.panel(Box(LEFT, BOTTOM, WIDTH - BESIDE, 300), "general ability kept, %", axis_label(measured), grid="both")
    at = [(scaled(spot.kept), scaled(spot.known)) for spot in spots]
    axes.set_xlim(*around([x for x, _ in at], 0, 100))
    axes.set_ylim(*around([y for _, y in at], 0, 100))
    axes.locator_params(nbins=5, integer=True)
    edge = sorted((x.value, y.value) for (x, y), spot in zip(at, spots, strict=True) if spot.on_frontier)
    canvas.thread(axes, [x for x, _ in edge], [y for _, y in edge])
    few = len(spots) <= MOST_LABELS
    for place, spot in zip(at, spots, strict=True):
        says = f"{named(spot.system)}: {percent(spot.known)} {measured}, {percent(spot.kept)} of general ability kept"
        canvas.point(axes, place, spot.look, says, faint=not few and not spot.on_frontier)
    canvas.labels_beside(axes, at, [PlotLabel(spot.system) if few or spot.on_frontier else None for spot in spots])
    return canvas
