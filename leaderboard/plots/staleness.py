"""How much each option is worth as knowledge changes: where those that look things up overtake those that were trained."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from proctor.evals.stats.intervals import Amount
from proctor.leaderboard.advice.options import DecisionProblem, Option
from proctor.leaderboard.advice.scenario import share_changed
from proctor.leaderboard.analysis.series import Column
from proctor.leaderboard.board.sections import BoardSection
from proctor.leaderboard.plots.canvas import BEHIND, BOTTOM, LEFT, MOST_LABELS, SHOWN, WIDTH, Canvas
from proctor.leaderboard.plots.labels import Box, PlotLabel
from proctor.leaderboard.plots.palette import Look, looks
from proctor.leaderboard.plots.scales import exactly, possible, scaled
from proctor.leaderboard.plots.spec import Sketch
from proctor.leaderboard.plots.words import ONCE, left_out, listed_words, named, optional, percent, policy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STEPS = 10
"""Straight pieces of each band: the lines themselves are straight."""
EXACT = 0.002
"""How near to its ends a crossing's interval is known."""
MONTHLY = (1, 3, 10, 30, 100, 300, 1000)
"""Updates a month that are written above the plot."""
BEHIND_POLICY = 138.0
"""Room at the right for names with policies."""
DASH = {"as it is": 0, "retrained": 1, "continued": 2}


class StalenessLine(NamedTuple):
    """One option: its expected quality at each step from no changed knowledge to all of it."""

    option: Option
    look: Look
    quality: tuple[Amount, ...]


class Overtaking(NamedTuple):
    """Where one option's line crosses another's."""

    who: Option
    whom: Option
    at: Amount
    """Share of the questions that are about changed knowledge."""
    quality: float


def sketch(section: BoardSection, case: DecisionProblem) -> Sketch | None:
    """The options whose answers about changed knowledge were measured; None where there are none."""
    measured = [option for option in _options(case) if not case.evidence.missing(option.quality(0.5))]
    if not any(option.policy == "as it is" for option in measured):
        return None
    look = looks(section.systems)
    lines = [StalenessLine(option, look[option.system], tuple(_quality(case, option))) for option in measured]
    found = list(_overtakings(case, lines))
    rows = [
        ("option", "no changes", "half changed", "all changed"),
        *((optional(line.option), *(percent(line.quality[place]) for place in (0, STEPS // 2, STEPS))) for line in lines),
    ]
    ticks = [(n, share_changed(n, case.changed)) for n in MONTHLY] if case.changed else []
    words = [_words(lines, found), *([ONCE] if _once(case, found) else [])]
    words += left_out(section, {option.system for option in measured}, lambda name: _lacking(case, name))
    return Sketch("Expected quality as knowledge changes", " ".join(words), rows, (lines, found, ticks), draw)


def _options(case: DecisionProblem) -> Iterator[Option]:
    """Every system with every policy, whether or not the situation has updates."""
    for system in case.evidence.systems:
        yield Option(system, "as it is")
        if case.evidence.systems[system]:
            yield from (Option(system, "retrained"), Option(system, "continued"))


def _lacking(case: DecisionProblem, system: str) -> list[str]:
    """What is not known of a system as it is."""
    return [metric for metric, _ in case.evidence.missing(Option(system, "as it is").quality(0.5))]


def _quality(case: DecisionProblem, option: Option) -> Iterator[Amount]:
    for step in range(STEPS + 1):
        yield possible(case.evidence.mixed(option.quality(step / STEPS)))


def _overtakings(case: DecisionProblem, lines: list[StalenessLine]) -> Iterator[Overtaking]:
    """Where the untrained option that is best once all has changed overtakes each trained system that is left as it is."""
    left = [line for line in lines if line.option.policy == "as it is"]
    fresh = [line for line in left if not case.evidence.systems[line.option.system]]
    who = max(fresh, key=lambda line: line.quality[-1].value, default=None)
    for whom in (line for line in left if who and line not in fresh):
        assert who  # noqa: S101 # or there is no line to compare with
        found = _crossing(case, who.option, whom.option)
        if found:
            level = whom.quality[0].value + found.value * (whom.quality[-1].value - whom.quality[0].value)
            yield Overtaking(who.option, whom.option, found, level)


def _crossing(case: DecisionProblem, who: Option, whom: Option) -> Amount | None:
    """The share of changed knowledge from which one is better by the means, and from where to where that is not sure."""

    def ahead(changed: float) -> Amount:
        mine, theirs = who.quality(changed), whom.quality(changed)
        both: dict[Column, float] = {**mine, **{column: -weight for column, weight in theirs.items()}}
        found = case.evidence.mixed(both)
        return Amount(found.value, found.low, found.high)

    first, last = ahead(0).value, ahead(1).value
    if not first < 0 < last:
        return None
    at = first / (first - last)
    low = _edge(0.0, at, lambda changed: ahead(changed).high >= 0)
    return Amount(at, low, _edge(1.0, at, lambda changed: ahead(changed).low <= 0))


def _edge(far: float, near: float, holds: Callable[[float], bool]) -> float:
    """How far from ``near`` towards ``far`` something holds, by halving."""
    if holds(far):
        return far
    while abs(far - near) > EXACT:
        middle = (far + near) / 2
        far, near = (far, middle) if holds(middle) else (middle, near)
    return near


def _words(lines: list[StalenessLine], found: list[Overtaking]) -> str:
    left = [line for line in lines if line.option.policy == "as it is"]
    start, end = max(left, key=lambda line: line.quality[0].value), max(lines, key=lambda line: line.quality[-1].value)
    said = f"With no changes {optional(start.option)} has the highest mean ({percent(start.quality[0])})"
    if not end.quality[-1].value:
        said = f"{said}; once every fact has changed, no system is right."
    elif start is end:
        said = f"{said}, and also once every fact has changed ({percent(end.quality[-1])})."
    else:
        said = f"{said}; once every fact has changed, {optional(end.option)} has ({percent(end.quality[-1])})."
    if found:
        ranked = sorted(found, key=lambda each: each.at.value)[:3]
        passed = listed_words([f"{named(each.whom.system)} at {percent(each.at)}{_open(each.at)}" for each in ranked])
        said = f"{said} Without retraining, {named(ranked[0].who.system)} overtakes {passed} of questions about changed facts."
    return said


def _once(case: DecisionProblem, found: list[Overtaking]) -> bool:
    """Whether systems that are overtaken were trained with one seed."""
    return any(len(case.evidence.seeds[column]) == 1 for each in found for column in each.whom.quality(0.5))


def _open(at: Amount) -> str:
    """Where one of the two may be ahead throughout, it is by the means alone that they cross."""
    return " (not significantly)" if at.low <= 0 or at.high >= 1 else ""


def draw(lines: list[StalenessLine], found: list[Overtaking], ticks: list[tuple[int, float]]) -> Canvas:
    """Lines that fall are systems that go on saying what was true."""
    canvas = Canvas(340)
    policies = any(policy(line.option) for line in lines)
    panel = Box(LEFT, BOTTOM, WIDTH - (BEHIND_POLICY if policies else BEHIND), 286)
    axes = canvas.panel(panel, "questions about changed facts, %")
    canvas.text(0, 326, "expected quality, %")
    axes.set_xlim(0, 100)
    axes.set_ylim(-2, 102)
    axes.locator_params(nbins=5)
    _monthly(canvas, panel, ticks)
    shown = _standing_out(lines, found)
    for line in lines:
        _line(canvas, axes, line, len(shown) if line in shown else 0)
    for each in found:
        says = f"{named(each.who.system)} overtakes {named(each.whom.system)} at {percent(each.at)}"
        canvas.crossing(axes, scaled(each.at), 100 * each.quality, says)
    names = [PlotLabel(line.option.system, policy(line.option)) for line in shown]
    canvas.labels_right(axes, [100 * line.quality[-1].value for line in shown], [line.look for line in shown], names)
    return canvas


def _line(canvas: Canvas, axes: Axes, line: StalenessLine, lines: int) -> None:
    """One of so many that are drawn in full; faint where it is none of them."""
    points = [(100 * step / STEPS, scaled(quality)) for step, quality in enumerate(line.quality)]
    if not lines:
        canvas.faint_line(axes, points, f"{optional(line.option)}: {percent(line.quality[0])} to {percent(line.quality[-1])}")
        return
    canvas.line(axes, points, line.look._replace(dash=DASH[line.option.policy]), lines)
    for (x, quality), whole, changed in ((points[0], line.quality[0], "nothing"), (points[-1], line.quality[-1], "everything")):
        says = f"{optional(line.option)}: {percent(whole)} where {changed} has changed"
        canvas.point(axes, (exactly(x), exactly(quality.value)), line.look, says, hollow=bool(policy(line.option)))


def _standing_out(lines: list[StalenessLine], found: list[Overtaking]) -> list[StalenessLine]:
    """All where they are few; or else those that are best at some step, those that overtake, and the best at the end."""
    if len(lines) <= MOST_LABELS:
        return lines
    best = [max(lines, key=lambda line: line.quality[step].value) for step in range(STEPS + 1)]
    overtaking = [line for line in lines if line.option in {each.who for each in found}]
    end = sorted(lines, key=lambda line: -line.quality[-1].value)
    start = sorted(lines, key=lambda line: -line.quality[0].value)
    kept = list(dict.fromkeys([*best, *overtaking, *(line for pair in zip(start, end, strict=True) for line in pair)]))
    return kept[:SHOWN]


def _monthly(canvas: Canvas, panel: Box, ticks: list[tuple[int, float]]) -> None:
    """Updates a month, above the share of knowledge that they change on average over the month."""
    last = panel.left - 30
    for number, share in ticks:
        x = panel.left + (panel.right - panel.left) * share
        if x - last > 26 and x < panel.right - 4:
            canvas.text(x, panel.top + 10, f"{number}", align="center")
            canvas.tick(x, panel.top + 2, panel.top + 7)
            last = x
    if ticks:
        canvas.text(panel.right + 4, panel.top + 10, "updates/month")
