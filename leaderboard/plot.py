"""The plot of a section: what a system knows of the domain against what it kept of its general ability."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any, NamedTuple

from evals.cache import digest, file_digest
from leaderboard.board import Cell
from leaderboard.names import slug
from leaderboard.tables import Section
from leaderboard.verdict import ACCURACY, FORGETTING

INK, FAINT = "#010203", "#040506"
"""Stand for the page's own colours while the plot is drawn, so that it is readable on light and on dark."""
COLOURS = {INK: "currentColor", FAINT: "var(--line)"}
SERIES = ("var(--blue)", "var(--orange)", "var(--green)", "var(--purple)", "var(--red)", "var(--brown)")
MARKERS = "osD^vPX*"


class Point(NamedTuple):
    """One system: value, low and high along both axes, in percent."""

    system: str
    kept: tuple[float, float, float]
    known: tuple[float, float, float]


def points(section: Section) -> list[Point]:
    """The systems that were measured on both."""
    known, lost = section.of(ACCURACY), section.of(FORGETTING)
    return [Point(system, _kept(lost[system]), _known(cell)) for system, cell in known.items() if system in lost]


def _kept(lost: Cell) -> tuple[float, float, float]:
    value, low, high = _known(lost)
    return 100 - value, 100 - high, 100 - low


def _known(cell: Cell) -> tuple[float, float, float]:
    return 100 * (cell.value or 0.0), 100 * (cell.ci_low or 0.0), 100 * (cell.ci_high or 0.0)


def name(section: Section) -> str:
    """A file name that changes with all that changes the plot."""
    shape = digest(repr((section.suite, section.base_model, points(section))), file_digest(Path(__file__)))
    return f"{slug(section.suite)[:30]}-{shape[:16]}.svg"


def draw(section: Section) -> str:
    """The plot as SVG to be put into a page. The same cells give the same bytes."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    settings: dict[Any, Any] = {"svg.hashsalt": "proctor", "svg.fonttype": "none", "font.size": 10, "text.parse_math": False}
    with mpl.rc_context(settings), warnings.catch_warnings(action="ignore"):  # names in scripts that its font lacks
        figure = Figure(figsize=(9.6, 4.2), layout="constrained")
        FigureCanvasSVG(figure)
        _fill(figure.subplots(), points(section))
        return _for_page(figure, name(section).removesuffix(".svg"))


def _fill(axes: Any, found: list[Point]) -> None:
    axes.set_xlabel("general ability kept, %", color=INK)
    axes.set_ylabel("questions answered exactly, %", color=INK)
    axes.grid(visible=True, color=FAINT, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=INK, length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    for place, point in enumerate(found):
        _one(axes, place, point)
    axes.margins(0.12)
    axes.set_ylim(-4, 104)
    axes.legend(frameon=False, labelcolor=INK, loc="center left", bbox_to_anchor=(1, 0.5), handletextpad=0.2)


def _one(axes: Any, place: int, point: Point) -> None:
    stand_in = f"#0708{place % len(SERIES):02x}"
    axes.errorbar(
        point.kept[0],
        point.known[0],
        xerr=[[point.kept[0] - point.kept[1]], [point.kept[2] - point.kept[0]]],
        yerr=[[point.known[0] - point.known[1]], [point.known[2] - point.known[0]]],
        fmt=MARKERS[place % len(MARKERS)],
        color=stand_in,
        markersize=8,
        elinewidth=1.6,
        label=_text(point.system),
    )


def _text(name: str) -> str:
    """A label that fits. One that starts with an underscore would be left out of the legend."""
    printable = "".join(letter if letter.isprintable() else " " for letter in name[:24])
    return printable.lstrip("_") or "(unnamed)"


def _for_page(figure: Any, prefix: str) -> str:
    """What matplotlib writes, without what belongs to a file of its own, and with ids that are unique on a page."""
    from io import StringIO

    file = StringIO()
    figure.savefig(file, format="svg", transparent=True, metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    svg = file.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{prefix}-", svg)
    svg = re.sub(r"#0708(\w\w)", lambda found: SERIES[int(found[1], 16)], svg)
    for stand_in, colour in COLOURS.items():
        svg = svg.replace(stand_in, colour)
    return re.sub(r"^<svg[^>]*?viewBox=\"([^\"]*)\"[^>]*>", r'<svg viewBox="\1" aria-hidden="true" focusable="false">', svg)
