"""The plots of a section. To add one: a file with a function from a section and a case to a sketch, and a row in `PLOTS`."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from importlib.metadata import version
from typing import NamedTuple

from proctor.core.code import code_of
from proctor.core.extras import installed
from proctor.core.registry import Registry
from proctor.core.slugs import slug
from proctor.core.storage.cache import digest
from proctor.leaderboard.advice.options import DecisionProblem
from proctor.leaderboard.board.sections import BoardSection
from proctor.leaderboard.history.history import History
from proctor.leaderboard.output import Site
from proctor.leaderboard.plots import runs
from proctor.leaderboard.plots.canvas import SETTINGS
from proctor.leaderboard.plots.spec import PlotRows, Sketch

PLOTS: Registry[Callable[[BoardSection, DecisionProblem], Sketch | None]] = Registry(
    "proctor.plots",
    {
        "keeping": "proctor.leaderboard.plots.accuracy_vs_forgetting:sketch",
        "budget": "proctor.leaderboard.plots.cost_vs_quality:sketch",
        "ageing": "proctor.leaderboard.plots.staleness:sketch",
        "data_efficiency": "proctor.leaderboard.plots.learning_curve:sketch",
        "context": "proctor.leaderboard.plots.context:sketch",
        "forgetting": "proctor.leaderboard.plots.forgetting:sketch",
        "effects": "proctor.leaderboard.plots.effects:sketch",
    },
)
"""Name -> what makes its sketch, in the order in which a page shows them."""


class Plot(NamedTuple):
    """A plot to be put into a page."""

    name: str
    title: str
    svg: str
    """An element of a page. The page gives it its role and its name. Empty where it could not be drawn."""
    words: str
    """What it shows, in a few sentences of plain text."""
    rows: PlotRows
    """What it shows as a table: a header, and rows of plain text."""


def plots(section: BoardSection, case: DecisionProblem, site: Site) -> list[Plot]:
    """The plots of a section that have data: drawn once, and read from the site again while their figures are the same.

    Where matplotlib is not installed they are not drawn: their words and figures stand in the page without them.

    ``case`` holds the section's records, and the situation for which costs and expected quality are worked out.
    """
    found = ((name, make(section, case)) for name, make in PLOTS.items())
    return [_plot(name, sketch, section, site) for name, sketch in found if sketch]


def of_history(section: BoardSection, told: History, site: Site) -> Plot | None:
    """The plot of a section's runs, where there are several."""
    sketch = runs.sketch(section, told)
    return _plot("runs", sketch, section, site) if sketch else None


def _plot(name: str, sketch: Sketch, section: BoardSection, site: Site) -> Plot:
    drawn = _drawing(name, sketch, section, site) if installed("matplotlib") else ""
    return Plot(name, sketch.title, drawn, sketch.words, sketch.rows)


def _drawing(name: str, sketch: Sketch, section: BoardSection, site: Site) -> str:
    shape = digest(name, section.suite, section.base_model, repr(sketch.figures), _version(name, sketch))
    prefix = f"{slug(section.suite)[:30]}-{name}-{shape[:16]}"
    file = f"plots/{prefix}.svg"
    svg = site.old(file) or _drawn(sketch, prefix)
    site.write(file, svg)
    return svg


def _drawn(sketch: Sketch, prefix: str) -> str:
    import matplotlib as mpl

    with mpl.rc_context(SETTINGS), warnings.catch_warnings(action="ignore"):  # names in scripts that its font lacks
        return sketch.draw(*sketch.figures).svg(prefix)


def _version(name: str, sketch: Sketch) -> str:
    """Of all that draws a plot."""
    return digest(version("matplotlib"), code_of(_drawn, sketch.draw), *([PLOTS.version(name)] if name in PLOTS else []))
