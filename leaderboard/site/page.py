"""The static page: one file with everything in it, and the board as data beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any

from markupsafe import Markup

from proctor.core.schema import InputError, row
from proctor.leaderboard.advice import text as counsel
from proctor.leaderboard.advice.data import as_json
from proctor.leaderboard.advice.estimates import Evidence
from proctor.leaderboard.advice.prices import load
from proctor.leaderboard.advice.scenario import Situation
from proctor.leaderboard.analysis.parts import PartEffect
from proctor.leaderboard.analysis.recall import RetrievalResult
from proctor.leaderboard.analysis.slices import tagged
from proctor.leaderboard.board.board import Board, board, latest
from proctor.leaderboard.board.sections import BoardSection, sections
from proctor.leaderboard.claims import table as claims
from proctor.leaderboard.compare.changes import mixed, resettings
from proctor.leaderboard.history import feeds
from proctor.leaderboard.history.history import History, history
from proctor.leaderboard.output import Site
from proctor.leaderboard.plots.palette import SERIES, places
from proctor.leaderboard.plots.table import Plot, of_history, plots
from proctor.leaderboard.runs.saved import open_run
from proctor.leaderboard.runs.store import Run
from proctor.leaderboard.site import details, export
from proctor.leaderboard.site.escape import as_data
from proctor.leaderboard.site.render import render
from proctor.leaderboard.site.reproduce import again, facts

ROOM = 4_500_000
"""Bytes of answers that the page itself holds. Where there are more, they are in files beside it."""
DIFFERENT = """these runs are of different exams, and their systems cannot stand beside each other;
publish each to a site of its own, or give those that came before with --history:"""
SAME_NAME = """systems or base models of these runs have one name and are not the same;
name one of each otherwise, publish each run to a site of its own, or give those that came before with --history:"""


def publish(runs: Sequence[Path], site: Path, more: Sequence[Path] = (), saved: Sequence[Path] = ()) -> Path:
    """Write the page of one or several run folders or saved runs; of what several of them measured, the last has the word.

    ``more`` are files of claims to be tested beside those that come with Proctor, ``saved`` the runs before these.

    Raises:
        InputError: a folder is not a run, a file in it or one of claims is damaged, the site cannot be written, runs are of
            different exams, or a name is that of two systems.
    """
    tested = claims.load(more)
    opened = [open_run(run) for run in runs]
    _comparable(opened)
    return write(opened, board(opened, tested), site, saved)


def _comparable(runs: Sequence[Run]) -> None:
    exams = [*mixed(latest(runs)), *_limits(runs)] if len(runs) > 1 else []
    settings = [text for before, after in combinations(runs, 2) for text in resettings(before, after)]
    for problem, differences in ((DIFFERENT, exams), (SAME_NAME, settings)):
        if differences:
            raise InputError("\n".join([problem, *dict.fromkeys(differences)]))


def _limits(runs: Sequence[Run]) -> list[str]:
    """A run with ``--limit`` would put its few questions in the place of all that another asked."""
    asked = dict.fromkeys(run.provenance.get("limit") for run in runs)
    said = ["all" if limit is None else f"the first {limit}" for limit in asked]
    return [f"questions asked: {' in one run, '.join(said)} in another"] if len(asked) > 1 else []


def write(opened: Sequence[Run], found: Board, site: Path, saved: Sequence[Path] = ()) -> Path:
    """Write the page of runs that were read and summed up already."""
    records, files = latest(opened), Site(site)
    by = {(each.suite, each.base_model): each.by for each in found.retrieval}
    behind = details.behind(opened, records, found.lost, by)
    found = replace(found, tags=tuple(tagged(records, details.tags(behind), found.run)))
    told = history(opened, saved, feeds.history_of(files.old("history.json")))
    for name, content in export.files(found, told).items():
        files.write(name, content)
    known = {(each.suite, each.base_model): each for each in found.evidence}
    shown = [
        replace(_told(each, known.get(_place(each.section)), files), past=of_history(each.section, told, files))
        for each in _shown(found, behind, files)
    ]
    written = files.write("index.html", _index(found, told, shown))
    files.finish()
    return written


@dataclass(frozen=True)
class Shown:
    """What the page has of a section beside its tables."""

    section: BoardSection
    systems: Mapping[str, Any]
    """System -> how it is made."""
    parts: Mapping[str, str]
    """Name -> what is behind its figures as JSON; or the file beside the page that holds it."""
    inside: bool
    """Whether the page itself holds the parts."""
    plots: Sequence[Plot] = ()
    advice: Sequence[str] = ()
    """What to take in the situation that a page starts from, sentence by sentence."""
    past: Plot | None = None
    """How it went from run to run."""
    decision: Mapping[str, Any] | None = None
    """What the page decides from in other situations."""

    def about(self) -> dict[str, Any]:
        """Everything but the parts."""
        section = self.section
        return {
            "id": section.id,
            "suite": section.suite,
            "base_model": section.base_model,
            "title": section.title,
            "order": section.systems,
            "inks": {system: place % len(SERIES) for system, place in places(section.systems).items()},
            "facts": section.facts,
            "units": {cell.metric: cell.unit for cell in section.cells},
            "systems": self.systems,
            "pairs": [[p.metric, p.system, p.than, p.difference, p.wide_low, p.wide_high] for p in section.pairs],
            "tagged": [[t.tag, t.system, t.metric, t.value, t.ci_low, t.ci_high, t.n, t.few] for t in section.tagged],
            "decision": self.decision,
            "retrieval": [_shared(one) for one in section.retrieval],
            "changes": [_shared(one) | {"significant": one.significant} for one in section.parts],
            "inside": self.inside,
            "parts": list(self.parts) if self.inside else dict(self.parts),
        }


def _told(shown: Shown, known: Evidence | None, files: Site) -> Shown:
    """A section with its plots and with advice, both for the situation that a page starts from."""
    if known is None:
        return shown
    (advice,) = counsel.advise([known], Situation(load().prices(known.hardware)))
    said = counsel.as_json(advice)["said"]
    told = [*said["verdict"], said["required"], *said["notes"]]
    return replace(shown, plots=plots(shown.section, advice.case, files), advice=told, decision=as_json(known))


def _shared(one: PartEffect | RetrievalResult) -> dict[str, Any]:
    """A row without what it shares with its section."""
    return {name: value for name, value in vars(one).items() if name not in ("suite", "base_model")}


def _place(section: BoardSection) -> details.PassagePlace:
    return section.suite, section.base_model


def _shown(found: Board, behind: Mapping[details.PassagePlace, details.Details], files: Site) -> Iterator[Shown]:
    """The sections, each with its parts: in the page while there is room, in files beside it after that."""
    room = ROOM
    for section in sections(found):
        told = behind.get(_place(section))
        parts = {name: as_data(part) for name, part in told.parts()} if told else {}
        size = sum(len(text.encode()) for text in parts.values())
        if size <= room:
            room -= size
            yield Shown(section, _made(found, section), parts, inside=True)
        else:
            beside = {name: _beside(section, name, text, files) for name, text in parts.items()}
            yield Shown(section, _made(found, section), beside, inside=False)


def _made(found: Board, section: BoardSection) -> dict[str, Any]:
    """The settings of a section's systems, where provenance has them; of those built elsewhere also what they are."""
    known = found.run.get("systems")
    tables = {name: known.get(name) for name in section.systems} if isinstance(known, Mapping) else {}
    return {
        name: _of_kind(found.run, section, name) | _flat(table["settings"])
        for name, table in tables.items()
        if isinstance(table, Mapping) and table.get("settings")
    }


def _of_kind(run: Mapping[str, Any], section: BoardSection, system: str) -> dict[str, Any]:
    """What a system is that Proctor did not build, and what became of the answers that it gave."""
    made = run.get("made")
    about = made.get(f"{row(section.suite, section.base_model, system)}/0", {}) if isinstance(made, Mapping) else {}
    if system not in section.kinds:
        return _of_index(about)
    told = about.get("answers", {})
    passages = [f"{count:,} {how}" for how, count in told.get("passages", {}).items()]
    found = {"kind": section.kinds[system], "answers given": "; ".join(told.get("notes", ())), "passages": ", ".join(passages)}
    return {name: text for name, text in found.items() if text} | _of_index(about)


def _of_index(about: Mapping[str, Any]) -> dict[str, Any]:
    """How many passages the embedder does not read at once, where there are such."""
    index = about.get("index")
    if not isinstance(index, Mapping) or not index.get("long"):
        return {}
    return {"longer than the embedder reads": f"{index['long']:,} of {index['passages']:,} passages; their best window counts"}


def _flat(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with those of tables in them under names such as ``calls.timeout``."""
    found: dict[str, Any] = {}
    for name, value in settings.items():
        inner = {f"{name}.{key}": one for key, one in _flat(value).items()} if isinstance(value, Mapping) else {name: value}
        found |= inner
    return found


def _beside(section: BoardSection, name: str, text: str, files: Site) -> str:
    """A part as a script that a page opened from the disk can load, too; only data is in it."""
    path = f"answers/{section.id}--{name}.js"
    files.write(path, f"proctorPart({as_data(path)},{text});\n")
    return path


def _index(found: Board, told: History, shown: Sequence[Shown]) -> str:
    data = {"about": as_data([each.about() for each in shown])}
    for each in shown:
        data |= {f"{each.section.id}--{name}": text for name, text in each.parts.items() if each.inside}
    return render(
        title=_title(shown),
        shown=shown,
        sections=[each.section for each in shown],
        run=found.run,
        history=told,
        facts=facts(found.run),
        **again(found.run),
        data=[(name, Markup(text)) for name, text in data.items()],  # noqa: S704 # see `as_data`
    )


def _title(shown: Sequence[Shown]) -> str:
    return f"{shown[0].section.title} \u2013 Proctor" if len(shown) == 1 else "Proctor leaderboard"
