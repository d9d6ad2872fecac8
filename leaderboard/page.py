"""The static site: an index, a page for each system on each suite, and the board as data.

Suites, documents and models are not trusted: templates escape every value, no page holds a script, and each page's
content-security policy would stop one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from leaderboard import axes, claims, crossing, debate, export, figures, judged, plot
from leaderboard.board import Board, board, latest
from leaderboard.drill import Drill
from leaderboard.names import slugs
from leaderboard.output import Site
from leaderboard.store import Run, read
from leaderboard.tables import Section, sections
from leaderboard.verdict import verdict

TEMPLATES = Path(__file__).with_name("templates")
SHARD = 500
"""Questions on one page."""
LONGEST = 20_000
"""Letters shown of one text."""
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
"""What no HTML page may hold, and what would turn round the text after it."""


def publish(runs: Sequence[Path], site: Path, more: Sequence[Path] = ()) -> Path:
    """Write the page of one or several run folders; of what several of them measured, the last has the word.

    ``more`` are files of claims to be tested beside those that come with Proctor.

    Raises:
        InputError: a folder is not a run, a file in it or one of claims is damaged, or the site cannot be written.
    """
    tested = claims.load(more)
    opened = [read(folder) for folder in runs]
    return write(opened, board(opened, tested), site)


def write(opened: Sequence[Run], found: Board, site: Path) -> Path:
    """Write the page of runs that were read and summed up already."""
    laid_out, files = sections(found), Site(site)
    render = _environment().get_template
    for name, values in _system_pages(laid_out, Drill(opened, latest(opened)), found.run):
        files.write(name, render("system.html").render(values))
    files.write("leaderboard.json", export.as_json(found))
    files.write("leaderboard.csv", export.as_csv(found))
    plots = [_plot(section, files) for section in laid_out]
    index = render("index.html").render(sections=laid_out, plots=plots, facts=_facts(found), run=found.run)
    written = files.write("index.html", index)
    files.clear("systems/*.html", "plots/*.svg")
    return written


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_printable,
    )
    environment.filters |= {"name": _name, "breaks": _breaks, "text": _text, "anchor": slugs}
    environment.globals |= {
        "figure": figures.figure,
        "shown": figures.of_cell,
        "bounds": figures.bounds,
        "between": figures.between,
        "verdict": verdict,
        "crossing": crossing.sentence,
        "meaning": axes.MEANING,
        "axis": axes.axis,
        "system_page": _system_page,
        "points": plot.points,
        "agreement": judged.sentence,
        "kappa": judged.kappa,
        "topics": debate.topics,
        "unmeasured": debate.unmeasured,
        "counted": debate.counted,
        "evidence": debate.evidence,
        "sign": debate.SIGNS,
    }
    return environment


def _printable(value: Any) -> Any:
    """Every value on its way into a page."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return UNPRINTABLE.sub("\ufffd", value.replace("\r\n", "\n").replace("\r", "\n"))
    return value


def _name(value: Any) -> str:
    """A name that leaves room for others."""
    name = str(value)
    return name if len(name) <= 100 else f"{name[:99]}\u2026"


def _breaks(name: str) -> Markup:
    """A name that may be broken after dots and underscores, as in a narrow column."""
    pieces = re.split(r"(?<=[._/-])", name)
    return Markup("<wbr>").join(escape(_printable(piece)) for piece in pieces)


def _text(value: str) -> str:
    """A text that a page can hold."""
    if len(value) <= LONGEST:
        return value
    return f"{value[:LONGEST]}\u2026 ({len(value) - LONGEST} more letters in the run folder)"


def _system_page(section: Section, system: str, shard: int = 0) -> str:
    number = f"--{shard + 1}" if shard else ""
    return f"systems/{slugs(section.suite, section.base_model, system)}{number}.html"


def _system_pages(laid_out: Sequence[Section], drill: Drill, run: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for section in laid_out:
        for system in section.systems:
            asked = drill.asked((section.suite, section.base_model, system))
            shards = [asked[start : start + SHARD] for start in range(0, max(1, len(asked)), SHARD)]
            names = [_system_page(section, system, number) for number, _ in enumerate(shards)]
            for number, questions in enumerate(shards):
                shown = {"section": section, "system": system, "asked": questions, "pages": names, "number": number}
                yield names[number], shown | {"run": run}


def _plot(section: Section, files: Site) -> Markup:
    """The plot of a section: drawn once, and read again while its figures are the same."""
    if not plot.points(section):
        return Markup()
    name = f"plots/{plot.name(section)}"
    svg = files.old(name) or plot.draw(section)
    files.write(name, svg)
    return Markup(svg)  # noqa: S704 # drawn by matplotlib, which escapes its labels


def _facts(found: Board) -> list[tuple[str, str]]:
    """Provenance as rows: whatever there is, one level deep."""
    rows = []
    for name, value in found.run.items():
        if name == "judges" and isinstance(value, Mapping):
            rows += [(f"judge {judge}", judged.sentence(found.run, judge)) for judge in value]
        elif isinstance(value, Mapping) and any(isinstance(part, Mapping) for part in value.values()):
            rows += [(f"{name}: {part}", _line(facts)) for part, facts in value.items()]
        else:
            rows.append((name, _line(value)))
    return rows


def _line(value: Any) -> str:
    if not isinstance(value, Mapping):
        return value if isinstance(value, str) else json.dumps(value)
    return " \u00b7 ".join(
        f"{name} {_line(part) if not isinstance(part, Mapping) else json.dumps(part)}" for name, part in value.items()
    )
