"""Paper to draw on: narrow enough for a phone, with few lines that are not data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from proctor.evals.stats.intervals import Amount
from proctor.leaderboard.plots.inline import LABEL, inline
from proctor.leaderboard.plots.labels import FONT, Box, PlotLabel, beside, spread, width
from proctor.leaderboard.plots.palette import CARD, DASHES, INK, LINE, SOFT, Look
from proctor.leaderboard.plots.words import named

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 340.0
LEFT, BOTTOM = 32.0, 46.0
"""Room for the ticks and the name of an axis."""
BESIDE, BEHIND = 58.0, 100.0
"""Room at the right for names beside points, and for names behind lines."""
MOST_LABELS = 12
"""So many points or lines are all labelled; of more, only those that stand out."""
SHOWN = 8
"""So many of more are drawn in full."""
PALE = 0.45
FEW_BANDS = 6
"""Of more lines the bands are paler."""
SIZES = {"P": 9.0, "X": 8.5, "^": 8.0, "v": 8.0, "s": 6.8, "D": 6.6}
CLEAR = 2.0
"""Kept free around what is drawn."""
BROADEST = 0.36 * WIDTH
"""No label is wider."""
SIZE = 7.4
"""Of the other markers: all look about as large."""
SETTINGS: dict[Any, Any] = {"svg.hashsalt": "proctor", "svg.fonttype": "none", "font.size": FONT, "text.parse_math": False}


class Canvas:
    """One picture, `WIDTH` units wide: heights and widths in units, from the lower left corner."""

    def __init__(self, height: float) -> None:
        """An empty picture of this height."""
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.figure import Figure

        self.height = height
        self.said: dict[str, str] = {}
        self._figure = Figure(figsize=(WIDTH / 72, height / 72), dpi=72)
        FigureCanvasSVG(self._figure)

    def panel(self, box: Box, across: str = "", up: str = "", *, grid: Literal["x", "y", "both"] = "y") -> Axes:
        """Axes in a place, with what they show written below them and on top."""
        size = (box.left / WIDTH, box.bottom / self.height, (box.right - box.left) / WIDTH, (box.top - box.bottom) / self.height)
        axes = self._figure.add_axes(size)
        axes.patch.set_visible(False)
        for side in axes.spines.values():
            side.set_visible(False)
        axes.set_axisbelow(True)
        axes.grid(visible=True, axis=grid, color=LINE, linewidth=0.8)
        axes.tick_params(which="both", bottom=False, left=False, labelcolor=SOFT, pad=4)
        axes.tick_params(which="minor", labelbottom=False, labelleft=False)
        if across:
            right = min(WIDTH - 4, max(box.right, box.left + width(across)))
            self.text(right, box.bottom - 2.7 * FONT, across, align="right")
        if up:
            self.text(0, box.top + 0.7 * FONT, up)
        return axes

    def text(self, x: float, y: float, words: str, *, align: str = "left", colour: str = SOFT) -> None:
        """Words on the picture, their baseline at a height."""
        self._figure.text(x / WIDTH, y / self.height, words, ha=align, va="baseline", color=colour)

    def point(
        self, axes: Axes, at: tuple[Amount, Amount], look: Look, says: str, *, hollow: bool = False, faint: bool = False
    ) -> None:
        """A marker with its intervals, which says its figures when it is pointed at; if faint, without intervals."""
        x, y = at
        for ends in (((x.low, x.high), (y.value, y.value)), ((x.value, x.value), (y.low, y.high))) if not faint else ():
            if ends[0][0] < ends[0][1] or ends[1][0] < ends[1][1]:
                axes.plot(*ends, color=look.colour, linewidth=1.5, solid_capstyle="butt", clip_on=False, gid=self.says(says))
        axes.plot(
            [x.value],
            [y.value],
            marker=look.marker,
            markersize=SIZES.get(look.marker, SIZE),
            color=look.colour,
            markerfacecolor=CARD if hollow else look.colour,
            markeredgecolor=look.colour if hollow else CARD,
            markeredgewidth=1.6 if hollow else 0.8,
            linestyle="none",
            clip_on=False,
            alpha=PALE if faint else 1,
            zorder=3 if faint else 4,
            gid=self.says(says),
        )

    def line(self, axes: Axes, points: Sequence[tuple[float, Amount]], look: Look, lines: int = 1) -> None:
        """A line with its 95 % band: one of so many."""
        xs, ys = [x for x, _ in points], [y for _, y in points]
        pale = 0.14 if lines <= FEW_BANDS else 0.07
        axes.fill_between(xs, [y.low for y in ys], [y.high for y in ys], color=look.colour, alpha=pale, linewidth=0)
        axes.plot(xs, [y.value for y in ys], color=look.colour, linewidth=1.8, linestyle=DASHES[look.dash])

    def faint_line(self, axes: Axes, points: Sequence[tuple[float, Amount]], says: str) -> None:
        """A line among many others, without a colour and a band of its own."""
        xs, ys = [x for x, _ in points], [y.value for _, y in points]
        axes.plot(xs, ys, color=SOFT, linewidth=1, alpha=PALE, gid=self.says(says), zorder=1)

    def thread(self, axes: Axes, xs: Sequence[float], ys: Sequence[float]) -> None:
        """A thin line that joins what belongs together and is no data of its own."""
        axes.plot(xs, ys, color=SOFT, linewidth=1, linestyle=(0, (3, 3)), zorder=1)

    def tick(self, x: float, low: float, high: float) -> None:
        """A short upright line on the picture."""
        self._thread((x, x), (low, high))

    def crossing(self, axes: Axes, at: Amount, y: float, says: str) -> None:
        """A ring where two lines cross, with the interval of the place."""
        axes.plot((at.low, at.high), (y, y), color=INK, linewidth=1.3, solid_capstyle="butt", zorder=5, gid=self.says(says))
        axes.plot(
            [at.value],
            [y],
            linestyle="none",
            marker="o",
            markersize=6,
            markerfacecolor=CARD,
            markeredgecolor=INK,
            markeredgewidth=1.3,
            zorder=6,
            gid=self.says(says),
        )

    def labels_beside(self, axes: Axes, at: Sequence[tuple[Amount, Amount]], names: Sequence[PlotLabel | None]) -> None:
        """The names of points near them, where they cover nothing; None for points without."""
        places = [tuple(map(float, axes.transData.transform((x.value, y.value)))) for x, y in at]
        panel = self._box(axes)
        panel = panel._replace(right=WIDTH - 2, top=panel.top + 6)
        drawn = [box for x, y in at for box in self._drawn(axes, x, y)]
        labelled = [(place, name.short(BROADEST), name) for place, name in zip(places, names, strict=True) if name]
        boxes = beside([(x, y) for (x, y), _, _ in labelled], [text for _, text, _ in labelled], drawn, panel)
        for ((x, y), text, name), box in zip(labelled, boxes, strict=True):
            self._label(box.left, box.bottom + 0.22 * FONT, text, name)
            self._leader(x, y, box)

    def labels_right(self, axes: Axes, heights: Sequence[float], looks: Sequence[Look], names: Sequence[PlotLabel]) -> None:
        """The names of lines at their right ends, moved apart; a thread leads to those that had to move."""
        panel = self._box(axes)
        ends = [float(axes.transData.transform((axes.get_xlim()[1], height))[1]) for height in heights]
        places = spread(ends, panel.bottom + 2, panel.top)
        for end, place, look, name in zip(ends, places, looks, names, strict=True):
            self._thread((panel.right + 2, panel.right + 12), (end, place))
            self.key(panel.right + 17, place, look)
            self._label(panel.right + 24, place - 0.34 * FONT, name.short(WIDTH - panel.right - 25), name)

    def keys(self, top: float, looks: Sequence[Look], names: Sequence[PlotLabel]) -> None:
        """Markers with their names, in rows from a height downwards."""
        for look, name, (x, y) in zip(looks, names, placed_keys(names), strict=True):
            self.key(x + 5, top - y, look)
            self._label(x + 13, top - y - 0.34 * FONT, name.short(BROADEST), name)

    def heading(self, x: float, y: float, name: str) -> None:
        """The name of what is below it."""
        self._label(x, y, named(name), PlotLabel(name))

    def key(self, x: float, y: float, look: Look) -> None:
        """A marker by itself."""
        self._draw(
            (x,),
            (y,),
            linestyle="none",
            marker=look.marker,
            markersize=SIZES.get(look.marker, SIZE),
            color=look.colour,
            markeredgewidth=0,
        )

    def says(self, words: str) -> str:
        """An id for what is drawn next, that says these words."""
        name = f"says{len(self.said)}"
        self.said[name] = words
        return name

    def svg(self, prefix: str) -> str:
        """The picture as a part of a page; ids start with the prefix."""
        from io import StringIO

        file = StringIO()
        self._figure.savefig(
            file, format="svg", transparent=True, metadata={"Date": None, "Creator": None, "Format": None, "Type": None}
        )
        return inline(file.getvalue(), prefix, self.said)

    def _box(self, axes: Axes) -> Box:
        return Box(*map(float, axes.get_window_extent().extents))

    def _drawn(self, axes: Axes, x: Amount, y: Amount) -> Iterable[Box]:
        """What a point and its intervals cover."""
        (cx, cy), (left, bottom), (right, top) = axes.transData.transform(
            [(x.value, y.value), (x.low, y.low), (x.high, y.high)]
        ).tolist()
        half = SIZE / 2 + CLEAR
        yield Box(cx - half, cy - half, cx + half, cy + half)
        yield Box(left - CLEAR, cy - CLEAR, right + CLEAR, cy + CLEAR)
        yield Box(cx - CLEAR, bottom - CLEAR, cx + CLEAR, top + CLEAR)

    def _label(self, x: float, y: float, text: str, name: PlotLabel) -> None:
        gid = f"{LABEL}{len(self.said)}"
        self.said[gid] = f"{named(name.name, 200)} {name.after}".strip()
        self._figure.text(x / WIDTH, y / self.height, text, color=INK, va="baseline", gid=gid)

    def _leader(self, x: float, y: float, box: Box) -> None:
        """A thread from a point to a label that could not stay close."""
        nearest = min(max(x, box.left), box.right), min(max(y, box.bottom), box.top)
        if abs(nearest[0] - x) + abs(nearest[1] - y) > 20:
            self._thread((x, nearest[0]), (y, nearest[1]))

    def _thread(self, xs: tuple[float, float], ys: tuple[float, float]) -> None:
        self._draw(xs, ys, color=SOFT, linewidth=0.8)

    def _draw(self, xs: Sequence[float], ys: Sequence[float], **how: Any) -> None:
        """A line in units of the picture."""
        from matplotlib.lines import Line2D

        self._figure.add_artist(Line2D([x / WIDTH for x in xs], [y / self.height for y in ys], **how))


def placed_keys(names: Sequence[PlotLabel]) -> list[tuple[float, float]]:
    """From the left and down from the top, where each name of a key goes, in as many rows as it takes."""
    places: list[tuple[float, float]] = []
    x, y = 0.0, 0.0
    for name in names:
        wide = 13 + width(name.short(BROADEST)) + 12
        if x and x + wide > WIDTH:
            x, y = 0.0, y + FONT + 4
        places.append((x, y))
        x += wide
    return places
