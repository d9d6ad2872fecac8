"""Effect of fine-tuning, of retrieval, and their interaction, for the better or the worse."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from proctor.evals.stats.intervals import Amount
from proctor.leaderboard.advice.options import DecisionProblem
from proctor.leaderboard.analysis.effects import SIGNS, WORDS, Effect
from proctor.leaderboard.analysis.retraining import ONCE
from proctor.leaderboard.board.sections import BoardSection
from proctor.leaderboard.plots.canvas import BOTTOM, WIDTH, Canvas
from proctor.leaderboard.plots.labels import FONT, Box
from proctor.leaderboard.plots.palette import INK, LINE, SOFT, Look
from proctor.leaderboard.plots.scales import exactly, scaled, turned
from proctor.leaderboard.plots.spec import Sketch
from proctor.leaderboard.plots.words import gain, listed, named

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GAP = 10.0
WIDE = (WIDTH - 8 - GAP * (len(SIGNS) - 1)) / len(SIGNS)
STEP = 11.0
"""From one effect of a row to the next."""


class Gain(NamedTuple):
    """One effect on one metric, with the sign of what is better."""

    metric: str
    effect: str
    systems: str
    gain: Amount
    significant: bool
    caution: str


def sketch(section: BoardSection, _: DecisionProblem) -> Sketch | None:
    """The effects that a page shows; None where no two-by-two was measured."""
    gains = list(dict.fromkeys(_gain(effect) for effect in section.effects))
    if not gains:
        return None
    rows = [
        ("metric", "effect", "better by", "from"),
        *((each.metric, WORDS[each.effect], gain(each.gain), each.systems) for each in gains),
    ]
    return Sketch("Effect of fine-tuning, of retrieval, and their interaction", _words(gains), rows, (gains,), draw)


def _gain(effect: Effect) -> Gain:
    change = Amount(effect.value, effect.ci_low, effect.ci_high)
    better = change if effect.better == "higher" else turned(change)
    systems = ", ".join(map(named, effect.systems))
    return Gain(named(effect.metric), effect.effect, systems, better, effect.significant, effect.caution)


def _words(gains: Sequence[Gain]) -> str:
    """The effects on the first metric, what is made significantly worse, and what that rests on."""
    seen = {each.effect: each for each in reversed(gains) if each.metric == gains[0].metric}
    said = ", ".join(f"{WORDS[effect]} {_worth(seen[effect])}" for effect in SIGNS if effect in seen)
    return " ".join([f"On {gains[0].metric}: {said}.", *_harms(gains), *_cautions(list(seen.values()))])


def _cautions(gains: Sequence[Gain]) -> Iterator[str]:
    """Each once, and of those that speak of one training run the one that speaks of most."""
    texts = list(dict.fromkeys(text for each in gains for text in each.caution.split("; ") if text))
    once = sorted((text for text in texts if text.startswith(ONCE)), key=len)[-1:]
    yield from (f"{text[:1].upper()}{text[1:]}." for text in [*once, *(text for text in texts if not text.startswith(ONCE))])


def _worth(found: Gain) -> str:
    return f"{gain(found.gain)}{'' if found.significant else ' (not significant)'}"


def _harms(gains: Sequence[Gain]) -> Iterator[str]:
    for effect in ("adaptation", "retrieval"):
        names = [each.metric for each in gains if each.effect == effect and each.significant and each.gain.high < 0]
        if names:
            yield f"{WORDS[effect].capitalize()} makes {listed(list(dict.fromkeys(names)))} significantly worse."


def draw(gains: Sequence[Gain]) -> Canvas:
    """A row for each metric and a panel for each effect; right of zero is better, and what is not significant is hollow."""
    names = list(dict.fromkeys(each.metric for each in gains))
    most = max(sum((g.metric, g.effect) == (each.metric, each.effect) for g in gains) for each in gains)
    row = FONT + 14 + STEP * most
    top = BOTTOM + row * len(names)
    canvas = Canvas(top + FONT + 14)
    reach = 1.12 * max(5.0, *(abs(end) for each in gains for end in scaled(each.gain)))
    for column, effect in enumerate(SIGNS):
        left = 4 + column * (WIDE + GAP)
        axes = canvas.panel(Box(left, BOTTOM, left + WIDE, top), grid="x")
        axes.grid(visible=False)
        axes.set(xlim=(-reach, reach), ylim=(BOTTOM, top), yticks=[], xticks=_ticks(reach))
        canvas.text(left + WIDE / 2, top + 7, WORDS[effect], align="center", colour=INK)
        for place, metric in enumerate(names):
            found = [each for each in gains if (each.metric, each.effect) == (metric, effect)]
            _row(canvas, axes, found, top - row * place - FONT - 14, most)
    for place, metric in enumerate(names):
        canvas.heading(4, top - row * place - FONT, metric)
    canvas.text(WIDTH - 4, BOTTOM - 2.7 * FONT, "points; right of 0 is better", align="right")
    return canvas


def _ticks(reach: float) -> tuple[float, float, float]:
    """Zero, and the roundest number on either side that leaves room for its digits."""
    step = max(number for number in (2, 5, 10, 20, 25, 50, 100) if number <= max(2.0, 0.66 * reach))
    return -step, 0, step


def _row(canvas: Canvas, axes: Axes, found: Sequence[Gain], level: float, most: int) -> None:
    """The effects of one kind on one metric, on a line each."""
    axes.plot((0, 0), (level + 7, level - STEP * (most - 1) - 7), color=SOFT, linewidth=1)
    for each in found:
        axes.axhline(level, color=LINE, linewidth=0.8)
        says = f"{WORDS[each.effect]}, {each.metric}: {gain(each.gain)} for the better ({each.systems})"
        canvas.point(axes, (scaled(each.gain), exactly(level)), Look(INK, "o", 0), says, hollow=not each.significant)
        level -= STEP
