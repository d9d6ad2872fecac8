"""What a month costs against the quality to be expected of it, for every system and what is done with it after updates."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from proctor.evals.stats.intervals import Amount
from proctor.leaderboard.advice.options import DecisionProblem, Option
from proctor.leaderboard.board.sections import BoardSection
from proctor.leaderboard.formatting import costing, paid
from proctor.leaderboard.plots.canvas import BESIDE, BOTTOM, LEFT, MOST_LABELS, WIDTH, Canvas
from proctor.leaderboard.plots.labels import Box, PlotLabel
from proctor.leaderboard.plots.palette import Look, looks
from proctor.leaderboard.plots.scales import amounts_axis, around, possible, scaled
from proctor.leaderboard.plots.spec import Sketch, frontier
from proctor.leaderboard.plots.words import left_out, listed, optional, percent, policy


class CostSpot(NamedTuple):
    """One option."""

    option: Option
    look: Look
    cost: Amount
    quality: Amount
    costing: str
    """The cost with its interval, as people read it."""
    on_frontier: bool


def sketch(section: BoardSection, case: DecisionProblem) -> Sketch | None:
    """The options of which both are known; None where there are none."""
    every = [*map(case.weigh, case.options)]
    weighed = [each for each in every if each.quality and each.cost]
    if not weighed:
        return None
    gone = {each.option.system: [metric for metric, _ in (*each.missing, *each.unpriced)] for each in every}
    points = [(each.cost, possible(each.quality)) for each in weighed if each.cost and each.quality]
    best = frontier([(-cost.value, quality.value) for cost, quality in points])
    look = looks(section.systems)
    spots = [
        CostSpot(each.option, look[each.option.system], *point, costing(point[0], each.currency), place in best)
        for place, (each, point) in enumerate(zip(weighed, points, strict=True))
    ]
    rows = [
        ("option", "cost a month", "expected quality"),
        *((optional(spot.option), spot.costing, percent(spot.quality)) for spot in spots),
    ]
    rest = left_out(section, {each.option.system for each in weighed}, lambda name: gone.get(name, []))
    return Sketch("Monthly cost against expected quality", " ".join([_words(case, spots), *rest]), rows, (spots,), draw)


def _words(case: DecisionProblem, spots: list[CostSpot]) -> str:
    """Who is best, who is near, and what the cheapest of these costs."""
    best, situation = max(spots, key=lambda spot: spot.quality.value), case.situation
    rivals = [spot for spot in spots if spot is not best and case.quality(best.option, spot.option).value <= situation.margin]
    cheapest = min([best, *rivals], key=lambda spot: spot.cost.value)
    updates = f"{situation.updates:g} update{'' if situation.updates == 1 else 's'} a month"
    hour = paid(f"{situation.prices.hour(case.evidence.machine):g}", situation.prices.currency)
    month = f"{situation.queries:g} questions a day, {updates} and an hour of the machine at {hour}"
    top = f"{optional(best.option)} has the highest expected quality, {percent(best.quality)}, for {best.costing} a month"
    more = (_rivals(rivals, situation.margin), _cheapest(best, cheapest, rivals), _open(spots), _doubt(case, spots))
    return " ".join(["With", f"{month}, {top}.", *chain.from_iterable(more)])


def _doubt(case: DecisionProblem, spots: list[CostSpot]) -> Iterator[str]:
    """Why costs that rest on seconds may not be what they seem."""
    told = dict.fromkeys(case.evidence.doubt(column) for spot in spots for column in case.paid(spot.option))
    yield from (f"Caution: costs rest on doubtful times ({text})." for text in told if text)


def _rivals(rivals: list[CostSpot], margin: float) -> Iterator[str]:
    if rivals:
        yield f"Expected to be within {100 * margin:g} points of it: {listed([optional(spot.option) for spot in rivals])}."


def _open(spots: list[CostSpot]) -> Iterator[str]:
    if any(policy(spot.option) for spot in spots):
        yield "Hollow markers: trained again after updates."


def _cheapest(best: CostSpot, cheapest: CostSpot, rivals: list[CostSpot]) -> Iterator[str]:
    if cheapest is not best:
        yield f"The cheapest of these is {optional(cheapest.option)}, {cheapest.costing}."
    elif rivals:
        yield "None of them is cheaper."


def draw(spots: list[CostSpot]) -> Canvas:
    """Up and to the left is the place to be."""
    canvas = Canvas(330)
    axes = canvas.panel(Box(LEFT, BOTTOM, WIDTH - BESIDE, 300), "cost a month", "expected quality, %", grid="both")
    at = [(spot.cost, scaled(spot.quality)) for spot in spots]
    amounts_axis(axes, [x for x, _ in at])
    axes.set_ylim(*around([y for _, y in at], 0, 100))
    axes.locator_params(axis="y", nbins=5, integer=True)
    edge = sorted((x.value, y.value) for (x, y), spot in zip(at, spots, strict=True) if spot.on_frontier)
    canvas.thread(axes, [x for x, _ in edge], [y for _, y in edge])
    few = len(spots) <= MOST_LABELS
    for place, spot in zip(at, spots, strict=True):
        says = f"{optional(spot.option)}: expected quality {percent(spot.quality)}, {spot.costing} a month"
        hollow, faint = bool(policy(spot.option)), not few and not spot.on_frontier
        canvas.point(axes, place, spot.look, says, hollow=hollow, faint=faint)
    canvas.labels_beside(
        axes,
        at,
        [
            PlotLabel(spot.option.system, policy(spot.option)) if spot.on_frontier or (few and not policy(spot.option)) else None
            for spot in spots
        ],
    )
    return canvas
